"""What the histories of a run's trainings say: which epochs were kept, and what ended too early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..compression import Compression
from ..reporting.unfinished import is_improving
from .best_epoch import EarlyStopping, read_history
from .context import RunContext
from .durations import sum_seconds
from .stages import ALONE, Stage, name_folders, name_folders_alone, read_stages


def describe_best_epochs(context: RunContext) -> dict[str, str]:
    """Return which epochs the students of a run are of, where the best ones were kept."""
    stopping = _stopping_of(context)
    if stopping is None:
        return {}
    ruled = _ruled_folders(context)
    parts = [
        f"{name} {_kept(history, None if name in ruled else stopping)} of {len(history)}"
        for name, history in _histories(context).items()
    ]
    return {"best epoch": ", ".join(parts)}


def training_seconds(context: RunContext, model: str) -> float | None:
    """Return how long a model of the run was trained in it; `None` where that is not known.

    Args:
        context: The context of the run.
        model: "teacher", "alone" or "distilled".
    """
    stages = read_stages(context.config)
    folders = {
        "teacher": [*(context.folder / "teacher").glob("member-*")],
        ALONE: [context.folder / name for name in name_folders_alone(stages)],
        "distilled": [context.folder / name for name in name_folders(stages)],
    }
    return sum_seconds(folders[model])


def find_unfinished(context: RunContext) -> list[str]:
    """Return which of "distilled" and "alone" were still improving when their training ended."""
    histories, stopping = _histories(context), _stopping_of(context)
    ruled = _ruled_folders(context)
    last = next(reversed(_distilled_folders(context)), "")
    last_alone = name_folders_alone(read_stages(context.config))[-1]
    found = []
    for name, folder in (("distilled", last), (ALONE, last_alone)):
        history = histories.get(folder, [])
        kept = _kept(history, None if folder in ruled else stopping)
        # Where an earlier epoch was the best, the training had come to its end.
        if is_improving(history) and kept == len(history):
            found.append(name)
    return found


def _stopping_of(context: RunContext) -> EarlyStopping | None:
    patience = context.config.training.patience
    if not patience:
        return None
    if not any(map(context.task.is_labelled, context.data.read("validation"))):
        return EarlyStopping(patience, "loss", higher_is_better=False)
    measures = context.task.measures
    name = context.task.epochs_by or next(iter(measures))
    return EarlyStopping(patience, name, measures[name].higher_is_better)


def _kept(history: Sequence[Mapping[str, Any]], stopping: EarlyStopping | None) -> int:
    """Return the epoch whose weights were kept: the last one where none has a score."""
    best = 0 if stopping is None else stopping.find_best(history)[0]
    return best or len(history)


def _ruled_folders(context: RunContext) -> set[str]:
    """Return the folders of the stages that keep their last epoch, as a rule on weights needs."""
    stages = read_stages(context.config)
    parts = [stage for stage in stages if stage.part is not None]
    alone = name_folders_alone(stages)
    folders = [
        *zip(name_folders(stages), stages, strict=True),
        *zip(alone[len(alone) - len(parts) :], parts, strict=True),
    ]
    return {name for name, stage in folders if _has_rule(stage)}


def _has_rule(stage: Stage) -> bool:
    """Return whether a stage's compression has a rule, without the model that it is for."""
    return stage.part is not None and type(stage.part).rule is not Compression.rule


def _histories(context: RunContext) -> dict[str, list[dict[str, Any]]]:
    """Return the history of each training that has learnt answers, by the name of its folder."""
    names = (*_distilled_folders(context), *name_folders_alone(read_stages(context.config)))
    found = {name: read_history(context.folder / name) for name in names}
    return {name: history for name, history in found.items() if history}


def _distilled_folders(context: RunContext) -> list[str]:
    """Return the folders of the stages whose students got better at answering."""
    stages = read_stages(context.config)
    folders = zip(name_folders(stages), stages, strict=True)
    return [name for name, stage in folders if stage.learns_answers]
