"""MediaPipe's tokenizer: the ids that MediaPipe 1.2.2 fed to a model that returned them."""

import pytest

from tfkd.text import mediapipe_tokenizer

PIECES = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##b", "!", "don", "'", "t"),
    *("sep", "[", "]", "caf", "##e", "é", "##é", "中", "##中", "\v", "##\v", "x" * 100),
)
FED = {
    "a b": [5, 7],
    "A B a": [5, 7, 5],
    "don't": [10, 11, 12],
    "!a!b": [9, 5, 9, 7],
    "a [SEP] b": [5, 14, 13, 15, 7],  # text like any other
    "É é": [1, 18],  # ASCII alone is lower-cased, and accents stay
    "a $ b € b": [5, 1, 7, 1, 7],
    "中a中": [20, 5, 20],
    "a\0b": [5],  # the client's string ends there
    "a\vb": [5, 23, 8],  # a vertical tab, other Unicode spaces and marks are letters
    "a\u200bb": [1],
    "a\u0085b": [1],
    "a\u00a0b": [1],
    "a\u2028b": [1],
    "a\U00010ed0b": [5, 1, 7],  # punctuation since Unicode 16
    "x" * 100: [24],
    "x" * 101: [1],
    "é" * 50: [18, *[19] * 49],  # bytes are counted
    "é" * 51: [1],
    "a!" + "é" * 51 + "!b": [5, 9, 1, 9, 7],
    "\v": [22],
}


@pytest.mark.parametrize("text", FED, ids=ascii)
def test_ids_are_those_of_the_client(text):
    """A file that says one thing on a phone and another in `tfkd predict`."""
    assert mediapipe_tokenizer.encoder(PIECES, 512).encode(text) == [2, *FED[text], 3]


def test_a_long_text_keeps_its_head_and_its_tail():
    """Another cut than the one in the file's graph."""
    encoder = mediapipe_tokenizer.encoder(PIECES, 6)
    assert encoder.encode("a " * 10 + "b " * 10) == [2, 5, 5, 7, 7, 3]
