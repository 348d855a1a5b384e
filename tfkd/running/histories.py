"""What the histories of a run's trainings say: which epochs were kept, and what ended too early."""

from __future__ import annotations

from typing import Any

from ..reporting.unfinished import is_improving
from .best_epoch import EarlyStopping, read_history
from .context import RunContext
from .durations import sum_seconds
from .stages import ALONE, name_folders, name_folders_alone, read_stages


def describe_best_epochs(context: RunContext) -> dict[str, str]:
    """Return which epochs the students of a run are of, where the best ones were kept."""
    stopping = _stopping_of(context)
    if stopping is None:
        return {}
    parts = [
        f"{name} {stopping.find_best(history)[0]} of {len(history)}"
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
    last = next(reversed(_distilled_folders(context)), "")
    last_alone = name_folders_alone(read_stages(context.config))[-1]
    found = []
    for name, folder in (("distilled", last), (ALONE, last_alone)):
        history = histories.get(folder, [])
        kept = len(history) if stopping is None else stopping.find_best(history)[0]
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
    name, measure = next(iter(context.task.measures.items()))
    return EarlyStopping(patience, name, measure.higher_is_better)


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
