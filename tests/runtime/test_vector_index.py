"""An index of vectors: what it finds, and what it refuses."""

import contextlib
import json
from types import SimpleNamespace

import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.runtime.vector_index import Index

RNG = np.random.default_rng(3)
VECTORS = RNG.normal(size=(50, 8)).astype("float32")
ENTRIES = [{"text": f"text {i}", "price": i / 2, "more": ["é\u2028\n", None]} for i in range(50)]


@pytest.fixture
def index():
    return Index(VECTORS, ENTRIES, model="abc")


def test_it_finds_the_nearest_by_cosine(index):
    """Dot products of vectors of any length, or the farthest ones."""
    asked = RNG.normal(size=(7, 8)) * 9
    cosines = asked @ VECTORS.T / np.linalg.norm(asked, axis=1)[:, None]
    cosines /= np.linalg.norm(VECTORS, axis=1)
    scores, places = index.search(asked, k=5)
    np.testing.assert_array_equal(places, np.argsort(-cosines, axis=1)[:, :5])
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, places, 1), rtol=1e-4, atol=1e-6)
    assert (scores.dtype, places.dtype) == (np.float32, np.int64)


def test_many_are_searched_in_blocks(index, monkeypatch):
    """The results of one block in the place of another's."""
    from tfkd.runtime import vector_index

    expected = index.search(VECTORS[:7], k=3)[1]
    monkeypatch.setattr(vector_index, "SCORES", 100)
    np.testing.assert_array_equal(index.search(VECTORS[:7], k=3)[1], expected)
    assert expected[:, 0].tolist() == list(range(7))


def test_equal_texts_come_in_their_order():
    index = Index(np.ones((6, 3)), list("abcdef"))
    assert index.search([[1.0, 1.0, 1.0]], k=4)[1].tolist() == [[0, 1, 2, 3]]
    assert index.search(np.ones((2, 3)), k=6)[1].tolist() == [list(range(6))] * 2


def test_a_vector_of_zeros_is_near_nothing():
    """NaN, which is nearest to everything."""
    index = Index([[0.0, 0.0], [-1.0, 0.0]], ["nothing", "west"])
    assert index.search([[1.0, 0.0]], k=2)[0].tolist() == [[0.0, -1.0]]


def test_nothing_searched_finds_nothing(index):
    scores, places = index.search(np.zeros((0, 8)), k=2)
    assert scores.shape == places.shape == (0, 2)


def test_it_comes_back_from_its_file(index, tmp_path):
    path = index.save(tmp_path / "answers.index")
    again = Index.load(path)
    assert (again.entries, again.model, len(again)) == (ENTRIES, "abc", 50)
    np.testing.assert_array_equal(again.vectors, index.vectors)
    assert [each.name for each in tmp_path.iterdir()] == ["answers.index"]
    with np.load(path) as archive:
        np.testing.assert_array_equal(archive["vectors"], index.vectors)


