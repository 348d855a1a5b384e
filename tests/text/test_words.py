"""A word that is read from another word's pieces is a label at the wrong place, and no error."""

import random

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from tfkd.tasks.windows import join_windows
from tfkd.text import TextEncoder, Words, learn, split_words, wordpiece
from tfkd.text.words import count_units

SENTENCES = [
    "A good film, naïve and warm; don't miss it in 北京 today!",
    "unbelievably good acting by Müller-Lüdenscheidt",
]
ODD = [
    *(
        "a",
        " ",
        "  ",
        "\t",
        "é",
        "e\u0301",
        "\u0301",
        "👍🏽",
        "👩\u200d💻",
        "❤\ufe0f",
        "房间",
        "ﬁ",
        "Å",
    ),
    *("\x00", "\u200b", "\u200f", "\ufffd", "\u3000", "\n", "<br />", "'s", "_", "$5.", "ß", "İ"),
    *("film", "unbelievably", "[SEP]", "▁", "Ġ", "##s", "ก็", "한국", "𠀀", "½", "…"),
]


def byte_level(add_prefix_space):
    """RoBERTa's: pieces begin with the blank before them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<s>", "</s>", "<pad>"], initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(SENTENCES * 9, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 1), ("<s>", 0), trim_offsets=add_prefix_space, add_prefix_space=add_prefix_space
    )
    return tokenizer


def unigram():
    """XLM-R's: NFKC, and a sign for each blank."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=["<s>", "</s>", "<pad>", "<unk>"], unk_token="<unk>"
    )
    tokenizer.train_from_iterator(SENTENCES * 9, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 1)],
    )
    return tokenizer


def word_level():
    """Nothing stands around a text."""
    words = ["<pad>", "<unk>", "a", "good", "film", ",", "don", "'", "t"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


@pytest.fixture(scope="module")
def encoders():
    return {
        "word pieces": learn(SENTENCES * 9, vocab_size=90),
        "bytes": TextEncoder(byte_level(False)),
        "bytes, blank first": TextEncoder(byte_level(True)),
        "unigram": TextEncoder(unigram()),
        "words": TextEncoder(word_level()),
    }


every_kind = pytest.mark.parametrize(
    "kind", ["word pieces", "bytes", "bytes, blank first", "unigram", "words"]
)


def shortened(encoder, length):
    return TextEncoder(encoder.tokenizer, length)


# -- what a word is ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's U.S. $5", ["It", "'", "s", "U", ".", "S", ".", "$", "5"]),
        ("我在北京 today", ["我", "在", "北", "京", "today"]),
        ("cafe\u0301, naïve", ["cafe\u0301", ",", "naïve"]),
        ("ok👍🏽👩\u200d💻", ["ok", "👍", "🏽", "👩\u200d", "💻"]),
        ("I ❤\ufe0f it", ["I", "❤\ufe0f", "it"]),
        (" \u3000\n", []),
    ],
)
def test_words_of_a_text(text, words):
    assert list(split_words(text).words) == words


def odd_texts():
    draw = random.Random(0)
    return ["".join(draw.choices(ODD, k=draw.randint(0, 25))) for _ in range(300)]


def test_spans_are_those_of_the_text_as_given():
    """An offset into a cleaned text marks another word of the original."""
    for text in odd_texts():
        found = split_words(text)
        assert [text[start:end] for start, end in found.spans] == list(found.words)
        ends = [0, *(end for _, end in found.spans)]
        between = [text[e:s] for e, (s, _) in zip(ends, found.spans, strict=False)]
        assert not "".join([*between, text[ends[-1] :]]).strip()
        assert all(words and not any(map(str.isspace, words)) for words in found.words)


def test_units_are_words_where_there_are_some():
    assert count_units({"input_ids": [1, 2, 3]}) == 3
    assert count_units({"input_ids": [1, 2, 3], "word_starts": np.array([1, 1])}) == 2
    assert count_units({"input_ids": [1, 2, 3], "word_starts": []}) == 0


