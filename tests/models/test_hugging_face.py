"""Hugging Face checkpoints: the same logits through either library, head included."""

import gzip
import json
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("safetensors")
from tiny_bert import checkpoint, texts, to_fine_tune

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.models import hugging_face, keras_hub_models
from tfkd.models.hugging_face import load_model
from tfkd.models.hugging_face_config import read_config
from tfkd.models.hugging_face_weights import read_tensors
from tfkd.models.keras_hub_heads import load_with_head
from tfkd.tasks.text_classification.scores import agreement

HEAD = "ForSequenceClassification"


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("hf") / "bert")


def inputs(ids=None):
    ids = texts() if ids is None else ids
    return {"input_ids": ids, "attention_mask": (ids > 0).astype("int32")}


def logits(model, x) -> np.ndarray:
    found = model(x, training=False)
    return np.array(found["logits"])


def through_keras_hub(folder):
    pytest.importorskip("keras_hub")
    return load_with_head(folder, read_config(folder), HEAD)


def through_transformers(folder):
    pytest.importorskip("transformers")
    pytest.importorskip("tf_keras")
    return hugging_face.load_by_transformers(folder, HEAD)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new"])
def test_both_routes_give_the_same_logits(tmp_path, activation):
    """KerasHub leaves the head at random, and takes the tanh form for the exact GELU."""
    folder = checkpoint(tmp_path / "bert", hidden_act=activation)
    one = logits(through_keras_hub(folder), inputs())
    other = logits(through_transformers(folder), inputs())
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert one.std() > 0.1


def test_the_exact_gelu_makes_a_difference_here(bert):
    """Else the test above would not tell the two forms apart."""
    exact = logits(through_keras_hub(bert), inputs())
    backbone = keras_hub_models.load_backbone(bert, read_config(bert), exact=False)
    head = read_tensors(bert, ("classifier.weight", "classifier.bias"))
    kernel, bias = head["classifier.weight"].T, head["classifier.bias"]
    ids, mask = map(keras.ops.convert_to_tensor, inputs().values())
    pooled = keras_hub_models.hidden_states(backbone, ids, mask, "pooled_output")
    tanh = np.array(pooled) @ kernel + bias
    assert 1e-3 < np.abs(tanh - exact).max() < 0.1


def test_padding_changes_nothing(bert):
    model = load_model(bert, HEAD)
    more = np.pad(texts(), ((0, 0), (0, 9)))
    np.testing.assert_allclose(logits(model, inputs(more)), logits(model, inputs()), atol=1e-4)


@pytest.mark.parametrize("setting", [{"hidden_act": "relu"}, {"layer_norm_eps": 0.1}])
def test_a_bert_that_keras_hub_does_not_know_goes_through_transformers(tmp_path, setting):
    """KerasHub would build its own kind of BERT around these weights, without a word."""
    folder = checkpoint(tmp_path / "bert", **setting)
    found = logits(load_model(folder, HEAD), inputs())
    np.testing.assert_allclose(found, logits(through_transformers(folder), inputs()), atol=1e-5)
    assert np.abs(found - logits(through_keras_hub(folder), inputs())).max() > 1e-3


def test_distilbert_through_transformers(tmp_path):
    """Its tokenizer and names come from the folder, as BERT's do."""
    pytest.importorskip("transformers")
    teacher = load_teacher(f"hf:{checkpoint(tmp_path / 'distil', 'distilbert', classes=2)}")
    assert (teacher.classes, teacher.labels) == (2, ("class 0", "class 1"))
    expected = logits(teacher.model, inputs())
    assert expected.std() > 0.1
    np.testing.assert_allclose(teacher(texts()), expected, atol=1e-4)
    np.testing.assert_allclose(teacher(np.pad(texts(), ((0, 0), (0, 9)))), expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_an_encoder_without_a_head(tmp_path, kind):
    """Either library makes one up at random: a teacher at chance."""
    folder = checkpoint(tmp_path / kind, kind, head=False)
    if kind == "distilbert":
        pytest.importorskip("transformers")
    with pytest.raises(UserError, match=r"no classification head \(no .*classifier\.weight\): it"):
        load_model(folder, HEAD)


def cut(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def remove(folder):
    (folder / "model.safetensors").unlink()


def of_another_size(folder):
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "hidden_size": 64}))


