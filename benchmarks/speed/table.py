"""The table of docs/performance.md, made from the stored results.

python -m benchmarks.speed.table benchmarks/results/speed.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path


def lines(found: dict) -> Iterator[str]:
    """The table as Markdown."""
    yield "| measured | it takes | compared with | ratio |"
    yield "| --- | ---: | ---: | ---: |"
    yield from _epochs(found["epochs"])
    yield from _rivals(found["rivals"])
    yield from _rivals(found.get("rivals of few", {}))
    yield from _passes(found["passes"])
    yield from _memory(found["memory"])


def _epochs(found: dict) -> Iterator[str]:
    for name, each in found.items():
        if isinstance(each, dict):
            yield _row(
                f"epoch of {each['texts']:,} with stored targets, {name}",
                f"{each['stored targets, s']:.2f} s",
                f"`student.fit` {each['student.fit, s']:.2f} s",
                f"{each['ratio']:.2f}",
            )


def _rivals(found: dict) -> Iterator[str]:
    for name in ("keras.distillation", "live loop"):
        if f"{name}, s" not in found:
            continue
        texts, length = found["texts"], found["length"]
        title = f"five epochs on {texts:,} texts of up to {length} tokens, from nothing"
        took = found[f"{name}, s"]
        ratio = found[f"times stored: {name}"]
        yield _row(title, f"{found['stored, s']:.0f} s", f"{name} {took:.0f} s", f"{ratio:.1f}")


def _passes(found: dict) -> Iterator[str]:
    texts = f"{found['texts']:,} texts of {found['mean length']:.0f} tokens"
    for precision, way in found["store.write"].items():
        for length, ratio in way["times predict"].items():
            yield _row(
                f"teacher on {texts}, {precision}",
                f"{way['texts per second']:.0f}/s",
                f"`predict`, padded to {length}, {found['predict'][length]:.0f}/s",
                f"{ratio:.1f}",
            )


def _memory(found: dict) -> Iterator[str]:
    few, many = found["10,000"], found["1,000,000"]
    for name in ("write", "join", "training"):
        yield _row(
            f"peak memory of {name}, 1,000,000 examples",
            f"{many[name]} MB",
            f"10,000 examples {few[name]} MB",
            f"+{many[name] - few[name]} MB",
        )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(lines(json.loads(Path(sys.argv[1]).read_text()))))
