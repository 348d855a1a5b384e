"""A tokenizer from the files that tfkd or Hugging Face wrote."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from ..errors import UserError, first_line
from .encoder import MAX_LENGTH, SPECIAL, TextEncoder, wordpiece
from .folder_ends import writing_ends
from .hugging_face_folder import is_model_folder, read_folder, read_object

_OURS = "preprocessing.json"


def read_vocab(path: Path, lowercase: bool = True) -> Tokenizer:
    """Read a tokenizer from a `vocab.txt`: one token a line, its line number the id.

    Raises:
        UserError: a blank line, or a piece that an earlier line has: all later ids would be
            those of other pieces.
    """
    vocabulary = read_pieces(path)
    tokenizer = wordpiece(vocabulary, lowercase)
    # As BERT's own tokenizer does, and as the same vocabulary does from a tokenizer.json.
    tokenizer.add_special_tokens([piece for piece in SPECIAL if piece in vocabulary])
    return tokenizer


def read_pieces(path: Path) -> dict[str, int]:
    """Read the ids of the pieces in a `vocab.txt`.

    Raises:
        UserError: No UTF-8, a blank line, or a piece twice.
    """
    try:
        # Excel and Notepad write a byte order mark, which would hide [PAD].
        lines = path.read_text(encoding="utf-8-sig").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    vocabulary: dict[str, int] = {}
    for i, piece in enumerate(lines):
        if not piece or piece in vocabulary:
            fault = f"repeats line {vocabulary[piece] + 1}, {piece!r}" if piece else "is blank"
            raise UserError(
                f"{path}, line {i + 1} {fault}: each line is the piece of one id; take the file "
                "that came with the model, unedited."
            )
        vocabulary[piece] = i
    return vocabulary


def load(path: str | Path, max_length: int | None = None) -> TextEncoder:
    """Read a `TextEncoder` from a folder, a `tokenizer.json` or a `vocab.txt`.

    A folder of Hugging Face is read with all of its settings, as `AutoTokenizer` reads it.

    Args:
        path: A file, or a folder that `TextEncoder.save` or Hugging Face wrote.
        max_length: How many tokens it keeps of a text; by default the saved number, or 256.

    Raises:
        UserError: Nothing there, or a file that is no tokenizer.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    ours = read_object(folder / _OURS)
    length = ours.get("max_length", MAX_LENGTH) if max_length is None else max_length
    files = [folder / "tokenizer.json", folder / "vocab.txt"] if path.is_dir() else [path]
    found = next((file for file in files if file.is_file()), None)
    if not ours and is_model_folder(folder) and (path.is_dir() or found in _named(folder)):
        tokenizer, pad = read_folder(folder, read_pieces)
        return TextEncoder(tokenizer, length, pad, None, *writing_ends(folder))
    if found is None:
        raise UserError(f"no tokenizer at {path}: expected a tokenizer.json or a vocab.txt.")
    lowercase = ours.get("lowercase")
    tokenizer = _read(found, True if lowercase is None else bool(lowercase))
    side = {"left": True, "right": False}.get(str(ours.get("padding_side")))
    pad, start, end = (int(ours.get(name, -1)) for name in ("pad_id", "start_id", "end_id"))
    return TextEncoder(tokenizer, length, pad, side, start, end)


def _named(folder: Path) -> tuple[Path, ...]:
    """Return the file that stands for the tokenizer of its folder."""
    whole = folder / "tokenizer.json"
    return (whole,) if whole.is_file() else (folder / "vocab.txt",)


def _read(file: Path, lowercase: bool) -> Tokenizer:
    try:
        if file.suffix == ".json":
            return Tokenizer.from_file(str(file))
        return read_vocab(file, lowercase)
    except UserError:
        raise
    # `tokenizers` raises bare Exception.
    except Exception as error:
        raise UserError(
            f"{file} is not a tokenizer ({first_line(error)}): expected a tokenizer.json of "
            "Hugging Face's tokenizers, or a vocab.txt with one piece a line."
        ) from error
