"""Folders of weights as libraries have written them over the years, each with the same logits."""

import json

import numpy as np
import pytest
from hugging_face_folders import LABELS, model, state, tensorflow_model
from safetensors.numpy import load_file, save_file

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.models.hugging_face_config import label_names, most_tokens, problem_of

pytest.importorskip("transformers")
pytest.importorskip("tf_keras")
TEXTS = ["the film was good", "a bad film"]


def one_file(folder, made):
    made.save_pretrained(folder)


def h5(folder, made):
    made.save_pretrained(folder, safe_serialization=False)


def sharded_h5(folder, made):
    made.save_pretrained(folder, safe_serialization=False, max_shard_size="20kB")
    assert (folder / "tf_model.h5.index.json").is_file()


def sharded(folder, made):
    made.save_pretrained(folder, safe_serialization=True, max_shard_size="20kB")
    assert (folder / "model.safetensors.index.json").is_file()


def under_another_name(folder, made):
    made.save_pretrained(folder, safe_serialization=True)
    (folder / "model.safetensors").rename(folder / "tf_model.safetensors")


WAYS = (one_file, h5, sharded_h5, sharded, under_another_name)


def logits(made, teacher):
    ids = [teacher.encoder.encode(text) for text in TEXTS]
    rows = [np.array([row], "int32") for row in ids]
    return np.concatenate(
        [made(input_ids=row, attention_mask=np.ones_like(row)).logits.numpy() for row in rows]
    )


@pytest.mark.slow_but_one("kind")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
def test_tensorflows_files_twice_in_a_process(kind, way, tmp_path):
    """DistilBERT's dropout has another name the second time, and nothing is missing by that."""
    made = tensorflow_model(kind, tmp_path)
    way(tmp_path, made)
    for spec in ("hf", "tf"):
        teacher = load_teacher(f"{spec}:{tmp_path}")
        np.testing.assert_allclose(teacher.logits(TEXTS), logits(made, teacher), atol=1e-4)
        assert teacher.labels == LABELS


@pytest.mark.slow_but_one("route")
@pytest.mark.parametrize("kind", ["bert", "roberta", "electra"])
@pytest.mark.parametrize("route", ["hf", "tf", "hub"])
def test_several_files_of_pytorch(kind, route, tmp_path):
    if (kind, route) == ("electra", "hub"):
        pytest.skip("KerasHub has no ELECTRA")
    model(kind, tmp_path)
    expected = load_teacher(f"tf:{tmp_path}").logits(TEXTS)
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    names, places = sorted(weights), {}
    for number, part in enumerate(np.array_split(names, 3), 1):
        file = f"model-{number:05d}-of-00003.safetensors"
        part = {str(name): weights[str(name)] for name in part}
        save_file(part, tmp_path / file, metadata={"format": "pt"})
        places |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    found = load_teacher(f"{route}:{tmp_path}").logits(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("route", ["hf", "hub", "tf", "torch"])
def test_a_bin_of_pytorch(route, tmp_path):
    torch = pytest.importorskip("torch", reason="needs the extra tfkd[torch]")
    model("bert", tmp_path)
    expected = load_teacher(f"tf:{tmp_path}").logits(TEXTS)
    weights = load_file(tmp_path / "model.safetensors")
    torch.save({n: torch.from_numpy(w) for n, w in weights.items()}, tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    found = load_teacher(f"{route}:{tmp_path}").logits(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("route", ["hf", "hub", "tf"])
def test_a_bin_without_pytorch(route, tmp_path, monkeypatch):
    """It is a pickle that PyTorch alone reads safely."""
    model("bert", tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(UserError, match=r'pytorch_model.bin alone.*"tfkd\[torch\]"'):
        load_teacher(f"{route}:{tmp_path}")


def test_keras_hub_says_who_reads_tensorflows_weights(tmp_path):
    tensorflow_model("bert", tmp_path).save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(UserError, match=rf"TensorFlow's: write tf:{tmp_path}"):
        load_teacher(f"hub:{tmp_path}")


def test_a_damaged_index(tmp_path):
    model("bert", tmp_path)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": []}')
    for route in ("hf", "hub", "tf"):
        with pytest.raises(UserError, match=r"index.json does not list files of weights"):
            load_teacher(f"{route}:{tmp_path}")


# -- what a config says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"id2label": {"10": "k", "2": "c", "0": "a"}}, ("a", "c", "k")),
        ({"id2label": {"0": 0, "1": 1, "2": 2}}, ("0", "1", "2")),
        ({"id2label": {0: True, 1: None}}, ("True", "None")),
        ({"id2label": ["bad", "good"]}, ("bad", "good")),
        ({"label2id": {"good": 1, "bad": 0}}, ("bad", "good")),
        ({"label2id": {"good": "1", "bad": "0"}}, ("bad", "good")),
        ({}, ()),
        ({"id2label": None}, ()),
    ],
)
def test_class_names_in_every_form(config, names):
    assert label_names(config) == names


def test_class_names_by_no_number():
    with pytest.raises(UserError, match=r"id2label in config.json is .*by number"):
        label_names({"id2label": {"bad": "0", "good": "1"}})


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"id2label": {"0": "a", "1": "b"}}, ""),
        ({"id2label": {"0": "LABEL_0"}}, "regression"),
        ({"problem_type": "multi_label_classification"}, "multi_label_classification"),
        ({"problem_type": "regression", "id2label": {"0": "a", "1": "b"}}, "regression"),
        ({"problem_type": "single_label_classification"}, ""),
    ],
)
def test_what_the_logits_stand_for(config, problem):
    assert problem_of(config) == problem


@pytest.mark.parametrize(
    ("config", "most"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
        ({"model_type": "mpnet", "max_position_embeddings": 514}, 512),
        ({"model_type": "gpt2", "n_positions": 64}, 64),
        ({"model_type": "t5", "n_positions": 512}, None),
        ({"model_type": "xlnet"}, None),
    ],
)
def test_how_many_tokens_there_are_positions_for(config, most):
    """RoBERTa's 514 positions are 512 tokens: the last two would be read from nowhere."""
    assert most_tokens(config, pad_id=1) == most


@pytest.mark.slow_but_one
@pytest.mark.parametrize("labels", [("LABEL_0",), ("0", "1"), ("LABEL_0", "LABEL_1", "LABEL_2")])
def test_a_teacher_with_any_labels(labels, tmp_path):
    model("bert", tmp_path, labels)
    teacher = load_teacher(f"hf:{tmp_path}")
    assert teacher.logits(TEXTS).shape == (2, len(labels))
    assert teacher.problem == ("regression" if len(labels) == 1 else "")
    state(tmp_path, "config.json", problem_type="multi_label_classification")
    assert load_teacher(f"hf:{tmp_path}").problem == "multi_label_classification"


def test_the_longest_text_that_positions_allow(tmp_path):
    """One token more than there are positions is NaN in TensorFlow, or an error, at the end."""
    model("roberta", tmp_path)
    teacher = load_teacher(f"tf:{tmp_path}")
    assert teacher.encoder.max_length == 130 - 2
    assert np.isfinite(teacher.logits(["the film " * 200])).all()
    with pytest.raises(UserError, match="max_length is 129, and the teacher reads at most 128"):
        load_teacher(f"tf:{tmp_path}", max_length=129)
