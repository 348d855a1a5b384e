"""How fast files answer: latency of one text, cold start, memory. No TensorFlow here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError
from .predictor import Predictor, load

TEXTS = (
    "no",
    "Not bad at all!",
    "A film I will not forget.",
    "Two hours of my life that nobody gives back.",
    "The actors are good, the story is not, and the ending saves nothing.",
    "It begins slowly, and then it never lets you go, " * 4,
    "The plot is thin, the acting is never dull, and the music carries both of them. " * 8,
    "It begins slowly, and then it never lets you go. " * 40,
)
REPEATS, STARTS = 9, 3
_COLUMNS = (
    "MB",
    "threads",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "p50, relative to first",
    "cold start ms",
    "peak MB",
)
# A process of its own, as the first request after a deployment meets it. Linux hands ru_maxrss
# on from the process that starts another one; VmHWM is the new one's alone.
_FIRST = """
import json
import sys
from tfkd.runtime import load
file, threads, text, task = sys.argv[1:]
load(file, threads=int(threads), task=task or None).predict([json.loads(text)])
try:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
except OSError:
    try:
        import resource
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    except ImportError:  # Windows
        print(0)
"""


@dataclass(frozen=True)
class Timing:
    """One file with so many threads; times in milliseconds, the tokenizer's included.

    Attributes:
        file: Its path.
        megabytes: Its size.
        threads: Number of CPU threads.
        p50: Time of one text, half of them take less.
        p95: The same of 95 %.
        p99: The same of 99 %.
        cold_start: From the start of a Python process to its first answer, the median of three.
        peak_memory: That process's, in MB; 0 on Windows, which does not tell.
    """

    file: str
    megabytes: float
    threads: int
    p50: float
    p95: float
    p99: float
    cold_start: float
    peak_memory: float


def bench(
    files: Sequence[str | os.PathLike],
    texts: Sequence[str | tuple[str, str]] = TEXTS,
    *,
    threads: Sequence[int] = (1,),
    task: str | None = None,
    before_text: Callable[[int], None] = lambda texts: None,
) -> list[Timing]:
    """Time every file with each number of threads, one text at a time.

    Args:
        files: Exported files.
        texts: What they answer; single texts, each with the next one for a file of pairs.
        threads: Numbers of CPU threads.
        task: The import path of the files' task, where it is not installed.
        before_text: Called with 1 before each text.

    Raises:
        UserError: No text, no thread, or a file that is no exported one.

    ```python
    bench(["small.tflite", "teacher.tflite"], threads=(1, 4))
    ```
    """
    if not texts or not files or any(count < 1 for count in threads):
        raise UserError("bench takes at least one file, one text and one thread.")
    pairs = [(Path(file), count) for file in files for count in threads]
    predictors = {pair: load(pair[0], threads=pair[1], task=task) for pair in pairs}

    inputs = {pair: texts_for(predictor, texts) for pair, predictor in predictors.items()}

    took = time_answers(list(predictors.values()), list(inputs.values()), before_text=before_text)
    return [
        _timing(pair, own, inputs[pair][0], task) for pair, own in zip(pairs, took, strict=True)
    ]


def time_answers(
    predictors: Sequence[Predictor],
    inputs: Sequence[Sequence[Any]],
    *,
    repeats: int = REPEATS,
    before_text: Callable[[int], None] = lambda texts: None,
) -> list[np.ndarray]:
    """Return how many milliseconds each answer takes, `[repeats, texts]` of each file.

    The files take turns, so that what else the machine does falls on all of them.

    Args:
        predictors: The files.
        inputs: What each of them answers, one at a time.
        repeats: How often each answer is timed.
        before_text: Called with 1 before each text.
    """

    def milliseconds(predictor: Predictor, text: Any) -> float:
        before_text(1)
        start = time.perf_counter()
        predictor.predict([text])
        return 1e3 * (time.perf_counter() - start)

    for predictor, texts in zip(predictors, inputs, strict=True):
        # Twice: then shapes are planned, and caches are warm.
        for text in (*texts, *texts):
            milliseconds(predictor, text)
    took: list[list[list[float]]] = [[] for _ in predictors]
    for _ in range(repeats):
        for predictor, texts, own in zip(predictors, inputs, took, strict=True):
            own.append([milliseconds(predictor, text) for text in texts])
    return [np.array(own) for own in took]


def texts_for(predictor: Predictor, texts: Sequence[Any]) -> list[Any]:
    """Return texts as a file reads them: split at tabs, or made into examples.

    A file that reads no texts gets as many random arrays.

    Args:
        predictor: The file.
        texts: Any texts.
    """
    task, schema = predictor.task, predictor.schema
    if not task.reads_texts:
        return [task.draw_example(schema, seed) for seed in range(len(texts))]
    if not isinstance(texts[0], str):
        return list(texts)
    if predictor.task.reads_pairs and all(text.count("\t") == 1 for text in texts):
        return [tuple(text.split("\t")) for text in texts]
    pairs = zip(texts, (*texts[1:], texts[0]), strict=True)
    return [predictor.task.make_example(*pair) for pair in pairs]


def _timing(pair: tuple[Path, int], took: np.ndarray, text: Any, task: str | None) -> Timing:
    file, threads = pair
    p50, p95, p99 = (float(np.percentile(took, q)) for q in (50, 95, 99))
    starts = [first_answer(file, threads, text, task) for _ in range(STARTS)]
    cold, memory = (float(np.median(column)) for column in zip(*starts, strict=True))
    return Timing(str(file), file.stat().st_size / 1e6, threads, p50, p95, p99, cold, memory)


def first_answer(file: Path, threads: int, text: Any, task: str | None) -> tuple[float, float]:
    """Return milliseconds to the first answer of a new process, and its peak memory in MB.

    Args:
        file: An exported file.
        threads: Number of CPU threads.
        text: What it answers.
        task: The import path of its task, where it is not installed.

    Raises:
        UserError: That process fails.
    """
    command = [sys.executable, "-c", _FIRST, str(file), str(threads), _as_json(text), task or ""]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    start = time.perf_counter()
    process = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    took = time.perf_counter() - start
    if process.returncode:
        raise UserError(
            f"{file} answers here and not in a process of its own, which ended with code "
            f"{process.returncode}: is there memory for two?"
        )
    # Bytes there, kilobytes elsewhere.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return 1e3 * took, int(process.stdout.split()[-1]) / unit


def _as_json(example: Any) -> str:
    return json.dumps(example, default=lambda array: array.tolist())


def table(timings: list[Timing]) -> str:
    """Return timings as Markdown, and how many times slower than the first file each one is."""
    names = short_names([t.file for t in timings])
    first = {t.threads: t for t in reversed(timings) if t.file == timings[0].file}
    lines = [
        f"| file | {' | '.join(_COLUMNS)} |",
        f"| --- |{' ---: |' * len(_COLUMNS)}",
    ]
    lines += [
        f"| {names[t.file]} | {t.megabytes:,.2f} | {t.threads} | {t.p50:.3f} | "
        f"{t.p95:.3f} | {t.p99:.3f} | {t.p50 / first[t.threads].p50:.1f} | "
        f"{t.cold_start:,.0f} | {t.peak_memory:,.0f} |"
        for t in timings
    ]
    return "\n".join(lines)


def short_names(files: list[str]) -> dict[str, str]:
    """Return the names of files, with their folder where two files share one.

    Args:
        files: Their paths.

    >>> short_names(["runs/a/student.tflite", "runs/b/student.tflite"])["runs/b/student.tflite"]
    'b/student.tflite'
    """
    names = [Path(file).name for file in set(files)]
    return {
        file: Path(file).name
        if names.count(Path(file).name) == 1
        else "/".join(Path(file).parts[-2:])
        for file in files
    }


def as_json(timings: list[Timing]) -> str:
    """Return timings as JSON."""
    return json.dumps([asdict(timing) for timing in timings], indent=1)
