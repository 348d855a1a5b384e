"""Pairs are read as Hugging Face's tokenizers read them, at every length."""

import copy
import json

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tfkd.text import TextEncoder, learn, load, wordpiece

WORDS = [
    "the",
    "cat",
    "dog",
    "sat",
    "ran",
    "on",
    "a",
    "mat",
    "street",
    "not",
    "never",
    "is",
    "film",
    "good",
    "bad",
]
PAIRS = [
    ("the cat sat on the mat", "a dog ran"),
    ("a dog", "the cat sat on the mat and the dog ran on a street and never sat"),
    ("Cats, dogs!", "Cats; dogs?"),
    ("the " * 40, "a " * 40),
    ("the " * 3, "a " * 90),
    ("good", "[SEP] bad [UNK]"),
    ("good", " "),
]


@pytest.fixture
def folder(tmp_path):
    """A BERT's tokenizer as Hugging Face saves it."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", ",", "!", "?", ";"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces) + "\n")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    return tmp_path


@pytest.mark.parametrize("length", [8, 9, 12, 17, 64])
def test_pairs_are_those_of_transformers(folder, length):
    """Ids, segments and what is cut: `longest_first`."""
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    ours = load(folder, length)
    for pair, (ids, segments) in zip(PAIRS, ours.encode_pairs(PAIRS), strict=True):
        expected = theirs(*pair, truncation="longest_first", max_length=length)
        assert ids == expected["input_ids"], pair
        assert segments == expected["token_type_ids"], pair


def test_a_learnt_tokenizer_joins_as_bert_does():
    encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60, max_length=12)
    (ids, segments), *_ = encoder.encode_pairs([("a good film", "a bad film")])
    assert [encoder.vocabulary[i] for i in ids] == [
        *("[CLS]", "a", "good", "film", "[SEP]", "a", "bad", "film", "[SEP]")
    ]
    assert segments == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert encoder.has_segments


def test_each_side_is_read_as_a_text_alone_is():
    """Lower case, accents and line breaks of HTML."""
    encoder = learn(["a good film"] * 20, vocab_size=60, max_length=12)
    assert encoder.encode_pairs([("A<br />GOOD", "Film")]) == encoder.encode_pairs(
        [("a good", "film")]
    )


def test_a_copy_of_another_length_cuts_at_its_own():
    """A tokenizer is copied with another length for a student that reads less."""
    from dataclasses import replace

    encoder = learn(["a good film"] * 20, vocab_size=60, max_length=12)
    long = ("a good film " * 9, "a film " * 9)
    assert len(encoder.encode_pairs([long])[0][0]) == 12
    assert len(replace(encoder, max_length=8).encode_pairs([long])[0][0]) == 8
    shallow = copy.copy(encoder)
    shallow.max_length = 8
    assert len(shallow.encode_pairs([long])[0][0]) == 8
    assert len(encoder.encode_pairs([long])[0][0]) == 12


def test_single_texts_are_read_as_before():
    """What joins pairs is a copy: the tokenizer itself gets no truncation."""
    encoder = learn(["a good film"] * 20, vocab_size=60, max_length=8)
    before = encoder.encode("a good film " * 9)
    encoder.encode_pairs([("a", "good")])
    assert encoder.encode("a good film " * 9) == before
    assert encoder.tokenizer.truncation is None


def test_segments_of_a_tokenizer_without_them_say_which_text_an_id_is_of():
    """RoBERTa joins by two ends and calls everything segment 0: `<s> a </s></s> b </s>`."""
    pieces = {p: i for i, p in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS))}
    tokenizer = wordpiece(pieces, lowercase=True)
    tokenizer.post_processor = processors.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2))
    encoder = TextEncoder(tokenizer, 10)
    (ids, segments), (cut, _) = encoder.encode_pairs([("the cat", "a dog"), ("the " * 9, "a " * 9)])
    assert ids == [2, pieces["the"], pieces["cat"], 3, 3, pieces["a"], pieces["dog"], 3]
    assert segments == [0, 0, 0, 0, 0, 1, 1, 1]
    assert cut == [2, *[pieces["the"]] * 3, 3, 3, *[pieces["a"]] * 3, 3]
    assert not encoder.has_segments


def test_a_tokenizer_that_joins_in_its_own_way():
    """A template of a `tokenizer.json` is followed, whatever it is."""
    pieces = {p: i for i, p in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [SEP]", pair="$A:0 [SEP]:0 $B:1", special_tokens=[("[SEP]", 3)]
    )
    ids, segments = TextEncoder(tokenizer, 10).encode_pairs([("the cat", "a dog")])[0]
    assert ids == [pieces["the"], pieces["cat"], 3, pieces["a"], pieces["dog"]]
    assert segments == [0, 0, 0, 1, 1]
