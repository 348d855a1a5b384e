"""What a task knows: from rows of a file to examples, arrays, answers and scores.

A task is a folder of `tfkd/tasks/`, or a class of somebody else's package. Everything outside of it
speaks of *examples* and *answers* only; training speaks of *rows* and *outputs*. Two methods make
unlike tasks equal:

* `encode` turns an example into one or several **rows** of named arrays: windows of a long text,
  both texts of a pair.
* `answers` turns the outputs of **any** model for these rows into one answer an example; it may
  call the model in a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..data import Data, Example, ExampleReader, Schema
from ..data.reader import Arrays
from ..errors import UserError
from ..text import Encoder
from ..text.words import WORD_STARTS
from ._marks import Mark
from ._names import match_names
from ._other_kinds import describe_other_kind
from .windows import rejoin_windows

if TYPE_CHECKING:
    from ..losses._base import Objective

EMBEDDING = "embedding"
"""The output of models that give a vector for each text; it is asked for, never a task's name."""
Run = Callable[[Sequence[Arrays]], list[Arrays]]
"""A model of any framework: it pads and batches rows, and returns a row of outputs for each."""


@dataclass(frozen=True)
class Measure:
    """A score as people read it.

    Attributes:
        title: Its name in tables.
        unit: "share" (shown in percent), "correlation", "nats" or "number" (in the data's units).
        higher_is_better: False for losses and errors.
        hub: Its name among Hugging Face's metrics, for the model card; empty leaves it out.
    """

    title: str
    unit: str = "share"
    higher_is_better: bool = True
    hub: str = ""

    def format(self, value: float) -> str:
        """Return `value` as text.

        >>> Measure("accuracy").format(0.9288), Measure("log loss", "nats").format(0.25)
        ('92.88 %', '0.2500')
        """
        return f"{100 * value:.2f} %" if self.unit == "share" else f"{value:.4f}"

    @property
    def points(self) -> float:
        """What a difference is multiplied by to be one in points.

        >>> Measure("accuracy").points, Measure("log loss", "nats").points
        (100.0, 1.0)
        """
        return 100.0 if self.unit in ("share", "correlation") else 1.0


def name_metrics(metrics: Any) -> list[str]:
    """Return what Keras's metrics are called in logs; those of heads begin with its name.

    Args:
        metrics: As `Task.metrics` returns them: a list, or a dict of lists by head.

    >>> name_metrics({"intent": ["accuracy"]})
    ['intent_accuracy']
    """
    if isinstance(metrics, Mapping):
        named = {head: name_metrics(some) for head, some in metrics.items()}
        return [f"{head}_{name}" for head, names in named.items() for name in names]
    return [getattr(metric, "name", metric) for metric in metrics]


