"""The report of a run: teacher, student alone, distilled and exported, on the test texts."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..reporting import report, verdict
from ..reporting.speed import SAMPLE, text_speed
from ..tasks.text_classification.scores import agreement, score
from ..teachers.stored_answers import StoredTexts
from ..text.batching import by_length, padded

if TYPE_CHECKING:
    from .phases import Run

CHUNK = 1_000


def run_report(run: Run) -> report.Report:
    """Score each model of a run on all test texts and time it on some."""
    labels, teacher = run.encoded("test").labels, run.targets("test")[:]
    logits = {"teacher": teacher}
    rows = [_keras_row(run, "teacher", run.teacher, teacher, labels, teacher)]
    for name, file in (("alone", "alone"), ("distilled", "student")):
        if (run.folder / f"{file}.keras").is_file():
            model = run.model(file)
            logits[name] = on_test(run, model, name)
            rows.append(_keras_row(run, name, model, logits[name], labels, teacher, file))
    rows.append(exported_row(run, run.folder / "student.tflite", labels, teacher))
    warning = verdict.near_chance(rows[0].accuracy, labels)
    words = [warning] if warning else []
    if "alone" in logits:
        words.append(verdict.helped(logits["distilled"], logits["alone"], labels))
    words += _small(rows)
    title = f"{run.data.name}: {len(labels):,} test texts" + (
        " (synthetic)" if run.data.synthetic else ""
    )
    return report.Report(title, tuple(rows), (*words, *run.data_notes()), _facts(run))


def on_test(run: Run, model, name: str) -> np.ndarray:
    """The logits of a model for all test texts."""
    encoded = run.encoded("test")
    out = np.zeros((len(encoded), model.classes), "float32")
    with run.voice.bar(f"{name} on test", len(encoded)) as advance:
        for rows in by_length(encoded.lengths):
            out[rows] = model(encoded[rows])
            advance(len(rows))
    return out


def _keras_row(run: Run, name: str, model, logits, labels, teacher, file: str | None = None):
    size = (run.folder / f"{file}.keras").stat().st_size / 1e6 if file else None
    return report.Row(
        name=name,
        **score(logits, labels),
        agreement=None if name == "teacher" else agreement(logits, teacher),
        parameters=model.parameters,
        megabytes=size or (4e-6 * model.parameters if model.parameters else None),
        **_model_speed(run, model),
    )


def _model_speed(run: Run, model) -> dict:
    """Of what computes; answers that are looked up say nothing of the model that gave them."""
    if isinstance(model.model, StoredTexts):
        return {}
    return text_speed(lambda ids: model(padded(ids)), model.encoder.encode_many(_sample(run)))


def exported_row(run: Run, path: Path, labels, teacher=None) -> report.Row:
    """An exported file on all test texts; agreement where the teacher's logits are known."""
    from ..runtime import Classifier

    classifier = Classifier(path)
    logits = np.zeros((len(labels), len(run.data.labels)), "float32")
    with run.voice.bar("exported file on test", len(labels)) as advance:
        texts, at = run.data.read("test"), 0
        while chunk := [each.text for each in itertools.islice(texts, CHUNK)]:
            logits[at : at + len(chunk)] = classifier.logits(chunk)
            at += len(chunk)
            advance(len(chunk))
    ids = classifier.encoder.encode_many(_sample(run))
    return report.Row(
        name=f"exported ({classifier.quantize or run.config.quantize})",
        **score(logits, labels),
        agreement=None if teacher is None else agreement(logits, teacher),
        megabytes=path.stat().st_size / 1e6,
        **text_speed(classifier.run, ids, classifier.batch or 32),
    )


def _small(rows) -> list[str]:
    teacher, file = rows[0], rows[-1]
    parts = []
    if teacher.megabytes:
        parts.append(f"is {teacher.megabytes / file.megabytes:.0f} times smaller")
    if teacher.latency_p50:
        parts.append(f"answers {teacher.latency_p50 / file.latency_p50:.0f} times faster")
    return [f"The exported file {' and '.join(parts)} than the teacher."] if parts else []


def _sample(run: Run) -> list[str]:
    """Test texts to time, the same for every model."""
    chosen = set(np.random.default_rng(0).permutation(run.data.counts["test"])[:SAMPLE].tolist())
    return [each.text for i, each in enumerate(run.data.read("test")) if i in chosen]


def _facts(run: Run) -> dict:
    config = run.config
    return {
        "teacher": config.teacher,
        "student": config.student,
        **({"assistants": config.assistant} if config.assistant else {}),
        "temperature": config.temperature,
        "soft weight": config.soft_weight,
        "seed": config.seed,
        "epochs": run.schedule().epochs,
        "texts": ", ".join(f"{name} {count:,}" for name, count in run.data.counts.items()),
        **({"labels for the student": config.labelled} if config.labelled else {}),
        "speed": f"of {SAMPLE} test texts, without the tokenizer; Keras models by tf.function on "
        "all processors, the exported file on one thread",
    }