def test_what_was_there_stays_until_the_file_is_whole(index, tmp_path, monkeypatch):
    from tfkd.runtime import vector_index

    path = index.save(tmp_path / "answers.index")
    before = path.read_bytes()
    monkeypatch.setattr(vector_index, "write_index", lambda part, *rest: part.write_bytes(b"PK"))
    with pytest.raises(UserError, match="no index, or was damaged"):
        index.save(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["answers.index"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_off(index, tmp_path, share):
    path = index.save(tmp_path / "answers.index")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(UserError, match="no index, or was damaged or cut off"):
        Index.load(path)


def test_every_changed_byte_is_noticed_or_means_nothing(index, tmp_path):
    path = index.save(tmp_path / "answers.index")
    content = bytearray(path.read_bytes())
    for place in range(0, len(content), 97):
        changed = bytearray(content)
        changed[place] ^= 0x55
        path.write_bytes(changed)
        with contextlib.suppress(UserError):
            found = Index.load(path)
            np.testing.assert_array_equal(found.vectors, index.vectors)
            assert (found.entries, found.model) == (index.entries, index.model)


def other_archive(path, **arrays):
    with path.open("wb") as file:
        np.savez(file, **arrays)


def about(**changed):
    content = {"tfkd_index": 1, "model": "", "digest": "", **changed}
    return np.frombuffer(json.dumps(content).encode(), np.uint8)


def test_other_files(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(UserError, match="no file"):
        Index.load(path)
    other_archive(path, weights=VECTORS)
    with pytest.raises(UserError, match=r"no index.*it has weights inside"):
        Index.load(path)
    objects = np.array([{"a": 1}], object)
    parts = {"vectors": objects, "entries": np.zeros(1, np.uint8)}
    other_archive(path, about=about(), **parts)
    with pytest.raises(UserError, match="no index, or was damaged"):
        Index.load(path)
    other_archive(path, about=about(tfkd_index=2), **parts | {"vectors": VECTORS})
    with pytest.raises(UserError, match="newer tfkd"):
        Index.load(path)


def test_the_file_of_another_model(index):
    """Cosines of vectors that have nothing to do with each other."""
    index.check(SimpleNamespace(digest="abc", path="a.tflite"))
    Index(VECTORS, ENTRIES).check(SimpleNamespace(digest="xyz", path="a.tflite"))
    with pytest.raises(UserError, match=r"made with the file abc, and a\.tflite is xyz"):
        index.check(SimpleNamespace(digest="xyz", path="a.tflite"))


def test_an_index_of_texts():
    texts = ["a", "b"]
    predictor = SimpleNamespace(digest="abc", embed=lambda texts: np.eye(len(texts)))
    made = Index.of(predictor, texts)
    assert (made.entries, made.model) == (texts, "abc")
    assert Index.of(predictor, texts, [1, 2]).entries == [1, 2]
    predictor.embed = pytest.fail
    with pytest.raises(UserError, match="3 entries came for 2 vectors"):
        Index.of(predictor, texts, [1, 2, 3])


@pytest.mark.parametrize(
    ("vectors", "entries", "words"),
    [
        ([], [], "an index of no vectors"),
        (np.zeros((0, 4)), [], "an index of no vectors"),
        (np.ones(3), [1, 2, 3], r"the shape \[3\]: give \[texts, dimensions\]"),
        ([[1.0], [1.0, 2.0]], [1, 2], "no numbers of equal count"),
        (["a text"], ["a text"], "no numbers of equal count"),
        ([[1.0, 2.0], [np.nan, 1.0]], [1, 2], "NaN or infinity in row 1"),
        ([[1.0, np.inf]], [1], "NaN or infinity in row 0"),
        (np.ones((2, 3)), ["a"], "1 entries came for 2 vectors"),
        (np.ones((2, 3)), "ab", "the entries are 'ab': give a list"),
        (np.ones((2, 3)), ["a", np.float32(1)], "entry 1 is no JSON value"),
        (np.ones((2, 3)), ["a", float("nan")], "entry 1 is no JSON value"),
    ],
)
def test_what_is_no_index(vectors, entries, words):
    with pytest.raises(UserError, match=words):
        Index(vectors, entries)


@pytest.mark.parametrize(
    ("vectors", "k", "words"),
    [
        (np.ones((1, 3)), 1, r"the shape \[1, 3\]: give \[texts, 8\]"),
        (np.ones(8), 1, r"the shape \[8\]"),
        (np.full((1, 8), np.nan), 1, "NaN or infinity in row 0"),
        (np.ones((1, 8)), 51, "k is 51: write a number from 1 to 50"),
        (np.ones((1, 8)), 0, "k is 0"),
        (np.ones((1, 8)), 1.5, "k is 1.5"),
    ],
)
def test_what_cannot_be_searched(index, vectors, k, words):
    with pytest.raises(UserError, match=words):
        index.search(vectors, k)


def test_a_place_that_is_no_file(index, tmp_path):
    for path in (tmp_path, tmp_path / "none" / "a.index"):
        with pytest.raises(UserError, match="there is no folder"):
            index.save(path)
