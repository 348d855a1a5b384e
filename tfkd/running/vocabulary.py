"""The vocabulary of a run, learnt from its training texts as they are streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .. import text
from ..data import Data
from .config import RunConfig

READS = 2  # how often `text.learn` goes through the texts


@dataclass(frozen=True)
class Texts:
    """The texts of a split, read anew each time they are gone through."""

    data: Data
    split: str
    advance: Callable[[int], None] = lambda done: None

    def __iter__(self) -> Iterator[str]:
        for each in self.data.read(self.split):
            self.advance(1)
            yield each.text


def learnt(config: RunConfig, data: Data, voice) -> text.TextEncoder:
    """Learn the word pieces of the training texts, as `config` says."""
    with voice.bar("vocabulary", READS * data.counts["train"]) as advance:
        return text.learn(
            Texts(data, "train", advance),
            vocab_size=config.vocab_size,
            max_length=config.max_length,
            lowercase=config.lowercase,
        )
