"""Special pieces in a vocabulary, and texts that are cut around spans."""

import itertools

import pytest

from tfkd.text import encode_around, ids_of_pieces, learn, load, with_padding_first, with_pieces
from tfkd.text.kept_spans import choose_places

PIECES = ("<e1>", "</e1>", "<e2>", "</e2>")
VOCABULARY = ["[PAD]", "[unused0]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "<"]


def pieces_of(encoder, text):
    return [encoder.vocabulary[i] for i in encoder.encode(text)[1:-1]]


@pytest.fixture
def given(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    return load(tmp_path / "vocab.txt", 16)


def test_spare_ids_are_taken_first(given):
    encoder = with_pieces(given, PIECES)
    assert ids_of_pieces(encoder, PIECES) == (1, 2, 10, 11)
    assert pieces_of(encoder, "A <e1>b</e1><e2>a</e2>") == [
        *"a",
        "<e1>",
        "b",
        "</e1>",
        "<e2>",
        "a",
        "</e2>",
    ]
    assert encoder.encode("a b") == given.encode("a b")
    assert encoder.vocab_size == 12
    assert with_pieces(encoder, PIECES).tokenizer.to_str() == encoder.tokenizer.to_str()


def test_they_are_saved_and_renumbered_with_the_others(given, tmp_path):
    encoder = with_pieces(given, PIECES)
    encoder.save(tmp_path / "saved")
    text = "<e1>a</e1> b <e2>a</e2>"
    assert load(tmp_path / "saved").encode(text) == encoder.encode(text)
    assert pieces_of(with_padding_first(encoder), text) == pieces_of(encoder, text)


def test_no_ids_where_a_tokenizer_lacks_one(given):
    assert ids_of_pieces(given, PIECES) == ()
    assert ids_of_pieces(object(), PIECES) == ()


@pytest.mark.parametrize("nested", [False, True])
def test_spans_are_kept_where_there_is_room(nested):
    for length, room in itertools.product(range(4, 11), range(4, 11)):
        for a, b, c, d in itertools.combinations(range(length + 1), 4):
            spans = [(a, d), (b, c)] if nested else [(a, b), (c, d)]
            kept = choose_places(length, room, spans)
            assert len(kept) == min(length, room)
            assert kept == sorted(set(kept))
            assert {a, d - 1} <= set(kept)
            if not nested:
                assert {b - 1, c} <= set(kept)
                if b - a + d - c <= room:
                    assert {*range(a, b), *range(c, d)} <= set(kept)


def test_long_texts_keep_their_spans():
    encoder = learn(["a b c d e f g h i k"] * 9, vocab_size=60, max_length=8)
    text = "a b c d e f g h i k<br />a a a"
    whole = encode_around(encoder, ["a b"], [[(0, 1)]])
    assert whole == [encoder.encode("a b")]
    rows = encode_around(encoder, [text, text], [[(0, 1), (25, 26)], [(8, 9)]])
    found = ["".join(encoder.vocabulary[i] for i in row[1:-1]) for row in rows]
    assert found == ["abcika", "bcdefg"]
