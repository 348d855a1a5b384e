"""Which of a teacher's answers a student learns from: the sure ones, those that others agree with.

Transfer texts alone are left out: those that are validated or tested on are all looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..data import Example
from ..errors import UserError
from ..progress import logger
from ..reporting.scoring import stored_run
from ..tasks import Task
from ..text.batching import chunks
from . import folder as run_folder
from .context import RunContext
from .filter_setting import LABELS, filters, has_second
from .given_teacher import GivenModels, check_given, load_given_teacher
from .targets import shared_store_folder
from .teacher import RunTeacher

COUNTS = "answers_kept.json"
"""What was left out, by class, in the folder of a run."""
_KEPT, _CHUNK = "kept.npy", 2_000
_UNLIKE_FIRST: dict[str, Any] = {
    "teacher_epochs": 0,
    "teacher_learning_rate": 0.0,
    "teacher_tune": "",
    "teacher_labels": "",
    "store": "",
    "agree": "",
}


def check_second_teacher(context: RunContext) -> None:
    """Refuse a second teacher that cannot be loaded, or whose classes are others.

    Args:
        context: The context of the run.

    Raises:
        UserError: Such a teacher.
    """
    if has_second(context.config):
        other = _of_second(context)
        check_given(other, GivenModels(load_given_teacher(other)))


def prepare_filter(teacher: RunTeacher) -> None:
    """Choose the transfer texts that the student learns from; each worker calls this.

    Args:
        teacher: The teacher of the run, whose answers are stored.

    Raises:
        UserError: Nothing is left to learn from, or an answer has no confidence.
    """
    from ..distribution import workers

    context = teacher.context
    if not filters(context.config):
        return
    second = None
    if has_second(context.config):
        second = _open_second(teacher)
        # All workers compute their shares.
        second.outputs("transfer")
    workers.first_worker_first(context.strategy, lambda: _choose(teacher, second))


def kept_rows(context: RunContext) -> np.ndarray | None:
    """Return the positions of the rows that a distilled student learns from; None for all."""
    path = context.work / _KEPT
    return np.load(path) if filters(context.config) and path.is_file() else None


def filter_facts(context: RunContext) -> dict[str, str]:
    """Return what the report says of answers that were left out; nothing where none could be."""
    path = context.folder / COUNTS
    if not path.is_file():
        return {}
    counts = run_folder.read_json(path)
    return {"answers learnt": describe_kept(counts)}


def describe_kept(counts: dict[str, Any]) -> str:
    """Say how many answers are left, and of which classes others were.

    Args:
        counts: How many there were, which are kept, and why others are not.

    >>> describe_kept({"texts": 9, "kept": 6, "unsure": {"bad": 2}, "disputed": {"good": 1}})
    '6 of 9; dropped: 2 not sure enough (bad 2), 1 not agreed with (good 1)'
    """
    titles = {"unsure": "not sure enough", "disputed": "not agreed with"}
    parts = []
    for key, title in titles.items():
        if by_class := counts.get(key):
            each = ", ".join(f"{name} {n:,}" for name, n in by_class.items())
            parts.append(f"{sum(by_class.values()):,} {title} ({each})")
    return f"{counts['kept']:,} of {counts['texts']:,}; dropped: {', '.join(parts) or 'none'}"


@dataclass(frozen=True)
class _Judge:
    """Says why answers are left out.

    Attributes:
        task: What the examples are.
        least: The least confidence.
        by_labels: Whether labels have to agree, where there are any.
    """

    task: Task
    least: float
    by_labels: bool

    def judge(
        self, answers: Sequence[Any], examples: Sequence[Example], others: Sequence[Any] | None
    ) -> Iterator[str]:
        """Yield `unsure`, `disputed` or an empty text for each answer that is kept."""
        agreed = np.ones(len(answers), bool)
        if self.by_labels:
            right = self.task.per_example(answers, examples)
            agreed = np.isnan(right) | (right >= 0.5)
        elif others is not None:
            agreed = self.task.same(answers, others)
        for answer, is_agreed in zip(answers, agreed, strict=True):
            sure = self.task.confidence(answer) if self.least else 1.0
            if sure is None or not np.isfinite(sure):
                raise UserError(
                    f"the teacher gives no probability of its answer {self.task.summarize(answer)}:"
                    " leave min_confidence out."
                )
            yield "unsure" if sure < self.least else "" if is_agreed else "disputed"


def _choose(teacher: RunTeacher, second: RunTeacher | None) -> None:
    """Write which rows are kept, and what the others were."""
    context = teacher.context
    path, wanted = context.work / _KEPT, context.config.teacher
    if path.is_file() or not context.first:
        return
    judge = _Judge(context.task, wanted.min_confidence, wanted.agree == LABELS)
    dropped: dict[str, Counter[str]] = {"unsure": Counter(), "disputed": Counter()}
    kept, place = [], 0
    for examples in chunks(_examples(teacher), _CHUNK):
        places = np.arange(place, place + len(examples))
        answers = _answers(teacher, places)
        others = None if second is None else _answers(second, places)
        for answer, why in zip(answers, judge.judge(answers, examples, others), strict=True):
            if why:
                dropped[why][context.task.summarize(answer)] += 1
            else:
                kept.append(place)
            place += 1
    counts = {key: dict(found.most_common()) for key, found in dropped.items()}
    facts = {"texts": place, "kept": len(kept), **counts}
    if not kept:
        raise UserError(
            f"none of the teacher's {place:,} answers is left to learn from: "
            f"{describe_kept(facts)}; lower min_confidence, or leave agree out."
        )
    encoded = teacher.texts.encode("transfer")
    np.save(path, np.concatenate([np.array(encoded.rows_of(n), int) for n in kept]))
    run_folder.write_json(context.folder / COUNTS, facts)
    logger.info(f"answers   {describe_kept(facts)}")


def _examples(teacher: RunTeacher) -> Iterator[Example]:
    """Yield the transfer texts, with the labels that the student may use."""
    context = teacher.context
    encoded = teacher.texts.encode("transfer")
    encoded = encoded.with_labels(context.config.data.labelled, context.config.training.seed)
    has_label = encoded.has_labels()[encoded.first_rows()]
    roles = context.task.columns
    for example, known in zip(teacher.texts.read("transfer"), has_label, strict=True):
        texts = {
            r: value for r, value in example.items() if r in roles and roles[r].kind != "label"
        }
        yield example if known else Example(texts)


def _answers(teacher: RunTeacher, places: np.ndarray) -> list[Any]:
    context = teacher.context
    rows, outputs = teacher.outputs("transfer").rows_and_outputs(places)
    return context.task.answers(stored_run(outputs), rows, context.data.schema)


def _open_second(teacher: RunTeacher) -> RunTeacher:
    """Load the teacher that has to agree, with a store of its own beside the first one's."""
    context = _of_second(teacher.context)
    texts = replace(teacher.texts, context=context, reader="second")
    store = shared_store_folder(context.config, context.folder.parent)
    return RunTeacher(context, texts, load_given_teacher(context), store)


def _of_second(context: RunContext) -> RunContext:
    """Return the context of a run whose teacher is the second one."""
    config = context.config.replaced(teacher=context.config.teacher.agree, **_UNLIKE_FIRST)
    return replace(context, config=config)
