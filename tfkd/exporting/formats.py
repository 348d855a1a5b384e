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
from ..runtime.zip_tail import pack, unpack
from ..text import TextEncoder
from .calling import ModelSignature, Reference, signature_of
from .companions import append_to_keras, check_encoder_inside, files_inside, write_into_folder
from .convert import Inconvertible, attempts, flatbuffer, write_saved_model
from .converted_graphs import refuse_variables
from .export_request import ExportRequest
from .gate import Figures
from .onnx import add_metadata, onnx_model, write_onnx
from .text_signature import SERVING, TextSignature
from .verify import Model
from .weight_grids.kept import check_kept_weights
from .writing.encode_and_step import signatures_to_write
from .writing.written_texts import add_texts


def write_litert(request: ExportRequest, path: Path) -> Figures:
    """Write a `.tflite`, with tokenizer and class names inside.

    Raises:
        Differs: It does not compute what the student does.
        UserError: The student does not convert.
    """
    encoder = request.context.encoder
    refusal: Exception | None = None
    student, task = request.signature.student, request.context.task
    writes = task is not None and task.writes
    for sizes in attempts(request.signature, encoder.max_length if encoder else None):
        try:
            feeds = request.calibration_feeds(sizes)
            more = signatures_to_write(student, sizes) if writes else []
            blob = flatbuffer(sizes, request.storage.kind, feeds, more)
            refuse_variables(blob, student.name)
            path.write_bytes(blob)
            file = LiteRT(path)
            figures = request.compare(file, sizes)
            if writes:
                figures = add_texts(request, figures, file)
        except (Inconvertible, RuntimeError) as error:
            # A RuntimeError says that it converts, but never runs.
            refusal = error
            continue
        request.check_figures(figures)
        figures = check_kept_weights(request, blob, figures)
        files = files_inside(request, sizes, figures, blob)
        if files:
            path.write_bytes(pack(blob, files))
            LiteRT(path)
            check_encoder_inside(request, unpack(path.read_bytes()))
        return figures
    raise Inconvertible(str(refusal)).explain(student.name) from refusal


def write_keras(request: ExportRequest, path: Path) -> Figures:
    """Write a `.keras`, with tokenizer and class names as further entries of its zip.

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
    text_input = request.context.reads_texts
    again = signature_of(loaded, request.check.first, text_input, signature.outputs)
    figures = request.compare_and_gate(_by_place(Reference(again), again, signature))
    files = files_inside(request, signature, figures)
    append_to_keras(path, files)
    check_encoder_inside(request, unpack(path))
    return figures


def _by_place(loaded: Reference, again: ModelSignature, signature: ModelSignature) -> Model:
    """Return a loaded model as a function of the student's inputs, whatever it calls its own."""
    names = dict(zip(signature.inputs, again.inputs, strict=True))
    return lambda feed: loaded({names[name]: array for name, array in feed.items()})


def write_saved_model_folder(request: ExportRequest, path: Path) -> Figures:
    """Write a SavedModel, with the tokenizer and the class names inside its folder.

    Raises:
        Differs: It does not compute what the student does.
    """
    texts, signature = None, request.signature
    if request.reads_texts:
        # See `check_texts`.
        assert isinstance(request.context.encoder, TextEncoder)
        squashed = bool(request.activation(request.compare(request.reference, signature)))
        context = request.context
        texts = TextSignature(signature, request.context.encoder, context.form, squashed)
    write_saved_model(signature, path, texts)
    loaded = tf.saved_model.load(str(path))
    figures = request.compare_and_gate(_run_signature(loaded, SIGNATURE, signature.outputs))
    if texts is not None:
        model = _run_signature(loaded, SERVING, signature.outputs)
        figures = request.compare_and_gate_texts(model)
    write_into_folder(request, path)
    return figures


def _run_signature(loaded: Any, name: str, outputs: tuple[str, ...]) -> Model:
    serve = loaded.signatures[name]

    def run(feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        returned = serve(**{key: tf.constant(array) for key, array in feed.items()})
        return {name: returned[name].numpy() for name in outputs}

    return run


def write_onnx_file(request: ExportRequest, path: Path) -> Figures:
    """Write an `.onnx`, with tokenizer and class names in its metadata.

    Raises:
        Differs: It does not compute what the student does.
        UserError: The student does not convert.
    """
    write_onnx(request.signature, path)
    figures = request.compare_and_gate(onnx_model(path))
    files = files_inside(request, request.signature, figures)
    add_metadata(path, files)
    check_encoder_inside(request, files)
    # A second look: what was added must not keep the file from being opened.
    onnx_model(path)
    return figures


WRITERS = {
    "litert": write_litert,
    "keras": write_keras,
    "saved_model": write_saved_model_folder,
    "onnx": write_onnx_file,
}
