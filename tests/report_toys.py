"""A teacher that counts good and bad words, and a student that reads the first three words only."""

import numpy as np

from tfkd.reporting.sections.answers import Answers
from tfkd.running.reports.figures import PARTS

WEIGHT = {"good": 2.0, "bad": -2.0, "not": -1.0}
TEXTS = ("a good film", "a bad film", "what a very good one", "what a very bad one")
LABELS = (1, 0, 1, 0)
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)> good"


def teacher(texts) -> np.ndarray:
    """Softmax of minus and plus the sum of the words' weights."""
    sums = np.array([sum(WEIGHT.get(word, 0.0) for word in text.split()) for text in texts])
    likely = 1 / (1 + np.exp(-2 * sums))
    return np.stack([1 - likely, likely], axis=1)


def student(texts) -> np.ndarray:
    """The same of the first three words."""
    return teacher([" ".join(text.split()[:3]) for text in texts])


def answers(texts=TEXTS, labels=LABELS, with_teacher=True, **changes) -> Answers:
    """Both models on these texts."""
    made = {
        "texts": list(texts),
        "labels": np.array(labels),
        "classes": ("negative", "positive"),
        "student": student(texts),
        "ask": student,
        "teacher": teacher(texts) if with_teacher else None,
        "ask_teacher": teacher if with_teacher else None,
        "rate": 1_000.0 if with_teacher else None,
        "facts": {
            "texts": len(texts),
            "of": len(texts),
            "student": "student.tflite",
            "teacher": "stored" if with_teacher else "",
            "teacher_missing": "" if with_teacher else "its folder is gone",
            "store_missing": "",
        },
    }
    return Answers(**{**made, **changes})


def row(name: str, accuracy: float, **changes) -> dict:
    """A line of a run's report."""
    made = {"macro_f1": 0.9, "log_loss": 0.25, "ece": 0.021, "agreement": 0.9431}
    speed = {"latency_p50": 1.25, "latency_p95": 2.5, "texts_per_second": 4321.5}
    size = {"parameters": 12_345, "megabytes": 3.75}
    return {"name": name, "accuracy": accuracy, **made, **size, **speed, **changes}


def figures(name="small", given: Answers | None = None, **changes) -> dict:
    """A run as `figures` gathers it, with the parts that ask the models where `given` are."""
    epochs = [
        {"epoch": e, "loss": 1 / e, "hard_labels": 0.5 / e, "val_loss": 0.75, "accuracy": 1 - 1 / e}
        for e in (2, 3, 4)
    ]
    made = {
        "name": name,
        "title": "films: 4 test texts",
        "rows": [
            row("teacher", 0.9375, agreement=None, megabytes=100.5),
            row("distilled", 0.8125),
            row("exported (int8)", 0.75, parameters=None, megabytes=1.5, latency_p50=0.0625),
        ],
        "words": ["Distillation helped."],
        "facts": {"seed": 3},
        "histories": [{"name": "distilled", "epochs": epochs}],
    }
    if given is not None:
        made |= {"texts": given.facts, **{n: part(given) for n, part in PARTS.items()}}
    return {**made, **changes}
