"""Exported files damaged at random, each opened in a process of its own: how does it end?

    python tests/runtime/fuzz.py --seconds 600 --seed 0 small.tflite other.tflite

prints how many cases ended in an answer, in a `UserError`, or in what must not be: another
exception, a signal, no end. Those are kept in `--keep`. Not part of the package.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import resource
import select
import signal
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from mutations import MUTATIONS, parts

from tfkd.errors import UserError
from tfkd.runtime import load

TEXTS = ["a good film", "a film that is not bad, " * 200, "x" * 3_000]
MEMORY, SECONDS = 3 * 2**30, 10


def end(path: Path) -> str:
    """How opening `path` and answering with it ends, in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _child(path, writing)
    os.close(writing)
    ready, _, _ = select.select([reading], [], [], SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
    said = os.read(reading, 400).decode("utf-8", "replace")
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if not ready:
        return "timeout"
    return said or f"signal {signal.Signals(os.WTERMSIG(status)).name}"


def _child(path: Path, writing: int) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.write(writing, _tried(path).encode()[:400])
    os._exit(0)


def _tried(path: Path) -> str:
    try:
        predictor = load(path)
        predictor.predict(TEXTS, **({"beams": 2} if predictor.task.writes else {}))
    except UserError as error:
        return f"UserError {str(error).removeprefix(str(path))[:300]}"
    except BaseException as error:
        return f"raised {type(error).__name__}: {str(error)[:200]}"
    return "answer"


def main() -> None:
    """Fuzz for so many seconds, and print the ends by kind."""
    given = argparse.ArgumentParser()
    given.add_argument("file", nargs="+", type=Path)
    given.add_argument("--seconds", type=float, default=60)
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--keep", type=Path, default=Path("fuzzed"))
    given.add_argument("--only")
    args = given.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import ai_edge_litert.interpreter  # noqa: F401  # once, and not in each child

    whole = [parts(each.read_bytes()) for each in args.file]
    chosen = [each for each in MUTATIONS if args.only in (None, each.__name__)]
    ends: collections.Counter = collections.Counter()
    stop, case = time.monotonic() + args.seconds, args.seed * 10**6
    while time.monotonic() < stop:
        case += 1
        rng = random.Random(case)
        mutation = rng.choice(chosen)
        try:
            content = mutation(rng, *rng.choice(whole))
        except Exception:  # what no flatbuffer can hold
            ends[mutation.__name__, "not made"] += 1
            continue
        path = args.keep / f"{case}-{mutation.__name__}.tflite"
        path.write_bytes(content)
        found = end(path)
        kind = found.split(" ")[0] if found.startswith("UserError") else found.split(":")[0]
        ends[mutation.__name__, kind] += 1
        if kind in ("answer", "UserError"):
            path.unlink()
        else:
            print(path.name, found, flush=True)
    for (name, kind), count in sorted(ends.items()):
        print(f"{name:12} {kind:30} {count:8,}")
    print(f"{sum(ends.values()):,} cases, seed {args.seed}")


if __name__ == "__main__":
    main()
