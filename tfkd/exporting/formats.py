"""One function for each format: write the file, and run it against the student."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import UserError
from ..models.saving import quiet_save
from ..runtime.interpreter import SIGNATURE, LiteRT
from ..runtime.zip_tail import pack
from .calling import ModelSignature, Reference, signature_of
from .convert import Inconvertible, attempts, flatbuffer, write_saved_model
from .export_request import ExportRequest, labels_text
from .gate import Figures
from .onnx import onnx_model, write_onnx
from .text_signature import SERVING, TextSignature
from .verify import Model


def write_litert(request: ExportRequest, path: Path) -> Figures:
    """Write a `.tflite`, with the vocabulary inside.

    Raises:
        Differs: It does not compute what the student does.
        UserError: The student does not convert.
    """
    encoder = request.context.encoder
    refusal: Exception | None = None
    for sizes in attempts(request.signature, encoder.max_length if encoder else None):
        try:
            feeds = request.calibration_feeds(sizes)
            blob = flatbuffer(sizes, request.storage.kind, feeds)
            path.write_bytes(blob)
            figures = request.compare(LiteRT(path), sizes)
        except (Inconvertible, RuntimeError) as error:
            # A RuntimeError says that it converts, but never runs.
            refusal = error
            continue
        request.check_figures(figures)
        if encoder is not None and request.context.task is not None:
            _append_files(request, blob, path, figures, sizes)
        return figures
    raise Inconvertible(str(refusal)).explain(request.signature.student.name) from refusal


def _append_files(
    request: ExportRequest, blob: bytes, path: Path, figures: Figures, sizes: ModelSignature
) -> None:
    """Append vocabulary, class names and settings to a model, and read them again."""
    activation = None
    if request.returns_probabilities(figures):
        activation = "sigmoid" if request.context.binary else "softmax"
    outputs = {name: {"name": name, "activation": None} for name in request.signature.outputs}
    outputs[request.signature.outputs[0]]["activation"] = activation
    assert request.context.task is not None
    names = {source: name for name, source in request.context.sources(sizes.inputs).items()}
    inputs = [names[source] for source in request.context.task.inputs]
    files = request.files_inside(sizes, blob, {"inputs": inputs, "outputs": outputs})
    path.write_bytes(pack(blob, files))
    LiteRT(path)
    request.check_encoder_inside(path.read_bytes())


def write_keras(request: ExportRequest, path: Path) -> Figures:
    """Write a `.keras`, with the tokenizer and the class names next to it.

    Raises:
        Differs: It does not compute what the student does.
        UserError: It cannot be loaded again, or the student is one of Hugging Face's.
    """
    signature = request.signature
    if signature.kind == "masked":
        raise UserError(
            "a Hugging Face model is written by its save_pretrained(folder): give a path that "
            "ends in .tflite, or save it so."
        )
    with quiet_save():
        signature.student.save(path)
    try:
        loaded = keras.saving.load_model(path, compile=False)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path.name} cannot be loaded again ({str(error).splitlines()[0][:200]}): give the "
            "model's own layers `get_config` and `@keras.saving.register_keras_serializable()`."
        ) from error
    text_input = request.context.encoder is not None
    again = signature_of(loaded, request.check.first, text_input, signature.outputs)
    figures = request.compare_and_gate(Reference(again))
    _write_beside(request, path.parent)
    return figures


def write_saved_model_folder(request: ExportRequest, path: Path) -> Figures:
    """Write a SavedModel, with the tokenizer and the class names inside its folder.

    Raises:
        Differs: It does not compute what the student does.
    """
    texts, signature = None, request.signature
    if request.reads_texts:
        # See `check_texts`.
        assert request.context.encoder is not None
        squashed = request.returns_probabilities(request.compare(request.reference, signature))
        context = request.context
        texts = TextSignature(signature, request.context.encoder, context.form, squashed)
    write_saved_model(signature, path, texts)
    loaded = tf.saved_model.load(str(path))
    figures = request.compare_and_gate(_run_signature(loaded, SIGNATURE, signature.outputs))
    if texts is not None:
        model = _run_signature(loaded, SERVING, signature.outputs)
        figures = request.compare_and_gate_texts(model)
    _write_beside(request, path)
    return figures


def _run_signature(loaded: Any, name: str, outputs: tuple[str, ...]) -> Model:
    serve = loaded.signatures[name]

    def run(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        returned = serve(**{key: tf.constant(array) for key, array in feed.items()})
        return {name: returned[name].numpy() for name in outputs}

    return run


def write_onnx_file(request: ExportRequest, path: Path) -> Figures:
    """Write an `.onnx`, with the tokenizer and the class names next to it.

    Raises:
        Differs: It does not compute what the student does.
        UserError: The student does not convert.
    """
    write_onnx(request.signature, path)
    figures = request.compare_and_gate(onnx_model(path))
    _write_beside(request, path.parent)
    return figures


WRITERS = {
    "litert": write_litert,
    "keras": write_keras,
    "saved_model": write_saved_model_folder,
    "onnx": write_onnx_file,
}


def _write_beside(request: ExportRequest, folder: Path) -> None:
    if request.context.encoder is not None:
        request.context.encoder.save(folder)
    if request.labels:
        (folder / "labels.txt").write_text(labels_text(request.labels), encoding="utf-8")
