"""Export a Keras 3 student to LiteRT, `.keras` or SavedModel: verified before it gets its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..files import replace_atomically
from ..runtime.quantisations import AUTO, CALIBRATED, QUANTIZE
from ..text import TextEncoder
from . import integer_quantisation
from .paths import check_target, format_of, size, temporary_sibling

FORMS = ("multiclass", "binary")


@dataclass(frozen=True)
class Exported:
    """A written file and how it compares with its Keras student.

    `bytes` is its size on disk, `checked` the number of examples both were run on,
    `max_difference` the greatest difference of two logits, `agreement` the share of examples
    with the same class; `score` and `keras_score` are the accuracies of the file and of the
    student where the examples had labels, else None; `calibration` and `keras_calibration` their
    expected calibration errors.
    """

    path: Path
    format: str
    quantize: str | None
    bytes: int
    checked: int
    max_difference: float
    agreement: float
    score: float | None
    keras_score: float | None
    calibration: float | None
    keras_calibration: float | None


def export(
    student,
    path: str | os.PathLike,
    *,
    format: str | None = None,
    quantize: str | None = None,
    encoder: TextEncoder | None = None,
    labels: Sequence[str] | None = None,
    check=None,
    tolerance: float | None = None,
    overwrite: bool = True,
    form: str = "multiclass",
    calibration=None,
    seed: int = 0,
    max_drop: float | None = None,
    client: str | None = None,
    tokenizer: bool = False,
) -> Exported:
    """Write `student` to `path`, after the file has been run against it.

    `student` is a Keras 3 model with outputs `[batch, classes]`: logits, or a dict with
    `logits`. A final softmax or sigmoid is left out of the file where Keras hands on what came
    before it. `format` is `litert` (or `tflite`), `keras`, `onnx` (extra `onnx`) or
    `saved_model`, by default from the suffix of `path`: `.tflite`, `.keras`, `.onnx`, none.

    `quantize`, of LiteRT files only, is None or `float32`, `float16`, `int8` (dynamic range),
    `full-int8` (activations too), `int16x8`, `int4`, or `auto`: the smallest file that passes.
    Those of `tfkd.runtime.quantisations.CALIBRATED` need the extra `quantizer`, and read ranges off
    100 of the texts or rows of `calibration`, drawn by `seed`; `auto` tries them where both are
    there.

    With an `encoder` the student takes one array of ids, and vocabulary, class names (`labels`)
    and settings travel inside a `.tflite`, so that `tfkd.runtime.Classifier` reads texts with the
    file alone; beside a `.keras` or `.onnx`, inside a SavedModel's folder. `tokenizer=True` gives
    a SavedModel a signature of texts, `serving_default`, by TensorFlow Text (extra `text`).

    `check` is a list of texts or of `(text, label)`, or an array or dict of inputs; by default a
    few sentences, or random inputs. `tolerance` replaces the difference that
    `tfkd.exporting.verify.gate` allows, as a share of the greatest logit; `max_drop` is how many
    points of accuracy may be lost (of `auto` 0.3 if not given). `form="binary"` is one
    logit for two classes. `client="mediapipe"` writes a `.tflite` that the text classifier of
    MediaPipe Tasks runs as it is; it needs an encoder of lower-cased word pieces.

    What was at `path` before stays until the new file has passed.

    Raises:
        UserError: wrong arguments, a folder that cannot be written, a model that does not
            convert (its ops are named), or a file that does not compute what the student does.

    ```python
    tfkd.export(student, "small.tflite", quantize="int8", encoder=encoder, labels=["bad", "good"])
    ```
    """
    target = Path(path)
    kind = format_of(target, format)
    _check_quantize(kind, quantize, calibration)
    max_drop = 0.3 if quantize == AUTO and max_drop is None else max_drop
    _check_labels(labels, form)
    check_target(target, kind, overwrite)
    from .formats import WRITERS
    from .mediapipe.export import check_client, mediapipe_file
    from .onnx import check_onnx
    from .request import order
    from .smallest import named, smallest
    from .text_signature import check_texts

    check_client(client, kind, encoder)
    if tokenizer:
        check_texts(encoder, kind)
    if kind == "onnx":
        check_onnx()
    write = mediapipe_file if client else WRITERS[kind]

    with temporary_sibling(target) as place:
        made = order(
            *(student, encoder, labels, form, check, quantize or "float32", tolerance),
            *(max_drop, calibration, seed, tokenizer),
        )
        if quantize == AUTO:
            quantize, figures = smallest(write, made, place / target.name)
        elif kind == "litert":
            figures = named(write, made, place / target.name)
        else:
            figures = write(made, place / target.name)
        # The model last: until it has its name, an older one still counts.
        for each in sorted(place.iterdir(), key=lambda each: each.name == target.name):
            replace_atomically(each, target.with_name(each.name))
    return Exported(
        path=target,
        format=kind,
        quantize=quantize,
        bytes=size(target),
        checked=figures.checked,
        max_difference=figures.max_difference,
        agreement=figures.agreement,
        score=figures.score,
        keras_score=figures.keras_score,
        calibration=figures.calibration,
        keras_calibration=figures.keras_calibration,
    )


def _check_quantize(kind: str, quantize: str | None, calibration) -> None:
    if quantize not in (None, *QUANTIZE, AUTO):
        known = ", ".join(map(repr, (*QUANTIZE, AUTO)))
        raise UserError(f"quantize={quantize!r}: write one of {known}, or leave it out.")
    if kind != "litert" and quantize not in (None, "float32"):
        raise UserError(
            f"quantize={quantize!r} needs a LiteRT file: give a path that ends in `.tflite`, or "
            "leave quantize out."
        )
    integer_quantisation.check(quantize or "float32")
    if quantize in CALIBRATED and calibration is None:
        raise UserError(
            f"quantize={quantize!r} reads the ranges of numbers off real inputs: give "
            "`calibration`, some hundred of the training texts."
        )


def _check_labels(labels: Sequence[str] | None, form: str) -> None:
    if form not in FORMS:
        raise UserError(f"form={form!r}: write one of {', '.join(map(repr, FORMS))}.")
    if labels is None:
        return
    if isinstance(labels, str) or not all(isinstance(each, str) for each in labels):
        raise UserError(f"labels are {labels!r}: give a list of class names.")
    if len(set(labels)) < len(labels) or any(len(e.splitlines()) != 1 for e in labels):
        raise UserError(f"labels are {list(labels)}: give different names, each one line.")
