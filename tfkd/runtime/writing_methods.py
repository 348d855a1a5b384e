"""What a file does whose task writes: whole texts for rows, and one text as it comes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..tasks import Arrays, Task
from ..text.decoding import Decoding, Hypothesis
from .example_reading import Value
from .file_steps import FileSteps
from .file_writer import FileWriter


class WritingMethods:
    """The part of a `Predictor` that writes.

    Attributes:
        path: The file.
        task: Its task.
        max_length: Number of tokens that are read of a text.
    """

    path: str | Path
    task: Task
    max_length: int
    _writer: FileWriter | None

    @abstractmethod
    def rows_of(self, values: Sequence[Value]) -> list[list[Arrays]]:
        """Return the rows of each example."""

    def write(
        self, rows: Sequence[Arrays], decoding: Decoding | None = None
    ) -> list[list[Hypothesis]]:
        """Return the texts that the file writes for each row, the best first.

        Args:
            rows: As `task.encode` gives them.
            decoding: How; by default as the file's task has it.

        Raises:
            UserError: The file writes nothing.
        """
        return self._writing.write(rows, decoding or self.decoding())

    def stream(self, example: Value, **decoding: Any) -> Iterator[str]:
        """Yield the pieces of the text that answers an example as they come.

        Args:
            example: As `predict` takes them.
            decoding: Settings that differ from those of the file.

        Raises:
            UserError: The file writes nothing, an example that it cannot read, or a setting that
                it does not have.
        """
        how = self._writing.decoding(decoding)
        return self._writing.stream(self.row_to_write_from(example), how)

    def row_to_write_from(self, example: Value) -> Arrays:
        """Return the row from which the text for an example is written.

        Args:
            example: As `predict` takes them.

        Raises:
            UserError: An example that this task cannot read.
        """
        (rows,) = self.rows_of([example])
        return self.task.row_to_write_from(rows, self.max_length)

    def decoding(self, **changed: Any) -> Decoding:
        """Return how the file writes.

        Args:
            changed: Settings that differ from its own.

        Raises:
            UserError: The file writes nothing, or has no such setting.
        """
        return self._writing.decoding(changed)

    @property
    def steps(self) -> FileSteps:
        """The file as what says which token may come next."""
        return self._writing.steps

    @property
    def _writing(self) -> FileWriter:
        if self._writer is None:
            raise UserError(
                f"{self.path} is for the task {self.task.name}, which writes no texts: leave out "
                "how a text is written."
            )
        return self._writer