# -- which pieces are whose ------------------------------------------------------------------


def has_a_piece_of_two_words(encoder, words):
    """Whether the tokenizer joins words, each of which `encode_words` gives pieces of its own."""
    encoding = encoder.tokenizer.encode(words.text, add_special_tokens=False)
    return any(
        sum(start < last and first < end for start, end in words.spans) > 1
        for first, last in encoding.offsets
    )


@every_kind
def test_a_text_that_fits_has_the_ids_of_the_tokenizer(encoders, kind):
    encoder = encoders[kind]
    texts = [text for text in odd_texts() if "<br" not in text] + SENTENCES
    parts = map(split_words, texts)
    found = [words for words in parts if not has_a_piece_of_two_words(encoder, words)]
    assert len(found) > 30
    for words, rows in zip(found, encoder.encode_words(found), strict=True):
        assert [row["input_ids"] for row in rows] == [encoder.encode(words.text)]


@every_kind
def test_each_word_has_a_place_in_its_row(encoders, kind):
    encoder = encoders[kind]
    for length in (5, 9, 256):
        found = shortened(encoder, length).encode_words(list(map(split_words, odd_texts())))
        for text, rows in zip(odd_texts(), found, strict=True):
            words, seen = len(split_words(text)), set()
            for row in rows:
                starts, ends, size = row["word_starts"], row["word_ends"], len(row["input_ids"])
                assert 0 < size <= length
                assert len(starts) <= length
                assert (starts >= 0).all()
                assert (starts < ends).all()
                assert (ends <= size).all()
                assert (np.diff(starts) >= 0).all()
                seen |= set(range(row["first_word"], row["first_word"] + len(starts)))
            assert seen == set(range(words))


@every_kind
def test_pieces_of_a_word_spell_it(encoders, kind):
    """Letter for letter, where the tokenizer knows the letters."""
    encoder, words = encoders[kind], split_words(SENTENCES[0])
    ((row,),) = encoder.encode_words([words])
    pieces = [encoder.vocabulary[i] for i in row["input_ids"]]
    spelled = [
        "".join(pieces[start:end]).strip("Ġ▁").replace("##", "")
        for start, end in zip(row["word_starts"], row["word_ends"], strict=True)
    ]
    plain = [
        (said, word.lower() if kind in ("word pieces", "words") else word)
        for said, word in zip(spelled, words.words, strict=True)
        if word.isascii() and word != "'" and "<unk>" not in said
    ]
    assert len(plain) > 5 or kind == "words"
    for said, word in plain:
        assert said == word or said == f"'{word}"


@every_kind
def test_given_words_are_read_as_in_a_text(encoders, kind):
    """`film` without the blank before it is the end of another word for RoBERTa."""
    encoder = encoders[kind]
    given = ("A", "good", "film", ",", "warm", "in", "北京", "!")
    text = " ".join(given)
    spans, at = [], 0
    for word in given:
        spans.append((at, at + len(word)))
        at += len(word) + 1
    ((one,), (other,)) = encoder.encode_words([Words(given), Words(given, text, tuple(spans))])
    assert one["input_ids"] == other["input_ids"] == encoder.encode(text)
    np.testing.assert_array_equal(one["word_starts"], other["word_starts"])
    np.testing.assert_array_equal(one["word_ends"], other["word_ends"])


def test_words_that_the_tokenizer_drops_stand_where_the_word_before_them_does():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "good", "film"]
    encoder = TextEncoder(wordpiece({piece: i for i, piece in enumerate(vocabulary)}, True))
    ((row,), (first,)) = encoder.encode_words(
        [split_words("good \u200b film"), Words(("\x00", "film"))]
    )
    assert row["word_starts"].tolist() == [1, 1, 2]
    assert row["word_ends"].tolist() == [2, 2, 3]
    assert first["word_starts"].tolist() == [0, 1]


