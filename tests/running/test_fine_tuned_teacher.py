"""A Hugging Face folder as the start of a run's teacher: RoBERTa's format, to a file."""

import json

import numpy as np
import pytest

pytest.importorskip("keras_hub")
pytest.importorskip("transformers")
from hugging_face_folders import tensorflow_model
from tiny_bert import to_fine_tune

from tfkd import load_teacher

SHORT = ("--max-length", "32", "--vocab-size", "300", "--epochs", "1", "--no-alone")
STUDENT = ("--student", "bag_of_ngrams:tiny", *SHORT)


@pytest.fixture(scope="module")
def roberta(tmp_path_factory):
    """Weights of TensorFlow at random, padding id 1, positions from 2 on."""
    folder = tmp_path_factory.mktemp("start") / "roberta"
    made = tensorflow_model("roberta", folder, ("bad", "good"))
    made.save_pretrained(folder, safe_serialization=False)
    return folder


def test_a_run_ends_in_a_file(roberta, tfkd, tmp_path):
    """The teacher reads by its own tokenizer, in a run that trains it first."""
    command = (
        *("distill", "sample:200", "--teacher", f"train:hf:{roberta}", "--to", "out"),
        *("--teacher-epochs", "1", "--teacher-learning-rate", "0.001", *STUDENT),
    )
    code, _, errors = tfkd(*command)
    assert code == 0, errors
    assert (tmp_path / "out" / "student.tflite").is_file()
    settings = json.loads((tmp_path / "out" / "teacher" / "preprocessing.json").read_text())
    assert (settings["pad_id"], settings["max_length"]) == (1, 32)
    teacher = load_teacher(f"keras:{tmp_path / 'out' / 'teacher'}")
    ids = teacher.encoder.encode("a film")
    padded = np.array([[*ids, *[1] * 7]], "int32")
    np.testing.assert_allclose(teacher(padded), teacher(np.array([ids], "int32")), atol=1e-5)
    code, printed, _ = tfkd(*command)
    assert code == 0
    assert "is complete" in printed


def test_weights_of_tensorflow_are_the_start(roberta):
    """At random instead of from the folder, nobody would notice but the score."""
    model = to_fine_tune(roberta, 2, pad_id=1)
    teacher = load_teacher(f"tf:{roberta}")
    ids = np.array([teacher.encoder.encode("the film was good")], "int32")
    np.testing.assert_allclose(model(ids, training=False), teacher(ids), atol=0.02)
    other = to_fine_tune(roberta, 3, pad_id=1)
    encoders = [next(x for x in m.layers if hasattr(x, "num_layers")) for m in (model, other)]
    for one, two in zip(*(each.get_weights() for each in encoders), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("kind", ["electra", "mpnet"])
def test_kinds_that_cannot_be_fine_tuned(kind, refused, tmp_path):
    """It is said before the texts are read, and no folder is left."""
    tensorflow_model(kind, tmp_path / kind).save_pretrained(tmp_path / kind)
    said = refused("distill", "sample:200", "--teacher", f"train:hf:{tmp_path / kind}", "--to", "o")
    assert f"is {kind}" in said
    assert not (tmp_path / "o").exists()


def test_no_folder_to_fine_tune(refused, tmp_path):
    said = refused("distill", "sample:200", "--teacher", "train:hf:nowhere", "--to", "o")
    assert "nowhere is no Hugging Face model folder" in said
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", ["epochs", "learning-rate"])
def test_settings_of_a_teacher_that_is_not_trained(name, refused, roberta):
    said = refused("distill", "sample:200", "--teacher", f"tf:{roberta}", f"--teacher-{name}", "1")
    assert "is not trained here" in said


def roberta_of_reviews(folder, texts):
    """Write a small RoBERTa at random, whose 4,000 pieces of words are those of some texts."""
    import tf_keras
    import transformers
    from tokenizers import ByteLevelBPETokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces = ByteLevelBPETokenizer()
    pieces.train_from_iterator(texts, 4_000, special_tokens=special, show_progress=False)
    folder.mkdir()
    files = pieces.save_model(str(folder))
    transformers.RobertaTokenizerFast(*files).save_pretrained(folder)
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
    config = transformers.RobertaConfig(
        vocab_size=4_000, num_attention_heads=2, max_position_embeddings=130, **sizes
    )
    tf_keras.utils.set_random_seed(0)
    model = transformers.TFRobertaForSequenceClassification(config)
    model.build_in_name_scope()
    model.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_reviews_through_a_roberta_to_a_file(shared, tfkd, tmp_path):
    """All pieces at once on real texts: one command, from random weights to a `.tflite`."""
    import gzip
    from itertools import islice

    for name, count in (("test", 300), ("train", 2_000)):
        with gzip.open(shared / "data" / "imdb" / f"{name}.jsonl.gz", "rt") as lines:
            rows = [json.loads(line) for line in lines]
        rows = list(islice(rows[:: len(rows) // count], count))
        text = "".join(json.dumps({k: row[k] for k in ("text", "label")}) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text)
    folder = roberta_of_reviews(tmp_path / "roberta", [row["text"] for row in rows])
    code, _, errors = tfkd(
        *("distill", "train.jsonl", "--test", "test.jsonl", "--teacher", f"train:hf:{folder}"),
        *("--teacher-epochs", "6", "--teacher-learning-rate", "0.002", "--max-length", "128"),
        *("--student", "ngram_cnn:tiny", "--no-alone", "--to", "out"),
    )
    assert code in (0, 2), errors
    assert (tmp_path / "out" / "student.tflite").is_file()
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    assert rows[0]["scores"]["accuracy"] > 0.6
