"""Keras files with a tokenizer and class names next to them: read, and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import text
from ..errors import UserError
from ..models.array_model import ArrayModel
from ..models.input_names import DECODER_IDS, text_input_names
from ..models.text_model import TextModel
from ..runtime.bundle import read_encoder
from ..runtime.zip_tail import unpack
from ..tasks import Task
from ..text import NoTexts, TextEncoder
from .keras_hub_texts import is_writer, wrap_writer
from .keras_loading import load_keras_model
from .request import Request
from .text_reader import MOST, Characters, TextReader, text_input

LABELS = "labels.txt"
MODEL = "model.keras"


def load_keras(path: str, request: Request) -> TextModel:
    """Load a `.keras` or `.h5` file, or the one in a folder; a model of texts by itself."""
    file = keras_file(Path(path).expanduser())
    model, origin = load_keras_model(file), f"keras:{path}"
    if is_writer(model):
        return wrap_writer(model, request, origin)
    own = request.task.own_encoder()
    if own is not None:
        return request.check(ArrayModel(model, own, _labels_of(file), origin))
    if text_input(model) is not None:
        characters, labels = Characters(request.max_length or MOST), read_labels(file.parent)
        return request.check(TextModel(TextReader(model, origin), characters, labels, origin))
    encoder, labels = _read_encoder(file, request.max_length)
    _check_embedding(model, encoder.vocab_size, file)
    _check_target(model, request.task, origin)
    return request.check(TextModel(model, encoder, labels, origin))


def _read_encoder(file: Path, max_length: int | None) -> tuple[TextEncoder, tuple[str, ...]]:
    """Return tokenizer and class names: those in the file, else those next to it."""
    files = unpack(file, str(file))
    if "tfkd.json" not in files:
        labels = _names(files[LABELS]) if LABELS in files else read_labels(file.parent)
        return text.load(file.parent, max_length), labels
    encoder, settings = read_encoder(files, str(file))
    if isinstance(encoder, NoTexts):
        raise UserError(
            f"{file} reads {', '.join(encoder.inputs)} and no texts: name the task, "
            f"{settings['task']}."
        )
    if max_length is not None:
        encoder = replace(encoder, max_length=max_length)
    return encoder, tuple(settings["schema"]["labels"])


def _labels_of(file: Path) -> tuple[str, ...]:
    """Return class names in a file that reads no texts, else those next to it."""
    files = unpack(file, str(file))
    if "tfkd.json" in files:
        _, settings = read_encoder(files, str(file))
        return tuple(settings["schema"]["labels"])
    return _names(files[LABELS]) if LABELS in files else read_labels(file.parent)


def save(model: TextModel, folder: Path) -> None:
    """Write a Keras 3 model with tokenizer and class names, for `keras:FOLDER`."""
    from ..models.saving import save_keras

    folder.mkdir(parents=True, exist_ok=True)
    model.encoder.save(folder)
    names = list(model.labels)
    for name, own in zip(model.labels, model.order or (), strict=False):
        # The model is written as it is, with its own order of classes.
        names[own] = name
    (folder / LABELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    save_keras(model.model, folder / MODEL)


def _check_target(model: Any, task: Task, origin: str) -> None:
    """Refuse a model that writes from a source where the task goes on with a text, and the reverse.

    Raises:
        UserError: Such a model, which would write something else.
    """
    apart = any(name in DECODER_IDS for name in text_input_names(model))
    if not task.writes or apart == (DECODER_IDS[0] in task.inputs):
        return
    kinds = {True: "writes a text from another one", False: "goes on with a text, or writes none"}
    raise UserError(
        f"{origin} {kinds[apart]}, and the task {task.name} asks for a model that "
        f"{kinds[not apart].partition(',')[0]}: give one that was taught with --task {task.name}, "
        "or train."
    )


def _check_embedding(model: Any, tokens: int, file: Path) -> None:
    from ..models.embeddings import check_vocabulary

    try:
        check_vocabulary(model, tokens)
    except UserError as error:
        raise UserError(
            f"the tokenizer next to {file} has {tokens} tokens, more than the model's embedding "
            "has rows: they do not belong together."
        ) from error


def keras_file(path: Path) -> Path:
    """Return the `.keras` file that a path means, or `.h5` where there is no other."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"there is no {path}: give the path of a .keras file or of its folder.")
    # What an interrupted save left is no model.
    files = sorted(file for file in path.glob("*.keras") if not file.name.startswith("part-"))
    files = files or sorted(path.glob("*.h5"))
    ours = [file for file in files if file.name in (MODEL, "student.keras")]
    for candidates in (files, ours):
        if len(candidates) == 1:
            return candidates[0]
    what = ", ".join(file.name for file in files) or "no .keras file"
    raise UserError(f"{path} holds {what}: give the path of one .keras file.")


def read_labels(folder: Path, name: str = LABELS) -> tuple[str, ...]:
    """Return the class names in a folder's file, empty where there is none."""
    file = folder / name
    try:
        return _names(file.read_text(encoding="utf-8-sig")) if file.is_file() else ()
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error


def _names(lines: str) -> tuple[str, ...]:
    return tuple(name for line in lines.split("\n") if (name := line.strip()))
