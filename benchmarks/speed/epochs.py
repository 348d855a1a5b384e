"""a) An epoch with stored targets beside an epoch of `student.fit`; e) first step and traces."""

from __future__ import annotations

import time

import keras
import numpy as np

import tfkd
from tfkd.corpus.feeding import Feed

# Title: name, the share of the texts that an epoch takes, pairs of epochs for each round.
STUDENTS = {
    "embedding (bag_of_ngrams:small)": ("bag_of_ngrams", 1.0, 4),
    "transformer:small": ("transformer", 0.2, 1),
}
BATCH = 128


def student(name: str, encoder):
    """A student, from the same start each time."""
    from tfkd import students

    keras.utils.set_random_seed(0)
    return students.build(name, encoder.vocab_size, 2, "small", seed=0)


class Plain:
    """`student.fit` on the labels."""

    def __init__(self, name, encoded, encoder, only):
        self.feed = Feed(encoded, BATCH, 0, only=only)
        self.model = student(name, encoder)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.model.compile("adam", loss, metrics=["accuracy"])

    def epoch(self) -> float:
        """Seconds of one epoch."""
        start = time.perf_counter()
        self.model.fit(_without_names(self.feed.dataset()), verbose=0, shuffle=False)
        return time.perf_counter() - start


class Distilled:
    """`Distiller.fit` on stored targets and labels."""

    def __init__(self, name, encoded, encoder, only, targets):
        self.feed = Feed(encoded, BATCH, 0, targets=targets, only=only)
        self.model = tfkd.Distiller(student=student(name, encoder), objective=tfkd.hinton())
        self.model.compile("adam", metrics=["accuracy"], jit_compile=False)
        self.traces = 0
        step = self.model.train_step

        def counted(data):
            self.traces += 1  # Python runs where the step is traced, and never after
            return step(data)

        self.model.train_step = counted

    def epoch(self) -> float:
        """Seconds of one epoch."""
        start = time.perf_counter()
        self.model.fit(self.feed.dataset(), verbose=0, shuffle=False)
        return time.perf_counter() - start


def measure(encoded, encoder, targets, rounds: int) -> dict:
    """For each student: the median ratio of epochs that alternate, and the shortest of each."""
    found = {}
    for title, (name, share, pairs_each) in STUDENTS.items():
        only = np.arange(int(share * len(encoded)))
        plain = Plain(name, encoded, encoder, only)
        distilled = Distilled(name, encoded, encoder, only, targets)
        first = {"student.fit": plain.epoch(), "stored targets": distilled.epoch()}
        pairs = [(plain.epoch(), distilled.epoch()) for _ in range(rounds * pairs_each)]
        found[title] = {
            "texts": len(only),
            "student.fit, s": round(min(one for one, _ in pairs), 3),
            "stored targets, s": round(min(two for _, two in pairs), 3),
            "ratio": round(float(np.median([two / one for one, two in pairs])), 3),
            "first epoch, s": {key: round(value, 2) for key, value in first.items()},
            "traces of the step": distilled.traces,
        }
    return found


def _without_names(dataset):
    """The same batches as `student.fit` takes them."""
    return dataset.map(lambda x, y: (x["student"], y))
