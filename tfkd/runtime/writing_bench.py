"""How fast files write: tokens a second, the first token, a whole text. No TensorFlow here."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import UserError
from ..text.decoding import Decoding
from ..text.decoding.token_by_token import advance_all, open_text
from . import bench
from .bench import TEXTS, first_answer, short_names, texts_for
from .predictor import Predictor, Value, load

BEAMS = (1, 4)
REPEATS = 3
_COLUMNS = (
    *("MB", "threads", "beams", "tokens a second", "first token ms", "whole text ms"),
    *("tokens of a text", "cold start ms", "peak MB"),
)


@dataclass(frozen=True)
class WritingTiming:
    """One file with so many threads and beams; the tokenizer's time is included.

    Attributes:
        file: Its path.
        megabytes: Its size.
        threads: Number of CPU threads.
        beams: Texts that are followed at once.
        tokens_per_second: Tokens of the best texts, those of the end among them, by the time of
            all that was written.
        first_token: Milliseconds to the first token, the median.
        whole_text: Milliseconds of a whole text, the median.
        tokens: Tokens of a text, the mean.
        cold_start: Milliseconds from the start of a Python process to its first answer, the median
            of three.
        peak_memory: That process's, in MB; 0 on Windows, which does not tell.
    """

    file: str
    megabytes: float
    threads: int
    beams: int
    tokens_per_second: float
    first_token: float
    whole_text: float
    tokens: float
    cold_start: float
    peak_memory: float


def all_write(files: Sequence[str | os.PathLike], task: str | None = None) -> bool:
    """Return whether files write, all of them or none.

    Args:
        files: Exported files.
        task: The import path of the files' task, where it is not installed.

    Raises:
        UserError: Some write and others do not, or one is no exported file.
    """
    writes = {str(file): load(str(file), task=task).task.writes for file in files}
    if len(set(writes.values())) > 1:
        some = next(file for file, each in writes.items() if each)
        other = next(file for file, each in writes.items() if not each)
        raise UserError(f"{some} writes texts and {other} does not: time them apart.")
    return any(writes.values())


def bench_writing(
    files: Sequence[str | os.PathLike],
    texts: Sequence[str] = TEXTS,
    *,
    threads: Sequence[int] = (1,),
    task: str | None = None,
    before_text: Callable[[int], None] = lambda texts: None,
) -> list[WritingTiming]:
    """Time how every file writes, greedily and with four beams, one text at a time.

    Args:
        files: Exported files that write.
        texts: What they write from.
        threads: Numbers of CPU threads.
        task: The import path of the files' task, where it is not installed.
        before_text: Called with 1 before each text.

    Raises:
        UserError: No text, no thread, or a file that is no exported one or does not write.
    """
    if not texts or not files or any(count < 1 for count in threads):
        raise UserError("bench takes at least one file, one text and one thread.")
    timings = []
    for file in map(Path, files):
        for count in threads:
            predictor = load(file, threads=count, task=task)
            values = texts_for(predictor, texts)
            starts = [first_answer(file, count, values[0], task) for _ in range(bench.STARTS)]
            start, memory = (float(np.median(column)) for column in zip(*starts, strict=True))
            for beams in BEAMS:
                how = replace(predictor.decoding(), beams=beams, temperature=0.0)
                figures = _time(predictor, values, how, before_text)
                size = file.stat().st_size / 1e6
                timings.append(
                    WritingTiming(str(file), size, count, beams, *figures, start, memory)
                )
    return timings


def _time(
    predictor: Predictor,
    values: Sequence[Value],
    how: Decoding,
    before_text: Callable[[int], None],
) -> tuple[float, float, float, float]:
    """Return tokens a second, milliseconds to the first one and to all, and tokens of a text."""
    measured = []
    for turn in range(1 + REPEATS):
        for value in values:
            before_text(1)
            found = _time_text(predictor, value, how)
            # The first time, shapes are planned.
            if turn:
                measured.append(found)
    first, whole, tokens = np.array(measured).T
    per_second = float(tokens.sum() / whole.sum())
    medians = (1e3 * float(np.median(first)), 1e3 * float(np.median(whole)))
    return per_second, *medians, float(tokens.mean())


def _time_text(predictor: Predictor, value: Value, how: Decoding) -> tuple[float, float, int]:
    """Return the seconds to the first token and to the last one, and how many they are."""
    start = time.perf_counter()
    row = predictor.row_to_write_from(value)
    steps = predictor.steps
    text = open_text(row, steps.end_id, how)
    first = 0.0
    for _ in advance_all(steps, [row], [text]):
        first = first or time.perf_counter() - start
    best = text.results()[0]
    return first, time.perf_counter() - start, len(best.ids) + best.finished


def writing_table(timings: Sequence[WritingTiming]) -> str:
    """Return timings as Markdown."""
    names = short_names([timing.file for timing in timings])
    lines = [f"| file | {' | '.join(_COLUMNS)} |", f"| --- |{' ---: |' * len(_COLUMNS)}"]
    lines += [
        f"| {names[t.file]} | {t.megabytes:,.2f} | {t.threads} | {t.beams} | "
        f"{t.tokens_per_second:,.0f} | {t.first_token:.1f} | {t.whole_text:.1f} | {t.tokens:.1f} | "
        f"{t.cold_start:,.0f} | {t.peak_memory:,.0f} |"
        for t in timings
    ]
    return "\n".join(lines)


def writing_json(timings: Sequence[WritingTiming]) -> str:
    """Return timings as JSON."""
    return json.dumps([asdict(timing) for timing in timings], indent=1)
