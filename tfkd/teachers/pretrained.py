"""Hugging Face folders with their tokenizers, by any of three libraries.

How the model itself is read, without a tokenizer, is told in `tfkd.models.hugging_face`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .. import text
from ..errors import UserError, first_line
from ..models import hugging_face as models
from ..models import hugging_face_config as configs
from ..models.hugging_face_heads import CLASSES, check_head
from ..models.hugging_face_pooling import most_tokens_of
from ..models.text_model import TextModel
from .keras_files import read_labels
from .pretrained_texts import load_by_tensorflow, load_by_torch, load_writer
from .request import Request
from .single_end import with_single_end


def load_hf(path: str, request: Request) -> TextModel:
    """Load a folder, or a name on the hub, by the fastest library that reads it."""
    folder = Path(path).expanduser()
    folder = folder if folder.is_dir() else _download(path)
    if request.task.writes:
        return dataclasses.replace(
            load_writer("hf", str(folder), request, load_by_tensorflow), origin=f"hf:{path}"
        )
    load = partial(models.load_model, segments=request.reads_segments)
    model = _load_folder("hf", str(folder), request, load)
    return dataclasses.replace(model, origin=f"hf:{path}")


def load_tf(path: str, request: Request) -> TextModel:
    """Load a folder by transformers' TensorFlow models."""
    if request.task.writes:
        return load_writer("tf", path, request, load_by_tensorflow)
    return _load_folder("tf", path, request, models.load_by_transformers)


def load_torch(path: str, request: Request) -> TextModel:
    """Load a folder by PyTorch."""
    if request.task.writes:
        return load_writer("torch", path, request, load_by_torch)
    from .pytorch import TorchModel

    def load(folder: Path, architecture: str) -> TorchModel:
        labels = request.class_names(configs.read_config(folder))
        return TorchModel(folder, architecture, request.shapes(labels))

    return _load_folder("torch", path, request, load)


def load_hub(path: str, request: Request) -> TextModel:
    """Load a folder or a preset by KerasHub."""
    if request.task.writes:
        from .keras_hub_texts import load_preset

        return load_preset(path, request)
    folder = Path(path).expanduser()
    if not (folder / "task.json").is_file():
        load = partial(models.load_by_keras_hub, segments=request.reads_segments)
        return _load_folder("hub", path, request, load)
    model = models.load_by_keras_hub(folder, request.architecture)
    vocabulary = folder / "assets" / "tokenizer" / "vocabulary.txt"
    encoder = text.load(vocabulary, request.max_length)
    return request.check(TextModel(model, encoder, read_labels(folder), f"hub:{path}"))


def _load_folder(
    kind: str, path: str, request: Request, load: Callable[[Path, str], Any]
) -> TextModel:
    folder = Path(path).expanduser()
    config = configs.read_config(folder)
    check_head(path, config, request.architecture)
    labels = request.class_names(config)
    model = load(folder, request.architecture)
    encoder = text.load(folder)
    made_for = most_tokens_of(folder) if request.gives_vectors else None
    length = _length(config, encoder.pad_id, request.max_length, made_for)
    encoder = dataclasses.replace(encoder, max_length=length)
    if request.architecture == CLASSES:
        encoder = with_single_end(encoder, getattr(model, "config", None))
    _set_padding(model, encoder.pad_id)
    rows = config.get("vocab_size")
    if rows and encoder.vocab_size > rows:
        raise UserError(
            f"the tokenizer in {path} has {encoder.vocab_size} pieces and the model's embedding "
            f"{rows} rows: they do not belong together."
        )
    problem, segments = configs.problem_of(config), encoder.has_segments
    origin = f"{kind}:{path}"
    return request.check(
        TextModel(model, encoder, labels, origin, problem=problem, reads_segments=segments)
    )


def _set_padding(model: Any, pad_id: int) -> None:
    """Tell a model what pads, where its folder does not: GPT-2 looks for the last token by it."""
    if hasattr(model, "pad_id"):
        model.pad_id = pad_id
    config = getattr(model, "config", None)
    if config is not None and getattr(config, "pad_token_id", pad_id) is None:
        config.pad_token_id = pad_id


def _length(
    config: dict[str, Any], pad_id: int, asked: int | None, made_for: int | None = None
) -> int:
    most = configs.most_tokens(config, pad_id)
    if asked and most and asked > most:
        raise UserError(f"max_length is {asked}, and the teacher reads at most {most} pieces.")
    return asked or min(256, most or 256, made_for or 256)


def _download(name: str) -> Path:
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
