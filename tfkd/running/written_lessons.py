"""The lessons of a student that learns what its teacher writes, made before it is trained.

They are of the training and the unlabelled texts alone: never of those that are validated or tested
on.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Example
from ..errors import UserError
from ..files import replace_when_whole
from ..progress import logger
from ..store.written import WrittenStore
from . import folder as run_folder
from .context import RunContext
from .teacher import RunTeacher
from .texts import COUNTS, LESSONS, SPLITS

_FATES = {"empty": "empty", "far": "far from the reference"}
LEVELS = ("sequence", "both")


def learns_texts(context: RunContext) -> bool:
    """Return whether the student of a run learns the texts that its teacher writes."""
    return context.task.level in LEVELS


def prepare_lessons(teacher: RunTeacher) -> None:
    """Have a teacher write for the texts of a run, and choose what its student learns.

    What it wrote before is not written again.

    Args:
        teacher: The teacher of the run.

    Raises:
        UserError: Nothing is left to learn from.
    """
    context = teacher.context
    path = context.work / f"{LESSONS}.jsonl"
    if not learns_texts(context) or path.is_file():
        return
    store = teacher.write_for(lambda: _examples(context), "the training texts", for_lessons=True)
    counts: Counter[str] = Counter()
    context.work.mkdir(parents=True, exist_ok=True)
    with replace_when_whole(path) as part, part.open("w", encoding="utf-8") as file:
        for lesson in _choose(context, store, counts):
            file.write(json.dumps(lesson) + "\n")
    if not counts["lessons"]:
        raise UserError(
            f"the teacher wrote for {counts['sources']:,} texts, and none is left to learn from: "
            f"{describe_counts(counts)}; lower least_chrf, or leave out most_ratio "
            "(--task-set most_ratio=0)."
        )
    facts = {"level": context.task.level, **counts}
    run_folder.write_json(context.folder / COUNTS, facts)
    logger.info(f"lessons   {describe_counts(counts)}")


def describe_counts(counts: dict[str, int]) -> str:
    """Say how many lessons there are, and what was dropped.

    >>> describe_counts({"sources": 9, "lessons": 7, "empty": 0, "far": 2})
    '7 of 9 texts that the teacher wrote from; dropped: 2 far from the reference'
    """
    dropped = [f"{counts[fate]:,} {words}" for fate, words in _FATES.items() if counts.get(fate)]
    made = f"{counts['lessons']:,} of {counts['sources']:,} texts that the teacher wrote from"
    return f"{made}; dropped: {', '.join(dropped) or 'none'}"


def read_counts(folder: Path) -> dict[str, Any] | None:
    """Return what became of the teacher's texts in a run, or None where it wrote none."""
    path = folder / COUNTS
    return run_folder.read_json(path) if path.is_file() else None


def lesson_facts(context: RunContext) -> dict[str, str]:
    """Return what the report says of the lessons; nothing where the teacher wrote none."""
    counts = read_counts(context.folder)
    if counts is None:
        return {}
    return {"level": counts["level"], "lessons": describe_counts(counts)}


def _examples(context: RunContext) -> Iterator[Example]:
    return itertools.chain(*(context.data.read(split) for split in SPLITS["transfer"]))


def _choose(context: RunContext, store: WrittenStore, counts: Counter[str]) -> Iterator[Example]:
    """Yield the lessons, and count what became of the texts."""
    task, hidden = context.task, _hidden(context)
    for place, example in enumerate(_examples(context)):
        (texts,) = store.take([task.source_of(example)])
        lessons, fate = task.lessons_of(
            example, [each.text for each in texts], known=place not in hidden
        )
        counts.update({"sources": 1, fate: 1, "lessons": len(lessons)})
        yield from lessons


def _hidden(context: RunContext) -> set[int]:
    """Return the places of training examples whose labels the student may not see."""
    config, task = context.config, context.task
    if not config.data.labelled:
        return set()
    known = np.array(
        [i for i, example in enumerate(_examples(context)) if task.is_labelled(example)], int
    )
    # The same draw as `Encoded.with_labels`.
    drawn = np.random.default_rng(config.training.seed).permutation(known)
    return set(drawn[config.data.labelled :].tolist())
