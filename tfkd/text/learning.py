"""Learn a word-piece vocabulary from texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tokenizers import trainers

from ..errors import UserError
from .encoder import MAX_LENGTH, SPECIAL, TextEncoder, clean, wordpiece


def learn(
    texts: Iterable[str],
    *,
    vocab_size: int = 16_000,
    max_length: int = MAX_LENGTH,
    lowercase: bool = True,
    min_frequency: int = 2,
    limit_alphabet: int | None = None,
) -> TextEncoder:
    """Learn a word-piece vocabulary from `texts`; the same texts give the same ids.

    Args:
        texts: Read twice: what can be read only once (a generator) is kept in memory meanwhile.
        vocab_size: How many tokens. Every character becomes one, so that a large alphabet may
            exceed it.
        max_length: How many tokens the encoder keeps of a text.
        lowercase: Whether texts are lower-cased first; names and German nouns lose by it.
        min_frequency: How often two tokens must meet to be joined.
        limit_alphabet: Keep only the most frequent characters; words with others are `[UNK]`.

    Raises:
        UserError: A number below 1.

    >>> encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60)
    >>> [encoder.vocabulary[i] for i in encoder.encode("A good film!")]
    ['[CLS]', 'a', 'good', 'film', '[UNK]', '[SEP]']
    """
    _check_positive(
        vocab_size=vocab_size, min_frequency=min_frequency, limit_alphabet=limit_alphabet
    )
    tokenizer = wordpiece({}, lowercase)
    texts = list(texts) if isinstance(texts, Iterator) else texts
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
    return TextEncoder(learnt, max_length)


def _check_positive(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and (not isinstance(value, int) or value < 1):
            raise UserError(f"{name} is {value!r}; write a whole number, at least 1.")
