"""Hugging Face folders, by KerasHub, transformers' TensorFlow models or PyTorch."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from .. import text
from ..errors import UserError, first_line
from ..models import hugging_face
from ..models.text_model import TextModel
from .keras_files import labels


def hf(path: str, max_length: int | None) -> TextModel:
    """A folder, or a name on the hub, by the fastest library that reads it."""
    folder = Path(path).expanduser()
    folder = folder if folder.is_dir() else _from_hub(path)
    made = _folder("hf", str(folder), max_length, hugging_face.load_classifier)
    return dataclasses.replace(made, origin=f"hf:{path}")


def tf(path: str, max_length: int | None) -> TextModel:
    """A folder by transformers' TensorFlow models."""
    return _folder("tf", path, max_length, hugging_face.through_transformers)


def torch(path: str, max_length: int | None) -> TextModel:
    """A folder by PyTorch."""
    from .pytorch import TorchModel

    return _folder("torch", path, max_length, TorchModel)


def hub(path: str, max_length: int | None) -> TextModel:
    """A folder or a preset by KerasHub."""
    folder = Path(path).expanduser()
    if not (folder / "task.json").is_file():
        return _folder("hub", path, max_length, hugging_face.through_keras_hub)
    model = hugging_face.through_keras_hub(folder)
    encoder = text.load(folder / "assets" / "tokenizer" / "vocabulary.txt", max_length)
    return TextModel(model, encoder, labels(folder), f"hub:{path}")


def _folder(kind: str, path: str, max_length: int | None, load) -> TextModel:
    """A Hugging Face folder by one library."""
    folder = Path(path).expanduser()
    config = hugging_face.read_config(folder)
    model = load(folder)
    encoder = text.load(folder, _length(config, max_length))
    _check_rows(encoder.vocab_size, config.get("vocab_size"), path)
    return TextModel(model, encoder, hugging_face.label_names(config), f"{kind}:{path}")


def _length(config: dict, asked: int | None) -> int | None:
    most = config.get("max_position_embeddings")
    if asked and most and asked > most:
        raise UserError(f"max_length is {asked}, and the teacher reads at most {most} pieces.")
    return asked or min(256, most or 256)


def _check_rows(pieces: int, rows: int | None, path: str) -> None:
    if rows and pieces > rows:
        raise UserError(
            f"the tokenizer in {path} has {pieces} pieces and the model's embedding {rows} rows: "
            "they do not belong together."
        )


def _from_hub(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise UserError(
            f"there is no folder {name}: give the path of a Hugging Face folder."
        ) from None
    try:
        return Path(snapshot_download(name))
    except Exception as error:
        raise UserError(
            f"there is no folder {name}, and the Hugging Face hub did not give it "
            f"({first_line(error)}): give the path of a downloaded folder."
        ) from error
