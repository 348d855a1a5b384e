"""`load_teacher`: a text classifier from a spec such as `hf:FOLDER` or `keras:FOLDER`."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import cast

from . import text
from .errors import UserError
from .text_model import TextModel

KINDS = (
    "`keras:PATH` (a .keras file or its folder), `hf:PATH_OR_NAME`, `hub:PATH`, `tf:PATH`, "
    "`torch:PATH`, `saved_model:PATH`, `tflite:PATH`, `store:PATH`, several joined by ` + `, or "
    "`train`"
)
LABELS = "labels.txt"
MODEL = "model.keras"
_OF_MODELS = (".json", ".txt", ".keras", ".safetensors", ".h5", ".bin", ".pb", ".tflite")
BESIDE = (LABELS, "preprocessing.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")


def load_teacher(spec: str, *, max_length: int | None = None) -> TextModel:
    """A teacher with its tokenizer, ready to be called with ids.

    | spec | what |
    | --- | --- |
    | `keras:PATH` | a `.keras` file, or its folder |
    | `hf:PATH_OR_NAME` | a Hugging Face folder (or a name on its hub) by the fastest library |
    | `hub:PATH` | a Hugging Face BERT by KerasHub, or a KerasHub preset of a classifier |
    | `tf:PATH` | a Hugging Face folder by transformers' TensorFlow models |
    | `torch:PATH` | a Hugging Face folder by PyTorch |
    | `saved_model:PATH` | a SavedModel by `serving_default`, or `PATH#SIGNATURE` |
    | `tflite:PATH` | a `.tflite` file, of tfkd's with its vocabulary inside |
    | `store:PATH` | a store written from texts, such as a black box's answers |
    | `SPEC + SPEC` | the mean of the probabilities of several, each with its own tokenizer |

    `hf:` takes KerasHub for BERT and transformers' TensorFlow models for others. The tokenizer
    is `vocab.txt` or `tokenizer.json` in the folder, or beside the file; `max_length` is in word
    pieces, by default what the folder says or 256.

    Raises:
        UserError: no such kind or folder, files that are missing, a tokenizer with more ids than
            the model has rows.

    ```python
    teacher = load_teacher("hf:bert-base-uncased-imdb")
    teacher.labels, teacher.parameters
    ```
    """
    if " + " in str(spec):
        from .kinds.joint import joined

        return joined([load_teacher(e.strip(), max_length=max_length) for e in spec.split(" + ")])
    check_spec(spec)
    kind, _, path = str(spec).partition(":")
    return _LOADERS[kind](path, max_length)


def check_spec(spec: str) -> None:
    """Raise `UserError` where a teacher is of no known kind."""
    for each in str(spec).split(" + "):
        kind, _, path = each.strip().partition(":")
        if kind not in _LOADERS or not path:
            raise UserError(f"unknown teacher {spec!r}: write {KINDS}.")


def save(model: TextModel, folder: Path) -> None:
    """Write a Keras 3 model with tokenizer and class names, for `keras:FOLDER`."""
    from .saving import save_keras

    folder.mkdir(parents=True, exist_ok=True)
    model.encoder.save(folder)
    names = list(model.labels)
    for name, own in zip(model.labels, model.order or (), strict=False):
        names[own] = name  # the model is written as it is, with its own order of classes
    (folder / LABELS).write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    save_keras(model.model, folder / MODEL)


def fingerprint(spec: str) -> str:
    """A digest of a teacher's files: another file under the same name is another teacher."""
    if " + " in spec:
        every = " + ".join(fingerprint(each.strip()) for each in spec.split(" + "))
        return hashlib.sha256(every.encode()).hexdigest()[:16]
    kind, _, name = spec.partition(":")
    path = Path(name.partition("#")[0] if kind == "saved_model" else name).expanduser()
    if kind == "keras":
        file = _keras_file(path)
        files = [file, *(found for each in BESIDE if (found := file.with_name(each)).is_file())]
    else:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file() and (file.suffix in _OF_MODELS or file.name.startswith("variables.")):
            digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _keras(path: str, max_length: int | None) -> TextModel:
    import keras

    file = _keras_file(Path(path).expanduser())
    try:
        model = keras.models.load_model(file, compile=False)
    except Exception as error:
        raise UserError(f"{file} cannot be loaded as a Keras model ({_first(error)}).") from error
    encoder = text.load(file.parent, max_length)
    _check_embedding(model, encoder.vocab_size, file)
    return TextModel(model, encoder, _labels(file.parent), f"keras:{path}")


