"""Which baseline a run may have: the setting `baseline`, checked before any work."""

from __future__ import annotations

import importlib.util

from ..errors import UserError, missing_extra
from ..tasks import Task
from .config import RunConfig

TFIDF = "tfidf"
NAMES = {TFIDF: "TF-IDF", "lead": "first sentence", "copy": "copy of the source"}
"""What each baseline is called in the report."""


def check_baseline(config: RunConfig, task: Task) -> None:
    """Refuse a baseline that the task does not have, or that needs a missing package.

    Args:
        config: The settings of the run.
        task: Its task.

    Raises:
        UserError: It does.
    """
    kind = config.training.baseline
    if not kind:
        return
    if not task.baselines:
        raise UserError(f"baseline is {kind}, and the task {task.name} has none: leave it out.")
    if kind not in task.baselines:
        raise UserError(
            f"baseline is {kind}, and the task {task.name} has {', '.join(task.baselines)}: write "
            "one of these, or leave it out."
        )
    if kind == TFIDF and importlib.util.find_spec("sklearn") is None:
        raise missing_extra("scikit-learn", "baseline", "--baseline tfidf")
    if not task.writes and type(task).fit_linear is Task.fit_linear:
        raise UserError(
            f"the task {task.name} has no linear model of TF-IDF: leave out --baseline tfidf."
        )