def test_words_without_pieces_fill_windows_too(encoders):
    """A file of one length has room for as many words as tokens."""
    encoder = shortened(encoders["word pieces"], 6)
    (rows,) = encoder.encode_words([Words(("\x00",) * 30)])
    assert max(len(row["word_starts"]) for row in rows) == 4
    places = [{"n": row["first_word"] + np.arange(len(row["word_starts"]))} for row in rows]
    np.testing.assert_array_equal(join_windows(rows, places, "n"), np.arange(30))


def test_no_words_at_all(encoders):
    for encoder in encoders.values():
        (rows, other) = encoder.encode_words([split_words(" "), Words(())])
        assert [len(row["word_starts"]) for row in (*rows, *other)] == [0, 0]
        assert all(row["input_ids"] for row in (*rows, *other))


# -- windows -------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("length", [12, 120])
def test_three_thousand_words_come_once_each(encoders, kind, length):
    """A word left out between windows, or one that comes twice, shifts all labels behind it."""
    draw = random.Random(1)
    words = tuple(
        draw.choices(["good", "film", ",", "unbelievably", "Müller", "北京", "\u200b"], k=3000)
    )
    rows = shortened(encoders[kind], length).encode_words([Words(words)])[0]
    assert len(rows) > 20
    numbers = [{"number": row["first_word"] + np.arange(len(row["word_starts"]))} for row in rows]
    np.testing.assert_array_equal(join_windows(rows, numbers, "number"), np.arange(3000))
    # Each has other words around it, but for those at the ends of the text.
    inside = [
        {"edge": np.minimum(place, place[::-1])}
        for place in (np.arange(len(row["word_starts"])) for row in rows)
    ]
    if length == 120:
        assert join_windows(rows, inside, "edge")[20:-20].min() > 0


def test_a_window_cuts_a_word_only_where_it_is_longer_than_a_window(encoders):
    encoder = shortened(encoders["bytes"], 8)
    rows = encoder.encode_words([Words(("q", "zq" * 40, "w", "q"))])[0]
    assert all(len(row["input_ids"]) <= 8 for row in rows)
    assert [row["first_word"] for row in rows] == [0, 1, 2]
    assert rows[1]["word_starts"].tolist() == [1]
    assert rows[1]["word_ends"].tolist() == [7]


def test_the_last_window_is_as_full_as_the_others(encoders):
    words = Words(("good",) * 20)
    rows = shortened(encoders["word pieces"], 10).encode_words([words])[0]
    assert [len(row["word_starts"]) for row in rows] == [8] * len(rows)
    assert [row["first_word"] for row in rows] == [0, 6, 12]


@every_kind
def test_a_question_stands_before_each_window(encoders, kind):
    encoder = encoders[kind]
    text = split_words("the film , a good film")
    ((row,),) = encoder.encode_words([text], before=["a film?"])
    ids, segments = encoder.encode_pairs([("a film?", text.text)])[0]
    assert (row["input_ids"], row["token_type_ids"]) == (ids, segments)
    first = segments.index(1)
    assert row["word_starts"][0] >= first
    for window in shortened(encoder, 12).encode_words([text], before=["a film " * 30])[0]:
        assert len(window["input_ids"]) == len(window["token_type_ids"]) <= 12
        assert window["word_starts"].size


def test_the_window_counts_in_which_a_word_is_farthest_from_an_edge():
    rows = [
        {"word_starts": [1, 2, 3, 4], "first_word": 0},
        {"word_starts": [1, 2, 3, 4], "first_word": 2},
    ]
    outputs = [{"x": np.full((4, 2), i)} for i in (1, 2)]
    assert join_windows(rows, outputs, "x")[:, 0].tolist() == [1, 1, 1, 2, 2, 2]
    padded = [{"x": np.pad(each["x"], ((0, 3), (0, 0)))} for each in outputs]
    np.testing.assert_array_equal(join_windows(rows, padded, "x"), join_windows(rows, outputs, "x"))
