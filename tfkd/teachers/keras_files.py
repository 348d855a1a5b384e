"""Keras files with a tokenizer and class names beside them: read, and written."""

from __future__ import annotations

from pathlib import Path

from .. import text
from ..errors import UserError, first_line
from ..models.text_model import TextModel

LABELS = "labels.txt"
MODEL = "model.keras"


def keras_teacher(path: str, max_length: int | None) -> TextModel:
    """A `.keras` file, or the one in a folder."""
    import keras

    file = keras_file(Path(path).expanduser())
    try:
        model = keras.models.load_model(file, compile=False)
    except Exception as error:
        raise UserError(
            f"{file} cannot be loaded as a Keras model ({first_line(error)})."
        ) from error
    encoder = text.load(file.parent, max_length)
    _check_embedding(model, encoder.vocab_size, file)
    return TextModel(model, encoder, labels(file.parent), f"keras:{path}")


def save(model: TextModel, folder: Path) -> None:
    """Write a Keras 3 model with tokenizer and class names, for `keras:FOLDER`."""
    from ..models.saving import save_keras

    folder.mkdir(parents=True, exist_ok=True)
    model.encoder.save(folder)
    names = list(model.labels)
    for name, own in zip(model.labels, model.order or (), strict=False):
        names[own] = name  # the model is written as it is, with its own order of classes
    (folder / LABELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    save_keras(model.model, folder / MODEL)


def _check_embedding(model, pieces: int, file: Path) -> None:
    from ..models.embeddings import check_vocabulary

    try:
        check_vocabulary(model, pieces)
    except UserError as error:
        raise UserError(
            f"the tokenizer beside {file} has {pieces} pieces, more than the model's embedding has "
            "rows: they do not belong together."
        ) from error


def keras_file(path: Path) -> Path:
    """The `.keras` file that a path means."""
    if path.is_file():
        return path
    if not path.is_dir():
        raise UserError(f"there is no {path}: give the path of a .keras file or of its folder.")
    # What an interrupted save left is no model.
    found = sorted(each for each in path.glob("*.keras") if not each.name.startswith("part-"))
    if len(found) == 1:
        return found[0]
    named = [each for each in found if each.name in (MODEL, "student.keras")]
    if len(named) == 1:
        return named[0]
    what = ", ".join(each.name for each in found) or "no .keras file"
    raise UserError(f"{path} holds {what}: give the path of one .keras file.")


def labels(folder: Path) -> tuple[str, ...]:
    """The class names in a folder, empty where there are none."""
    file = folder / LABELS
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n") if file.is_file() else []
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    return tuple(name for line in lines if (name := line.strip()))
