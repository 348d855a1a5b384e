"""What a teacher is fitted to: class names, what they mean, and texts with labels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...progress import Progress, log_progress
from ..language_models.class_guide import ClassGuide

TEMPLATE = "This text is about {}."


@dataclass(frozen=True)
class FewLabels:
    """What a teacher is fitted to; it reads no other labels.

    Attributes:
        labels: The class names, in the order of their ids.
        texts: Training texts with labels.
        ids: The class id of each of them.
        guide: What the classes mean, in the same order; None where nobody says it.
        template: The sentence that a model of entailment weighs, `{}` for what a class means.
        folder: Where what is fitted is kept; None keeps nothing.
        progress: Shows how far it is.
    """

    labels: tuple[str, ...]
    texts: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    guide: ClassGuide | None = None
    template: str = TEMPLATE
    folder: Path | None = None
    progress: Progress = log_progress

    @property
    def digest(self) -> str:
        """What tells it from others: another word of a description, another teacher."""
        meant = None if self.guide is None else self.guide.digest
        facts = (self.labels, self.texts, self.ids, meant, self.template)
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]

    def describe_classes(self) -> list[list[str]]:
        """Return what each class is: the lines of its description, or its name, and examples."""
        assert self.guide is not None  # asked for before
        meant = self.guide.descriptions
        described = [_lines(text) or [name] for text, name in zip(meant, self.labels, strict=True)]
        for text, name in self.guide.examples:
            described[self.labels.index(name)].append(text)
        return described

    def sentences(self) -> tuple[list[str], np.ndarray]:
        """Return the sentences of all classes, and the share of each in a class's mean.

        Returns:
            The sentences, and a matrix `[sentences, classes]` whose columns add up to 1.
        """
        assert self.guide is not None  # asked for before
        meant = self.guide.descriptions
        by_class = [_lines(text) or [name] for text, name in zip(meant, self.labels, strict=True)]
        said = [self.template.replace("{}", line) for lines in by_class for line in lines]
        return said, share_of_classes([len(lines) for lines in by_class])

    def labelled(self) -> tuple[list[str], np.ndarray]:
        """Return texts with their class ids, the examples in the file of classes among them."""
        shown = () if self.guide is None else self.guide.examples
        texts = [*self.texts, *(text for text, _ in shown)]
        ids = [*self.ids, *(self.labels.index(name) for _, name in shown)]
        return texts, np.array(ids, "int64")

    def some(self, most: int) -> tuple[list[str], np.ndarray]:
        """Return some of the training texts with labels, drawn evenly; the same ones each time.

        Args:
            most: How many.
        """
        drawn = np.sort(np.random.default_rng(0).permutation(len(self.texts))[:most])
        return [self.texts[i] for i in drawn], np.array([self.ids[i] for i in drawn], "int64")


def share_of_classes(counts: Sequence[int]) -> np.ndarray:
    """Return a matrix that takes the mean over what belongs to each class, `[all, classes]`.

    >>> share_of_classes([1, 2]).tolist()
    [[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]]
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    shares = np.zeros((len(owner), len(counts)), "float32")
    shares[np.arange(len(owner)), owner] = 1.0 / np.asarray(counts, "float32")[owner]
    return shares


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
