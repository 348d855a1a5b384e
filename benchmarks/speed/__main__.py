"""All timings of the target store, side by side in one run, written as JSON.

    python -m benchmarks.speed --out benchmarks/results/speed.json

`--reviews` of IMDB (10,000) for the epochs and the rivals, `--texts` (3,000) for the pass; parts
are `epochs`, `rivals`, `passes` and `memory`. All of it takes about an hour on two cores, most of
it the rivals'; `--rivals keras.distillation` leaves the live loop out.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PARTS = ("epochs", "passes", "memory", "rivals")


def main() -> None:
    """Measure the parts asked for; parts in the file that are not measured again stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--reviews", type=int, default=10_000)
    parser.add_argument("--texts", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rivals", nargs="+", default=["keras.distillation", "live loop"])
    given = parser.parse_args()

    from tfkd.running.folder import describe_environment

    found = json.loads(given.out.read_text()) if given.out.is_file() else {}
    found["environment"] = describe_environment() | {"processor": _processor()}
    for part in given.parts:
        print(part, flush=True)
        found[part] = _MEASURES[part](given)
        given.out.write_text(json.dumps(found, indent=1) + "\n")
        print(json.dumps(found[part], indent=1), flush=True)


def _epochs(given) -> dict:
    import tempfile

    from tfkd import store
    from tfkd.running.targets import open_outputs
    from tfkd.text import learn

    from . import epochs, materials

    texts, labels, what = materials.reviews(given.reviews)
    encoder = learn(texts, vocab_size=16_000, max_length=256)
    encoded = materials.encoded(texts, labels, encoder)
    with tempfile.TemporaryDirectory() as folder:
        # Any outputs will do: their values cost nothing.
        store.write(folder, epochs.student("bag_of_ngrams", encoder), encoded, verbose=0)
        targets = open_outputs(Path(folder), encoded, {})
        return {
            "texts": f"{len(texts):,} {what}",
            **epochs.measure(encoded, encoder, targets, given.rounds),
        }


def _passes(given) -> dict:
    from . import materials, passes

    (teacher, name), (texts, _, what) = materials.teacher(), materials.reviews(given.texts)
    return {"teacher": name, "of": what, **passes.measure(teacher, texts, (256, 512))}


def _rivals(given) -> dict:
    from . import materials, rivals

    (teacher, name), (texts, labels, what) = materials.teacher(), materials.reviews(given.reviews)
    ways = ["stored", *given.rivals]
    return {"teacher": name, "of": what, **rivals.measure(teacher, texts, labels, 256, ways)}


def _memory(given) -> dict:
    from . import memory

    return memory.measure()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")


_MEASURES = {"epochs": _epochs, "passes": _passes, "memory": _memory, "rivals": _rivals}

if __name__ == "__main__":
    main()
