"""What a student's body gives, and what is known of each kind of student."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras


@dataclass(frozen=True)
class Features:
    """The body of a student, without outputs.

    Attributes:
        name: The student's name, which becomes the model's.
        ids: The symbolic input, `[batch, length]`.
        hidden: One vector for each text, `[batch, width]`, for each token,
            `[batch, length, width]`, or for each word, `[batch, words, width]`, as the task asked
            for.
        dropout: The rate of the dropout before each output.
        seed: Of that dropout.
        segments: The second symbolic input of a student of pairs: which text each id is of.
        words: Further symbolic inputs, with a number for each word, such as `word_starts`.
    """

    name: str
    ids: keras.KerasTensor
    hidden: keras.KerasTensor
    dropout: float
    seed: int | None = None
    segments: keras.KerasTensor | None = None
    words: tuple[keras.KerasTensor, ...] = field(default=(), kw_only=True)

    def project(self, units: int, name: str) -> keras.KerasTensor:
        """Return `units` numbers for each text, token or word: dropout, then a dense layer.

        Args:
            units: How many, such as the number of classes.
            name: The layer's name, which the exported output has too.
        """
        hidden = keras.layers.Dropout(self.dropout, seed=self.seed)(self.hidden)
        # float32 under mixed precision too
        return keras.layers.Dense(units, dtype="float32", name=name)(hidden)

    def model(self, outputs: Mapping[str, keras.KerasTensor]) -> keras.Model:
        """Return the whole student; a single output called `logits` is a plain tensor."""
        single = list(outputs) == ["logits"]
        inputs = self.ids
        more = (*([] if self.segments is None else [self.segments]), *self.words)
        if more:
            inputs = {tensor.name: tensor for tensor in (self.ids, *more)}
        return keras.Model(inputs, outputs["logits"] if single else dict(outputs), name=self.name)

    def classifier(self, classes: int) -> keras.Model:
        """Return the student as a classifier: ids to logits."""
        return self.model({"logits": self.project(classes, "logits")})


Body = Callable[[int, Mapping[str, Any], "int | None", str], Features]


@dataclass(frozen=True)
class Architecture:
    """A kind of student.

    Attributes:
        name: What `--student NAME:SIZE` calls it.
        sizes: The settings of each size.
        body: Makes `Features` from the number of ids, settings, a seed and what the task needs.
        gives: What its body can give: `"pooled"`, `"tokens"`.
        learning_rate: The highest rate of Adam, after a warm-up, that it learnt well with.
        pair_body: The same for pairs of texts; by default both are read by one `body` and compared.
    """

    name: str
    sizes: dict[str, dict[str, Any]]
    body: Body
    gives: tuple[str, ...] = ("pooled",)
    learning_rate: float = 1e-3
    pair_body: Body | None = None
