"""A `.tflite` file as a function of named arrays. No TensorFlow here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import UserError
from ..quiet import quiet

SIGNATURE = "serve"
OUTPUT = "logits"


class LiteRT:
    """Run a `.tflite` file by the names of its signature `serve`.

    `inputs` maps a name to its shape (`None` where any size will do) and dtype. Shapes change
    freely between calls where the file allows: LiteRT resizes itself only when they do.

    Raises:
        UserError: the file is missing, damaged, no LiteRT model, or needs TensorFlow's own ops.
    """

    def __init__(self, path: str | Path, *, threads: int = 1):
        from ai_edge_litert.interpreter import Interpreter

        path = _readable(Path(path))
        try:
            with quiet():
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._runner = self._interpreter.get_signature_runner(_signature(self._interpreter))
        except (ValueError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise UserError(
                f"{path} cannot be opened ({reason}); the file is damaged or was cut off, or it "
                "was made with ops that no plain LiteRT interpreter has: export it again."
            ) from error
        self._warm = False
        self.inputs = {
            name: (_shape(details), details["dtype"])
            for name, details in self._runner.get_input_details().items()
        }
        outputs = self._runner.get_output_details()
        self._output = OUTPUT if OUTPUT in outputs else next(iter(outputs))
        self.output_shape = _shape(outputs[self._output])

    def __call__(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        """The logits, `[batch, ..., classes]`, of arrays by input name."""
        if self._warm:
            return self._runner(**feed)[self._output]
        with quiet():  # delegates introduce themselves at the first run
            logits = self._runner(**feed)[self._output]
        self._warm = True
        return logits


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"no file {path}: expected a `.tflite` file that tfkd exported.")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    # A flatbuffer names its kind in bytes 4 to 8: cheap, and kinder than the interpreter's words.
    if head[4:] != b"TFL3":
        raise UserError(f"{path} is not a LiteRT model: expected a `.tflite` file.")
    return path


def _signature(interpreter) -> str:
    names = list(interpreter.get_signature_list())
    if not names:
        raise ValueError("it has no named signature")
    return SIGNATURE if SIGNATURE in names else names[0]


def _shape(details: dict) -> tuple[int | None, ...]:
    return tuple(None if size < 0 else int(size) for size in details["shape_signature"])
