"""a') An epoch by word with stored targets beside one of `student.fit`; d') memory by sentences.

python -m benchmarks.speed.words --out benchmarks/results/words.json
python -m benchmarks.speed.words --out benchmarks/results/words.json --parts memory
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from tfkd.data import ExampleReader

TAGS, WORDS, BATCH = 9, 25, 64
SIZES = (10_000, 1_000_000)
VOCABULARY = 20_000


class Tagging(ExampleReader):
    """A task with a tag for each word, of sentences that are made of their numbers."""

    inputs = ("input_ids", "word_starts")

    def encode(self, numbers, encoder, schema):
        """Return one row a sentence: 25 words of one or two pieces on average."""
        return [[_row(number)] for number in numbers]


class Numbers:
    """A tokenizer of sentences that are numbers already."""

    vocab_size = VOCABULARY
    pad_id = 0


def _row(number: int) -> dict:
    count = WORDS - 9 + (number * 7_919) % 19
    starts = 1 + np.arange(count) + np.arange(count) // 3
    ids = (number * 104_729 + np.arange(starts[-1] + 3) ** 2 * 7_907) % (VOCABULARY - 10) + 5
    # No two sentences are the same.
    ids[0], ids[1] = 1 + number // 19_000, 5 + number % 19_000
    labels = (ids[starts] % TAGS).astype("int32")
    return {"input_ids": ids, "word_starts": starts, "first_word": 0, "labels": labels}


def _teacher(inputs, reads=("logits",)):
    """Logits by word, at almost no cost: what is measured is all around it."""
    ids, starts = (np.asarray(inputs[name]) for name in ("input_ids", "word_starts"))
    own = np.take_along_axis(ids, np.maximum(starts, 0), 1)
    return {"logits": np.sin(own[..., None] * np.arange(1, TAGS + 1) * 0.1).astype("float32")}


_teacher.jit = False
_teacher.fingerprint = "sines"


def _student():
    from tfkd import students, tasks
    from tfkd.data import Schema

    tags = Schema(tuple(map(str, range(TAGS))))
    task = tasks.find("token-classification", {"affixes": False})
    return students.build_for(task, tags, "bilstm", VOCABULARY, "small", seed=0)


def _encoded(folder: Path, count: int):
    from tfkd.data.encoded_writer import encode

    return encode(range(count), Tagging(), Numbers(), folder / "rows")


def _targets(folder: Path, encoded):
    from tfkd import store
    from tfkd.running.stored_outputs import Targets
    from tfkd.running.targets import open_outputs
    from tfkd.tasks import Task

    store.write(folder / "store", _teacher, encoded, verbose=0)
    return Targets(open_outputs(folder / "store", encoded, {}), encoded, Task())


def measure_epochs(sentences: int = 3_000, rounds: int = 7) -> dict:
    """Return the median ratio of epochs that alternate."""
    import keras

    import tfkd
    from tfkd.data.feeding import Feed

    from .epochs import _timed

    with tempfile.TemporaryDirectory() as folder:
        encoded = _encoded(Path(folder), sentences)
        targets = _targets(Path(folder), encoded)
        plain, feed = _student(), Feed(encoded, BATCH, 0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-100)
        plain.compile("adam", loss, metrics=["accuracy"])
        data = feed.dataset().map(lambda x, y: (x["student"], y))
        distiller = tfkd.Distiller(student=_student(), objective=tfkd.hinton())
        distiller.compile("adam", metrics=["accuracy"], jit_compile=False)
        stored = Feed(encoded, BATCH, 0, targets=targets).dataset()
        _timed(plain, data, 1), _timed(distiller, stored, 1)
        pairs = [
            (_timed(plain, data, 2)[0], _timed(distiller, stored, 2)[0]) for _ in range(rounds)
        ]
    return {
        "sentences": sentences,
        "words each": WORDS,
        "student.fit, s": round(min(one for one, _ in pairs), 3),
        "stored targets, s": round(min(two for _, two in pairs), 3),
        "ratio": round(float(np.median([two / one for one, two in pairs])), 3),
    }


def measure_memory() -> dict:
    """Return the peak of each size, in a process of its own, and how far the last is above."""
    found = {}
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.speed.words", "--size", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[f"{size:,}"] = json.loads(done.stdout.splitlines()[-1])
        print(f"  {size:,}: {found[f'{size:,}']}", flush=True)
    first, *_, last = found.values()
    growth = {name: last[name] - first[name] for name in first if name.endswith("MB")}
    return {**found, "growth": growth}


def _pass(size: int) -> dict:
    """Encode, store and read once, as an epoch does; return the peak after each, in MB."""
    import tensorflow as tf  # noqa: F401 (its memory is part of every run)

    from tfkd.data.feeding import Feed

    with Watch() as watch, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        peaks = {"TensorFlow, MB": watch.peak()}
        encoded = _encoded(Path(folder), size)
        peaks["encode, MB"] = watch.peak()
        targets = _targets(Path(folder), encoded)
        peaks["store, MB"] = watch.peak()
        for _ in Feed(encoded, BATCH, 0, targets=targets).batches():
            pass
        peaks["read, MB"] = watch.peak()
        return {**peaks, "seconds": round(time.monotonic() - began)}


class Watch:
    """Looks at the process's own memory every 20 ms; files that are mapped do not count.

    The system takes the pages of such files back where it needs them.
    """

    def __enter__(self) -> Watch:
        self._most, self._ended = 0, threading.Event()
        threading.Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def peak(self) -> int:
        """Return the most so far, in MB."""
        self._most = max(self._most, _own_memory())
        return self._most // 1024

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self._most = max(self._most, _own_memory())


def _own_memory() -> int:
    """Return the memory that is no file's, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def main() -> None:
    """Measure the parts asked for; parts in the file that are not measured again stay."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--parts", nargs="+", choices=("epochs", "memory"), default=["epochs"])
    parser.add_argument("--size", type=int, help="one pass over so many sentences, as JSON")
    given = parser.parse_args()
    if given.size:
        print(json.dumps(_pass(given.size)))
        return
    found = json.loads(given.out.read_text()) if given.out and given.out.is_file() else {}
    for part in given.parts:
        found[part] = {"epochs": measure_epochs, "memory": measure_memory}[part]()
        print(json.dumps(found[part], indent=1), flush=True)
    if given.out:
        given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
