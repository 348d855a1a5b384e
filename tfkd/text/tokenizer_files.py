"""A tokenizer from the files that tfkd or Hugging Face wrote."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer

from ..errors import UserError
from .encoder import MAX_LENGTH, SPECIAL, TextEncoder, wordpiece


def read_vocab(path: Path, lowercase: bool = True) -> Tokenizer:
    """Read a tokenizer from a `vocab.txt`: one token a line, its line number the id.

    Raises:
        UserError: a blank line, or a piece that an earlier line has: all later ids would be
            those of other pieces.
    """
    # Excel and Notepad write a byte order mark, which would hide [PAD].
    lines = path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    vocabulary: dict[str, int] = {}
    for i, piece in enumerate(lines):
        if not piece or piece in vocabulary:
            fault = f"repeats line {vocabulary[piece] + 1}, {piece!r}" if piece else "is blank"
            raise UserError(
                f"{path}, line {i + 1} {fault}: each line is the piece of one id; take the file "
                "that came with the model, unedited."
            )
        vocabulary[piece] = i
    tokenizer = wordpiece(vocabulary, lowercase)
    # As BERT's own tokenizer does, and as the same vocabulary does from a tokenizer.json.
    tokenizer.add_special_tokens([piece for piece in SPECIAL if piece in vocabulary])
    return tokenizer


def load(path: str | Path, max_length: int | None = None) -> TextEncoder:
    """Read a `TextEncoder` from a folder, a `tokenizer.json` or a `vocab.txt`.

    Args:
        path: A file, or a folder that `TextEncoder.save` or Hugging Face wrote.
        max_length: How many tokens it keeps of a text; by default the saved number, or 256.

    Raises:
        UserError: Nothing there, or a file that is no tokenizer or no BERT-style one.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    settings = _settings(folder)
    length = settings.get("max_length", MAX_LENGTH) if max_length is None else max_length
    files = [folder / "tokenizer.json", folder / "vocab.txt"] if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            return TextEncoder(_read(file, settings), length)
    raise UserError(f"no tokenizer at {path}: expected a tokenizer.json or a vocab.txt.")


def _settings(folder: Path) -> dict:
    """Read our own settings, or the casing that Hugging Face's tokenizer_config.json states."""
    ours, theirs = folder / "preprocessing.json", folder / "tokenizer_config.json"
    if ours.is_file():
        return _json_object(ours)
    if theirs.is_file():
        return {"lowercase": _json_object(theirs).get("do_lower_case")}
    return {}


def _json_object(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    # Not JSON, or not UTF-8.
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
    if not isinstance(content, dict):
        raise UserError(f"{file} holds {type(content).__name__}: expected a JSON object.")
    return content


def _read(file: Path, settings: dict) -> Tokenizer:
    try:
        if file.suffix == ".json":
            return Tokenizer.from_file(str(file))
        lowercase = settings.get("lowercase")
        return read_vocab(file, True if lowercase is None else bool(lowercase))
    except UserError:
        raise
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    # `tokenizers` raises bare Exception.
    except Exception as error:
        raise UserError(
            f"{file} is not a tokenizer ({error}): expected a tokenizer.json of Hugging Face's "
            "tokenizers, or a vocab.txt with one piece a line."
        ) from error
