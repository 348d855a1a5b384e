"""The compression `sparse`: the smallest weights are zeros, and what is left learns on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from ...errors import UserError
from ...models.copying import copy_model
from ...models.weight_rules import WeightRule
from ...progress import logger
from ..compression import Compression, read_settings
from ..evidence import Evidence
from .kernels import find_kernels
from .rules import CutPlan, GradualZeros, KeptZeros, cut
from .selection import cut_groups

PATTERN = "2:4"
_CUTS = 20
"Cuts of a gradual schedule, where `every` leaves it open."
_WORDS = {
    "schedule": ("gradual", "once"),
    "scope": ("layer", "global"),
    "tables": ("yes", "no"),
}


@dataclass(frozen=True)
class Sparse(Compression):
    """Sets the smallest weights of kernels and tables to zero, by their magnitude.

    Attributes:
        share: Of zeros afterwards, 0 to 1; None for the pattern `2:4`, two zeros in each four
            consecutive inputs of a kernel.
        schedule: `gradual`, more and more during the first two thirds of the training, or `once`,
            before it.
        every: Steps between the cuts of a gradual schedule; 0 makes 20 of them.
        scope: Whether the share is one of each `layer`, or `global`.
        tables: Whether embeddings are cut too, `yes` or `no`.
    """

    share: float | None
    schedule: str = "gradual"
    every: int = 0
    scope: str = "layer"
    tables: str = "yes"

    name: ClassVar[str] = "sparse"

    @classmethod
    def from_text(cls, text: str) -> Sparse:
        """Make it from `0.8`, `0.8,schedule=once,scope=global` or `2:4`.

        Raises:
            UserError: A setting that does not exist, or a value that cannot be.
        """
        if text.strip() == PATTERN:
            return cls(None, schedule="once", tables="no")
        if text.strip().startswith(PATTERN):
            raise UserError(f"compress has sparse:{text}: write sparse:{PATTERN} without settings.")
        known = {"share": float, "every": int, **dict.fromkeys(_WORDS, str)}
        settings = read_settings("sparse", text, known, "share")
        _check_settings(text, settings)
        return cls(**settings)

    def check(self, model: Any) -> None:
        """Refuse what is no Keras 3 model, and a model without kernels.

        Raises:
            UserError: Why, and what to write instead.
        """
        if not isinstance(model, keras.Model):
            raise UserError(
                f"sparse takes a Keras 3 model, and this is a {type(model).__name__}: leave sparse "
                "out of compress, or take another student."
            )
        if not find_kernels(model, tables=self.tables == "yes"):
            tables = "" if self.tables == "yes" else " (tables=no leaves those of embeddings out)"
            raise UserError(
                f"sparse finds no kernel in the model {model.name!r}{tables}: it cuts those of "
                "Dense, EinsumDense, Conv and recurrent layers and of embeddings; build the model "
                "first, and merge LoRA."
            )

    def untrained(self) -> None:
        """Return None: zeros are stored as other numbers are."""
        return None

    def apply(self, model: Any, evidence: Evidence) -> Any:
        """Return a copy; of one that is not cut gradually the weights are cut already."""
        compressed = copy_model(model)
        if self.schedule == "once":
            self.finish(compressed)
        return compressed

    def rule(self, model: Any, steps: int) -> WeightRule | None:
        """Return what keeps zeros at zero, and adds to them if the schedule is gradual."""
        empty = [each.path for each in self._variables(model) if not np.any(each.numpy())]
        if empty and self.share != 0:
            logger.warning(
                "sparse keeps zeros, and all of %s are zero: they learn nothing, so train the "
                "model before it",
                ", ".join(empty),
            )
        if self.schedule == "once" or not self.share:
            return self.hold(model)
        ramp = max(1, round(steps * 2 / 3))
        every = self.every or max(1, ramp // _CUTS)
        plan = CutPlan(self.share, ramp, every, together=self.scope == "global")
        return GradualZeros(self._variables(model), plan)

    def hold(self, model: Any) -> WeightRule | None:
        """Return what keeps zeros at zero."""
        return None if self.share == 0 else KeptZeros(self._variables(model))

    def finish(self, model: Any) -> None:
        """Set to zero what is missing in the share, after a training that was cut short."""
        if self.share is None:
            for kernel in find_kernels(model, tables=False):
                numbers = kernel.variable.numpy()
                kernel.variable.assign(cut_groups(numbers, kernel.inputs))
            return
        variables = self._variables(model)
        values = [tf.convert_to_tensor(variable.value) for variable in variables]
        left = cut(values, self.share, together=self.scope == "global")
        for variable, value in zip(variables, left, strict=True):
            variable.assign(value)

    def _variables(self, model: Any) -> list[Any]:
        return [kernel.variable for kernel in find_kernels(model, tables=self.tables == "yes")]


def _check_settings(text: str, settings: dict[str, Any]) -> None:
    share, every = settings.get("share"), settings.get("every", 1)
    if share is None:
        raise UserError(
            f"compress has sparse:{text}, without the share of zeros: write sparse:0.8, or "
            f"sparse:{PATTERN} for two zeros in each four."
        )
    if not 0 <= share < 1:
        raise UserError(
            f"compress has sparse:{text}, and the share of zeros is {share:g}: write a number from "
            "0 to below 1, such as sparse:0.8."
        )
    if every < 1:
        raise UserError(f"compress has sparse:{text}, and every is {every}: write 1 or more steps.")
    for name, words in _WORDS.items():
        if settings.get(name, words[0]) not in words:
            raise UserError(
                f"compress has sparse:{text}, and {name} is {settings[name]!r}: write "
                f"{name}={' or '.join(words)}."
            )
    if settings.get("schedule") == "once" and "every" in settings:
        raise UserError(
            f"compress has sparse:{text}, and what is cut once has no steps between cuts: leave "
            "out every or schedule=once."
        )