def of_another_kind(folder):
    weights = checkpoint(folder.with_name("other"), "distilbert") / "model.safetensors"
    (folder / "model.safetensors").write_bytes(weights.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (cut, r"the weights in .* cannot be read as its config\.json says \(SafetensorError"),
        (remove, r"holds no model\.safetensors: convert the checkpoint first"),
        (of_another_size, r"cannot be read as its config\.json says"),
        (of_another_kind, r"cannot be read as its config\.json says"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, spoil, words):
    """A checkpoint of another architecture, or a download that broke off: one sentence."""
    pytest.importorskip("keras_hub")
    folder = checkpoint(tmp_path / "bert")
    spoil(folder)
    with pytest.raises(UserError, match=words):
        load_model(folder, HEAD)


def test_weights_that_transformers_cannot_read(tmp_path):
    pytest.importorskip("transformers")
    folder = checkpoint(tmp_path / "distil", "distilbert")
    cut(folder)
    with pytest.raises(UserError, match=r"cannot be read as its config\.json says"):
        load_model(folder, HEAD)


def test_without_either_library(bert, monkeypatch):
    """The cure is an extra by name, and the right one."""
    monkeypatch.setattr(hugging_face, "has_packages", lambda *packages: False)
    with pytest.raises(UserError, match=r'a bert teacher needs .* `pip install "tfkd\[hub\]"`'):
        load_model(bert, HEAD)
    with pytest.raises(UserError, match=r"fine-tuning takes a folder of bert, .* through KerasHub"):
        to_fine_tune(bert, 3)


def test_to_fine_tune_with_the_same_classes(bert):
    """The head of the folder is the start; KerasHub's GELU moves it a little."""
    pytest.importorskip("keras_hub")
    model = to_fine_tune(bert, 3)
    found = np.array(model(texts(), training=False))
    expected = logits(load_model(bert, HEAD), inputs())
    assert np.abs(found - expected).max() < 0.1
    assert len(model.trainable_weights) == len(model.weights)


def test_to_fine_tune_with_other_classes_and_without_a_head(tmp_path, bert):
    """A new head; and all of it, the encoder too, gets a gradient."""
    pytest.importorskip("keras_hub")
    encoder = checkpoint(tmp_path / "encoder", head=False)
    for folder, classes in ((bert, 5), (encoder, 2)):
        model = to_fine_tune(folder, classes)
        assert model(texts(), training=False).shape == (4, classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    before = model.get_weights()
    model.train_on_batch(texts(), np.array([0, 1, 0, 1]))
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(moved) > 0.9


LOAD = """
import sys, numpy as np
from tfkd import load_teacher
folder = sys.argv[1]
np.save(f"{folder}/out.npy", load_teacher(f"keras:{folder}")(np.load(f"{folder}/ids.npy")))
"""


def test_a_fine_tuned_model_loads_in_a_new_process(tmp_path, bert):
    """`tfkd teach` writes it; `tfkd distill --teacher keras:...` has not imported KerasHub."""
    pytest.importorskip("keras_hub")
    from tfkd import text
    from tfkd.models.text_model import TextModel
    from tfkd.teachers import save

    model = TextModel(to_fine_tune(bert, 2), text.load(bert, 20), ("bad", "good"))
    save(model, tmp_path)
    np.save(tmp_path / "ids.npy", texts())
    command = [sys.executable, "-c", LOAD, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), model(texts()), atol=1e-5)


def test_the_real_teacher_gives_its_logits(shared):
    """The logits of 32 reviews as they were computed elsewhere, from text to logits."""
    pytest.importorskip("keras_hub")
    folder = shared / "teachers" / "imdb-minilm"
    with gzip.open(shared / "data" / "imdb" / "test.jsonl.gz", "rt", encoding="utf-8") as lines:
        reviews = [json.loads(line)["text"] for line in islice(lines, 32)]
    teacher = load_teacher(f"hf:{folder}")
    found, expected = teacher.logits(reviews), np.load(folder / "logits.npz")["test"][:32]
    np.testing.assert_allclose(found, expected, atol=0.15)
    assert agreement(found, expected) == 1.0
    assert teacher.labels == ("negative", "positive")


def test_a_head_for_each_token(tmp_path):
    """The head of another task on the pooled vector: one answer, for all tokens alike."""
    tokens = "ForTokenClassification"
    folder = checkpoint(tmp_path / "tagger", classes=3)
    hub = logits(hugging_face.load_by_keras_hub(folder, tokens), inputs())
    assert hub.shape == (*texts().shape, 3)
    other = logits(hugging_face.load_by_transformers(folder, tokens), inputs())
    there = texts() > 0
    np.testing.assert_allclose(hub[there], other[there], atol=1e-4)


def test_a_head_that_keras_hub_does_not_know(bert):
    with pytest.raises(UserError, match="has no BERT ForMaskedLM: write hf:"):
        hugging_face.load_by_keras_hub(bert, "ForMaskedLM")
