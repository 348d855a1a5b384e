"""What a task puts on top of a model's body, and what the model learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..data import Data, Example, Schema
from ..text import Encoder
from ._task_lessons import TaskLessons

if TYPE_CHECKING:
    from ..losses._base import Objective


class TaskNetwork(TaskLessons):
    """The part of a `Task` that knows its head, its objective and its baseline."""

    # -- network: Keras and TensorFlow, imported inside ----------------------------------------

    def schema_with(self, schema: Schema, encoder: Encoder) -> Schema:
        """Return the schema that `head` gets for a model with this tokenizer.

        A head that looks for special pieces has to know their ids.

        Args:
            schema: What the training split fixed.
            encoder: The model's tokenizer.
        """
        return schema

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return the outputs by name on top of a student's body.

        Args:
            features: A `tfkd.students.Features`: `features.project(units, name)` is
                `[batch, units]`, or `[batch, length, units]` of tokens or words.
            schema: What the training split fixed.
        """
        return {"logits": features.project(len(schema.labels), "logits")}

    def trained_model(self, model: Any, schema: Schema) -> Any:
        """Return the model that is trained, which has a student inside; by default the student.

        A task whose losses compare several rows trains a model of lists of them.

        Args:
            model: The student, with the outputs of `head`.
            schema: What `schema_with` returned.
        """
        return model

    def served_model(self, model: Any) -> Any:
        """Return the student inside of a model that `trained_model` returned.

        Args:
            model: The trained model, or a student.
        """
        return model

    def served_example(self, example: Example) -> Example:
        """Return a training example as the model that is served reads it; by default as it is.

        Args:
            example: An example of the training split.
        """
        return example

    def known_texts(self, data: Data) -> list[str] | None:
        """Return all texts that a teacher has to know, where its answers are computed once.

        None, the default, stands for a teacher that reads each example by itself.

        Args:
            data: The data set.
        """
        return None

    def known_vectors(self, vectors: np.ndarray, texts: Sequence[str], data: Data) -> np.ndarray:
        """Return the teacher's vector of each text that `known_texts` named.

        Args:
            vectors: Those of the model that the run is given, `[texts, dimensions]`.
            texts: The texts.
            data: The data set.
        """
        return vectors

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return the objective of a run that names none.

        Args:
            temperature: Of the soft targets.
            soft_weight: Their weight; the hard labels have the rest.
            alone: Whether the student is trained without the teacher, on hard labels alone.
            schema: What the training split fixed, where that is known.
        """
        from ..losses._base import as_objective
        from ..losses.hard_labels import HardLabels
        from ..losses.hinton import hinton

        if alone:
            return as_objective(HardLabels(form=self.form))
        return hinton(temperature=temperature, soft_weight=soft_weight, form=self.form)

    def fit_outputs(self, outputs: dict[str, Any], schema: Schema) -> dict[str, Any]:
        """Return the outputs of a student that is made of its teacher's layers, by name.

        Args:
            outputs: The symbolic outputs, as those of the teacher are.
            schema: What the training split fixed.
        """
        return outputs

    def objective_alone(self, schema: Schema | None = None) -> Objective | None:
        """Return the objective of a model that learns from hard labels alone.

        `None` where the training split has nothing that could be learnt without a teacher.
        """
        return self.objective(temperature=1.0, soft_weight=0.0, alone=True, schema=schema)

    def metrics(self) -> Any:
        """Return the Keras metrics that are reported while training, of heads a dict of lists."""
        return ["accuracy"]

    # -- a baseline: scikit-learn, imported inside ---------------------------------------------

    baselines: ClassVar[tuple[str, ...]] = ("tfidf",)
    "What `--baseline` may name."

    def answer_simply(
        self,
        kind: str,
        examples: Sequence[Example],
        train: Sequence[Example],
        vectors: tuple[Any, Any] | None,
    ) -> list[Any]:
        """Return answers that need no model, of a task that writes, for comparison.

        Args:
            kind: One of `baselines`.
            examples: What is to be answered.
            train: The training examples with labels.
            vectors: Matrices of TF-IDF of both, in this order; `None` where the kind is another.

        Raises:
            NotImplementedError: The task has none.
        """
        raise NotImplementedError

    def fit_linear(
        self, features: Any, examples: Sequence[Example], schema: Schema
    ) -> Callable[[Any], dict[str, np.ndarray]]:
        """Fit a linear model, for comparison; return it as a function of features to outputs.

        Args:
            features: A sparse matrix `[examples, features]`.
            examples: Those that the features are of; all have labels.
            schema: What the training split fixed.

        Raises:
            NotImplementedError: The task has no such model.
        """
        raise NotImplementedError
