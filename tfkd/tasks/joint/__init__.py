"""Several tasks at once: one body reads the texts, and each task has a head on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import Example, Schema
from ...errors import UserError
from .._base import Arrays, Run
from .._marks import Mark
from .head_scores import mean_headline, rate_heads, score_heads, section_of
from .heads import Head, flatten_schema
from .joint_data import JointData
from .joint_rows import rows_of_head

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder


class Joint(JointData):
    """Several tasks of one model; an answer is a dict with that of each head.

    >>> task = Joint({"heads": "tone=text-classification+stars=text-regression"})
    >>> task.outputs, list(task.columns)
    (('tone.logits', 'stars.logits'), ['text', 'tone.label', 'stars.label'])
    """

    constant_answer = "always giving the same answers"
    headline_is_mean = False
    form = "multiclass"

    # -- arrays and network ------------------------------------------------------------------

    def output_shapes(self, schema: Schema) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of all outputs, `HEAD.logits` among them."""
        return {
            head.inside(name): shape
            for head in self.parts
            for name, shape in head.task.output_shapes(head.schema(schema)).items()
        }

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: each head has classes of its own."""
        return None

    def examples_for_order(self, schema: Schema) -> int:
        """Return the most that a head needs."""
        return max(head.task.examples_for_order(head.schema(schema)) for head in self.parts)

    def find_order(
        self, answers: Sequence[Any], examples: Sequence[Example], schema: Schema
    ) -> list[int] | None:
        """Return None, after a look at each head.

        Raises:
            UserError: The teacher has the classes of a head in another order than the data.
        """
        for head in self.parts:
            own = [answer[head.name] for answer in answers]
            of_head, names = [head.example(e) for e in examples], head.schema(schema)
            order = head.task.find_order(own, of_head, names)
            if order is not None:
                raise UserError(
                    f"the teacher seems to have the classes of the head {head.name} in the order "
                    f"{', '.join(names.labels[i] for i in np.argsort(order))}, and the data in "
                    f"{', '.join(names.labels)}: give it these names in the order of its outputs."
                )
        return None

    def schema_with(self, schema: Schema, encoder: Encoder) -> Schema:
        """Return the schema with what each head has to know of a model's tokenizer."""
        settings = dict(schema.settings)
        for head in self.parts:
            settings |= flatten_schema(head, head.task.schema_with(head.schema(schema), encoder))
        return Schema((), settings)

    def head(self, features: Any, schema: Schema) -> dict[str, Any]:
        """Return the outputs of all heads on top of one body."""
        outputs: dict[str, Any] = {}
        for head in self.parts:
            pooled = head.task.features == "pooled" != self.features
            own = _NamedFeatures(features.as_pooled() if pooled else features, head)
            made = head.task.head(own, head.schema(schema))
            outputs |= {head.inside(name): tensor for name, tensor in made.items()}
        return outputs

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return the weighted sum of the objectives of all heads.

        Args:
            temperature: Of the soft targets of heads that name none.
            soft_weight: Their weight, of heads that name none.
            alone: Whether the student is trained without the teacher.
            schema: What the training split fixed, where that is known.
        """
        from ...losses._base import Objective
        from ...losses.for_head import ForHead

        terms: list[Any] = []
        for head in self.parts:
            own = head.task.objective(
                temperature=head.temperature or temperature,
                soft_weight=soft_weight if head.soft_weight is None else head.soft_weight,
                alone=alone,
                schema=None if schema is None else head.schema(schema),
            )
            terms += [(w, ForHead(head.name, loss)) for w, loss in (head.weight * own).terms]
        return Objective(tuple(terms))

    def metrics(self) -> Any:
        """Return the metrics of each head by its name."""
        return {head.name: head.task.metrics() for head in self.parts}

    # -- answers ---------------------------------------------------------------------------

    def answers(self, run: Run, rows: Sequence[list[Arrays]], schema: Schema) -> list[Any]:
        """Return a dict for each example: the answer of each head. The model runs once."""
        flat = [row for example in rows for row in example]
        outputs = {id(row): out for row, out in zip(flat, run(flat), strict=True)}
        by_head = {}
        for head in self.parts:

            def run_head(some: Sequence[Arrays], head: Head = head) -> list[Arrays]:
                return [head.own(outputs[id(row)]) for row in some]

            own = rows_of_head(head, self.reader, rows)
            by_head[head.name] = head.task.answers(run_head, own, head.schema(schema))
        together = zip(*by_head.values(), strict=True)
        return [dict(zip(by_head, each, strict=True)) for each in together]

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Any:
        """Return the answer of each head for one example, given a model's outputs for its rows."""
        return self.answers(lambda _: list(outputs), [list(rows)], schema)[0]

    def with_example(self, answer: Any, example: Example) -> Any:
        """Return the answers with what they say of this example."""
        return {
            head.name: head.task.with_example(answer[head.name], head.example(example))
            for head in self.parts
        }

    def outputs_for_rows(
        self, rows: Sequence[Arrays], teacher_rows: Sequence[Arrays], outputs: Sequence[Arrays]
    ) -> list[Arrays]:
        """Return what a teacher's outputs for its own rows of an example say of each other row.

        Of a head for the text as a whole the first window says it for all.

        Args:
            rows: The rows of the example, as the student reads them.
            teacher_rows: Its rows as the teacher reads them.
            outputs: The teacher's outputs for each of these, by name.
        """
        joined: list[Arrays] = [{} for _ in rows]
        for head in self.parts:
            own = [head.own(each) for each in outputs]
            if head.task.features == "pooled" != self.features:
                found = [own[0] for _ in rows]
            else:
                found = head.task.outputs_for_rows(rows, teacher_rows, own)
            for row, each in zip(joined, found, strict=True):
                row |= {head.inside(name): array for name, array in each.items()}
        return joined

    def tune(self, answers: Sequence[Any], examples: Sequence[Example], schema: Schema) -> Schema:
        """Return the schema with what each head chooses for one model."""
        settings = dict(schema.settings)
        for head in self.parts:
            own = [answer[head.name] for answer in answers]
            of_head = [head.example(example) for example in examples]
            if head.task.tunes:
                settings |= flatten_schema(head, head.task.tune(own, of_head, head.schema(schema)))
        return Schema((), settings)

    def score(self, answers: Sequence[Any], examples: Sequence[Example]) -> dict[str, float]:
        """Return the measures of all heads, their mean, and the share with all answers right.

        Raises:
            UserError: None of the examples has a label of one of the heads.
        """
        return score_heads(self.parts, answers, examples)

    def headline(
        self, answers: Sequence[Any], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return the mean of the headlines as a function of the positions that count."""
        return mean_headline(self.parts, answers, examples)

    def per_example(self, answers: Sequence[Any], examples: Sequence[Example]) -> np.ndarray:
        """Return the mean over the heads that have a label; NaN where none has one."""
        rates = rate_heads(self.parts, answers, examples)
        known = ~np.isnan(rates)
        counts = known.sum(axis=0)
        total = np.where(known, rates, 0.0).sum(axis=0)
        return np.where(counts > 0, total / np.maximum(counts, 1), np.nan)

    def same(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return whether all heads answer the same, `[examples]`, bool."""
        return np.all([h.task.same(*_both(h, answers, others)) for h in self.parts], axis=0)

    def agreement(self, answers: Sequence[Any], others: Sequence[Any]) -> float:
        """Return how far two models agree in the head in which they agree least."""
        return float(np.min([h.task.agreement(*_both(h, answers, others)) for h in self.parts]))

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the mean of what the best constant answers score; None where a head has none."""
        known = [h.task.chance([h.example(e) for e in examples]) for h in self.parts]
        return None if None in known else float(np.mean(known))  # type: ignore[arg-type]  # no None

    def summarize(self, answer: Any) -> str:
        """Return the answers of all heads in a few words."""
        return "; ".join(f"{h.name} {h.task.summarize(answer[h.name])}" for h in self.parts)

    def countable(self, schema: Schema) -> tuple[str, ...]:
        """Return the classes of all heads, each with the name of its head."""
        return tuple(
            h.inside(name) for h in self.parts for name in h.task.countable(h.schema(schema))
        )

    def counted(self, answer: Any) -> tuple[str, ...]:
        """Return the classes that the answers of all heads count for."""
        return tuple(h.inside(name) for h in self.parts for name in h.task.counted(answer[h.name]))

    def distances(self, answers: Sequence[Any], others: Sequence[Any]) -> np.ndarray:
        """Return the mean of the distances of all heads, `[examples]`."""
        each = [h.task.distances(*_both(h, answers, others)) for h in self.parts]
        return np.mean(each, axis=0)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return the sections of all heads, each with the name of its head."""
        return {
            head.inside(name): section_of(head, section)
            for head in self.parts
            for name, section in head.task.sections().items()
        }

    def summary(self, answer: Any) -> str:
        """Return the answers of all heads, with their probabilities."""
        return "; ".join(f"{h.name} {h.task.summary(answer[h.name])}" for h in self.parts)

    def line(self, answer: Any, example: Example) -> str:
        """Return the answers of all heads as one line for a terminal."""
        *others, last = sorted(self.parts, key=lambda head: head is self.reader)
        parts = [f"{h.name} {h.task.summary(answer[h.name])}" for h in others]
        own = last.task.line(answer[last.name], last.example(example))
        return "; ".join([*parts, f"{last.name} {own}"])

    def typed_roles(self) -> tuple[str, ...]:
        """Return the roles whose texts a person types in."""
        return self.reader.task.typed_roles()

    def make_example(self, text: str, other: str) -> dict[str, Any]:
        """Return the values by role of an example that is made of any texts."""
        return self.reader.task.make_example(text, other)

    def marks(self, answer: Any, example: Example) -> list[Mark]:
        """Return the parts of the texts that the answers speak of."""
        return [
            mark
            for head in self.parts
            for mark in head.task.marks(answer[head.name], head.example(example))
        ]

    def to_json(self, answer: Any) -> dict[str, Any]:
        """Return the answer of each head as plain values."""
        return {head.name: head.task.to_json(answer[head.name]) for head in self.parts}


class _NamedFeatures:
    """The features of a body, on which the layers of one head are called after it."""

    def __init__(self, features: Any, head: Head) -> None:
        self._features, self._head = features, head

    def __getattr__(self, name: str) -> Any:
        return getattr(self._features, name)

    def project(self, units: int, name: str) -> Any:
        return self._features.project(units, self._head.inside(name))

    def layer_name(self, name: str) -> str:
        return self._head.inside(name)


def _both(head: Head, answers: Sequence[Any], others: Sequence[Any]) -> tuple[list, list]:
    return [each[head.name] for each in answers], [each[head.name] for each in others]
