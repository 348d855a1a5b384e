"""Learn a vocabulary from texts: word pieces, or pieces that give the text back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer, trainers

from ..errors import UserError
from .encoder import MAX_LENGTH, SPECIAL, TextEncoder, clean, wordpiece
from .subwords import learn_subwords

KINDS = ("wordpiece", "bpe", "unigram")


def learn(  # noqa: PLR0913  # each is a choice of its own of one vocabulary
    texts: Iterable[str],
    *,
    kind: str = "wordpiece",
    vocab_size: int = 16_000,
    max_length: int = MAX_LENGTH,
    lowercase: bool = True,
    min_frequency: int = 2,
    limit_alphabet: int | None = None,
) -> TextEncoder:
    """Learn a vocabulary from `texts`; the same texts give the same ids.

    Args:
        texts: Read twice: what can be read only once (a generator) is kept in memory meanwhile.
        kind: `wordpiece`, BERT's, for models that read; or `bpe` or `unigram`, which give back what
            they were given, case and accents too, for models that write.
        vocab_size: How many tokens. Every character becomes one, so that a large alphabet may
            exceed it; of the other kinds, a rare character is its bytes instead.
        max_length: How many tokens the encoder keeps of a text.
        lowercase: Whether word pieces are lower-cased; names and German nouns lose by it. The
            other kinds keep what is written.
        min_frequency: How often two tokens must meet to be joined.
        limit_alphabet: Keep only the most frequent characters; words with others are `[UNK]`, or
            bytes.

    Raises:
        UserError: A number below 1, another kind, or one that has no room for its bytes.

    >>> encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60)
    >>> [encoder.vocabulary[i] for i in encoder.encode("A good film!")]
    ['[CLS]', 'a', 'good', 'film', '[UNK]', '[SEP]']
    """
    _check_positive(
        vocab_size=vocab_size, min_frequency=min_frequency, limit_alphabet=limit_alphabet
    )
    if kind not in KINDS:
        raise UserError(f"kind is {kind!r}: write {', '.join(KINDS)}.")
    texts = list(texts) if isinstance(texts, Iterator) else texts
    if kind != "wordpiece":
        cleaned = _Cleaned(texts)
        subwords = learn_subwords(
            kind, cleaned, vocab_size, min_frequency=min_frequency, limit_alphabet=limit_alphabet
        )
        return TextEncoder(subwords, max_length)
    sizes = {"vocab_size": vocab_size, "min_frequency": min_frequency}
    return TextEncoder(
        _word_pieces(texts, lowercase, limit_alphabet=limit_alphabet, **sizes), max_length
    )


def _word_pieces(
    texts: Iterable[str],
    lowercase: bool,
    *,
    limit_alphabet: int | None,
    vocab_size: int,
    min_frequency: int,
) -> Tokenizer:
    tokenizer = wordpiece({}, lowercase)
    options: dict[str, Any] = {"min_frequency": min_frequency, "show_progress": False}
    if limit_alphabet is not None:
        # The most frequent characters; of equally frequent ones, those seen first.
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update("".join(tokenizer.normalizer.normalize_str(clean(text)).split()))
        most = [char for char, _ in counts.most_common(limit_alphabet)]
        options |= {"initial_alphabet": most, "limit_alphabet": len(most)}

    def train(size: int, first: list[str]) -> dict[str, int]:
        trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=first, **options)
        tokenizer.train_from_iterator(map(clean, texts), trainer)
        return tokenizer.get_vocab()

    # Left alone, the trainer numbers `##a`, `##b`, ... again in each process, and breaks ties by
    # those numbers. So its alphabet comes first, in order, as if it were given.
    alphabet = sorted(train(0, list(SPECIAL)).keys() - set(SPECIAL))
    learnt = wordpiece(train(vocab_size, [*SPECIAL, *alphabet]), lowercase)
    learnt.add_special_tokens(list(SPECIAL))
    return learnt


@dataclass(frozen=True)
class _Cleaned:
    """Texts as an encoder reads them, each time they are gone through."""

    texts: Iterable[str]

    def __iter__(self) -> Iterator[str]:
        return map(clean, self.texts)


def _check_positive(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and (not isinstance(value, int) or value < 1):
            raise UserError(f"{name} is {value!r}; write a whole number, at least 1.")
