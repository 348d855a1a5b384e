"""What a teacher is loaded for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..models.text_model import CLASSIFIER, Shapes, TextModel


def _classifier_shapes(labels: tuple[str, ...]) -> Shapes:
    return CLASSIFIER


@dataclass(frozen=True)
class Request:
    """What a teacher is loaded for.

    Attributes:
        max_length: How many tokens it reads; by default what its folder says, or 256.
        architecture: The end of the class's name in transformers, e.g. `ForSequenceClassification`.
        shapes: The expected outputs for one text, given the class names.
    """

    max_length: int | None = None
    architecture: str = "ForSequenceClassification"
    shapes: Callable[[tuple[str, ...]], Shapes] = _classifier_shapes

    def check(self, model: TextModel) -> TextModel:
        """Try the model on a short text, and return it.

        Raises:
            UserError: It reads something else, or its outputs are not those expected.
        """
        return model.check(self.shapes(model.labels))
