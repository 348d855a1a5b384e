"""Write texts with an exported file. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..tasks import Arrays, Task
from ..text import NoTexts, TextEncoder
from ..text.decoding import Decoding, Hypothesis, stream, write
from ..text.decoding.decoding_settings import SETTINGS
from ..text.words import IDS
from .bundle import blame_tokenizer
from .checks.writing_signatures import check_steps
from .file_settings import DECODING
from .file_steps import FileSteps, batches_of
from .interpreter import LiteRT

BATCH = 16
"""Texts that are written at once; of several beams, each counts."""
_OF_DRAWS = ("top_k", "top_p")


class FileWriter:
    """Writes texts as a file's task has it, or as the caller says.

    Args:
        model: The file.
        settings: Its settings.
        task: Its task, whose settings say how texts are written.
        encoder: Its tokenizer.
        path: The file, to name it.

    Attributes:
        steps: The file as what says which token may come next.
        longest: The most tokens that the file may write.
        reads_source: Whether it writes from a source; else it goes on with a text.

    Raises:
        UserError: The file lacks what writes, or its parts do not fit each other.
    """

    def __init__(
        self,
        model: LiteRT,
        settings: Mapping[str, Any],
        task: Task,
        *,
        encoder: TextEncoder | NoTexts,
        path: str | Path,
    ) -> None:
        decoding = settings.get(DECODING)
        if decoding is None or isinstance(encoder, NoTexts):
            raise UserError(
                f"{path} does not say how it writes (no `{DECODING}` inside): it is damaged, or "
                "was exported from a model that only reads; export it again."
            )
        self._path, self._encoder = path, encoder
        self.steps = FileSteps(model, decoding, settings["pad_id"], path)
        check_steps(self.steps, settings, path)
        self.longest: int = decoding["longest"]
        self.reads_source = self.steps.reads_source
        own = {name: task.settings[name] for name in SETTINGS if name in task.settings}
        self._usual = Decoding(**own)

    def decoding(self, changed: Mapping[str, Any], usual: Decoding | None = None) -> Decoding:
        """Return how texts are written.

        Args:
            changed: Settings by name that differ from the usual ones.
            usual: These; by default the task's. They are bounded by what the file can write.

        Raises:
            UserError: There is no such setting, or it cannot be.
        """
        usual = usual or self._usual
        longest = min(usual.longest, self.longest)
        bounded = replace(usual, longest=longest, shortest=min(usual.shortest, longest))
        return change(bounded, changed, self.longest, self._path)

    def write(self, rows: Sequence[Arrays], decoding: Decoding) -> list[list[Hypothesis]]:
        """Return the texts that are written for each row, the best first.

        Args:
            rows: As the task encodes its examples.
            decoding: How.
        """
        written: list[list[Hypothesis]] = [[] for _ in rows]
        alike = not self.steps.reads_source
        for places in batches_of(rows, max(1, BATCH // decoding.beams), alike):
            some = write(self.steps, [rows[place] for place in places], decoding, self._decode)
            for place, texts in zip(places, some, strict=True):
                written[place] = texts
        return written

    def stream(self, row: Arrays, decoding: Decoding) -> Iterator[str]:
        """Yield the pieces of the text of a row as they come.

        Args:
            row: As the task encodes its example.
            decoding: How it is written.
        """
        if self.steps.reads_source:
            return stream(self.steps, row, decoding, self._decode)
        given = row[IDS][1:]
        return stream(self.steps, row, decoding, lambda ids: self._decode_behind(given, ids))

    def _decode_behind(self, given: Sequence[int], ids: Sequence[int]) -> str:
        """Return what follows a beginning, with the blank between them where there is one."""
        before, whole = self._decode(given), self._decode([*given, *ids])
        return whole[len(before) :] if whole.startswith(before) else self._decode(ids)

    def _decode(self, ids: Sequence[int]) -> str:
        assert isinstance(self._encoder, TextEncoder)
        with blame_tokenizer(str(self._path)):
            return self._encoder.decode(ids)


def change(usual: Decoding, changed: Mapping[str, Any], longest: int, path: str | Path) -> Decoding:
    """Return settings of decoding, some of them changed.

    Args:
        usual: The settings.
        changed: Other values by name.
        longest: The most tokens that may be asked for.
        path: The file that writes.

    Raises:
        UserError: There is no such setting, or it cannot be.
    """
    unknown = sorted(set(changed) - set(SETTINGS))
    if unknown:
        raise UserError(f"there is no setting {unknown[0]}: write {', '.join(SETTINGS)}.")
    given = dict(changed)
    # Who asks for beams draws no longer, and the other way round.
    if given.get("temperature") and "beams" not in given:
        given["beams"] = 1
    if given.get("beams", 1) != 1 and "temperature" not in given:
        given["temperature"] = 0.0
    if "longest" in given and "shortest" not in given and isinstance(given["longest"], int):
        given["shortest"] = min(usual.shortest, max(0, given["longest"]))
    decoding = replace(usual, **given)
    draws = [name for name in _OF_DRAWS if given.get(name, SETTINGS[name]) != SETTINGS[name]]
    if draws and not decoding.temperature:
        raise UserError(
            f"{draws[0]} is {changed[draws[0]]}, and the temperature 0, which takes the likeliest "
            "token: give a temperature too, such as 1, or leave it out."
        )
    if decoding.longest > longest:
        raise UserError(
            f"longest is {decoding.longest}, and {path} writes at most {longest} tokens: write at "
            "most that."
        )
    return decoding


class WritingModel:
    """A file as a task asks it: its outputs are checked, and it writes as the caller says.

    Args:
        encoder: Its tokenizer.
        run: Runs the file over rows.
        writer: Writes with the file; None where its task reads alone.
        changed: Settings of decoding that the caller gave.
    """

    def __init__(
        self,
        encoder: TextEncoder | NoTexts,
        run: Callable[..., list[Arrays]],
        writer: FileWriter | None,
        changed: Mapping[str, Any],
    ) -> None:
        self.encoder, self.run = encoder, run
        self._writer, self._changed = writer, changed

    def write(
        self,
        rows: Sequence[Arrays],
        decoding: Decoding,
        *,
        advance: Callable[[int], None] = lambda rows: None,
    ) -> list[list[Hypothesis]]:
        """Return the texts that are written for each row, the best first.

        Args:
            rows: As the task encodes its examples.
            decoding: How the task would have it.
            advance: Called with the number of rows that are done.
        """
        assert self._writer is not None
        written = self._writer.write(rows, self._writer.decoding(self._changed, decoding))
        advance(len(rows))
        return written
