"""Streams and a classifier that answers with the first word of a text; also a program to kill."""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from tfkd.data import Schema
from tfkd.runtime import Predictor
from tfkd.tasks.text_classification import Prediction, TextClassification

PROGRAM = Path(__file__)
CLASSES = ("negative", "neutral", "positive")
START = datetime(2026, 3, 1, tzinfo=UTC)


class FirstWord(Predictor):
    """Answers with the first word of a text, after some seconds."""

    def __init__(self, task=None, seconds=0.0):
        self.task, self.schema = task or TextClassification(), Schema(CLASSES)
        self.ask_below, self._seconds = None, seconds

    def predict(self, examples):
        if self._seconds:
            time.sleep(self._seconds)
        words = [example["text"].split()[0] for example in examples]
        return [
            Prediction(word, 1.0, {name: float(name == word) for name in CLASSES}) for word in words
        ]


def draw_classes(seed, *parts):
    """Classes of texts: `(texts, probabilities)` one after the other."""
    rng = np.random.default_rng(seed)
    return [CLASSES[i] for texts, p in parts for i in rng.choice(3, size=texts, p=p)]


def lines(classes, minutes=1.0, topic=None):
    """Lines of JSON, a text each few minutes."""
    return [
        json.dumps(
            {
                "time": (START + timedelta(minutes=minutes * i)).isoformat(),
                "text": f"{name} news {i}",
                **({"topic": topic(i) if callable(topic) else topic} if topic else {}),
            }
        )
        + "\n"
        for i, name in enumerate(classes)
    ]


if __name__ == "__main__":
    # stream, output: as slow as a large model.
    import tfkd.watching._watch as watching

    watching.load = lambda path: FirstWord(seconds=0.02)
    source, to = sys.argv[1:]
    watching.watch(source, PROGRAM, to=to, settings=watching.WatchSettings(window="40"))
