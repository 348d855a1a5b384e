"""A run whose tokenizer pads with 1: training, file and store leave the same tokens out."""

import json

import numpy as np
import pytest

pytest.importorskip("keras_hub")
pytest.importorskip("transformers")
import keras
from hugging_face_folders import model

import tfkd
from tfkd import runtime, store, students, text
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.store.keys import key_of

SHORT = ("--max-length", "32", "--epochs", "1", "--no-alone")
TEXTS = ["a film that I will not forget", "dull", "not a good film, and far too long for that"]


@pytest.fixture(scope="module")
def roberta(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pads") / "roberta"
    model("roberta", folder, ("negative", "positive"))
    return folder


def answers_alone_and_together(file):
    predictor = runtime.load(file)
    together = predictor.run(rows(predictor))
    alone = [predictor.run([row])[0] for row in rows(predictor)]
    return predictor, *(np.array([row["logits"] for row in each]) for each in (together, alone))


def rows(predictor):
    return [{"input_ids": ids} for ids in predictor.encoder.encode_many(TEXTS)]


@pytest.mark.slow
def test_a_student_of_the_teachers_layers_keeps_its_padding(roberta, tfkd, tmp_path):
    """Its positions and its mask are those of id 1; the file pads with it."""
    arguments = ("sample:200", "--teacher", f"hub:{roberta}", "--student", "shrink:1")
    code, _, errors = tfkd("distill", *arguments, *SHORT, "--to", "out")
    assert code == 0, errors
    predictor, together, alone = answers_alone_and_together(tmp_path / "out" / "student.tflite")
    assert predictor.encoder.pad_id == 1
    np.testing.assert_allclose(together, alone, atol=0.05)
    student = keras.models.load_model(tmp_path / "out" / "student.keras", compile=False)
    ids = np.array([rows(predictor)[1]["input_ids"]], "int32")
    padded = np.pad(ids, [(0, 0), (0, 9)], constant_values=1)
    np.testing.assert_allclose(student(padded), student(ids), atol=1e-5)


def test_a_student_with_the_teachers_vocabulary_has_padding_first(roberta, tfkd, tmp_path):
    """`<s>` is id 0, which each student takes for padding."""
    arguments = ("sample:200", "--teacher", f"hub:{roberta}", "--tokenizer", str(roberta))
    code, _, errors = tfkd("distill", *arguments, *SHORT, "--student", "text_cnn:tiny", "--to", "o")
    assert code == 0, errors
    predictor, together, alone = answers_alone_and_together(tmp_path / "o" / "student.tflite")
    assert predictor.encoder.pad_id == 0
    np.testing.assert_allclose(together, alone, atol=0.05)
    theirs = text.load(roberta, 32)
    expected = text.with_padding_first(theirs).encode_many(TEXTS)
    assert predictor.encoder.encode_many(TEXTS) == expected != theirs.encode_many(TEXTS)
    assert json.loads((tmp_path / "o" / "preprocessing.json").read_text())["pad_id"] == 0


def test_a_student_that_reads_padding_as_a_token_is_not_exported(roberta, tmp_path):
    encoder = text.load(roberta, 32)
    student = students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=0)
    with pytest.raises(UserError, match=r"takes id 1, .*with_padding_first\(encoder\)"):
        tfkd.export(student, tmp_path / "s.tflite", encoder=encoder)
    tfkd.export(student, tmp_path / "s.tflite", encoder=text.with_padding_first(encoder))


def test_mediapipe_takes_word_pieces_alone(roberta, tmp_path):
    encoder = text.with_padding_first(text.load(roberta, 32))
    student = students.build("text_cnn", encoder.vocab_size, 2, "tiny", seed=0)
    with pytest.raises(UserError, match="MediaPipe's tokenizer is BERT's word pieces"):
        tfkd.export(student, tmp_path / "s.tflite", encoder=encoder, client="mediapipe")


def test_a_store_finds_padded_batches(roberta, tmp_path):
    """Texts are written, and a pipeline of ids reads them, padded as their tokenizer pads."""
    teacher = tfkd.load_teacher(f"hub:{roberta}", max_length=32)
    written = store.write(tmp_path / "store", teacher, TEXTS, verbose=0, dtype="float32")
    ids = teacher.encoder.encode_many(TEXTS)
    batch = text.batching.pad(ids, 32, value=1)
    np.testing.assert_allclose(written.targets(batch)["logits"], teacher.logits(TEXTS), atol=1e-4)
    with pytest.raises(UserError, match="lacks 2 of 3"):
        written.targets(text.batching.pad(ids, max(map(len, ids)), value=0))


def test_a_zero_at_the_end_is_a_token_of_its_own():
    """GPT-2's id 0 is an exclamation mark: with and without it are two texts."""
    assert key_of({"ids": np.array([5, 0])}, 50_256) != key_of({"ids": np.array([5])}, 50_256)
    assert key_of({"ids": np.array([5, 0, 9, 9])}, 9) == key_of({"ids": np.array([5, 0])}, 9)


def test_two_teachers_of_other_padding_as_one(roberta, tmp_path):
    model("bert", tmp_path / "bert", ("negative", "positive"))
    specs = [f"hub:{roberta}", f"hub:{tmp_path / 'bert'}"]
    one, other = (tfkd.load_teacher(spec) for spec in specs)
    both = tfkd.load_teacher(" + ".join(specs))

    def shares(teacher: TextModel):
        return np.array(keras.ops.softmax(teacher.logits(TEXTS)))

    np.testing.assert_allclose(shares(both), (shares(one) + shares(other)) / 2, atol=1e-4)
