"""Keys: the content that the teacher saw, and nothing else of an example."""

from hashlib import blake2b

import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import UserError
from tfkd.store import key_of
from tfkd.store.keys import as_keys, examples_of, keys_of, name_inputs
from tfkd.store.row_lengths import batch_lengths

IDS = np.array([7, 3, 0, 9], "int32")


def by_hand(*parts: tuple) -> bytes:
    """A key after the words of `key_of`: `(name, kind, shape, bytes)`."""
    said = b"".join(f"{n}\0{kind}\0{shape}\0".encode() + data for n, kind, shape, data in parts)
    return blake2b(said, digest_size=16).digest()


def padded(ids, width, dtype="int32"):
    return np.pad(ids, (0, width - len(ids))).astype(dtype)


def keys(batch) -> list[bytes]:
    return [key.ljust(16, b"\0") for key in keys_of(examples_of(batch)).tolist()]


def test_the_format_by_hand():
    """A writer in another language that follows the document, and whose keys are never found."""
    ids = ("ids", "i", "4", IDS.astype("<i8").tobytes())
    x = ("x", "f", "2,1", np.array([[0.5], [0.0]], "<f4").tobytes())
    assert key_of({"ids": IDS}) == by_hand(ids)
    assert key_of({"x": np.array([[0.5], [0.0]])}) == by_hand(x)
    assert key_of({"text": "größer"}) == by_hand(("text", "s", "", "größer".encode()))
    matrix = np.array([[1, 0], [0, 0]])
    assert key_of({"m": matrix}) == by_hand(("m", "i", "2,2", matrix.astype("<i8").tobytes()))
    # Each input in the order of the names: ids before x, whatever the order of the dict.
    both = {"x": np.array([[0.5], [0.0]]), "input_ids": IDS, "attention_mask": np.ones(4, int)}
    assert key_of(both) == by_hand(ids, x)


@pytest.mark.parametrize("name", ["ids", "input_ids", "token_ids", "input_word_ids"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "uint16"])
@pytest.mark.parametrize("width", [4, 5, 30])
def test_names_types_and_padding_do_not_count(name, dtype, width):
    """Every example lost as soon as the student's batches are padded to another length."""
    assert key_of({name: padded(IDS, width, dtype)}) == key_of({"ids": IDS})


@pytest.mark.parametrize("mask", ["attention_mask", "padding_mask", "input_mask"])
def test_masks_do_not_count_and_what_they_hide_does_not(mask):
    """A tokenizer's own padding id, e.g. 1, taken for two more words of the text."""
    hidden = np.array([[7, 3, 0, 9, 1, 1]])
    told = {"input_ids": hidden, mask: np.array([[1, 1, 1, 1, 0, 0]])}
    assert keys(told) == [key_of({"ids": IDS})]
    assert keys({"input_ids": hidden}) != keys(told)
    segments = {**told, "token_type_ids": np.array([[0, 0, 1, 1, 5, 5]])}
    assert keys(segments) == [key_of({"ids": IDS, "token_type_ids": np.array([0, 0, 1, 1])})]


def test_segments_of_zeros_do_not_count():
    """A student without segment numbers that finds nothing of a teacher with them."""
    assert key_of({"ids": IDS, "token_type_ids": np.zeros(4, int)}) == key_of({"ids": IDS})


def test_neither_batch_nor_position_counts():
    """Targets that are right in the first epoch and another text's after a shuffle."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 50, (12, 6))
    whole = keys(ids)
    order = rng.permutation(12)
    assert len(set(whole)) == 12
    assert keys(ids[order]) == [whole[i] for i in order]
    assert [key for i in range(0, 12, 5) for key in keys(ids[i : i + 5])] == whole
    assert [key_of({"ids": each}) for each in ids] == whole


@pytest.mark.parametrize(
    "other",
    [
        {"ids": np.array([7, 3, 9])},
        {"ids": np.array([7, 3, 9, 0])},
        {"ids": np.array([0, 7, 3, 0, 9])},
        {"ids": np.array([7, 3, 0, 10])},
        {"ids": np.array([7, 3, 0, 9 + 2**16])},
        {"ids": IDS.astype("float32")},
        {"ids": IDS[None]},
        {"x": IDS},
        {"ids": IDS, "token_type_ids": np.array([0, 1, 0, 0])},
        {"ids": IDS, "x": np.array([0.0])},
    ],
    ids=str,
)
def test_other_content_is_another_key(other):
    """Two texts of one key: one of them learns the other's target, and nothing says so."""
    assert key_of(other) != key_of({"ids": IDS})


def test_floats():
    """Features that are double precision in NumPy and single precision in TensorFlow."""
    x = np.array([0.1, -2.0, 0.0])
    assert key_of({"x": x}) == key_of({"x": x.astype("float32")})
    assert key_of({"x": x}) == key_of({"x": tf.constant(x, tf.float32)})
    assert key_of({"x": x}) != key_of({"x": x[:2]})  # a zero is no padding here
    assert key_of({"x": x}) != key_of({"x": x[::-1]})
    assert key_of({"x": x.reshape(3, 1)}) != key_of({"x": x})


