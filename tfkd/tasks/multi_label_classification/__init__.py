"""Multi-label classification: any number of labels for a text, none among them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import IGNORE, Column, Example, Schema
from .._base import Arrays, Measure, Run, Task
from ..text_classification.combined import find_separator, split_labels
from .answering import (
    THRESHOLDS,
    LabelSet,
    choose_labels,
    chosen_labels,
    likelihoods,
    true_labels,
)
from .label_lists import find_labels, read_labels
from .label_scores import best_constant_f1, jaccard, score_labels, tune_thresholds
from .label_section import by_label
from .linear_labels import fit_labels
from .prompted_labels import PromptedLabels

if TYPE_CHECKING:
    from ...text import Encoder

SHARES, RAREST = "shares", 1e-3
"The setting of a schema with the share of training texts that have each label; the least of it."
NONE = "none"
"How an answer without a label is shown."


class MultiLabelClassification(Task):
    """All labels of a text whose probability is above a threshold of their own.

    >>> task = MultiLabelClassification()
    >>> answers = task.answers(
    ...     lambda rows: [{"logits": np.array([3.0, 2.0, -4.0])} for _ in rows],
    ...     [[{"input_ids": [2, 5, 3]}]],
    ...     Schema(("joy", "love", "fear")),
    ... )
    >>> answers[0].labels, round(answers[0].probabilities["love"], 4)
    (('joy', 'love'), 0.8808)
    """

    name = "multi-label-classification"
    form = "multilabel"
    hub = "text-classification"
    problem_type = "multi_label_classification"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
        "label": Column("label", required=False, kind="labels", also=("labels",)),
    }
    fixed = ("labels",)
    measures: ClassVar[Mapping[str, Measure]] = {
        "micro_f1": Measure("micro F1", hub="f1"),
        "macro_f1": Measure("macro F1"),
        "exact_match": Measure("exact match", hub="exact_match"),
        "ranking_precision": Measure("label ranking"),
    }
    defaults: ClassVar[Mapping[str, Any]] = {"separator": "", "pair": False}
    hugging_face = "ForSequenceClassification"
    constant_answer = "always naming the same labels"
    headline_is_mean = False
    tunes = True
    prompted = PromptedLabels

    # -- data ------------------------------------------------------------------------------

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a row with its labels as a tuple, or as the string that names them all.

        Raises:
            UserError: Labels that cannot be read.
        """
        if "label" not in fields:
            return Example(fields)
        return Example({**fields, "label": read_labels(where, fields["label"])})

    def adapted(self, examples: Iterable[Example]) -> MultiLabelClassification:
        """Return the task with the separator that the strings of a file suggest."""
        if self.settings["separator"]:
            return self
        written = {each["label"] for each in examples if isinstance(each.get("label"), str)}
        reader = copy.copy(self)
        reader.settings = {**self.settings, "separator": find_separator(written) or "|"}
        return reader

    def is_labelled(self, example: Example) -> bool:
        """Return whether the labels of an example are known; none at all may be right."""
        return example.get("label") not in (None, IGNORE)

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return the labels of an example as written."""
        label = example.get("label")
        if isinstance(label, str):
            return tuple(dict.fromkeys(split_labels(label, self.settings["separator"] or "|")))
        return tuple(label or ())

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with a sorted tuple of ids, None where its labels are not known."""
        if not self.is_labelled(example):
            return Example({**example, "label": None})
        chosen = {ids[key] for key in self.label_keys(example)}
        return Example({**example, "label": tuple(sorted(chosen))})

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the labels; thresholds come when a model is there."""
        return Schema(labels, {"pair": self.settings["pair"]})

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return one row an example, whose `labels` are 0 or 1 for each, -100 if not known."""
        rows = super().encode(examples, encoder, schema)
        truth, known = true_labels(examples, len(schema.labels))
        labels = np.where(known[:, None], truth, IGNORE).astype("int32")
        for (row,), of_row in zip(rows, labels, strict=True):
            row["labels"] = of_row
        return rows

    def reads_label(self, value: Any) -> bool:
        """Return whether a label is a list."""
        return isinstance(value, list)

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Return examples without texts from rows of 0 and 1, `[examples, labels]`."""
        if labels.ndim != 2 or not np.isin(labels, (0, 1, IGNORE)).all():
            raise self.refuse_array(labels, "rows of 0 and 1 [examples, labels]")
        return [
            Example(label=None if (row == IGNORE).any() else tuple(np.flatnonzero(row).tolist()))
            for row in labels
        ]

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with the share of the training texts that have each label."""
        counts, texts = np.zeros(len(schema.labels)), 0
        for example in filter(self.is_labelled, train):
            counts[list(example["label"])] += 1
            texts += 1
        shares = (counts / max(texts, 1)).round(6).tolist()
        return Schema(
            schema.labels, {**schema.settings, SHARES: shares} if texts else schema.settings
        )

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return a logit for each label, which begins at the share of texts that have it.

        Otherwise rare labels take hundreds of steps to become improbable (Lin et al. 2017,
        arXiv:1708.02002, section 4.1).
        """
        from keras.layers import Rescaling

        logits = features.project(len(schema.labels), "logits")
        shares = np.clip(schema.settings.get(SHARES) or 0.5, RAREST, 1 - RAREST)
        offset = np.broadcast_to(np.log(shares / (1 - shares)), len(schema.labels))
        return {"logits": Rescaling(1.0, offset.round(4).tolist(), name="shares")(logits)}

    def fit_linear(
        self, features: Any, examples: Sequence[Example], schema: Schema
    ) -> Callable[[Any], dict[str, np.ndarray]]:
        """Fit a logistic regression for each label; return it as a function to logits."""
        return fit_labels(features, true_labels(examples, len(schema.labels))[0])

    # -- answers ---------------------------------------------------------------------------

    def answers(self, run: Run, rows: Sequence[list[Arrays]], schema: Schema) -> list[LabelSet]:
        """Return a `LabelSet` for each example."""
        outputs = run([row for (row,) in rows])
        return choose_labels(_stack(outputs, len(schema.labels)), schema)

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> LabelSet:
        """Return the `LabelSet` of one example from its logits `[labels]`."""
        return choose_labels(_stack(outputs[:1], len(schema.labels)), schema)[0]

    def tune(
        self, answers: Sequence[LabelSet], examples: Sequence[Example], schema: Schema
    ) -> Schema:
        """Return the schema with the thresholds of the greatest F1 of each label."""
        truth, known = true_labels(examples, len(schema.labels))
        if not known.any():
            return schema
        thresholds = tune_thresholds(likelihoods(answers)[known], truth[known])
        return Schema(schema.labels, {**schema.settings, THRESHOLDS: thresholds})

    def score(self, answers: Sequence[LabelSet], examples: Sequence[Example]) -> dict[str, float]:
        """Return micro and macro F1, exact match and label ranking average precision.

        Raises:
            UserError: None of the examples has labels.
        """
        likely, chosen = likelihoods(answers), chosen_labels(answers)
        truth, known = true_labels(examples, likely.shape[-1])
        return score_labels(likely[known], chosen[known], truth[known])

    def headline(
        self, answers: Sequence[LabelSet], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return micro F1 as a function of the positions of the examples that count."""
        chosen = chosen_labels(answers)
        truth, _ = true_labels(examples, chosen.shape[-1])
        hits, either = (chosen & truth).sum(axis=1), chosen.sum(axis=1) + truth.sum(axis=1)
        return lambda rows: float(2 * hits[rows].sum() / max(either[rows].sum(), 1))

    def per_example(self, answers: Sequence[LabelSet], examples: Sequence[Example]) -> np.ndarray:
        """Return the labels in both sets as a share of those in either: `[examples]`."""
        chosen = chosen_labels(answers)
        truth, known = true_labels(examples, chosen.shape[-1])
        return np.where(known, jaccard(chosen, truth), np.nan)

    def same(self, answers: Sequence[LabelSet], others: Sequence[LabelSet]) -> np.ndarray:
        """Return whether the sets of labels are equal, `[examples]`, bool."""
        pairs = zip(answers, others, strict=True)
        return np.array([set(ours.labels) == set(theirs.labels) for ours, theirs in pairs], bool)

    def agreement(self, answers: Sequence[LabelSet], others: Sequence[LabelSet]) -> float:
        """Return the labels that both name as a share of those that either does, on average."""
        return float(np.mean(jaccard(chosen_labels(answers), chosen_labels(others))))

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the micro F1 of the best set of labels that is always the same."""
        labels = [example["label"] for example in examples if self.is_labelled(example)]
        count = 1 + max((max(label, default=0) for label in labels), default=0)
        truth, known = true_labels(examples, count)
        return best_constant_f1(truth[known]) if known.any() else None

    def summarize(self, answer: LabelSet) -> str:
        """Return the names of the labels, `none` without any."""
        return ", ".join(answer.labels) or NONE

    def counted(self, answer: LabelSet) -> tuple[str, ...]:
        """Return each label of the answer."""
        return answer.labels

    def confidence(self, answer: LabelSet, of: str | None = None) -> float | None:
        """Return the probability of a set of labels, as if they were independent."""
        own = of is None or of == self.summarize(answer)
        chosen = answer.labels if own else find_labels(of or "", answer.probabilities)
        likely = 1.0
        for name, probability in answer.probabilities.items():
            likely *= probability if name in chosen else 1.0 - probability
        return likely

    def distances(self, answers: Sequence[LabelSet], others: Sequence[LabelSet]) -> np.ndarray:
        """Return half the sum of the differences of probabilities, at most 1."""
        apart = np.abs(likelihoods(answers) - likelihoods(others)).sum(axis=-1) / 2
        return np.minimum(apart, 1.0)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return precision, recall and F1 by label."""
        return {"labels": by_label}

    def summary(self, answer: LabelSet) -> str:
        """Return the labels, each with its probability."""
        return ", ".join(f"{n} {answer.probabilities[n]:.4f}" for n in answer.labels) or NONE

    def to_json(self, answer: LabelSet) -> dict[str, Any]:
        """Return the labels and all probabilities."""
        return {"labels": list(answer.labels), "probabilities": answer.probabilities}


def _stack(outputs: Sequence[Arrays], labels: int) -> np.ndarray:
    return np.array([each["logits"] for each in outputs]).reshape(len(outputs), labels)
