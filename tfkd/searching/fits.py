"""What a candidate's file takes, measured before anything is trained."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..compression import Evidence
from ..errors import UserError
from ..running.checks import check_settings, match_token_counts
from ..running.config import RunConfig
from ..running.kept_examples import calibration_examples
from ..running.stages import read_stages
from ..running.student import build_student
from ..runtime import load
from ..runtime.bench import REPEATS, time_answers
from ..runtime.quantisations import AUTO, CALIBRATED
from ..text import NoTexts, TextEncoder
from .budget import Budget, Measured
from .ground import Ground
from .space import Space

Measure = Callable[[RunConfig], Measured]
_CHECKED = 4
"""Examples that an untrained file is run on: that it runs, not what it says."""
_ANY = 1e9
"""Tolerance of a file whose student has nothing to say yet."""
_NOISE = 0.02
"""What is added to weights of which many are equal before a training, and none are after it."""
_PARTS = 3
"""The repeats are taken in so many parts, of which the quietest counts."""


def measure_untrained(config: RunConfig, ground: Ground) -> Measured:
    """Build the student of a candidate, export it untrained, and measure its file.

    Args:
        config: The settings of the candidate.
        ground: What it has in common with others.

    Raises:
        UserError: A candidate that cannot be built or exported, and so not be trained.
    """
    from ..exporting import export

    config = match_token_counts(config, ground.task)
    check_settings(config, ground.task)
    with tempfile.TemporaryDirectory() as folder:
        shrunk = ground.shrink_teacher(config, Path(folder))
        context = ground.context(config, Path(folder))
        encoder = ground.open_encoder(config, shrunk)
        student: Any = build_student(context, encoder, shrunk)
        _disturb(student, config.training.seed)
        for stage in read_stages(config, ground.data.schema):
            part = None if stage.part is None else stage.part.untrained()
            student = student if part is None else part.apply(student, Evidence(lambda: ()))
        quantize, path = config.export.quantize, Path(folder) / "candidate.tflite"
        calibrated = quantize in (*CALIBRATED, AUTO)
        export(
            ground.task.served_model(student),
            path,
            quantize=quantize,
            encoder=cast("TextEncoder | NoTexts", encoder),
            task=ground.task,
            schema=ground.data.schema,
            check=list(ground.examples[:_CHECKED]),
            tolerance=_ANY,
            max_drop=_ANY,
            calibration=calibration_examples(context) if calibrated else None,
        )
        return measure_file(path, ground, student.count_params())


def measure_file(path: Path, ground: Ground, parameters: int = 0) -> Measured:
    """Measure an exported file, trained or not.

    Args:
        path: The file.
        ground: Whose examples it answers, one at a time on one thread.
        parameters: The numbers of its student.
    """
    predictor = load(path, task=ground.task)
    (took,) = time_answers([predictor], [ground.examples])
    parts = np.array_split(took, min(_PARTS, REPEATS))
    milliseconds = min(float(np.median(part)) for part in parts)
    return Measured(path.stat().st_size / 1e6, milliseconds, parameters)


def smallest(space: Space, budget: Budget, measure: Measure) -> str:
    """Return why no candidate fits, in a sentence; empty where a smallest one does.

    Args:
        space: What a candidate may be.
        budget: What it may take.
        measure: Measures a candidate, see `measure_untrained`.
    """
    if space.task.writes and budget.milliseconds:
        return (
            f"how long an answer takes in the task {space.task.name} depends on how much is "
            "written, which is not known before a training: leave --max-ms out."
        )
    found: list[tuple[str, Measured]] = []
    refusal = ""
    for settings in space.least():
        config = space.config.replaced(**settings)
        try:
            measured = measure(config)
        except UserError as error:
            refusal = refusal or str(error)
            continue
        if not budget.refuse(measured):
            return ""
        kind = config.student.source.partition(":")[0]
        found.append((f"{kind} in {config.export.quantize}", measured))
    if not found:
        return f"no candidate can be built: {refusal}"
    return _describe_least(found, budget)


def fit_default(space: Space, budget: Budget, measure: Measure) -> dict[str, Any] | None:
    """Return the parameters of the default made so small that it fits, for a search to begin with.

    Args:
        space: What a candidate may be.
        budget: What it may take.
        measure: Measures a candidate, see `measure_untrained`.

    Returns:
        None where the default fits as it is, or is never small enough.
    """
    try:
        default = measure(space.config)
        if not budget.refuse(default):
            return None
        slow = bool(budget.milliseconds) and default.milliseconds > budget.milliseconds
        for parameters, settings in space.shrink_default(length=slow):
            if not budget.refuse(measure(space.config.replaced(**settings))):
                return parameters
    except UserError:
        # Its trial says why.
        pass
    return None


def _describe_least(found: Sequence[tuple[str, Measured]], budget: Budget) -> str:
    """Say what the smallest candidate takes and, if that is another one, the fastest."""
    small = min(found, key=lambda each: each[1].megabytes)
    fast = min(found, key=lambda each: each[1].milliseconds)
    told = f"nothing fits: the smallest candidate, {small[0]}, takes {small[1]}"
    if fast[0] != small[0] and budget.milliseconds:
        told += f", and the fastest, {fast[0]}, {fast[1]}"
    return f"{told}: allow at least that."


def _disturb(student: Any, seed: int) -> None:
    """Add noise to all weights: of tables of zeros, or of equal ones, a file stores but one."""
    draw = np.random.default_rng(seed)
    for variable in student.variables:
        if "float" in str(variable.dtype):
            values = np.asarray(variable)
            noise = draw.standard_normal(values.shape, "float32") * _NOISE
            variable.assign(values + noise.astype(values.dtype))
