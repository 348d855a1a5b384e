"""One pass of a model over the texts: in their order, and never twice."""

import json

import numpy as np
import pytest

from tfkd.corpus import passes
from tfkd.corpus.encoded import encode
from tfkd.corpus.passes import logits_of
from tfkd.data import Example
from tfkd.errors import UserError

COUNT, CLASSES = 90, 3


class Repeated:
    """The text `i` is the id `i + 1`, as often as its length says."""

    vocab_size = 1_000

    def encode_many(self, texts):
        return [[int(text) + 1] * (20 + int(text) * 37 % 90) for text in texts]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoded") / "set"
    return encode((Example(str(i), 0) for i in range(COUNT)), Repeated(), folder)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(passes, "TOKENS", 300)
    monkeypatch.setattr(passes, "SAVE_EVERY", 2)


class Model:
    """Its logits tell which text they are of; it stops with Ctrl-C after some batches."""

    def __init__(self, stop: int | None = None):
        self.stop, self.texts, self.widest = stop, [], 0

    def __call__(self, ids):
        if self.stop is not None:
            if not self.stop:
                raise KeyboardInterrupt
            self.stop -= 1
        self.texts += (ids[:, 0] - 1).tolist()
        self.widest = max(self.widest, ids.size)
        return np.stack([ids[:, 0] - 1, -ids[:, 0], (ids > 0).sum(axis=1)], axis=1)


def expected(encoded):
    texts = np.arange(COUNT)
    return np.stack([texts, -texts - 1, encoded.lengths], axis=1).astype("float32")


def test_the_logits_are_in_the_order_of_the_texts(tmp_path, encoded):
    """Sorted by length to be quick, and put back: else each text gets another one's target."""
    model, told = Model(), []
    found = logits_of(model, encoded, tmp_path / "all.npy", CLASSES, told.append)
    np.testing.assert_array_equal(found, expected(encoded))
    assert found.dtype == "float32"
    assert sorted(model.texts) == list(range(COUNT))
    assert sum(told) == COUNT
    assert model.widest <= passes.TOKENS
    assert [each.name for each in tmp_path.iterdir()] == ["all.npy"]


@pytest.mark.parametrize("stop", [0, 1, 2, 5, 11])
def test_an_interrupted_pass_goes_on_where_it_was(tmp_path, encoded, stop):
    """An hour of a teacher on a CPU is not done twice, nor left half undone."""
    path, first, second, told = tmp_path / "all.npy", Model(stop), Model(), []
    with pytest.raises(KeyboardInterrupt):
        logits_of(first, encoded, path, CLASSES)
    assert not path.exists()
    found = logits_of(second, encoded, path, CLASSES, told.append)
    np.testing.assert_array_equal(found, expected(encoded))
    saved = len(passes_before(encoded, stop - stop % 2))
    assert second.texts == [*passes_before(encoded, 10**6)][saved:]
    assert sum(told) == COUNT
    assert [each.name for each in tmp_path.iterdir()] == ["all.npy"]


def passes_before(encoded, batches: int) -> list[int]:
    """The texts of the first `batches` batches."""
    order = list(passes.by_length(encoded.lengths))[:batches]
    return [row for rows in order for row in rows.tolist()]


def test_an_interruption_of_the_bar(tmp_path, encoded):
    """Ctrl-C comes anywhere, also between the model and the note of it."""
    calls = []

    def advance(done):
        calls.append(done)
        if len(calls) == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        logits_of(Model(), encoded, tmp_path / "all.npy", CLASSES, advance)
    found = logits_of(Model(), encoded, tmp_path / "all.npy", CLASSES)
    np.testing.assert_array_equal(found, expected(encoded))


def test_a_whole_file_is_opened(tmp_path, encoded):
    """The teacher does not run again."""
    logits_of(Model(), encoded, tmp_path / "all.npy", CLASSES)
    found = logits_of(Model(0), encoded, tmp_path / "all.npy", CLASSES)
    np.testing.assert_array_equal(found, expected(encoded))


