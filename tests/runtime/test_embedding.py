"""Vectors of texts from a file: those of the student, in the order given."""

import json

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import UserError, students, tasks
from tfkd.exporting import export
from tfkd.runtime import Index, load
from tfkd.text import learn

TEXTS = ["a good film", "not bad at all", "a film " * 30, "bad", "a good film and not a bad one"]


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS * 20, vocab_size=60, max_length=24)


@pytest.fixture(scope="module")
def student(encoder):
    task = tasks.find("sentence-similarity", {"dimensions": 8})
    schema = task.complete_schema(task.schema(()), [])
    return students.build_for(task, schema, "static", encoder.vocab_size, "tiny", seed=1, width=8)


@pytest.fixture(scope="module")
def file(student, encoder, tmp_path_factory):
    task = tasks.find("sentence-similarity", {"dimensions": 8})
    schema = task.complete_schema(task.schema(()), [])
    path = tmp_path_factory.mktemp("vectors") / "small.tflite"
    check = [{"text": text} for text in TEXTS]
    export(student, path, encoder=encoder, task=task, schema=schema, check=check)
    return path


@pytest.fixture(scope="module")
def predictor(file):
    return load(file)


def test_the_vectors_are_those_of_the_student(predictor, student, encoder):
    expected = [np.array(student(np.array([encoder.encode(t)]))["embedding"])[0] for t in TEXTS]
    for batch_size in (1, 2, 256):
        found = predictor.embed(TEXTS, batch_size)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_many_texts_go_in_parts(predictor, monkeypatch):
    """Texts of the first part alone, or all but the last part."""
    from tfkd.runtime import embedding

    expected = predictor.embed(TEXTS)
    monkeypatch.setattr(embedding, "_CHUNK", 2)
    np.testing.assert_allclose(predictor.embed(TEXTS), expected, atol=1e-6)
    assert predictor.embed([]).shape == (0, 8)


def test_the_first_dimensions_alone(predictor):
    """Shorter vectors that are no cosines any more."""
    cut = predictor.embed(TEXTS, dimensions=3)
    whole = predictor.embed(TEXTS)[:, :3]
    np.testing.assert_allclose(cut, whole / np.linalg.norm(whole, axis=1)[:, None], rtol=1e-5)
    for wrong in (0, 9, 1.5):
        with pytest.raises(UserError, match="write a number from 1 to 8"):
            predictor.embed(TEXTS, dimensions=wrong)


def test_an_index_of_a_file(predictor, tmp_path):
    index = Index.of(predictor, TEXTS)
    path = index.save(tmp_path / "texts.index")
    again = Index.load(path)
    again.check(predictor)
    scores, places = again.search(predictor.embed(["a good film"]), k=1)
    assert again.entries[places[0, 0]] == "a good film"
    assert scores[0, 0] == pytest.approx(1, abs=1e-5)


def test_the_digest_is_one_of_model_and_tokenizer(predictor, file):
    assert load(file).digest == predictor.digest
    assert len(predictor.digest) == 16
    with pytest.raises(UserError, match="the index was made with the file 0123"):
        Index(np.ones((1, 8)), ["a"], model="0123").check(predictor)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ("a good film", "one string came where a list of texts belongs"),
        ({"text": "good"}, "one dict came where a list of texts belongs"),
        (None, "None came where a list of texts belongs"),
        (["good", " "], "text 1 is ' ': give at least one word"),
        (["good", ""], "text 1 is empty"),
        (["good", None], "text 1 is None: give at least one word"),
        ([("good", "bad")], "example 0 is a pair: give single texts"),
    ],
)
def test_what_has_no_vector(predictor, texts, words):
    with pytest.raises(UserError, match=words):
        predictor.embed(texts)


def test_batches_of_none(predictor):
    with pytest.raises(UserError, match="batch_size is 0"):
        predictor.embed(TEXTS, 0)


def test_a_file_of_another_task(exported):
    with pytest.raises(UserError, match=r"is for the task text.*, which gives no vectors"):
        load(exported).embed(["a good film"])


def test_an_index_of_entries(predictor, tmp_path):
    """Whatever JSON holds comes back from the file as it was."""
    entries = [{"answer": text, "id": i} for i, text in enumerate(TEXTS)]
    index = Index.of(predictor, TEXTS, entries)
    assert Index.load(index.save(tmp_path / "a.index")).entries == json.loads(json.dumps(entries))
