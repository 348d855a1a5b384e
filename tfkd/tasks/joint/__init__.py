"""Several tasks at once: one body reads the texts, and each task has a head on it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data import Column, Example, Schema
from ...data.label_heads import labels_of_head, name_label
from ...errors import UserError
from .._base import Arrays, Run, Task
from .._marks import Mark
from .head_scores import mean_headline, name_measures, rate_heads, score_heads, section_of
from .heads import LABELS, OWN, Head, choose_reader, join_columns, own_roles, read_heads
from .joint_rows import join_rows, rows_of_head, with_text

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder

HEADS, PAIR = "heads", "pair"
NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Joint(Task):
    """Several tasks of one model; an answer is a dict with that of each head.

    >>> task = Joint({"heads": "tone=text-classification+stars=text-regression"})
    >>> task.outputs, list(task.columns)
    (('tone.logits', 'stars.logits'), ['text', 'tone.label', 'stars.label'])
    """

    constant_answer = "always giving the same answers"
    headline_is_mean = False
    form = "multiclass"

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        given = dict(settings or {})
        task = str(given.pop(HEADS, ""))
        if not given.get(PAIR):
            # A task that reads no pairs has no such setting.
            given.pop(PAIR, None)
        self.parts = read_heads(task, given)
        self.name, self.heads = task, tuple(head.name for head in self.parts)
        # What all others of the class share is theirs.
        vars(self).update(
            defaults=_defaults(task, self.parts),
            measures=name_measures(self.parts),
            outputs=tuple(n for head in self.parts for n in map(head.inside, head.task.outputs)),
            tunes=any(head.task.tunes for head in self.parts),
            students=_students(self.parts),
        )
        self.settings = {HEADS: task, PAIR: self.parts[0].task.reads_pairs}
        for head in self.parts:
            own = {**{name: getattr(head, name) for name in OWN}, **head.task.settings}
            self.settings |= {head.inside(name): value for name, value in own.items()}
        of_texts = {head.name: head.task.columns_for() for head in self.parts}
        self.reader = choose_reader(self.parts, of_texts)
        vars(self).update(
            columns=join_columns(
                self.parts, self.reader, {head.name: head.task.columns for head in self.parts}
            ),
            inputs=self.reader.task.inputs,
            features=self.reader.task.features,
            pieces=self.reader.task.pieces,
            perturbable=all(head.task.perturbable for head in self.parts),
            fixed=tuple(
                f"{LABELS}.{head.name}" for head in self.parts if LABELS in head.task.fixed
            ),
        )

    def of_head(self, head: str, schema: Schema) -> tuple[Task, Schema]:
        """Return the task of a head, and what the training split fixed for it."""
        part = self.part(head)
        return part.task, part.schema(schema)

    def form_of(self, output: str) -> str:
        """Return what the logits of an output are."""
        head, _, name = output.partition(".")
        return self.part(head).task.form_of(name)

    def part(self, name: str) -> Head:
        """Return a head by its name."""
        return next(head for head in self.parts if head.name == name)

    # -- data ------------------------------------------------------------------------------

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns of all heads for rows with these fields."""
        columns = {
            head.name: head.task.columns_for(fields, own_roles(head, named)) for head in self.parts
        }
        return join_columns(self.parts, choose_reader(self.parts, columns), columns)

    def in_columns(
        self, fields: Mapping[str, Any], where: str, named: Mapping[str, str] = NO_NAMES
    ) -> Mapping[str, Any]:
        """Return a row as the task that reads the texts lays it out.

        Raises:
            UserError: A value that cannot be read.
        """
        return self.reader.task.in_columns(fields, where, own_roles(self.reader, named))

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row looks like that the task which reads the texts does not read."""
        return self.reader.task.other_kind(fields)

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a row with what each head learns of it, as `HEAD.ROLE`.

        Raises:
            UserError: What one of the tasks says of the row.
        """
        first = self.reader.task.example(self.reader.example(fields), where)
        joined = {role: value for role, value in first.items() if _is_shared(role, fields)}
        for head in self.parts:
            read = first
            if head is not self.reader:
                read = head.task.example(with_text(head, self.reader, Example(fields)), where)
            learnt = {head.inside(r): v for r, v in read.items() if not _is_shared(r, fields)}
            joined |= learnt
        return Example(joined)

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return the texts of an example."""
        return self.reader.task.texts(self.reader.example(example))

    def is_labelled(self, example: Example) -> bool:
        """Return whether one of the heads has a label."""
        return any(head.task.is_labelled(head.example(example)) for head in self.parts)

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return the class names of all heads, each with the name of its head."""
        return tuple(
            name_label(head.name, key)
            for head in self.parts
            for key in head.task.label_keys(head.example(example))
        )

    def adapted(self, examples: Iterable[Example]) -> Joint:
        """Return the task whose heads have looked at the examples of a file."""
        copies = itertools.tee(examples, len(self.parts))
        reader = copy.copy(self)
        reader.parts = tuple(
            head.adapted(head.example(example) for example in own)
            for head, own in zip(self.parts, copies, strict=True)
        )
        reader.reader = reader.part(self.reader.name)
        return reader

    def check_labels(self, first_seen: Mapping[str, str]) -> None:
        """Refuse class names that are none to their head, and heads without any.

        Raises:
            UserError: There are some.
        """
        for head in self.parts:
            own = labels_of_head(head.name, first_seen)
            if not own and head.has_classes:
                raise UserError(
                    f"no row has a label of the head {head.name}: name its column with --column "
                    f"{head.name}.ROLE=NAME, or leave the head out."
                )
            head.task.check_labels(own)

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the class names and settings of all heads, given those found in the data."""
        settings = dict(self.settings)
        for head in self.parts:
            own = tuple(labels_of_head(head.name, dict.fromkeys(labels)))
            schema = head.task.schema(own or tuple(each for each in labels if "=" not in each))
            settings |= _flatten(head, schema)
        return Schema((), settings)

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with what the training examples say to each head."""
        settings = dict(schema.settings)
        copies = itertools.tee(train, len(self.parts))
        for head, own in zip(self.parts, copies, strict=True):
            examples = (head.example(example) for example in own)
            settings |= _flatten(head, head.task.complete_schema(head.schema(schema), examples))
        return Schema((), settings)

    def describe_schema(self, schema: Schema) -> str:
        """Return what the training split fixed for each head."""
        return "; ".join(
            f"{head.name}: {head.task.describe_schema(head.schema(schema))}" for head in self.parts
        )

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example with the class ids of each head."""
        joined = dict(example)
        for head in self.parts:
            own = head.task.with_ids(head.example(example), labels_of_head(head.name, ids))
            joined |= {head.inside(r): v for r, v in own.items() if not _is_shared(r, example)}
        return Example(joined)

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the rows of the task that reads the texts, with `labels.HEAD` of each head."""
        return join_rows(self.parts, self.reader, examples, encoder, schema)

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
            settings |= _flatten(head, head.task.schema_with(head.schema(schema), encoder))
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
                settings |= _flatten(head, head.task.tune(own, of_head, head.schema(schema)))
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
        return min(h.task.agreement(*_both(h, answers, others)) for h in self.parts)

    def chance(self, examples: Sequence[Example]) -> float | None:
        """Return the mean of what the best constant answers score; None where a head has none."""
        known = [h.task.chance([h.example(e) for e in examples]) for h in self.parts]
        return None if None in known else float(np.mean(known))  # type: ignore[arg-type]  # no None

    def summarize(self, answer: Any) -> str:
        """Return the answers of all heads in a few words."""
        return "; ".join(f"{h.name} {h.task.summarize(answer[h.name])}" for h in self.parts)

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


def _defaults(task: str, heads: Sequence[Head]) -> dict[str, Any]:
    of_heads = {
        head.inside(name): value
        for head in heads
        for name, value in {**OWN, **head.task.defaults}.items()
    }
    return {HEADS: task, PAIR: False, **of_heads}


def _students(heads: Sequence[Head]) -> tuple[str, ...]:
    """Return the students that suit the tasks of all heads; empty for all."""
    lists = [head.task.students for head in heads if head.task.students]
    return tuple(name for name in lists[0] if all(name in each for each in lists)) if lists else ()


def _flatten(head: Head, schema: Schema) -> dict[str, Any]:
    """Return the schema of a head as settings that have its name."""
    own = {head.inside(name): value for name, value in schema.settings.items()}
    return {**own, head.inside(LABELS): list(schema.labels)}


def _is_shared(role: str, fields: Mapping[str, Any]) -> bool:
    """Return whether a role is a text that all heads read, and nothing that one of them learns."""
    return role == "text" or role in fields


def _both(head: Head, answers: Sequence[Any], others: Sequence[Any]) -> tuple[list, list]:
    return [each[head.name] for each in answers], [each[head.name] for each in others]
