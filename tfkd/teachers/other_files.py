"""SavedModels, `.tflite` files and stores of texts as teachers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from .. import text
from ..models.text_model import TextModel
from .keras_files import labels


def saved_model(path: str, max_length: int | None) -> TextModel:
    """A SavedModel by `PATH` or `PATH#SIGNATURE`."""
    from .saved_model import SavedModel

    name, _, signature = path.partition("#")
    folder = Path(name).expanduser()
    model = SavedModel(folder, signature)
    encoder = text.load(folder, max_length)
    return TextModel(model, encoder, labels(folder), f"saved_model:{path}")


def tflite(path: str, max_length: int | None) -> TextModel:
    """A `.tflite`, of tfkd's with its tokenizer inside."""
    from ..runtime.bundle import check_seal, read_encoder
    from ..runtime.interpreter import readable
    from ..runtime.zip_tail import unpack
    from .litert import LiteRTModel

    file = readable(Path(path).expanduser())
    content = file.read_bytes()
    files = unpack(content, str(file))
    if not files:
        encoder = text.load(file.parent, max_length)
        return TextModel(LiteRTModel(file), encoder, labels(file.parent), f"tflite:{path}")
    encoder, settings = read_encoder(files, str(file))
    check_seal(content, settings, str(file))
    model = LiteRTModel(file)
    model.squashed = settings.get("outputs") == "probabilities"
    return TextModel(model, encoder, tuple(settings.get("classes") or ()), f"tflite:{path}")


def store(path: str, max_length: int | None) -> TextModel:
    """A store that was written from texts."""
    from .stored_answers import StoredTexts, TextKeys

    folder = Path(path).expanduser()
    encoder = cast("text.TextEncoder", TextKeys())
    return TextModel(StoredTexts(folder), encoder, labels(folder), f"store:{path}")
