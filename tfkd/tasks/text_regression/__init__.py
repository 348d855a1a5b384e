"""Text regression: a number for a text, such as a rating, in the units of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from .._base import Arrays, Measure, Task
from .number_answers import Estimate
from .number_scores import correlation, score_numbers
from .number_section import by_number
from .numbers import MEAN, SPREAD, as_labels, describe_numbers, mean_and_spread, read_number
from .prompted_number import PromptedNumber
from .units import check_units

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder

SAME, FAR = 0.1, 2.0
"Standard deviations within which two numbers are the same, and beyond which nothing is right."


class TextRegression(Task):
    """A number for a text, scored by correlation and mean absolute error.

    The outputs of all models are in the units of the data; a student ends in a layer that scales
    what it computed by mean and standard deviation of the training numbers.

    >>> task = TextRegression()
    >>> run = lambda rows: [{"logits": np.array([3.5])} for _ in rows]
    >>> task.answers(run, [[{"input_ids": [2, 5, 3]}]], Schema())[0].value
    3.5
    """

    name = "text-regression"
    form = "regression"
    hub = "text-classification"
    problem_type = "regression"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
        "label": Column(
            "label", required=False, kind="number", also=("score", "rating", "stars", "value")
        ),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "pearson": Measure("Pearson correlation", "correlation", hub="pearsonr"),
        "spearman": Measure("Spearman correlation", "correlation", hub="spearmanr"),
        "mae": Measure("mean absolute error", "number", higher_is_better=False, hub="mae"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"pair": False}
    hugging_face = "ForSequenceClassification"
    constant_answer = "always giving the same number"
    headline_is_mean = False
    prompted = PromptedNumber

    # -- data ------------------------------------------------------------------------------

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a row with its number, None where it has none.

        Raises:
            UserError: A label that is no finite number.
        """
        if "label" not in fields:
            return Example(fields)
        return Example({**fields, "label": read_number(where, fields["label"])})

    def is_labelled(self, example: Example) -> bool:
        """Return whether the number of an example is known."""
        return example.get("label") is not None

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: numbers are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with its number."""
        return Example({**example, "label": read_number("the data", example.get("label"))})

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return a schema without classes."""
        return Schema((), dict(self.settings))

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with mean and standard deviation of the training numbers.

        Raises:
            UserError: All numbers are the same.
        """
        numbers = (each["label"] for each in train if self.is_labelled(each))
        return Schema(schema.labels, {**schema.settings, **describe_numbers(numbers)})

    def describe_schema(self, schema: Schema) -> str:
        """Return mean and standard deviation in words."""
        mean, spread = mean_and_spread(schema.settings)
        return f"numbers, {mean:.4g} ± {spread:.4g}"

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return one row an example, whose `labels` are its number, -100 where it has none."""
        rows = super().encode(examples, encoder, schema)
        labels = as_labels([example.get("label") for example in examples])
        for (row,), label in zip(rows, labels, strict=True):
            row["labels"] = label
        return rows

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Return examples without texts from numbers, `[examples]` or `[examples, 1]`."""
        flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        if flat.ndim != 1 or flat.dtype.kind not in "biuf" or not np.isfinite(flat).all():
            raise self.refuse_array(labels, "finite numbers [examples]")
        return [Example(label=float(each)) for each in flat]

    def examples_for_order(self, schema: Schema) -> int:
        """Return how many texts tell whether a teacher's numbers are in the data's units."""
        return 100

    def find_order(
        self, answers: Sequence[Estimate], examples: Sequence[Example], schema: Schema
    ) -> list[int] | None:
        """Return None: numbers have no order; a teacher on another scale is refused.

        Raises:
            UserError: Its numbers go with the labels, and are far off all the same.
        """
        check_units(_values(answers), _truth(examples))
        return None

    # -- network -----------------------------------------------------------------------------

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of one number."""
        return {"logits": (1,)}

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: there are no classes whose order could differ."""
        return None

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return one number: what a model computes, of mean 0 and deviation 1, in data's units."""
        from keras.layers import Rescaling

        mean, spread = mean_and_spread(schema.settings)
        units = Rescaling(spread, mean, name=features.layer_name("units"))
        return {"logits": units(features.project(1, "logits"))}

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return squared errors against labels and teacher, in squared standard deviations.

        Args:
            temperature: Has no meaning for numbers.
            soft_weight: Weight of the teacher's numbers; the labels have the rest.
            alone: Whether the student is trained without the teacher.
            schema: Has the standard deviation; 1 without it.
        """
        from ...losses.hard_labels import HardLabels
        from ...losses.logit_error import LogitError

        _, spread = mean_and_spread(schema.settings if schema else {})
        unit = spread**-2
        hard = HardLabels(form=self.form)
        if alone:
            return unit * hard
        soft = LogitError(form=self.form)
        return (1.0 - soft_weight) * unit * hard + soft_weight * unit * soft

    def metrics(self) -> list:
        """Return the mean absolute error."""
        return ["mean_absolute_error"]

    def fit_linear(
        self, features: Any, examples: Sequence[Example], schema: Schema
    ) -> Callable[[Any], dict[str, np.ndarray]]:
        """Fit a ridge regression; return it as a function of features to numbers."""
        from sklearn.linear_model import Ridge

        model = Ridge().fit(features, _truth(examples))
        return lambda features: {"logits": model.predict(features).reshape(-1, 1)}

    # -- answers ---------------------------------------------------------------------------

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Estimate:
        """Return the number of one example, in the data's units."""
        (value,) = np.asarray(outputs[0]["logits"], "float64").reshape(-1).tolist()
        return Estimate(value, mean_and_spread(schema.settings)[1])

    def score(self, answers: Sequence[Estimate], examples: Sequence[Example]) -> dict[str, float]:
        """Return Pearson's and Spearman's correlation and the mean absolute error.

        Raises:
            UserError: None of the examples has a number.
        """
        values, truth = _values(answers), _truth(examples)
        known = ~np.isnan(truth)
        return score_numbers(values[known], truth[known])

    def headline(
        self, answers: Sequence[Estimate], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return Pearson's correlation as a function of the positions that count."""
        values, truth = _values(answers), _truth(examples)
        return lambda rows: correlation(values[rows], truth[rows])

    def per_example(self, answers: Sequence[Estimate], examples: Sequence[Example]) -> np.ndarray:
        """Return 1 within 0.1 standard deviations of the right number, and 0 from 2 on."""
        apart = np.abs(_values(answers) - _truth(examples)) / _spreads(answers)
        return np.clip((FAR - apart) / (FAR - SAME), 0.0, 1.0)

    def same(self, answers: Sequence[Estimate], others: Sequence[Estimate]) -> np.ndarray:
        """Return whether two numbers are within 0.1 standard deviations, `[examples]`, bool."""
        return np.abs(_values(answers) - _values(others)) <= SAME * _spreads(answers)

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return 0: a constant correlates with nothing."""
        return 0.0 if any(map(self.is_labelled, examples)) else None

    def distances(self, answers: Sequence[Estimate], others: Sequence[Estimate]) -> np.ndarray:
        """Return the difference in units of two standard deviations, at most 1."""
        apart = np.abs(_values(answers) - _values(others)) / (FAR * _spreads(answers))
        return np.minimum(apart, 1.0)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the answers by the right number."""
        return {"numbers": by_number}

    def summarize(self, answer: Estimate) -> str:
        """Return the number, to four digits."""
        return f"{answer.value:.4g}"

    def summary(self, answer: Estimate) -> str:
        """Return the number, to four digits."""
        return self.summarize(answer)

    def to_json(self, answer: Estimate) -> dict[str, Any]:
        """Return the number."""
        return {"value": answer.value}


def _values(answers: Sequence[Estimate]) -> np.ndarray:
    return np.array([answer.value for answer in answers], "float64")


def _spreads(answers: Sequence[Estimate]) -> np.ndarray:
    return np.array([answer.spread for answer in answers], "float64")


def _truth(examples: Sequence[Example]) -> np.ndarray:
    labels = (example.get("label") for example in examples)
    return np.array([np.nan if label is None else label for label in labels], "float64")


__all__ = ["MEAN", "SPREAD", "Estimate", "TextRegression"]
