"""What a task is, and how its examples become arrays that models read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..data import Example, ExampleReader, Schema
from ..data.reader import IDS, Arrays
from ..errors import UserError
from ._measures import Measure
from ._names import match_names
from ._other_kinds import describe_other_kind
from ._prompted import Prompted


class TaskRows(ExampleReader):
    """The part of a `Task` that knows its settings, its columns and its arrays."""

    name: str = ""
    form: ClassVar[str] = "multiclass"
    hub: ClassVar[str] = ""
    measures: ClassVar[Mapping[str, Measure]] = {}
    defaults: ClassVar[Mapping[str, Any]] = {}
    outputs: ClassVar[tuple[str, ...]] = ("logits",)
    features: ClassVar[str] = "pooled"
    students: ClassVar[tuple[str, ...]] = ()
    hugging_face: ClassVar[str] = ""
    problem_type: ClassVar[str] = ""
    clients: ClassVar[tuple[str, ...]] = ()
    constant_answer: ClassVar[str] = "always giving the same answer"
    "What `chance` scores, in words."
    headline_is_mean: ClassVar[bool] = True
    epochs_by: ClassVar[str] = ""
    "The measure that tells the best epoch, where the headline says little of early ones."
    tunes: ClassVar[bool] = False
    perturbable: ClassVar[bool] = True
    "Whether the answer to a text stays comparable where words of the text change."
    two_classes_of_one_logit: ClassVar[bool] = False
    writes: ClassVar[bool] = False
    "Whether answers are texts that a model writes, token by token, and not read off its outputs."
    tokenizer_kind: ClassVar[str] = "wordpiece"
    "The kind of vocabulary that is learnt for it, as `tfkd.text.learn` names them."

    prompted: ClassVar[type[Prompted] | None] = None
    "What a language model is asked for an example, of tasks whose answers it writes as JSON."
    zero_is_padding: ClassVar[bool] = True
    "Whether its students tell padding by the id 0; if not, any tokenizer serves them as it is."

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        unknown = sorted(set(settings or {}) - set(self.defaults))
        if unknown:
            known = ", ".join(self.defaults) or "none"
            if unknown[0] == "pair":
                raise UserError(f"the task {self.name} reads no pairs: name one column of texts.")
            raise UserError(
                f"the task {self.name} has no setting {unknown[0]!r}; it knows {known}."
            )
        self.settings: dict[str, Any] = {**self.defaults, **(settings or {})}
        super().__init__(pair=bool(self.settings.get("pair")))

    # -- data ------------------------------------------------------------------------------

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return what the training split fixes, given the class names found in it."""
        return Schema(labels, dict(self.settings))

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row looks like that has no text with a label, or nothing."""
        return describe_other_kind(fields)

    def is_one_class_of_one_text(self) -> bool:
        """Return whether a text alone tells the one class that is asked for."""
        return (
            self.form == "multiclass"
            and set(self.columns) == {"text", "label"}
            and self.inputs == (IDS,)
            and self.outputs == ("logits",)
            and not (self.pieces or self.writes or self.heads)
        )

    def suits(self, names: Collection[str]) -> bool:
        """Return whether a file may be one of this task, where its columns alone tell.

        Args:
            names: The names of its columns.
        """
        return True

    def quick_schema(self, schema: Schema) -> Schema:
        """Return the schema with which answers come fast, to score single epochs.

        Args:
            schema: What the training split fixed.
        """
        return schema

    def schema_to_check(self, schema: Schema, texts: int) -> Schema:
        """Return the schema with which a model writes what a file is compared by.

        Args:
            schema: What the training split fixed.
            texts: How many texts it writes at most.
        """
        return schema

    def describe_schema(self, schema: Schema) -> str:
        """Return what the training split fixed, in a few words."""
        return f"{len(schema.labels)} classes"

    def reads_label(self, value: Any) -> bool:
        """Return whether a label, as a file has it, can only be one of this task."""
        return False

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Return examples that have labels alone, from labels as `fit` takes them.

        Raises:
            UserError: Labels of another shape or type.
        """
        ids = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        if (
            ids.ndim != 1
            or ids.dtype.kind not in "biuf"
            or not np.array_equal(ids, ids.astype("int64"))
        ):
            raise self.refuse_array(labels, "class ids [examples]")
        return [Example(label=int(each)) for each in ids]

    def refuse_array(self, labels: np.ndarray, wanted: str) -> UserError:
        """Return the error for labels of another shape or type than this task's."""
        cure = {1: "", 2: ', or form="multilabel" for rows of 0 and 1'}.get(labels.ndim, "")
        return UserError(
            f"the labels are {labels.dtype} {list(labels.shape)}: give {wanted}"
            f"{cure if self.form == 'multiclass' else ''}."
        )

    # -- arrays ----------------------------------------------------------------------------

    def form_of(self, output: str) -> str:
        """Return what the logits of an output are, as the losses call it."""
        return self.form

    def input_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape in one row of each array that is no ids, as students are built for it.

        `None` stands for any number.
        """
        return {}

    def student_settings(self, schema: Schema) -> dict[str, Any]:
        """Return settings of this task's students that the data decide, such as a sample rate.

        Args:
            schema: What the training split fixed.
        """
        return {}

    def with_input_shapes(self, schema: Schema, shapes: Sequence[tuple[int | None, ...]]) -> Schema:
        """Return the schema with what the inputs of a model say, where nothing else has said it.

        Args:
            schema: What the training split fixed, or the class names alone.
            shapes: The shape of each input of the model, without the axis of the batch.
        """
        return schema

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of each output for one row.

        `None` is the number of words, or of tokens where rows know no words.
        """
        return {"logits": (len(schema.labels),)}

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return the teacher's class ids in our order, or `None` where the order is the same.

        Names are compared without regard to case, blanks and signs, and abbreviations are known:
        `neg` is `negative`. Where the names differ, the order stays.
        """
        order = match_names(theirs.labels, ours.labels)
        return None if order == sorted(order or ()) else order

    def merge(self, theirs: Schema, ours: Schema) -> list[list[int]] | None:
        """Return which of a teacher's classes together are each of ours, `None` where each is one.

        Args:
            theirs: The teacher's class names.
            ours: What the training split fixed.

        Raises:
            UserError: Classes that do not say what ours do.
        """
        return None

    def other_inputs(self, rows: Sequence[list[Arrays]]) -> list[tuple[str, list[list[Arrays]]]]:
        """Return rows as some models read them instead, each with what makes such a model right.

        A teacher that is right far more often with them was trained on other numbers.

        Args:
            rows: The rows of each example.
        """
        return []

    def examples_for_order(self, schema: Schema) -> int:
        """Return how many labelled examples `find_order` needs, 0 if the task does not tell it."""
        return 0

    def find_order(
        self, answers: Sequence[Any], examples: Sequence[Example], schema: Schema
    ) -> list[int] | None:
        """Return the class ids of a teacher in the order that its answers suggest.

        Args:
            answers: What the teacher answered, its classes as they are.
            examples: Some with labels.
            schema: What the training split fixed.

        Returns:
            Which of the teacher's classes stands for each of ours, or `None` where the order is the
            same, or nothing can be told.
        """
        return None
