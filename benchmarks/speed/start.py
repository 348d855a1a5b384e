"""How long a command takes to its first answer, and a short run around its training.

    python -m benchmarks.speed.start FILE.tflite --older ../older --to runs/start \\
        --out benchmarks/results/start_speed.json

Processes are started in turns, each so often, and the medians of their seconds on processors are
compared: the bare imports of what answers (NumPy, tokenizers and LiteRT), `tfkd predict FILE TEXT`,
and the same of an older checkout.
With `--run 400`, a run of so many texts too: from its start to the first step of a training, and
from the last step to its end, without what lies between.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from tfkd.running.folder import describe_environment

HERE = Path(__file__).resolve().parents[2]
TEXT = "a film that nobody should miss"
BARE = "import numpy, tokenizers, ai_edge_litert.interpreter"
# Steps are told by the library's own bars: `distilled` is the title of the training.
TIMED = """
import sys, time
from contextlib import contextmanager
steps = []
from tfkd.cli import console as consoles
from tfkd.cli import main
shown = consoles.Console.progress
@contextmanager
def progress(self, title, total, unit="texts"):
    with shown(self, title, total, unit) as advance:
        def count(done):
            if unit == "steps":
                steps.append(time.process_time())
            advance(done)
        yield count
consoles.Console.progress = progress
code = main(sys.argv[1:])
end = time.process_time()
print("TIMES", steps[0], end - steps[-1], steps[-1] - steps[0])
sys.exit(code)
"""


def start(code: list[str], checkout: Path) -> tuple[float, str]:
    """Return the processor's seconds of a process with a checkout, and what it prints.

    On a shared machine these say more than the clock, which counts what others do too.
    """
    environment = {**os.environ, "PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, *code], env=environment, cwd=checkout, capture_output=True, text=True
    )
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = sum(ended[:2]) - sum(began[:2])
    if done.returncode:
        raise SystemExit(done.stderr)
    return seconds, done.stdout


def time_predict(file: Path, checkouts: dict[str, Path], times: int) -> dict[str, float]:
    """Return the median seconds of bare imports and of an answer with each checkout."""
    ways = {"bare imports": (["-c", BARE], HERE)}
    for name, checkout in checkouts.items():
        ways[f"predict, {name}"] = (["-m", "tfkd", "predict", str(file), TEXT], checkout)
    found: dict[str, list[float]] = defaultdict(list)
    for turn in range(times + 1):
        for name, (code, checkout) in ways.items():
            seconds, _ = start(code, checkout)
            # The first turn writes byte code.
            found[name] += [seconds] if turn else []
    return {name: round(median(each), 3) for name, each in found.items()}


def time_run(texts: int, checkouts: dict[str, Path], to: Path, times: int) -> dict[str, Any]:
    """Return the median seconds of a run before its first and after its last step."""
    flags = [f"sample:{texts}", "--student", "text_cnn:tiny", "--epochs", "1", "--no-alone"]
    flags += ["--teacher", "train:bag_of_ngrams:tiny", "--teacher-epochs", "1"]
    found: dict[str, list[list[float]]] = defaultdict(list)
    bare = []
    for turn in range(times):
        bare.append(start(["-c", "import tensorflow, keras"], HERE)[0])
        for name, checkout in checkouts.items():
            folder = to / f"{name}-{turn}-{os.getpid()}"
            _, printed = start(["-c", TIMED, "distill", *flags, "--to", str(folder)], checkout)
            line = next(each for each in printed.splitlines() if each.startswith("TIMES"))
            found[name].append([float(number) for number in line.split()[1:]])
    titles = ("before the first step", "after the last step", "between them")
    medians = {
        name: [round(median(each), 3) for each in zip(*runs, strict=True)]
        for name, runs in found.items()
    }
    runs_by_name = {name: dict(zip(titles, each, strict=True)) for name, each in medians.items()}
    return {"bare imports of TensorFlow and Keras": round(median(bare), 3), **runs_by_name}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("file", type=Path, help="a .tflite with its tokenizer")
    parser.add_argument("--older", type=Path, help="another checkout to compare with")
    parser.add_argument("--times", type=int, default=15, help="processes of each kind")
    parser.add_argument("--run", type=int, default=0, help="texts of a run; 0 for none")
    parser.add_argument("--runs", type=int, default=3, help="runs with each checkout")
    parser.add_argument("--to", type=Path, default=Path("runs/start"), help="folder of the runs")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    checkouts = {"now": HERE}
    if given.older:
        checkouts["before"] = given.older.resolve()
    known = json.loads(given.out.read_text("utf-8")) if given.out.is_file() else {}
    if given.times:
        known["predict"] = time_predict(given.file.resolve(), checkouts, given.times)
    if given.run:
        to = given.to.resolve()
        known["run"] = {"texts": given.run, **time_run(given.run, checkouts, to, given.runs)}
    known["environment"] = describe_environment()
    given.out.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: known[key] for key in ("predict", "run") if key in known}, indent=1))


if __name__ == "__main__":
    main()
