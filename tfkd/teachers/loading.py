"""`load_teacher`: a text classifier from a spec such as `hf:FOLDER` or `keras:FOLDER`."""

from __future__ import annotations

from ..errors import UserError
from ..models.text_model import TextModel
from . import hugging_face, other_files
from .keras_files import keras_teacher

KINDS = (
    "`keras:PATH` (a .keras file or its folder), `hf:PATH_OR_NAME`, `hub:PATH`, `tf:PATH`, "
    "`torch:PATH`, `saved_model:PATH`, `tflite:PATH`, `store:PATH`, several joined by ` + `, or "
    "`train`"
)


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
        from .joined import joined

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


_LOADERS = {
    "keras": keras_teacher,
    "hf": hugging_face.hf,
    "hub": hugging_face.hub,
    "tf": hugging_face.tf,
    "torch": hugging_face.torch,
    "saved_model": other_files.saved_model,
    "tflite": other_files.tflite,
    "store": other_files.store,
}
