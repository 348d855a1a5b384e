"""A model that writes, whose outputs another one changes."""

from __future__ import annotations

from typing import Any

from ..callables import as_teacher
from ..input_names import text_input_names


class WrappedTexts:
    """What models have in common that read and write as another one does, but for its logits.

    Attributes:
        text_inputs: The names of the arrays that it reads.
        model: The model of the library, for its size.
        jit: Whether XLA compiles it.

    Args:
        model: The other one.
    """

    def __init__(self, model: Any) -> None:
        self._wrapped, self._held = model, as_teacher(model)
        self.text_inputs = text_input_names(model)
        self.model = getattr(model, "model", model)
        self.jit = getattr(self._held, "jit", True)