@pytest.mark.parametrize("shape", [(COUNT + 1, CLASSES), (COUNT, CLASSES + 1)])
def test_a_file_of_another_shape_is_refused(tmp_path, encoded, shape):
    """Targets of other texts, joined by position, are noise."""
    np.save(tmp_path / "all.npy", np.zeros(shape, "float32"))
    with pytest.raises(UserError, match=r"holds logits \[.*need \[90, 3\]"):
        logits_of(Model(), encoded, tmp_path / "all.npy", CLASSES)


def test_a_damaged_file_is_refused(tmp_path, encoded):
    (tmp_path / "all.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(UserError, match=r"all\.npy is damaged"):
        logits_of(Model(), encoded, tmp_path / "all.npy", CLASSES)


def interrupted(path, encoded, stop=6):
    with pytest.raises(KeyboardInterrupt):
        logits_of(Model(stop), encoded, path, CLASSES)
    return path.with_suffix(".part"), path.with_suffix(".done.json")


def cut_note(part, note):
    note.write_text('{"done": 3')


def other_shape(part, note):
    np.save(note.with_suffix(".npy"), np.zeros((COUNT, CLASSES + 1), "float32"))
    note.with_suffix(".npy").rename(part)


def other_texts(part, note):
    note.write_text(json.dumps({**json.loads(note.read_text()), "texts": 1}))


def cut_part(part, note):
    part.write_bytes(part.read_bytes()[:200])


@pytest.mark.parametrize("spoil", [cut_note, other_shape, other_texts, cut_part])
def test_what_an_interrupted_pass_left_is_not_trusted_blindly(tmp_path, encoded, spoil):
    """A note cut off by the power, or of other texts, and the pass begins anew."""
    spoil(*interrupted(tmp_path / "all.npy", encoded))
    model = Model()
    found = logits_of(model, encoded, tmp_path / "all.npy", CLASSES)
    np.testing.assert_array_equal(found, expected(encoded))
    assert len(model.texts) == COUNT


def test_a_note_without_its_logits_is_forgotten(tmp_path, encoded):
    """Else, after a second interruption, rows of zeros would pass for the teacher's word."""
    path = tmp_path / "all.npy"
    part, _ = interrupted(path, encoded, stop=6)
    part.unlink()
    interrupted(path, encoded, stop=1)
    found = logits_of(Model(), encoded, path, CLASSES)
    np.testing.assert_array_equal(found, expected(encoded))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_names_the_text(tmp_path, encoded, value):
    """One NaN among the targets and every weight of the student is NaN after one step."""

    def model(ids):
        return np.where(ids[:, :1] == 41 + 1, value, np.zeros((len(ids), CLASSES)))

    with pytest.raises(UserError, match=r"NaN or \+inf for text 42 "):
        logits_of(model, encoded, tmp_path / "all.npy", CLASSES)
    assert not (tmp_path / "all.npy").exists()


def test_a_class_that_is_ruled_out_is_legal(tmp_path, encoded):
    """-inf is a masked class."""
    found = logits_of(
        lambda ids: np.tile([0.0, -np.inf, 1.0], (len(ids), 1)),
        encoded,
        tmp_path / "all.npy",
        CLASSES,
    )
    assert np.isneginf(found[:, 1]).all()


@pytest.mark.parametrize("classes", [1, 2])
def test_logits_of_another_width_are_refused(tmp_path, encoded, classes):
    """A single column would be copied to every class by NumPy, without a word."""
    with pytest.raises(UserError, match=rf"logits \[\d+, {classes}\] for \d+ texts"):
        logits_of(lambda ids: np.ones((len(ids), classes)), encoded, tmp_path / "a.npy", CLASSES)


def test_no_texts(tmp_path):
    empty = encode([], Repeated(), tmp_path / "set")
    assert logits_of(Model(), empty, tmp_path / "all.npy", CLASSES).shape == (0, CLASSES)
