"""What a teacher is loaded for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..models.hugging_face_config import label_names
from ..models.hugging_face_heads import VECTORS
from ..models.input_names import SEGMENTS
from ..models.text_model import Shapes, TextModel
from ..tasks import EMBEDDING, Task
from ..text.words import WORD_ENDS
from .few_labels.few_labels import FewLabels


@dataclass(frozen=True)
class Request:
    """What a teacher is loaded for.

    Attributes:
        task: Whose outputs it has.
        max_length: How many tokens it reads; by default what its folder says, or 256.
        few: What a teacher is fitted to; None for all others.
    """

    task: Task
    max_length: int | None = None
    few: FewLabels | None = None

    @property
    def architecture(self) -> str:
        """The end of the class's name in transformers."""
        return VECTORS if self.gives_vectors else self.task.hugging_face

    @property
    def gives_vectors(self) -> bool:
        """Whether a vector for each text is wanted, which has no classes."""
        return EMBEDDING in self.task.outputs

    @property
    def reads_segments(self) -> bool:
        """Whether rows of the task say which of two texts each id is of."""
        return SEGMENTS[0] in self.task.inputs

    def class_names(self, config: dict[str, Any]) -> tuple[str, ...]:
        """Return the class names in a Hugging Face config; none where the cells are the classes.

        Args:
            config: It names two classes where nobody named any.
        """
        if self.gives_vectors:
            return ()
        (*_, classes) = self.shapes(()).get("logits", (0,))
        return () if classes is None else label_names(config)

    def shapes(self, labels: tuple[str, ...]) -> Shapes:
        """Return the expected outputs for one text, given the teacher's class names."""
        return self.task.output_shapes(self.task.schema(labels))

    def check(self, model: TextModel) -> TextModel:
        """Try the model on a short text, and return it.

        Raises:
            UserError: It reads something else or fewer tokens than were asked for, or its outputs
                are not those expected.
        """
        if model.length and self.max_length and self.max_length > model.length:
            raise UserError(
                f"max_length is {self.max_length}, and {model.origin} reads {model.length} tokens "
                f"of each text: write {model.length}, or nothing."
            )
        # One label in a folder of Hugging Face is a number, or a label that may be absent.
        two_of_one = self.task.two_classes_of_one_logit and not model.problem
        pieces = "mean" if WORD_ENDS in self.task.inputs else "first"
        return model.check(self.shapes(model.labels), two_of_one=two_of_one, pieces=pieces)
