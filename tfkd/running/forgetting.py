"""What a student that started from an earlier run still knows of its texts, beside the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .. import text
from ..data import Schema
from ..errors import UserError
from ..models.text_model import TextModel
from ..reporting.scoring import TestSet
from ..tasks import Arrays, Run
from . import config as configs
from . import folder as run_folder
from .context import RunContext
from .earlier_run import locate_earlier
from .run_data import open_run_data
from .student import load_model_of
from .warm_start import match_classes, read_schema

FILE = "forgetting.json"
_TUNED = "tuned.json"


@dataclass(frozen=True)
class _Model:
    """A student with the schema by which it answers, and where the asked classes are in it."""

    model: TextModel
    schema: Schema
    places: list[int] | None = None

    def run(self, rows: Sequence[Arrays]) -> list[Arrays]:
        """Return the outputs for rows, of the asked classes alone."""
        outputs = self.model.run(rows)
        if self.places is None:
            return outputs
        return [
            {name: np.asarray(array)[..., self.places] for name, array in row.items()}
            for row in outputs
        ]


def report_forgetting(context: RunContext, student: TextModel, schema: Schema) -> list[str]:
    """Score the earlier and the new student on the test texts of both runs.

    The scores are written into the run's folder too.

    Args:
        context: The context of the run.
        student: The new student.
        schema: By which it answers, such as with its thresholds.

    Returns:
        A sentence for the report; nothing for a run that starts from no earlier one.
    """
    if not context.config.student.from_run:
        return []
    folder = locate_earlier(context.config)
    try:
        sets = _open_sets(context, folder)
        scores = {
            name: {
                "texts": len(test.examples),
                "before": _score(test, before),
                "after": _score(test, after),
            }
            for name, (test, before, after) in sets(student, schema).items()
        }
    # Data that are gone are no reason to lose a report.
    except (UserError, OSError) as error:
        return [f"What the student has forgotten of {folder} is not known: {error}"]
    run_folder.write_json(context.folder / FILE, scores)
    return [_describe(context, folder, scores)]


def _open_sets(context: RunContext, folder: Path) -> Any:
    """Open the earlier run; return what makes its test texts and ours, each with both students."""
    config = configs.read_config(folder / run_folder.CONFIG)
    theirs, ours = read_schema(folder), context.data.schema
    data = open_run_data(config, context.task)
    if tuple(data.labels) != theirs.labels:
        raise UserError("its data have other classes than when it was trained.")
    encoder = context.task.own_encoder() or text.load(folder, config.student.max_length)
    model = load_model_of(folder / "student.keras", encoder, task=context.task, schema=theirs)
    known = run_folder.read_json(folder / _TUNED) if (folder / _TUNED).is_file() else {}
    tuned = Schema.from_json(known["student"]["schema"]) if "student" in known else theirs

    def sets(student: TextModel, schema: Schema) -> dict[str, tuple[TestSet, _Model, _Model]]:
        old = TestSet(context.task, theirs, list(data.read("test")))
        places = match_classes(ours, theirs)
        if places is not None and -1 in places:
            raise UserError(f"{theirs.labels[places.index(-1)]} is no class any more.")
        after = _Model(student, schema if places is None else tuned, places)
        found = {"earlier": (old, _Model(model, tuned), after)}
        back = match_classes(theirs, ours)
        # The earlier student cannot be scored on classes that it does not know.
        if back is None or -1 not in back:
            new = TestSet(context.task, ours, list(context.data.read("test")))
            before = _Model(model, tuned if back is None else schema, back)
            found["new"] = (new, before, _Model(student, schema))
        return found

    return sets


def _score(test: TestSet, asked: _Model) -> dict[str, float]:
    """Return the scores of a student on labelled examples."""
    own = test.tuned(asked.schema)
    rows = test.task.encode(test.examples, asked.model.encoder, own.schema)
    run: Run = partial(_Model.run, asked)
    return test.task.score(own.answer(run, rows), test.examples)


def _describe(context: RunContext, folder: Path, scores: dict[str, Any]) -> str:
    """Return the headline before and after, on the texts of both runs, as a sentence."""
    key, measure = next(iter(context.task.measures.items()))
    parts = []
    for name, title in (("earlier", f"test texts of {folder}"), ("new", "test texts of this run")):
        if name in scores:
            found = scores[name]
            before, after = (measure.format(found[when][key]) for when in ("before", "after"))
            parts.append(f"on the {found['texts']:,} {title} {before} before and {after} now")
    return f"The student started from an earlier run: {measure.title} {', '.join(parts)}."