def _check_embedding(model, pieces: int, file: Path) -> None:
    from .exporting.embeddings import check_vocabulary

    try:
        check_vocabulary(model, pieces)
    except UserError as error:
        raise UserError(
            f"the tokenizer beside {file} has {pieces} pieces, more than the model's embedding has "
            "rows: they do not belong together."
        ) from error


def _keras_file(path: Path) -> Path:
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


def _labels(folder: Path) -> tuple[str, ...]:
    file = folder / LABELS
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n") if file.is_file() else []
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    return tuple(name for line in lines if (name := line.strip()))


def _hf(path: str, max_length: int | None) -> TextModel:
    from . import huggingface

    folder = Path(path).expanduser()
    folder = folder if folder.is_dir() else _from_hub(path)
    made = _hugging_face("hf", str(folder), max_length, huggingface.load_classifier)
    return dataclasses.replace(made, origin=f"hf:{path}")


def _tf(path: str, max_length: int | None) -> TextModel:
    from . import huggingface

    return _hugging_face("tf", path, max_length, huggingface.through_transformers)


def _torch(path: str, max_length: int | None) -> TextModel:
    from .kinds.torch import TorchModel

    return _hugging_face("torch", path, max_length, TorchModel)


def _hub(path: str, max_length: int | None) -> TextModel:
    from . import huggingface

    folder = Path(path).expanduser()
    if not (folder / "task.json").is_file():
        return _hugging_face("hub", path, max_length, huggingface.through_keras_hub)
    model = huggingface.through_keras_hub(folder)
    encoder = text.load(folder / "assets" / "tokenizer" / "vocabulary.txt", max_length)
    return TextModel(model, encoder, _labels(folder), f"hub:{path}")


def _hugging_face(kind: str, path: str, max_length: int | None, load) -> TextModel:
    """A Hugging Face folder by one library."""
    from . import huggingface

    folder = Path(path).expanduser()
    config = huggingface.read_config(folder)
    model = load(folder)
    encoder = text.load(folder, _hf_length(config, max_length))
    _check_rows(encoder.vocab_size, config.get("vocab_size"), path)
    return TextModel(model, encoder, huggingface.label_names(config), f"{kind}:{path}")


def _saved_model(path: str, max_length: int | None) -> TextModel:
    from .kinds.saved_model import SavedModel

    name, _, signature = path.partition("#")
    folder = Path(name).expanduser()
    model = SavedModel(folder, signature)
    encoder = text.load(folder, max_length)
    return TextModel(model, encoder, _labels(folder), f"saved_model:{path}")


def _tflite(path: str, max_length: int | None) -> TextModel:
    from .kinds.litert import LiteRTModel
    from .runtime.inside import read_encoder
    from .runtime.packing import unpack

    file = Path(path).expanduser()
    model, files = LiteRTModel(file), unpack(file.read_bytes(), str(file))
    if not files:
        return TextModel(
            model, text.load(file.parent, max_length), _labels(file.parent), f"tflite:{path}"
        )
    encoder, settings = read_encoder(files, str(file))
    model.squashed = settings.get("outputs") == "probabilities"
    return TextModel(model, encoder, tuple(settings.get("classes", ())), f"tflite:{path}")


def _store(path: str, max_length: int | None) -> TextModel:
    from .kinds.stored import StoredTexts, TextKeys

    folder = Path(path).expanduser()
    encoder = cast("text.TextEncoder", TextKeys())
    return TextModel(StoredTexts(folder), encoder, _labels(folder), f"store:{path}")


def _hf_length(config: dict, asked: int | None) -> int | None:
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
            f"({_first(error)}): give the path of a downloaded folder."
        ) from error


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


_LOADERS = {
    "keras": _keras,
    "hf": _hf,
    "hub": _hub,
    "tf": _tf,
    "torch": _torch,
    "saved_model": _saved_model,
    "tflite": _tflite,
    "store": _store,
}
