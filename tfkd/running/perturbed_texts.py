"""The texts of a stage with changes that are made anew in each pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..data import Example
from ..data.encoded import Encoded
from ..data.example_file import ExampleFile
from ..errors import UserError
from ..progress import logger
from ..tasks import Arrays, Task
from ..text import Encoder
from ..text.batching import pad
from ..text.text_changes import KEPT, TextChange, change_text
from .texts import RunTexts

_PROBES = 200
"""Texts on which it is seen whether changes reach the student."""


def perturb_texts(
    texts: RunTexts, encoded: Encoded, changes: Sequence[TextChange]
) -> PerturbedTexts:
    """Return what reads the texts that a student learns from with changes.

    Args:
        texts: The texts of the run.
        encoded: Those of the transfer set, as rows without changes.
        changes: What is done to them.
    """
    perturbed = PerturbedTexts(texts, "transfer", encoded=encoded, changes=changes)
    if not perturbed.changes_something():
        kinds = ", ".join(change.kind for change in changes)
        logger.warning(
            f"perturb has {kinds}, and the student reads the first texts as they were: its "
            "tokenizer makes no difference there, as between cases where lowercase is on."
        )
    return perturbed


class PerturbedTexts:
    """Reads rows of a split as the student reads them after changes of their texts.

    The changes depend on the seed, the pass and the position of the example alone: a run that goes
    on, and any number of replicas, read the same.

    Args:
        texts: The texts of the run.
        split: What the student learns from.
        encoded: The same as rows without changes.
        changes: What is done to the texts.
    """

    def __init__(
        self, texts: RunTexts, split: str, *, encoded: Encoded, changes: Sequence[TextChange]
    ) -> None:
        context = texts.context
        self._task: Task = context.task
        self._schema = context.data.schema
        self._encoder: Encoder = texts.encoder
        self._examples: ExampleFile = texts.keep(split)
        self._encoded, self._changes = encoded, tuple(changes)
        self._seed = context.config.training.seed
        columns = self._task.columns.items()
        self._roles = [role for role, column in columns if column.kind == "text"]

    def __call__(self, rows: np.ndarray, number: int) -> dict[str, np.ndarray]:
        """Return the inputs of some rows in one pass, each padded to the longest of these rows.

        Args:
            rows: Their positions.
            number: That of the pass.

        Raises:
            UserError: A changed text has other rows than the clean one.
        """
        examples = self._encoded.examples_of(rows)
        changed = [
            self._change(example, np.random.default_rng((self._seed, number, int(position))))
            for position, example in zip(examples, self._examples[examples], strict=True)
        ]
        made = self._task.encode(changed, self._encoder, self._schema)
        found: dict[int, Arrays] = {}
        for position, own in zip(examples, made, strict=True):
            places = self._encoded.rows_of(int(position))
            if len(places) != len(own):
                raise UserError(
                    f"a changed text has {len(own)} rows in place of {len(places)}: leave perturb "
                    f"out, the task {self._task.name} reads texts in parts."
                )
            found.update(zip(places, own, strict=True))
        return self._pad([found[int(row)] for row in rows])

    def changes_something(self) -> bool:
        """Return whether the student reads any of the first texts in another way."""
        rows = np.arange(min(_PROBES, len(self._encoded)))
        clean, read = self._encoded.batch(rows), self(rows, 0)
        return any(not np.array_equal(clean[name], read[name]) for name in clean)

    def _change(self, example: Example, rng: np.random.Generator) -> Example:
        if rng.random() < KEPT:
            return example
        changed = {
            role: change_text(example[role], self._changes, rng)
            for role in self._roles
            if role in example
        }
        other = Example({**example, **changed})
        return other if self._task.is_whole(other) else example

    def _pad(self, rows: Sequence[Arrays]) -> dict[str, np.ndarray]:
        encoded, batch = self._encoded, dict[str, np.ndarray]()
        for name in encoded.inputs:
            values, dtype = [row[name] for row in rows], encoded.dtype_of(name)
            if encoded.is_ragged(name):
                width = max(1, *map(len, values))
                batch[name] = pad(values, width, dtype, encoded.fill_of(name))
            else:
                batch[name] = np.array(values, dtype)
        return batch