def test_texts():
    """The text as Python, NumPy or TensorFlow hands it on."""
    text = "ein größerer Film"
    found = {key_of({"text": each}) for each in (text, text.encode(), np.str_(text))}
    for batch in (np.array([text], object), np.array([text.encode()]), tf.constant([text]).numpy()):
        found |= set(keys(batch))
    assert found == {key_of({"text": text})}
    assert key_of({"text": text + " "}) not in found


def test_a_single_tensor_is_named_by_what_it_holds():
    """A list of arrays and a dict of the same that do not find each other."""
    for made in (np.asarray, tf.constant):
        assert list(name_inputs(made([[1, 2]]))) == ["ids"]
        assert list(name_inputs(made([[1.0, 2.0]]))) == ["x"]
        assert list(name_inputs(made(["a"]))) == ["text"]
    assert list(name_inputs((np.ones(1), np.ones(1)))) == ["x0", "x1"]


def test_keys_that_end_in_zeros():
    """NumPy drops zeros at the end of a byte string, and one example in 256 ends so."""
    ends = [i for i in range(2_000) if key_of({"ids": np.array([i + 1])})[-1] == 0]
    examples = [{"ids": np.array([i + 1])} for i in ends]
    found = keys_of(examples)
    assert len(ends) > 2
    assert found.tobytes() == b"".join(map(key_of, examples))
    assert len(set(found.tolist())) == len(ends)
    assert as_keys(found.tobytes()).tolist() == found.tolist()
    assert as_keys(b"").shape == (0,)


def test_padding_in_front_is_refused():
    """A text cut off from the wrong end: the teacher's word for a text that was never there."""
    batch = {"input_ids": np.array([[5, 6], [0, 7]]), "attention_mask": np.array([[1, 1], [0, 1]])}
    with pytest.raises(UserError, match=r'a 0 before a 1.*padding_side="right"'):
        examples_of(batch)


@pytest.mark.parametrize("batch", [np.float32(1.0), {"a": np.ones((2, 3)), "b": np.ones((3, 3))}])
def test_what_is_no_batch_is_refused(batch):
    """A text taken for a batch of words."""
    with pytest.raises(UserError, match=r"a store takes batches.*dataset\.batch\(32\)"):
        examples_of(batch)


def test_features_as_many_as_tokens_are_not_cut():
    """Features lost with the padding in batches that happen to be as wide as they are many."""
    ids, x = np.array([5, 6]), np.array([[0.1, 0.2, 0.3]], "float32")
    for width in (2, 3, 4):
        wide = padded(ids, width)[None]
        batch = {"ids": wide, "x": x, "attention_mask": (wide != 0).astype(int)}
        assert keys(batch) == [key_of({"ids": ids, "x": x[0]})], width
    per_token = {"ids": wide, "x": np.arange(4.0)[None, :, None], "attention_mask": wide != 0}
    assert keys(per_token) == [key_of({"ids": ids, "x": np.array([[0.0], [1.0]])})]


def test_whole_numbers_as_many_as_tokens_are_not_cut():
    """Six examples of the same text and other numbers were one example."""
    ids = np.tile([[5, 6, 7, 0, 0]], (3, 1))
    features = np.zeros((3, 5), int)
    features[:, 4] = [1, 2, 3]
    batch = {"input_ids": ids, "attention_mask": (ids > 0).astype(int), "features": features}
    assert len(set(keys(batch))) == 3
    # Padding, and the places of tokens, go with the tokens all the same.
    counts = np.where(ids > 0, 4, 0)
    places = np.tile(np.arange(5), (3, 1))
    wide = {**batch, "features": counts, "position_ids": places}
    short = {"input_ids": ids[0, :3], "features": counts[0, :3], "position_ids": places[0, :3]}
    assert set(keys(wide)) == {key_of(short)}


def test_a_text_beside_its_ids():
    """A data set that keeps the text as well, and is refused with a page of traceback."""
    batch = {"ids": np.array([[5, 6, 0]]), "attention_mask": np.array([[1, 1, 0]])}
    for text in (np.array([b"a film"]), np.array([b"a film"], object)):
        assert keys({**batch, "text": text}) == [key_of({"ids": [5, 6], "text": "a film"})]


def test_the_width_is_that_of_the_tokens():
    """Hidden states padded to the number of features beside the ids."""
    ids, x = np.ones((2, 6), int), np.ones((2, 20), "float32")
    assert batch_lengths({"ids": ids, "x": x}) == (6, 0, 0)
    assert batch_lengths({"ids": tf.constant(ids), "x": x}) == (6, 0, 0)
    assert batch_lengths({"ids": ids, "word_starts": np.ones((2, 9), int)}) == (6, 9, 0)
    assert batch_lengths({"x": x, "text": np.array(["a", "b"])}) == (0, 0, 0)
    written = {"ids": ids, "decoder_input_ids": np.ones((2, 4), int)}
    assert batch_lengths(written) == (6, 0, 4)


def test_a_zero_that_the_mask_counts_is_a_token():
    """Two texts as one, wherever 0 is a piece and not padding."""
    one = {"input_ids": np.array([5, 0]), "attention_mask": np.array([1, 1])}
    other = {"input_ids": np.array([5]), "attention_mask": np.array([1])}
    padded = {"input_ids": np.array([5, 0]), "attention_mask": np.array([1, 0])}
    assert key_of(one) != key_of(other)
    assert key_of(other) == key_of(padded) == key_of({"ids": np.array([5])})