class Task(ExampleReader):
    """What one task knows, and no more.

    A subclass names its columns and measures and implements `encode`, `answer`, `score` and
    `per_example`; the other methods have defaults that suit tasks with one class label. What
    reads rows of files is inherited from `tfkd.data.ExampleReader`.

    Args:
        settings: The table `[task_settings]` of a run, in place of `defaults`.

    Attributes:
        name: Hugging Face's tag, such as `token-classification`; left empty, it is the import path.
        form: What its logits are, as the losses call it.
        hub: Hugging Face's tag, where that is not the name.
        measures: What `score` returns, by key; the first one is the headline.
        defaults: The settings that a run may change.
        inputs: Names of the arrays of a row that a student reads.
        outputs: Names of a student's outputs that are exported and verified.
        features: What the head needs of a student's body: `pooled`, one vector a row, `tokens`,
            one a token, or `words`, one a word.
        students: Students that make sense, the default first; empty stands for all.
        hugging_face: How the `architectures` of Hugging Face's models for this task end.
        problem_type: What their configuration calls it, where several tasks have such models.
        clients: Foreign runtimes that a file can be written for, such as `mediapipe`.
        two_classes_of_one_logit: Whether a teacher's only logit is that of the second of two
            classes, as of a sigmoid.
        headline_is_mean: Whether the headline is the mean of `per_example`. If not, intervals come
            from a paired bootstrap.
        tunes: Whether `tune` chooses something for each model.

    Raises:
        UserError: A setting that the task does not have.
    """

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
    tunes: ClassVar[bool] = False
    perturbable: ClassVar[bool] = True
    "Whether the answer to a text stays comparable where words of the text change."
    two_classes_of_one_logit: ClassVar[bool] = False

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

    def of_head(self, head: str, schema: Schema) -> tuple[Task, Schema]:
        """Return the task of one of several heads, and what the training split fixed for it.

        Args:
            head: One of `heads`.
            schema: What the training split fixed.
        """
        return self, schema

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

    # -- answers: NumPy ------------------------------------------------------------------------

    def answers(self, run: Run, rows: Sequence[list[Arrays]], schema: Schema) -> list[Any]:
        """Return one answer for each example, given its rows and any model.

        By default the model runs once over all rows, and `answer` reads its outputs. A task that
        generates calls `run` in a loop.

        Args:
            run: Runs the model: rows to one dict of outputs for each row.
            rows: The rows of each example.
            schema: What the training split fixed.
        """
        outputs = iter(run([row for example in rows for row in example]))
        return [self.answer([next(outputs) for _ in example], example, schema) for example in rows]

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Any:
        """Return the answer for one example, given a model's outputs for its rows.

        Answers are comparable with `==`, and JSON where `to_json` makes them so.

        Args:
            outputs: A model's outputs for each row, by name.
            rows: The rows of the example.
            schema: What the training split fixed.
        """
        raise NotImplementedError

    def with_example(self, answer: Any, example: Example) -> Any:
        """Return an answer with what only its example tells, such as the text of a span.

        Args:
            answer: As `answer` gave it.
            example: The example that it is of.
        """
        return answer

    def outputs_for_rows(
        self, rows: Sequence[Arrays], teacher_rows: Sequence[Arrays], outputs: Sequence[Arrays]
    ) -> list[Arrays]:
        """Return what a teacher's outputs for its own rows of an example say of each other row.

        It is asked where teacher and student cut an example into other windows. Where rows know
        their words, the outputs are joined by word by default, and cut to each row.

        Args:
            rows: The rows of the example, as the student reads them.
            teacher_rows: Its rows as the teacher reads them.
            outputs: The teacher's outputs for each of these, by name, without padding.

        Raises:
            UserError: Rows of a task that knows no words, and of which there are not as many.
        """
        if WORD_STARTS in rows[0]:
            return rejoin_windows(rows, teacher_rows, outputs)
        if len(rows) != len(teacher_rows):
            raise UserError(
                f"the teacher reads an example in {len(teacher_rows)} rows and its student in "
                f"{len(rows)}, and the task {self.name or type(self).__name__} cannot tell which "
                "belong together: give both the same length (--max-length, --teacher-max-length)."
            )
        return list(outputs)

    def tune(self, answers: Sequence[Any], examples: Sequence[Example], schema: Schema) -> Schema:
        """Return the schema with what is chosen for one model, such as thresholds.

        Args:
            answers: The model's answers to validation examples.
            examples: These.
            schema: What the training split fixed.
        """
        return schema

    def score(self, answers: Sequence[Any], examples: Sequence[Example]) -> dict[str, float]:
        """Return all measures of the answers; examples without labels do not count.

        Raises:
            UserError: None of the examples has a label.
        """
        raise NotImplementedError

    def headline(
        self, answers: Sequence[Any], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return the headline as a function of the positions of the examples that count.

        A bootstrap calls it a thousand times, so a task may prepare what it can.
        """
        key = next(iter(self.measures))

        def score(rows: np.ndarray) -> float:
            return self.score([answers[i] for i in rows], [examples[i] for i in rows])[key]

        return score

    def per_example(self, answers: Sequence[Any], examples: Sequence[Example]) -> np.ndarray:
        """Return how good each answer is, `[examples]`, 0 to 1; NaN where there is no label."""
        raise NotImplementedError

    def same(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return whether two models give the same answers, `[examples]`, bool."""
        return np.array([a == b for a, b in zip(answers, others, strict=True)], bool)

    def agreement(self, answers: Sequence[Any], others: Sequence[Any]) -> float:
        """Return the share of what two models answer alike: by default of the same answers."""
        return float(np.mean(self.same(answers, others)))

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the headline of the best constant answer, or `None` where there is none."""
        return None

    def summarize(self, answer: Any) -> str:
        """Return an answer in a few words, as tables show it."""
        return str(answer)

    def countable(self, schema: Schema) -> tuple[str, ...]:
        """Return the names that `counted` may return: by default those of all classes.

        Args:
            schema: What the training split fixed.
        """
        return schema.labels

    def counted(self, answer: Any) -> tuple[str, ...]:
        """Return the classes that an answer counts for, where rates of classes are watched.

        Args:
            answer: What a model answered.
        """
        return (self.summarize(answer),)

    def spell_label(self, example: Example) -> str | None:
        """Return what is right for an example, as `summarize` would say it; None for its label.

        Args:
            example: One with a label.
        """
        return None

    def confidence(self, answer: Any, of: str | None = None) -> float | None:
        """Return the probability that the model gave to an answer, or `None` where it has none.

        Args:
            answer: What the model answered.
            of: Another answer, as `summarize` gives it, whose probability is wanted.
        """
        return None

    def distances(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return how far the answers of two models lie apart, `[examples]`, from 0 to 1."""
        return 1.0 - self.same(answers, others)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return further sections of the report's page by name.

        Each is a function of the answers by model, the examples and the schema. It returns plain
        values, as `tfkd.reporting.page` describes them: a title and figures with a `kind`.
        """
        return {}

    def summary(self, answer: Any) -> str:
        """Return an answer in a few words, without its example."""
        return str(answer)

    def line(self, answer: Any, example: Example) -> str:
        """Return an answer as one line for a terminal."""
        return f"{self.summary(answer)}  {' '.join(self.texts(example))[:80]}"

    def to_json(self, answer: Any) -> dict[str, Any]:
        """Return an answer as plain values for JSON."""
        return {"answer": answer}

    # -- a page to try it on ---------------------------------------------------------------

    def typed_roles(self) -> tuple[str, ...]:
        """Return the roles whose texts a person types in to get an answer."""
        texts = {role: column for role, column in self.columns.items() if column.kind == "text"}
        return tuple(role for role, column in texts.items() if column.required) or tuple(texts)[:1]

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return the values by role of an example that is made of any texts, to time a file with.

        Args:
            text: A text.
            other: Another one, for a task that reads two.
        """
        return dict(zip(self.typed_roles(), (text, other), strict=False))

    def draw_example(self, schema: Schema, seed: int) -> dict[str, Any]:
        """Return the values by role of a random example, of a task that reads no texts.

        Args:
            schema: What the training split fixed, such as the shape.
            seed: Of the draw.
        """
        return self.make_example(str(seed), str(seed + 1))

    def marks(self, answer: Any, example: Example) -> list[Mark]:
        """Return the parts of the example's texts that an answer speaks of, to be shown in them."""
        return []
