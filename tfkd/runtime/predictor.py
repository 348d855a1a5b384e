"""Answer with an exported file: NumPy, tokenizers and LiteRT, no TensorFlow."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Example, Schema
from ..errors import UserError
from ..tasks import Arrays, Task
from ..text import NoTexts, TextEncoder, reads_texts
from ..text.batching import take_row
from .activations import undo_activation
from .bundle import check_seal, read_encoder
from .checks.inputs_outputs import check_arrays, row_feeder
from .embedding import BATCH, embed_texts
from .example_reading import Value, check_several, read_example
from .file_task import task_of_file
from .file_tokenizer import FileTokenizer
from .file_writer import FileWriter, WritingModel
from .interpreter import LiteRT, readable
from .unsure_answers import ASK_BELOW, ask_below
from .writing_methods import WritingMethods
from .zip_tail import seal, unpack


class Predictor(WritingMethods):
    """Answer examples of the task that a `.tflite` file of `tfkd.export` was written for.

    Attributes:
        path: The file.
        task: The task of the file.
        schema: What the training split fixed for it: class names and settings.
        encoder: The tokenizer of the file.
        labels: Class names by id; empty where the task has none.
        quantize: How the file stores its numbers.
        max_length: Number of tokens that are read of a text, of its head and its tail.
        batch: Number of rows that the file takes at once, or None for any.
        ask_below: The confidence below which `predict` gives an `Ask` with its guess, as
            `tfkd certify` wrote it into the file; None where everything is answered.

    Args:
        path: The file.
        task: A task, its name or the import path of its class. Needed only for a task that is not
            installed: a file by itself never makes anything be imported that was not registered.
        threads: Number of CPU threads.

    Raises:
        UserError: No such file, not a `.tflite` or cut off, no or a broken vocabulary inside, of
            another task, or of one that is not known.
    """

    def __init__(
        self, path: str | Path, *, task: Task | str | None = None, threads: int = 1
    ) -> None:
        self._path = self.path = path
        self._model, self.encoder, settings = _open(path, threads)
        self._sealed = settings.get("model")
        self._tokenizer = FileTokenizer(self.encoder, path)
        self.task = task_of_file(settings, task, path)
        if self.task.reads_texts != reads_texts(self.encoder):
            raise UserError(
                f"{path} has {'a' if reads_texts(self.encoder) else 'no'} tokenizer, and the task "
                f"{self.task.name} reads {self.task.things}: the file is damaged; export it again."
            )
        self.schema = Schema.from_json(settings["schema"])
        self.labels = self.schema.labels
        self.quantize = settings.get("quantize")
        self.max_length = self.encoder.max_length
        self.ask_below: float | None = (settings.get(ASK_BELOW) or {}).get("confidence")
        self._feeder = row_feeder(self._model, settings, self.task, path)
        self.batch = self._feeder.batch
        check_arrays(self._model, settings, self.task, self.schema, path)
        self._outputs = {name: settings["outputs"][name] for name in self.task.outputs}
        self._shapes = self.task.output_shapes(self.schema)
        self._writer: FileWriter | None = None
        if self.task.writes:
            self._writer = FileWriter(
                self._model, settings, self.task, encoder=self.encoder, path=path
            )
            self._tokenizer.tells_of_cuts = self._writer.reads_source

    def predict(self, examples: Sequence[Value], **decoding: Any) -> list[Any]:
        """Return the task's answer for each example, in the order given.

        A file with a certified threshold gives an `Ask` in place of an answer that it is not sure
        of; its `answer` is the guess.

        Args:
            examples: Texts, of a task that reads one; tuples of two texts, of a task that reads
                pairs; arrays or paths, of a task that reads images or sounds; or values by role
                such as `{"text": ...}`.
            decoding: Of a task that writes, settings of `tfkd.text.decoding.Decoding` that differ
                from those of the file, such as `beams` or `longest`.

        Raises:
            UserError: An example that this task cannot read, or a setting that it does not have.
        """
        checked = self.examples(examples)
        if decoding:
            self._writing.decoding(decoding)
        rows = self._encode(checked)
        model = WritingModel(self.encoder, self._run_finite, self._writer, decoding)
        answers = self.task.reply(model, rows, self.schema) if rows else []
        answers = [self.task.with_example(a, e) for a, e in zip(answers, checked, strict=True)]
        return answers if self.ask_below is None else ask_below(answers, self.task, self.ask_below)

    def embed(
        self, texts: Sequence[Value], batch_size: int = BATCH, *, dimensions: int | None = None
    ) -> np.ndarray:
        """Return the vector of each text, `[texts, dimensions]`, float32, of unit length.

        Args:
            texts: At least one word each.
            batch_size: Texts at once, where the file does not fix it.
            dimensions: Keep the first ones alone, for vectors that were trained to be cut; all by
                default.

        Raises:
            UserError: The file gives no vectors, a text has no word, or fewer dimensions are there.
        """
        return embed_texts(self, texts, batch_size, dimensions)

    @property
    def digest(self) -> str:
        """What tells the vectors of this file from those of another: its model and tokenizer."""
        model = self._sealed or seal(readable(self._path).read_bytes())
        facts = (model["sha256"], self.encoder.fingerprint(), self.max_length)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]

    def run(self, rows: Sequence[Arrays], batch_size: int = 32) -> list[Arrays]:
        """Return the outputs by name for each row of named values, in the order given.

        Probabilities of a model that ends in softmax or sigmoid become logits.

        Args:
            rows: As `task.encode` gives them.
            batch_size: Rows at once, where the file does not fix it.

        Raises:
            UserError: Fewer than one at once.
        """
        if batch_size < 1:
            raise UserError(f"batch_size is {batch_size}: write at least 1.")
        answers: list[Arrays] = [{} for _ in rows]
        units = [self._feeder.units_of(row) for row in rows]
        for places in self._batches(rows, batch_size):
            most = max(units[place] for place in places)
            outputs = self._run_batch([rows[place] for place in places], most)
            for at, place in enumerate(places):
                answers[place] = take_row(outputs, at, self._shapes, units[place])
        return answers

    def latency(
        self,
        examples: Sequence[Value],
        repeats: int = 3,
        *,
        tokenise: bool = True,
    ) -> np.ndarray:
        """Return seconds per example, `[examples]`, one at a time: the median of `repeats` runs.

        Args:
            examples: As `predict` takes them.
            repeats: Runs that count; one before them warms up.
            tokenise: Whether the time of the tokenizer counts.

        Raises:
            UserError: No run that counts, or an example that this task cannot read.
        """
        if repeats < 1:
            raise UserError(f"repeats is {repeats}: write at least 1.")
        checked = self.examples(examples)
        encoded = [self._encode([example]) for example in checked]
        seconds = np.zeros((repeats + 1, len(checked)))
        for turn in range(repeats + 1):
            for i, example in enumerate(checked):
                start = time.perf_counter()
                rows = self._encode([example]) if tokenise else encoded[i]
                if self._writer:
                    task, most = self.task, self.max_length
                    self.write([task.row_to_write_from(each, most) for each in rows])
                else:
                    self.run([row for rows_of_one in rows for row in rows_of_one])
                seconds[turn, i] = time.perf_counter() - start
        return np.median(seconds[1:], axis=0)

    def examples(self, values: Sequence[Value]) -> list[Example]:
        """Check examples, which may be plain texts, or tuples of two where the task reads two.

        Raises:
            UserError: One is missing a value, or has an empty text; or one came alone.
        """
        check_several(self.task, values)
        return [read_example(self.task, value, i) for i, value in enumerate(values)]

    def rows_of(self, values: Sequence[Value]) -> list[list[Arrays]]:
        """Return the rows of each example, as the task encodes it.

        Raises:
            UserError: An example that this task cannot read.
        """
        return self._encode(self.examples(values))

    def _encode(self, examples: Sequence[Example]) -> list[list[Arrays]]:
        return self.task.encode(examples, self._tokenizer, self.schema) if examples else []

    def _batches(self, rows: Sequence[Arrays], batch_size: int) -> Iterator[list[int]]:
        """Yield places of rows, as many as the file takes at once, the shortest rows first."""
        order = sorted(range(len(rows)), key=lambda place: self._feeder.length_of(rows[place]))
        size = self.batch or batch_size
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def _run_batch(self, rows: Sequence[Arrays], units: int) -> dict[str, np.ndarray]:
        """Return the outputs of at most `batch` rows by the task's names, `[rows, ...]`.

        Args:
            rows: The rows.
            units: The most words or tokens that one of them has.
        """
        feed = self._feeder(rows)
        size = len(next(iter(feed.values())))
        returned = self._model(feed)
        outputs = {}
        for name, output in self._outputs.items():
            array = returned[output["name"]]
            shape = self._model.outputs[output["name"]][0]
            fits = len(array) == size and array.ndim == len(shape)
            if not fits or not self._has_all(name, array, shape, units) or np.isnan(array).any():
                raise UserError(
                    f"{self._path} answers {size} texts with {array.dtype} of shape {array.shape} "
                    "or with NaN: the file is damaged; export it again."
                )
            outputs[name] = undo_activation(array, output.get("activation"))
        return outputs

    def _has_all(
        self, name: str, array: np.ndarray, shape: Sequence[int | None], units: int
    ) -> bool:
        """Return whether an output has a number for each class, and for each word of the rows."""
        return all(
            size >= units if wanted is None else declared is None or size == declared
            for size, declared, wanted in zip(
                array.shape[1:], shape[1:], self._shapes[name], strict=True
            )
        )

    def _run_finite(self, rows: Sequence[Arrays]) -> list[Arrays]:
        """Run rows for answers, for which the greatest of each output has to be a number."""
        outputs = self.run(rows)
        for row in outputs:
            if not all(np.isfinite(array.max(axis=-1)).all() for array in row.values()):
                raise UserError(
                    f"{self._path} answers with infinite logits: the file is damaged; export it "
                    "again."
                )
        return outputs


def load(path: str | Path, *, task: Task | str | None = None, threads: int = 1) -> Predictor:
    """Open an exported file with its task.

    Args:
        path: A `.tflite` file that `tfkd.export` wrote with an encoder.
        task: A task, its name or the import path of its class, where it is not installed.
        threads: Number of CPU threads.

    Returns:
        What answers examples of the file's task.

    Raises:
        UserError: No such file, a damaged one, or one of a task that is not known.

    ```python
    predictor = tfkd.runtime.load("student.tflite")
    predictor.predict(["a film I will not forget"])
    ```
    """
    return Predictor(path, task=task, threads=threads)


def _open(path: str | Path, threads: int) -> tuple[LiteRT, TextEncoder | NoTexts, dict]:
    """Open a file after its digest was checked: the interpreter gets what was exported."""
    content, name = readable(path).read_bytes(), str(path)
    files = unpack(content, name)
    if not files:
        # Where the end is missing, this says so.
        LiteRT(path)
    encoder, settings = read_encoder(files, name)
    check_seal(content, settings, name)
    return LiteRT(path, threads=threads), encoder, settings
