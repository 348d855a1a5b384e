"""One function for each format: make the file, and run it against the student."""

from __future__ import annotations

from pathlib import Path

import keras
import tensorflow as tf

from .. import __version__
from ..errors import UserError
from ..models.saving import quiet_save
from ..runtime.bundle import describe, read_encoder
from ..runtime.interpreter import SIGNATURE, LiteRT
from ..runtime.zip_tail import pack, seal, unpack
from .calling import Calling, Reference, calling
from .convert import Inconvertible, attempts, flatbuffer, saved_model
from .onnx import onnx_model, write_onnx
from .request import Order
from .text_signature import SIGNATURE as TEXT_SIGNATURE
from .text_signature import Texts
from .verify import Figures, Model


def litert(order: Order, made: Path) -> Figures:
    """Write a `.tflite`, the vocabulary inside."""
    length = order.encoder.max_length if order.encoder else None
    refused = None
    for sizes in attempts(order.calling, length):
        try:
            blob = flatbuffer(sizes, order.quantize, order.feeds(sizes))
            made.write_bytes(blob)
            figures = order.compare(LiteRT(made), sizes)
        except (Inconvertible, RuntimeError) as error:  # RuntimeError: it converts, but never runs
            refused = error
            continue
        order.gate(figures)
        _append(order, blob, made, figures, sizes)
        return figures
    raise Inconvertible(str(refused)).explain(order.calling.student.name) from refused


def keras_file(order: Order, made: Path) -> Figures:
    """Write a `.keras`, the tokenizer and the class names beside it."""
    if order.calling.kind == "masked":
        raise UserError(
            "a Hugging Face model is written by its save_pretrained(folder): give a path that "
            "ends in .tflite, or save it so."
        )
    with quiet_save():
        order.calling.student.save(made)
    try:
        loaded = keras.saving.load_model(made, compile=False)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{made.name} cannot be loaded again ({str(error).splitlines()[0][:200]}): give the "
            "model's own layers `get_config` and `@keras.saving.register_keras_serializable()`."
        ) from error
    figures = order.gated(Reference(calling(loaded, order.want.example, order.encoder is not None)))
    _beside(order, made.parent)
    return figures


def saved_model_folder(order: Order, made: Path) -> Figures:
    """Write a SavedModel, the tokenizer and the class names inside its folder."""
    texts = None
    if order.tokenizer:
        assert order.encoder is not None  # see check_texts
        squashed = order.squashed(order.compare(order.reference, order.calling))
        texts = Texts(order.calling, order.encoder, order.form, squashed)
    saved_model(order.calling, made, texts)
    loaded = tf.saved_model.load(str(made))
    figures = order.gated(_signature(loaded, SIGNATURE))
    if texts is not None:
        figures = order.gated_by_texts(_signature(loaded, TEXT_SIGNATURE))
    _beside(order, made)
    return figures


def _signature(loaded, name: str) -> Model:
    serve = loaded.signatures[name]

    def run(feed):
        return serve(**{key: tf.constant(each) for key, each in feed.items()})["logits"].numpy()

    return run


def onnx_file(order: Order, made: Path) -> Figures:
    """Write an `.onnx`, the tokenizer and the class names beside it."""
    write_onnx(order.calling, made)
    figures = order.gated(onnx_model(made))
    _beside(order, made.parent)
    return figures


WRITERS = {"litert": litert, "keras": keras_file, "saved_model": saved_model_folder}
WRITERS |= {"onnx": onnx_file}


def _append(order: Order, blob: bytes, made: Path, figures: Figures, sizes: Calling) -> None:
    """Put vocabulary, class names and settings behind the model, and read them again."""
    if order.encoder is None or order.labels is None:
        return
    ((name, (shape, _)),) = sizes.inputs.items()
    settings = {
        "tfkd": __version__,
        "input": name,
        "static": {"batch": shape[0], "length": shape[1]},
        "form": order.form,
        "quantize": order.quantize,
        "outputs": "probabilities" if order.squashed(figures) else "logits",
        "classes": order.labels,
        "model": seal(blob),
    }
    files = describe(order.encoder, settings) | {"labels.txt": "\n".join(order.labels) + "\n"}
    made.write_bytes(pack(blob, files))
    LiteRT(made)
    again, _ = read_encoder(unpack(made.read_bytes()))
    texts = order.want.texts or []
    if again.encode_many(texts) != order.encoder.encode_many(texts):
        raise UserError("the tokenizer does not read the same from the file: save it and report.")


def _beside(order: Order, folder: Path) -> None:
    if order.encoder is not None:
        order.encoder.save(folder)
    if order.labels is not None:
        text = "\n".join(order.labels) + "\n"
        (folder / "labels.txt").write_text(text, encoding="utf-8")
