"""The texts that a teacher writes: kept on disk by their sources, and looked up."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data import Data, Example, Schema
from ..models.text_model import TextModel
from ..store.fingerprint import digest_of, fingerprint
from ..store.written import Writer, WrittenStore
from ..tasks import Arrays, Task
from ..teachers import FunctionTexts
from ..teachers.function_texts import CALL
from ..text.decoding import Decoding, Hypothesis
from ..text.words import IDS

_PROBES = 2


def open_written(folder: Path, model: TextModel, decoding: Decoding) -> WrittenStore:
    """Open what a teacher has written in one way, or begin it.

    Args:
        folder: Where the teacher's outputs are kept.
        model: The teacher.
        decoding: How it writes.

    Raises:
        UserError: The folder holds another teacher's texts.
    """
    # A function alone says how it writes, and what one call of it returned is kept.
    function = isinstance(model, FunctionTexts)
    settings = {} if function else dataclasses.asdict(decoding)
    ends = {name: getattr(model.encoder, name, -1) for name in ("start_id", "end_id")}
    mark = {**fingerprint(model), "decoding": settings, **ends}
    path = folder / f"written-{digest_of(settings)[:8]}"
    return WrittenStore(path, mark, shard=CALL if function else 0)


def check_function(model: TextModel, task: Task, data: Data) -> None:
    """Ask a function of texts for two of the training texts, before any long work.

    Args:
        model: The teacher.
        task: The task.
        data: The data set.

    Raises:
        UserError: It fails, or returns something else than texts.
    """
    if not isinstance(model, FunctionTexts):
        return
    examples = list(itertools.islice(data.read("train"), _PROBES))
    write = writer_of(model, task, data.schema, task.lesson_decoding())
    write(list(sources_of(task, examples)), lambda done: None)


def writer_of(model: TextModel, task: Task, schema: Schema, decoding: Decoding) -> Writer:
    """Return a teacher as a function of sources.

    Args:
        model: The teacher.
        task: Makes rows of sources.
        schema: What the training split fixed.
        decoding: How it writes.
    """

    def write(sources: list[str], advance: Callable[[int], None]) -> Sequence[Sequence[Hypothesis]]:
        examples = [task.from_source(source) for source in sources]
        rows = [row for (row,) in task.encode(examples, model.encoder, schema)]
        return model.write(rows, decoding, advance=advance)

    return write


class StoredWriter:
    """A teacher whose texts are known, in its place where a task asks it.

    Args:
        model: The teacher.
        texts: What it wrote, by the ids of the source as it reads them.
    """

    def __init__(
        self, model: TextModel, texts: Mapping[tuple[int, ...], Sequence[Hypothesis]]
    ) -> None:
        self.encoder, self.run = model.encoder, model.run
        self._texts = texts

    def write(
        self,
        rows: Sequence[Arrays],
        decoding: Decoding,
        *,
        advance: Callable[[int], None] = lambda done: None,
    ) -> list[list[Hypothesis]]:
        """Return the texts for each row, best first."""
        advance(len(rows))
        return [list(self._texts[_ids(row)])[: decoding.beams] for row in rows]


def stored_writer(
    store: WrittenStore, model: TextModel, task: Task, schema: Schema, examples: Sequence[Example]
) -> StoredWriter:
    """Return a teacher that looks up what it wrote for some examples.

    Args:
        store: What it wrote.
        model: The teacher.
        task: The task of the examples.
        schema: What the training split fixed.
        examples: The examples.
    """
    texts = store.take(map(task.source_of, examples))
    encoded = task.encode(examples, model.encoder, schema)
    return StoredWriter(
        model, {_ids(row): each for (row,), each in zip(encoded, texts, strict=True)}
    )


def sources_of(task: Task, examples: Iterable[Example]) -> Iterator[str]:
    """Yield what the text of each example is written from."""
    return map(task.source_of, examples)


def _ids(row: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(token) for token in row[IDS])
