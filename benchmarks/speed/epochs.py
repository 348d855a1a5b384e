"""a) An epoch with stored targets beside an epoch of `student.fit`; e) first step and traces."""

from __future__ import annotations

import time

import keras
import numpy as np

import tfkd
from tfkd.data.feeding import Feed

# Title: name, the share of the texts that an epoch takes, pairs of fits for each round.
STUDENTS = {
    "embedding (bag_of_ngrams:small)": ("bag_of_ngrams", 1.0, 4),
    "transformer:small": ("transformer", 0.2, 1),
}
EPOCHS = 3  # of a fit
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

    def fit(self, epochs: int = EPOCHS) -> tuple[float, float]:
        """Seconds of an epoch, and of what a fit takes besides."""
        return _timed(self.model, _without_names(self.feed.dataset()), epochs)


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

    def fit(self, epochs: int = EPOCHS) -> tuple[float, float]:
        """Seconds of an epoch, and of what a fit takes besides: the look at its first batch."""
        return _timed(self.model, self.feed.dataset(), epochs)


def measure(encoded, encoder, targets, rounds: int) -> dict:
    """For each student: the median ratio of epochs in fits that alternate, the shortest of each."""
    found = {}
    for title, (name, share, pairs_each) in STUDENTS.items():
        only = np.arange(int(share * len(encoded)))
        plain = Plain(name, encoded, encoder, only)
        distilled = Distilled(name, encoded, encoder, only, targets)
        first = {"student.fit": sum(plain.fit(1)), "stored targets": sum(distilled.fit(1))}
        fits = [(plain.fit(), distilled.fit()) for _ in range(rounds * pairs_each)]
        pairs = [(one, two) for (one, _), (two, _) in fits]
        found[title] = {
            "texts": len(only),
            "student.fit, s": round(min(one for one, _ in pairs), 3),
            "stored targets, s": round(min(two for _, two in pairs), 3),
            "ratio": round(float(np.median([two / one for one, two in pairs])), 3),
            "once in a fit, s": {
                "student.fit": round(float(np.median([one for (_, one), _ in fits])), 3),
                "stored targets": round(float(np.median([two for _, (_, two) in fits])), 3),
            },
            "first epoch, s": {key: round(value, 2) for key, value in first.items()},
            "traces of the step": distilled.traces,
        }
    return found


def _timed(model, dataset, epochs: int) -> tuple[float, float]:
    """Seconds of one of the epochs of a fit, and of the fit without them."""
    began: list[float] = []
    ended: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: began.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: ended.append(time.perf_counter()),
    )
    start = time.perf_counter()
    model.fit(dataset, epochs=epochs, verbose=0, shuffle=False, callbacks=[clock])
    whole = time.perf_counter() - start
    inside = sum(ended) - sum(began)
    return inside / epochs, whole - inside


def _without_names(dataset):
    """The same batches as `student.fit` takes them."""
    return dataset.map(lambda x, y: (x["student"], y))
