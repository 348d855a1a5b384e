"""Kilobytes and milliseconds in LiteRT of an encoder of which parts were cut, one thread.

    python -m benchmarks.speed.pruning --teacher hf:MINILM \\
        --out benchmarks/results/pruning_speed.json

The encoder is three layers of the teacher, which read 64 tokens. What is cut is chosen by the norm,
since the speed depends on the sizes alone. Files and times are made as in
`benchmarks.speed.low_rank`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from . import low_rank

SPECS = ("0.3", "0.5", "0.7", "width=0.5", "layers=0.34")


def main() -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", required=True, help="a Hugging Face encoder")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()

    import tfkd
    from tfkd.compression import Evidence, parse
    from tfkd.compression.plain import as_plain
    from tfkd.running.folder import describe_environment
    from tfkd.students.shrinking import as_model_of_ids

    teacher = tfkd.load_teacher(given.teacher, max_length=low_rank.LENGTH)
    model = as_plain(as_model_of_ids(tfkd.shrink(teacher, layers=3)))
    models = {"whole": model}
    for spec in SPECS:
        models[f"prune:{spec}"] = parse(f"prune:{spec},score=norm").apply(model, Evidence(list))
    random = np.random.default_rng(0)
    ids = random.integers(1000, 5000, (64, low_rank.LENGTH)).astype("int32")
    found = {"environment": describe_environment()}
    found["models"] = low_rank._measure(models, {"input_ids": ids})
    given.out.write_text(json.dumps(found, indent=1) + "\n")
    print("\n".join(lines(found)))


def lines(found: dict) -> Iterator[str]:
    """Yield the table of docs/smaller.md."""
    # One text in float32 takes what the machine's cache makes of it: it is in the file alone.
    head = "| three layers of MiniLM | parameters | MB | ms, 64 | int8 MB | int8 ms, one |"
    yield f"{head} int8 ms, 64 |"
    yield "| --- |" + " ---: |" * 6
    for name, own in found["models"].items():
        whole, small = own["float32"], own["int8"]
        title = f"`{name}`" if ":" in name else name
        yield (
            f"| {title} | {own['parameters'] / 1e6:.2f} M | {whole['kb'] / 1e3:.1f} | "
            f"{whole['ms_64']:.0f} | {small['kb'] / 1e3:.1f} | {small['ms_1']:.2f} | "
            f"{small['ms_64']:.0f} |"
        )


if __name__ == "__main__":
    main()
