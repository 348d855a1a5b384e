"""A `.tflite` file as a function of named arrays. No TensorFlow here."""

from __future__ import annotations

import mmap
import operator
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UserError, first_line
from .checks.soundness import check
from .quiet import quiet

SIGNATURE = "serve"
_PASSED_ON = ("RESHAPE", "QUANTIZE", "DEQUANTIZE", "CAST")
OUTPUT = "logits"
LARGEST = 2**31 + 2**28
"Bytes: a flatbuffer ends at 2 GB, and four entries follow it."


class NeverRuns(UserError, RuntimeError):
    """The interpreter opened a file and cannot run it: whoever made the file may try another."""


class LiteRTSignature:
    """One of the functions of a `.tflite` file, by the names of its arrays.

    Attributes:
        inputs: Shape (`None` where any size will do) and dtype of each input, by name.
        outputs: The same of each output.

    Args:
        interpreter: LiteRT's own, which holds the file, and one set of tensors.
        name: Of the signature.
        path: The file.
        turn: Held while the interpreter runs: threads take turns.
    """

    def __init__(self, interpreter: Any, name: str, path: Path, turn: threading.Lock) -> None:
        self._path, self._turn = path, turn
        self.runner = interpreter.get_signature_runner(name)
        self._warm = False
        self.inputs = _arrays(self.runner.get_input_details())
        self.outputs = _arrays(self.runner.get_output_details())

    def __call__(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return all outputs by name, given arrays by input name.

        Raises:
            NeverRuns: An operator refuses what it is given.
        """
        try:
            with self._turn:
                if self._warm:
                    return self.runner(**feed)
                # Delegates introduce themselves at the first run.
                with quiet():
                    outputs = self.runner(**feed)
        except (ValueError, RuntimeError, MemoryError) as error:
            raise NeverRuns(
                f"{self._path} cannot be run ({_printable(error)}); the file is damaged, or its "
                "sizes do not fit the texts: export it again."
            ) from error
        self._warm = True
        return outputs


class LiteRT:
    """Run a `.tflite` file by the names of its signature `serve`, and its others by name.

    Shapes change freely between calls where the file allows: LiteRT resizes itself only when they
    do. The file is looked through first, since LiteRT believes what it reads. Several threads may
    call it: they take turns. One that should not wait opens the file for itself.

    Attributes:
        inputs: Shape (`None` where any size will do) and dtype of each input, by name.
        outputs: The same of each output.

    Args:
        path: The file.
        threads: Number of CPU threads.

    Raises:
        UserError: The file is missing, damaged, no LiteRT model, or needs TensorFlow's own ops.
    """

    def __init__(self, path: str | Path, *, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            threads = operator.index(threads)
        except TypeError:
            raise UserError(f"threads is {threads!r}: write a whole number.") from None
        if threads < 1:
            raise UserError(f"threads is {threads}: write at least 1.")
        self._path = path = readable(path)
        self._turn = threading.Lock()
        try:
            with (
                path.open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                check(content)
            with quiet():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                name = _signature(self._interpreter)
                self._serve = LiteRTSignature(self._interpreter, name, path, self._turn)
        except (ValueError, RuntimeError, MemoryError) as error:
            raise UserError(
                f"{path} cannot be opened ({_printable(error)}); the file is damaged or was cut "
                "off, or it was made with ops that no plain LiteRT interpreter has: export it "
                "again."
            ) from error
        self.inputs, self.outputs = self._serve.inputs, self._serve.outputs
        self._main = OUTPUT if OUTPUT in self.outputs else next(iter(self.outputs))

    def __call__(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return all outputs by name, given arrays by input name.

        Raises:
            NeverRuns: An operator refuses what it is given.
        """
        return self._serve(feed)

    def signature(self, name: str) -> LiteRTSignature:
        """Return one of the functions of the file.

        Args:
            name: As the file calls it.

        Raises:
            UserError: It has none of this name.
        """
        if name not in self._interpreter.get_signature_list():
            raise UserError(
                f"{self._path} has no signature {name}: it is damaged, or was exported from a "
                "model that does not write; export it again."
            )
        return LiteRTSignature(self._interpreter, name, self._path, self._turn)

    def logits(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        """Return the output `logits`, or the first one of a file that has none of this name."""
        return self(feed)[self._main]

    @property
    def final_operation(self) -> str:
        """The name of the operation that computes what `logits` returns; empty if not known."""
        details = getattr(self._interpreter, "_get_ops_details", None)
        operations = details() if details else ()
        made_by = {int(output): each for each in operations for output in each["outputs"]}
        tensor = int(self._serve.runner.get_output_details()[self._main]["index"])
        while tensor in made_by and made_by[tensor]["op_name"] in _PASSED_ON:
            tensor = int(made_by[tensor]["inputs"][0])
        return str(made_by[tensor]["op_name"]) if tensor in made_by else ""

    @property
    def logits_shape(self) -> tuple[int | None, ...]:
        """The shape of what `logits` returns."""
        return self.outputs[self._main][0]


def readable(path: str | Path) -> Path:
    """Return a path, if a `.tflite` of a size that can be is there.

    Raises:
        UserError: It is not.
    """
    if not isinstance(path, str | os.PathLike):
        kind = type(path).__name__
        raise UserError(f"{kind} is no path: expected that of a `.tflite` file, as a string.")
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no file {path}: expected a `.tflite` file that tfkd exported.")
    try:
        with path.open("rb") as file:
            head, size = file.read(8), file.seek(0, 2)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    # A flatbuffer names its kind in bytes 4 to 8: cheap, and kinder than the interpreter's words.
    if head[4:] != b"TFL3":
        raise UserError(f"{path} is not a LiteRT model: expected a `.tflite` file.")
    if size > LARGEST:
        raise UserError(f"{path} has {size:,} bytes: a `.tflite` file has at most 2 GB.")
    return path


def _printable(error: Exception) -> str:
    """Return a reason that may quote the file, without control characters for the terminal."""
    return "".join(character for character in first_line(error) if character.isprintable())


def _signature(interpreter: Any) -> str:
    names = list(interpreter.get_signature_list())
    if not names:
        raise ValueError("it has no named signature")
    return SIGNATURE if SIGNATURE in names else names[0]


def _arrays(details: dict[str, dict]) -> dict[str, tuple[tuple[int | None, ...], type]]:
    return {
        name: (
            tuple(None if size < 0 else int(size) for size in array["shape_signature"]),
            array["dtype"],
        )
        for name, array in details.items()
    }
