"""SavedModels, `.tflite` files and stores of texts as teachers."""

from __future__ import annotations

from pathlib import Path

from .. import text
from ..models.text_model import TextModel
from .keras_files import read_labels
from .request import Request


def load_saved_model(path: str, request: Request) -> TextModel:
    """Load a SavedModel by `PATH` or `PATH#SIGNATURE`."""
    from .saved_model import SavedModel

    name, _, signature = path.partition("#")
    folder = Path(name).expanduser()
    encoder = text.load(folder, request.max_length)
    model = SavedModel(folder, signature, pad_id=encoder.pad_id)
    labels = read_labels(folder)
    return request.check(TextModel(model, encoder, labels, f"saved_model:{path}"))


def load_tflite(path: str, request: Request) -> TextModel:
    """Load a `.tflite`, of tfkd's with its tokenizer inside."""
    from ..runtime.bundle import check_seal, read_encoder
    from ..runtime.interpreter import readable
    from ..runtime.zip_tail import unpack
    from .litert import LiteRTModel

    file = readable(Path(path).expanduser())
    content = file.read_bytes()
    files = unpack(content, str(file))
    if files:
        encoder, settings = read_encoder(files, str(file))
        check_seal(content, settings, str(file))
        labels = tuple(settings["schema"]["labels"])
        activation = settings["outputs"].get("logits", {}).get("activation")
    else:
        encoder = text.load(file.parent, request.max_length)
        labels, activation = read_labels(file.parent), None
    model = LiteRTModel(file, activation=activation, pad_id=encoder.pad_id)
    return request.check(TextModel(model, encoder, labels, f"tflite:{path}"))


def load_store(path: str, request: Request) -> TextModel:
    """Load a store that was written from texts."""
    from .stored_answers import StoredTexts, TextKeys

    folder = Path(path).expanduser()
    model = TextModel(StoredTexts(folder), TextKeys(), read_labels(folder), f"store:{path}")
    return request.check(model)
