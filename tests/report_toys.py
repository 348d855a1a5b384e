"""A teacher that counts good and bad words, and a student that reads the first three words only."""

import numpy as np

from tfkd.data import Example, Schema
from tfkd.reporting.sections.answers import Answers
from tfkd.reporting.sections.gathering import gather_sections
from tfkd.tasks.text_classification import TextClassification, predictions

WEIGHT = {"good": 2.0, "bad": -2.0, "not": -1.0}
TEXTS = ("a good film", "a bad film", "what a very good one", "what a very bad one")
LABELS = (1, 0, 1, 0)
CLASSES = ("negative", "positive")
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)> good"
TASK = TextClassification()


def teacher(examples, classes=CLASSES) -> list:
    """Softmax of minus and plus the sum of the words' weights."""
    sums = np.array([sum(WEIGHT.get(word, 0.0) for word in e.text.split()) for e in examples])
    return predictions(np.stack([-sums, sums], axis=1), classes)


def student(examples, classes=CLASSES) -> list:
    """The same of the first three words."""
    short = [Example(text=" ".join(each.text.split()[:3])) for each in examples]
    return teacher(short, classes)


def answers(texts=TEXTS, labels=LABELS, with_teacher=True, classes=CLASSES, **changes) -> Answers:
    """Both models on these texts."""
    examples = [Example(text=t, label=i) for t, i in zip(texts, labels, strict=True)]

    def ask(examples):
        return student(examples, classes)

    def ask_teacher(examples):
        return teacher(examples, classes)

    made = {
        "task": TASK,
        "schema": Schema(classes),
        "examples": examples,
        "student": ask(examples),
        "ask": ask,
        "teacher": ask_teacher(examples) if with_teacher else None,
        "ask_teacher": ask_teacher if with_teacher else None,
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


def measures() -> dict:
    """The measures of text classification, as a report writes them down."""
    return {key: vars(measure) for key, measure in TASK.measures.items()}


def row(name: str, accuracy: float, **changes) -> dict:
    """A line of a run's report."""
    scores = {"accuracy": accuracy, "macro_f1": 0.9, "log_loss": 0.25, "ece": 0.021}
    speed = {"latency_p50": 1.25, "latency_p95": 2.5, "texts_per_second": 4321.5}
    size = {"agreement": 0.9431, "parameters": 12_345, "megabytes": 3.75}
    return {"name": name, "scores": scores, **size, **speed, **changes}


def figures(name="small", given: Answers | None = None, **changes) -> dict:
    """A run as `figures` gathers it, with the sections that ask the models where `given` are."""
    epochs = [
        {"epoch": e, "loss": 1 / e, "hard_labels": 0.5 / e, "val_loss": 0.75, "accuracy": 1 - 1 / e}
        for e in (2, 3, 4)
    ]
    made = {
        "name": name,
        "title": "films: 4 test texts",
        "measures": measures(),
        "rows": [
            row("teacher", 0.9375, agreement=None, megabytes=100.5),
            row("distilled", 0.8125),
            row("exported (int8)", 0.75, parameters=None, megabytes=1.5, latency_p50=0.0625),
        ],
        "words": ["Distillation helped."],
        "facts": {"seed": 3},
        "histories": [{"name": "distilled", "metrics": ["accuracy"], "epochs": epochs}],
    }
    if given is not None:
        made |= {"texts": given.facts, "sections": gather_sections(given)}
    return {**made, **changes}
