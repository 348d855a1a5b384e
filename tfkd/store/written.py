"""`WrittenStore`: the texts that a teacher wrote on disk, found by what they were written from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import UserError
from ..files import replace_when_whole
from ..progress import Progress, log_progress, logger
from ..text.batching import chunks
from ..text.decoding import Hypothesis
from .fingerprint import check_fingerprint, digest_of
from .written_shards import ENDING, PREFIX, Written, read_shard, write_shard

NAME = "written.json"
FORMAT, VERSION = "tfkd-written", 1
SOURCES = 256
"""Sources in a shard: what is computed again where a process is killed, at most."""
Writer = Callable[[list[str], Callable[[int], None]], Sequence[Sequence[Hypothesis]]]
"""A teacher that writes, as a function of sources and of one to call with the number just done; it
returns the texts for each source, best first."""


class WrittenStore:
    """The texts that one teacher wrote, several for each source, in a folder.

    Each shard holds so many sources in the order in which they were given, and says of itself what
    it holds. So a process may be killed at any moment: the same call goes on, writes no text again
    that is on the disk, and ends with the same bytes. A broken shard is written again.

    Args:
        path: The folder, which may be new.
        mark: Whose texts these are and how they were written, as JSON: all that must be the same.
        shard: Sources in a shard; 256 by default.

    Raises:
        UserError: The folder holds another teacher's texts, or some that were written otherwise.

    >>> import tempfile
    >>> def teacher(sources, advance):
    ...     return [[Hypothesis((), source.upper(), -0.5)] for source in sources]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = WrittenStore(folder, {"teacher": "upper"})
    ...     _ = store.write(teacher, ["a man", "a dog", "a man"], progress=log_progress)
    ...     len(store), store.take(["a dog"])[0][0].text
    (2, 'A DOG')
    """

    def __init__(self, path: str | Path, mark: Mapping[str, Any], *, shard: int = 0) -> None:
        self._shard = shard
        self.path, self.mark = Path(path), json.loads(json.dumps(dict(mark)))
        self._digest = digest_of(self.mark)
        self._texts: Written = {}
        self._whole: set[str] = set()
        if (self.path / NAME).is_file():
            self._check_mark()
            self._read()

    def __len__(self) -> int:
        """Return how many sources it knows the texts of."""
        return len(self._texts)

    def missing(self, sources: Iterable[str]) -> list[str]:
        """Return the sources whose texts are not there, each once, in the order given."""
        return [source for source in dict.fromkeys(sources) if source not in self._texts]

    def take(self, sources: Iterable[str]) -> list[tuple[Hypothesis, ...]]:
        """Return the texts of each source, best first.

        Raises:
            UserError: Sources that the teacher has not written from.
        """
        sources = list(sources)
        missing = self.missing(sources)
        if missing:
            raise UserError(
                f"{self.path} lacks the texts of {len(missing):,} of {len(sources):,} sources, "
                f"first of {missing[0][:60]!r}: write them with the same teacher."
            )
        return [self._texts[source] for source in sources]

    def write(
        self,
        writer: Writer,
        sources: Iterable[str],
        *,
        title: str = "teacher writes",
        progress: Progress = log_progress,
    ) -> int:
        """Have the teacher write for all sources that the folder lacks, a shard at a time.

        Args:
            writer: The teacher.
            sources: What it reads; each is written from once.
            title: What the progress is called.
            progress: Shows how far it is, see `tfkd.progress.Progress`.

        Returns:
            How many sources were written from.

        Raises:
            UserError: A second process writes to the folder; a teacher that returns texts of
                another number than its sources, or none.
        """
        sources = list(dict.fromkeys(sources))
        if not self.missing(sources):
            return 0
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".written.lock", timeout=0):
                return self._write_all(writer, sources, title, progress)
        except Timeout:
            raise UserError(f"another process is writing to {self.path}: wait for it.") from None

    def _write_all(self, writer: Writer, sources: list[str], title: str, progress: Progress) -> int:
        if (self.path / NAME).is_file():
            # Another process may have written since it was opened.
            self._check_mark()
            self._read()
        else:
            self._save_mark()
        missing = self.missing(sources)
        with progress(title, len(sources)) as advance:
            advance(len(sources) - len(missing))
            for some in chunks(missing, self._shard or SOURCES):
                texts = _check(writer(some, advance), some)
                write_shard(self._free_name(), texts, self._digest)
                self._texts |= texts
        return len(missing)

    def _read(self) -> None:
        self._texts, self._whole = {}, set()
        for path in sorted(self.path.glob(f"{PREFIX}*{ENDING}")):
            try:
                self._texts |= read_shard(path, self._digest)
                self._whole.add(path.name)
            except ValueError as error:
                logger.warning(f"{path} {error}: its texts are written again.")

    def _free_name(self) -> Path:
        """Return the first name of a shard that has none, or a broken one."""
        number = 0
        while (name := f"{PREFIX}{number:05d}{ENDING}") in self._whole:
            number += 1
        self._whole.add(name)
        return self.path / name

    def _save_mark(self) -> None:
        facts = {"format": FORMAT, "version": VERSION, "mark": self.mark}
        text = json.dumps({**facts, "checksum": digest_of(facts)}, indent=1, ensure_ascii=False)
        with replace_when_whole(self.path / NAME) as part:
            part.write_text(text + "\n", encoding="utf-8")

    def _check_mark(self) -> None:
        """Compare whose texts are there with what is wanted.

        Raises:
            UserError: They are others, or the file that says it is damaged.
        """
        path = self.path / NAME
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            checksum, version = facts.pop("checksum"), facts["version"]
            found, known = facts["mark"], facts["format"] == FORMAT and version == VERSION
            whole = digest_of(facts) == checksum
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            found, known, whole = {}, True, False
        if not known:
            raise UserError(
                f"{path} was written by another version of tfkd: give another folder, or write the "
                "texts again."
            )
        if not whole:
            raise UserError(
                f"{path} is damaged: copy it again, or remove {self.path} to write its texts again."
            )
        check_fingerprint(found, self.mark, self.path)
        if found != self.mark:
            raise UserError(
                f"{self.path} does not say the same of its texts as is wanted here ({found} there, "
                f"{self.mark} here): give another folder, or remove it."
            )


def _check(texts: Sequence[Sequence[Hypothesis]], sources: list[str]) -> Written:
    """Return the texts of each source.

    Raises:
        UserError: Another number of them, or what is no text.
    """
    if len(texts) != len(sources):
        raise UserError(
            f"the teacher wrote for {len(texts)} of {len(sources)} sources: return a list of texts "
            "for each of them, in their order."
        )
    written = {source: tuple(each) for source, each in zip(sources, texts, strict=True)}
    for source, each in written.items():
        if not each or not all(isinstance(one, Hypothesis) for one in each):
            raise UserError(
                f"the teacher wrote {list(each)!r} for {source[:60]!r}: return a list of at least "
                "one Hypothesis(ids, text, score) for each source."
            )
    return written
