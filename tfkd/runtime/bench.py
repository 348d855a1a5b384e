"""How fast files answer: latency of one text, cold start, memory. No TensorFlow here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError
from .classifier import Classifier

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
    "to the first",
    "cold start ms",
    "peak MB",
)
# A process of its own, as the first request after a deployment meets it. Linux hands ru_maxrss
# on from the process that starts another one; VmHWM is the new one's alone.
_FIRST = """
import sys
from tfkd.runtime import Classifier
Classifier(sys.argv[1], threads=int(sys.argv[2])).predict([sys.argv[3]])
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

    `cold_start` is from the start of a Python process to its first answer, the median of three;
    `peak_memory` that process's, in MB; 0 on Windows, which does not tell.
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
    texts: Sequence[str] = TEXTS,
    *,
    threads: Sequence[int] = (1,),
) -> list[Timing]:
    """Time every file with each number of threads, one text at a time.

    The files take turns, so that what else the machine does falls on all of them. Raises
    `UserError` for no text, no thread, and for a file that is no exported classifier.

    ```python
    bench(["small.tflite", "teacher.tflite"], threads=(1, 4))
    ```
    """
    if not texts or not files or any(each < 1 for each in threads):
        raise UserError("bench takes at least one file, one text and one thread.")
    pairs = [(Path(file), count) for file in files for count in threads]
    open_ = {pair: Classifier(pair[0], threads=pair[1]) for pair in pairs}
    took: dict = {pair: [] for pair in pairs}
    for classifier in open_.values():
        classifier.latency(texts, repeats=1)  # shapes are planned, caches are warm
    for _ in range(REPEATS):
        for pair, classifier in open_.items():
            took[pair].append([_once(classifier, text) for text in texts])
    return [_timing(pair, np.array(took[pair]) * 1e3, texts[0]) for pair in pairs]


def _once(classifier: Classifier, text: str) -> float:
    start = time.perf_counter()
    classifier.predict([text])
    return time.perf_counter() - start


def _timing(pair: tuple[Path, int], took: np.ndarray, text: str) -> Timing:
    file, threads = pair
    p50, p95, p99 = (float(np.percentile(took, q)) for q in (50, 95, 99))
    starts = [_first_answer(file, threads, text) for _ in range(STARTS)]
    cold, memory = (float(np.median(each)) for each in zip(*starts, strict=True))
    return Timing(str(file), file.stat().st_size / 1e6, threads, p50, p95, p99, cold, memory)


def _first_answer(file: Path, threads: int, text: str) -> tuple[float, float]:
    """Milliseconds to the first answer of a new process, and its peak memory in MB."""
    command = [sys.executable, "-c", _FIRST, str(file), str(threads), text]
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    start = time.perf_counter()
    made = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    took = time.perf_counter() - start
    if made.returncode:
        raise UserError(
            f"{file} answers here and not in a process of its own, which ended with code "
            f"{made.returncode}: is there memory for two?"
        )
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return 1e3 * took, int(made.stdout.split()[-1]) / unit


def table(found: list[Timing]) -> str:
    """The timings as Markdown, and how many times slower than the first file each one is."""
    first = {each.threads: each for each in reversed(found) if each.file == found[0].file}
    lines = [
        f"| file | {' | '.join(_COLUMNS)} |",
        f"| --- |{' ---: |' * len(_COLUMNS)}",
    ]
    lines += [
        f"| {Path(each.file).name} | {each.megabytes:,.2f} | {each.threads} | {each.p50:.3f} | "
        f"{each.p95:.3f} | {each.p99:.3f} | {each.p50 / first[each.threads].p50:.1f} | "
        f"{each.cold_start:,.0f} | {each.peak_memory:,.0f} |"
        for each in found
    ]
    return "\n".join(lines)


def as_json(found: list[Timing]) -> str:
    """The same as JSON."""
    return json.dumps([asdict(each) for each in found], indent=1)
