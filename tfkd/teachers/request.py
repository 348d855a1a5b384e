"""What a teacher is loaded for."""

from __future__ import annotations

from dataclasses import dataclass

from ..models.text_model import Shapes, TextModel
from ..tasks import Task


@dataclass(frozen=True)
class Request:
    """What a teacher is loaded for.

    Attributes:
        task: Whose outputs it has.
        max_length: How many tokens it reads; by default what its folder says, or 256.
    """

    task: Task
    max_length: int | None = None

    @property
    def architecture(self) -> str:
        """The end of the class's name in transformers."""
        return self.task.hugging_face

    def shapes(self, labels: tuple[str, ...]) -> Shapes:
        """Return the expected outputs for one text, given the teacher's class names."""
        return self.task.output_shapes(self.task.schema(labels))

    def check(self, model: TextModel) -> TextModel:
        """Try the model on a short text, and return it.

        Raises:
            UserError: It reads something else, or its outputs are not those expected.
        """
        return model.check(self.shapes(model.labels))
