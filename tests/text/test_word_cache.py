"""Ids from words that were seen before: those of the tokenizer, for every text."""

import gzip
import json
import random
import unicodedata
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

from tfkd.text import (
    TextEncoder,
    Words,
    mediapipe_tokenizer,
    split_words,
    with_pieces,
    wordpiece,
)
from tfkd.text.word_cache import WordCache, reads_by_word

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "good",
    "film",
    "##s",
    "a",
    "##b",
    "c",
    "##c",
]
PIECES += ["é", "e", "!", "?", "'", "影", "ß", "##ss", "<", "br", ">", "/", "<e1>"]
IDS = {piece: number for number, piece in enumerate(PIECES)}
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# Blanks of all kinds, what BERT drops, marks, other writings, and special pieces.
PARTS = [*"aAbBcéÉß!?'影ﬀ<>/", "good", "FILM", "[SEP]", "[MASK]", "<br />", "e\u0301", "\u0301"]
PARTS += [*',.;:()"', "!\u0301", ".x", "a.b,c"]
PARTS += [" ", "  ", "\t", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u2003", "\u2028"]
PARTS += [
    "\u3000",
    "\u200b",
    "\xad",
    "\0",
    "\ufffd",
    "\ufeff",
    "\U0001f600",
    "\U00010ed0",
    "İ",
    "ς",
]


def bert(lowercase=True, vocabulary=IDS):
    return wordpiece(vocabulary, lowercase)


def made(tokenizer, length=20):
    return TextEncoder(tokenizer, length)


def without_cache(encoder, texts):
    """The same by the tokenizer alone."""
    forget_cache(encoder)
    return encoder.encode_many(texts)


def forget_cache(encoder):
    """Have the tokenizer read everything."""
    added = len(encoder.tokenizer.get_added_tokens_decoder())
    encoder._cache = (id(encoder.tokenizer), added), None


def random_texts(count, seed=0):
    draw = random.Random(seed)
    for number in range(count):
        if number % 2:
            yield "".join(draw.choices(PARTS, k=draw.randint(0, 30)))
            continue
        codes = (draw.randrange(0x110000) for _ in range(draw.randint(0, 20)))
        letters = (chr(code) for code in codes if not 0xD800 <= code < 0xE000)
        yield "".join(draw.choice([letter, letter + " "]) for letter in letters)


def marked(tokenizer):
    tokenizer.add_tokens([AddedToken("<e1>", normalized=False), AddedToken("Good", lstrip=True)])
    tokenizer.add_special_tokens(["[SEP]", "[MASK]"])
    return tokenizer


KINDS = {
    "lower": lambda: made(bert()),
    "as it is": lambda: made(bert(lowercase=False)),
    "with marks": lambda: made(marked(bert())),
    "mediapipe": lambda: mediapipe_tokenizer.encoder(PIECES, 20),
}


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_the_tokenizer(kind):
    """Twice, since the second time all words are known."""
    texts = list(random_texts(4_000))
    wanted = without_cache(KINDS[kind](), texts)
    encoder = KINDS[kind]()
    assert encoder.encode_many(texts) == wanted
    assert encoder.encode_many(texts) == wanted
    assert [encoder.encode(text) for text in texts[:500]] == wanted[:500]
    assert encoder._cache[1] is not None


def test_every_character_stands_between_words_as_it_does_for_the_tokenizer():
    texts = [f"a{chr(code)}b" for code in range(0x3100) if not 0xD800 <= code < 0xE000]
    texts += [f"a {chr(code)} b" for code in range(0x3100)]
    for kind in ("lower", "mediapipe"):
        assert KINDS[kind]().encode_many(texts) == without_cache(KINDS[kind](), texts)


def test_forgotten_words_are_read_again():
    texts = list(random_texts(300))
    cache, whole = WordCache(bert(), most=20), bert()
    for _ in range(2):
        for text in texts:
            wanted = whole.encode(text, add_special_tokens=False).ids
            assert cache.encode([text]) == [wanted]
    # Of half of them, and those of one text.
    assert len(cache._young) <= 10 + 31
    assert len(cache._old) <= 10 + 31


def test_many_words_at_once_are_not_kept_for_ever():
    cache = WordCache(bert(), most=20)
    cache.encode([" ".join(f"a{number}" for number in range(500))])
    cache.encode(["good"])
    assert len(cache._young) + len(cache._old) <= 20


def test_threads_get_the_ids_of_their_own_texts():
    """One forgets while the other looks up."""
    from concurrent.futures import ThreadPoolExecutor

    texts = list(random_texts(400, seed=3))
    wanted = [bert().encode(text, add_special_tokens=False).ids for text in texts]
    cache = WordCache(bert(), most=6)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: cache.encode([text])[0], texts * 3))
    assert found == wanted * 3


def test_words_that_come_again_are_kept():
    cache = WordCache(bert(), most=8)
    for word in ("a", "b", "c", "film", "films", "good", "a b", "bb", "a c c", "ba"):
        cache.encode([f"good {word}"])
        assert "good" in cache._young or "good" in cache._old


def test_pieces_that_are_added_later_count():
    encoder = made(bert())
    before = encoder.encode("a <e1> film")
    encoder.tokenizer.add_tokens(["<e1>"])
    assert encoder.encode("a <e1> film") != before
    assert with_pieces(made(bert()), ("<e1>",)).encode("a <e1>")[2] == IDS["<e1>"]


def test_tokenizers_that_read_across_blanks_are_left_alone():
    across, marked_across = bert(), bert()
    across.add_tokens(["good film"])
    marked_across.add_tokens(["etc."])
    metaspace = Tokenizer(models.WordPiece(IDS, unk_token="[UNK]"))
    metaspace.pre_tokenizer = pre_tokenizers.Metaspace()
    composed = bert()
    composed.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.BertNormalizer()])
    others = (across, marked_across, metaspace, composed)
    assert [reads_by_word(each) for each in (bert(), *others)] == [True, *[False] * 4]


def test_given_words_are_read_from_the_same_memory():
    given = [Words(split_words(text).words) for text in random_texts(300, seed=1)]
    cached, plain = made(bert()), made(bert())
    forget_cache(plain)
    for one, two in zip(cached.encode_words(given), plain.encode_words(given), strict=True):
        assert [list(map(str, row.values())) for row in one] == [
            list(map(str, row.values())) for row in two
        ]


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="needs the data sets in ../shared")
def test_ids_of_real_texts_are_those_of_the_tokenizer():
    """A thousand rows of each data set, all strings in them."""
    texts = []
    for path in sorted(DATA.rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for _, line in zip(range(300), lines, strict=False):
                texts += [value for value in json.loads(line).values() if isinstance(value, str)]
    letters = {unicodedata.normalize("NFKC", letter).lower() for text in texts for letter in text}
    single = [letter for letter in letters if len(letter) == 1 and letter not in IDS]
    vocabulary = {**IDS, **{each: len(IDS) + i for i, each in enumerate(sorted(single))}}
    vocabulary |= {f"##{each}": len(vocabulary) + i for i, each in enumerate(sorted(single))}
    for lowercase in (True, False):
        encoder, plain = (made(bert(lowercase, vocabulary), 200) for _ in range(2))
        assert encoder.encode_many(texts) == without_cache(plain, texts)
