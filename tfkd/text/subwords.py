"""Pieces that a text can be put together from again: byte-pair and unigram vocabularies.

Word pieces lose case, accents and blanks. A model that writes needs pieces that keep them: each
blank is a mark at the beginning of a word, and a character without a piece is its bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from ..errors import UserError
from .hard_unigram import learn_scores
from .special_tokens import BERT

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
_BLANK = "\N{LOWER ONE EIGHTH BLOCK}"
# Of the pieces that are neither special nor bytes, so many may be single characters.
_CHARACTERS = 1 / 3
# Few enough to keep them all where there is room.
_SMALL_ALPHABET = 64
_UNKNOWN = BERT.index("[UNK]")
# Below what any text needs: a byte never stands for the characters that it is spelled with.
_LAST_RESORT = -1_000.0


def learn_subwords(
    kind: str,
    texts: Iterable[str],
    vocab_size: int,
    *,
    min_frequency: int = 2,
    limit_alphabet: int | None = None,
) -> Tokenizer:
    """Learn a vocabulary whose pieces give back the text; the same texts give the same ids.

    Args:
        kind: `bpe` or `unigram`.
        texts: Read twice.
        vocab_size: How many pieces, 261 special ones and bytes among them.
        min_frequency: How often two pieces must meet to be joined.
        limit_alphabet: Most characters that get a piece of their own; by default a third of the
            pieces, and all others are written as bytes.

    Raises:
        UserError: There is no room for any piece.
    """
    first = [*BERT, *BYTES]
    room = vocab_size - len(first)
    if room < 1:
        raise UserError(
            f"vocab_size is {vocab_size}: {len(first)} pieces are special ones and bytes; write "
            f"at least {2 * len(first)}."
        )
    most = max(int(_CHARACTERS * room), min(room, _SMALL_ALPHABET))
    most = min(most, limit_alphabet or most)
    if kind == "bpe":
        alphabet = _most_frequent(_count_characters(texts), most)
        vocabulary, merges = _join_pairs(texts, vocab_size, alphabet, min_frequency)
        model = models.BPE(vocabulary, merges, unk_token="[UNK]", byte_fallback=True)
    else:
        words = _count_words(texts)
        alphabet = _most_frequent(_characters_of(words), most)
        # More pieces than wanted to choose from, as they stand in the texts.
        more, _ = _join_pairs(texts, len(first) + 3 * room, alphabet, min_frequency)
        scores = learn_scores(words, set(more) - set(first), alphabet, room)
        known = [(piece, 0.0) for piece in BERT] + [(piece, _LAST_RESORT) for piece in BYTES]
        model = models.Unigram([*known, *scores], _UNKNOWN, byte_fallback=True)
    return _tokenizer(model)


def _tokenizer(model: models.Model) -> Tokenizer:
    """Return a tokenizer with a model, with blanks as marks and the way back to text."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    # Punctuation and digits alone, so that few pieces are in the way of a word's own.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(_BLANK, prepend_scheme="always"),
            pre_tokenizers.Punctuation("isolated"),
            pre_tokenizers.Digits(individual_digits=True),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(_BLANK, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(list(BERT))
    return tokenizer


def _most_frequent(characters: Counter[str], most: int) -> list[str]:
    """Return the characters that get a piece of their own, in order."""
    ranked = sorted(characters, key=lambda character: (-characters[character], character))
    return sorted(ranked[:most])


def _count_characters(texts: Iterable[str]) -> Counter[str]:
    """Return how often each character occurs, as the model gets it."""
    normalize = _tokenizer(models.BPE()).normalizer.normalize_str
    counts: Counter[str] = Counter()
    for text in texts:
        # One for the mark that begins the text.
        counts.update(f" {normalize(text)}")
    counts[_BLANK] += counts.pop(" ", 0)
    return counts


def _characters_of(words: Counter[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            counts[character] += count
    return counts


def _join_pairs(
    texts: Iterable[str], size: int, alphabet: list[str], min_frequency: int
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return the pieces of a byte-pair vocabulary by id, and the pairs that were joined."""
    tokenizer = _tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*BERT, *BYTES],
        min_frequency=min_frequency,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)

    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(pair) for pair in model["merges"]]


def _count_words(texts: Iterable[str]) -> Counter[str]:
    """Return how often each word occurs, as the model gets it."""
    tokenizer = _tokenizer(models.BPE())
    normalize = tokenizer.normalizer.normalize_str
    split = tokenizer.pre_tokenizer.pre_tokenize_str
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(word for word, _ in split(normalize(text)))
    return counts
