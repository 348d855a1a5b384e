"""`select`: from a file of many texts to a file of those that a teacher is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..data.row_writing import check_written, open_records
from ..errors import UserError
from ..progress import Progress, log_progress, logger
from ..runtime import Predictor
from .answered_texts import read_answered
from .candidate_rows import CandidateRows
from .candidate_vectors import CandidateVectors, vectors_of
from .farthest_first import Spread, spread_out
from .select_settings import SelectSettings
from .unsure_members import choose_unsure, draw_members, measure_margins, open_file


@dataclass(frozen=True)
class Selected:
    """What was selected.

    Attributes:
        path: The file of the chosen texts.
        audit: The file of those that were drawn at random, None without any.
        texts: How many rows there were to choose from.
        chosen: How many texts were chosen, those drawn at random not among them.
        drawn: How many were drawn at random.
        duplicates: Rows with the same words as an earlier one, which are left out.
        near: Texts that were left out since they are nearly the same as one that was taken.
        answered: Texts that were answered already.
        ties: Choices that another text would have suited exactly as well; the first in the file is
            taken.
        skipped: Bad rows that were left out.
    """

    path: Path
    audit: Path | None
    texts: int
    chosen: int
    drawn: int
    duplicates: int
    near: int
    answered: int
    ties: int
    skipped: int

    def describe(self) -> str:
        """Return it in lines."""
        lines = [f"{self.path}: {self.chosen:,} of {self.texts:,} texts, as unlike as can be"]
        if self.audit is not None:
            lines.append(f"{self.audit}: {self.drawn:,} drawn at random, to be labelled by hand")
        left = {
            "with the same words as another": self.duplicates,
            "nearly the same as one that is taken": self.near,
            "answered already": self.answered,
            "bad": self.skipped,
        }
        out = ", ".join(f"{count:,} {what}" for what, count in left.items() if count)
        lines += [f"left out: {out}"] if out else []
        if self.ties:
            lines.append(
                f"{self.ties:,} choices were ties, of which the first in the file is taken"
            )
        return "\n".join(lines)


def select(
    texts: str | Path,
    *,
    n: int,
    to: str | Path,
    progress: Progress = log_progress,
    **settings: Any,
) -> Selected:
    """Choose the texts of a file that are worth asking an expensive teacher for.

    They are spread over all texts, each as far as possible from those before it. Where there is a
    student so far, each of them gives way to the text near it that the student is least sure of. A
    tenth is drawn at random instead and written to a file of its own, `TO-audit`.

    Args:
        texts: A file of texts, with any further columns.
        n: How many texts to take, those drawn at random included.
        to: The file to write: .jsonl, .csv or .tsv.
        progress: Shows how far it is.
        **settings: Those of `SelectSettings`.

    Raises:
        UserError: Files that cannot be read or written, or fewer texts than are asked for.

    ```python
    tfkd.select("reviews.csv.gz", n=5000, to="chosen.jsonl")
    ```
    """
    wanted = _read_settings(settings)
    rows, to = CandidateRows.open(texts, wanted), Path(to).expanduser()
    # One at least, where that leaves one to choose.
    drawn = max(round(n * wanted.audit), int(wanted.audit > 0 and n > 1))
    audit = to.with_name(f"{to.stem}-audit{to.suffix}") if drawn else None
    _check(n, drawn, [to, *([audit] if audit else [])], rows.path)
    encoder = open_file(wanted.encoder, wanted.threads, "encoder") if wanted.encoder else None
    if encoder is not None:
        # Of a file without vectors, this says so.
        encoder.embed([])
    student = open_file(wanted.student, wanted.threads, "student") if wanted.student else None
    answered = read_answered(wanted.answered, wanted)
    found = vectors_of(rows, encoder, answered, progress)
    _check_enough(found, n, rows.path)
    rng = np.random.default_rng(wanted.seed)
    places = rng.choice(np.flatnonzero(found.first & ~found.answered), drawn, replace=False)
    spread, left = _spread(found, places, n - drawn, near=wanted.near, rng=rng, progress=progress)
    chosen, ties = spread.chosen, spread.ties
    near = int((spread.open & (spread.cosine >= wanted.near)).sum()) + left
    if student is not None:
        clusters = draw_members(spread, rng)
        margins = _measure(student, rows, clusters, progress)
        chosen, equal = choose_unsure(spread, clusters, margins, wanted.near)
        ties += equal
    _write(rows, [(to, chosen), *([(audit, places.tolist())] if audit else [])])
    if len(chosen) < n - drawn:
        logger.warning(
            f"{len(chosen):,} texts are chosen and not {n - drawn:,}: all others are nearly the "
            "same as one of them."
        )
    again = int((~found.first & ~found.answered).sum())
    known = int(found.answered.sum())
    return Selected(
        to, audit, len(found), len(chosen), drawn, again, near, known, ties, found.skipped
    )


def _read_settings(settings: dict[str, Any]) -> SelectSettings:
    known = [field.name for field in fields(SelectSettings)]
    for name in settings:
        if name not in known:
            raise UserError(f"select has no setting {name!r}: it has {', '.join(known)}.")
    return SelectSettings(**settings)


def _check(n: int, drawn: int, files: Sequence[Path], source: Path) -> None:
    """Refuse a number that is none, and files that cannot be written or are there."""
    if n < 1 or n <= drawn:
        raise UserError(f"n is {n}: write the number of texts to choose, such as 5000.")
    for file in files:
        check_written(file, [source])
        if file.exists():
            raise UserError(
                f"{file} is there already, and may hold labels: give another name with --to, or "
                "remove it."
            )


def _check_enough(found: CandidateVectors, n: int, path: Path) -> None:
    free = int((found.first & ~found.answered).sum())
    if n < free:
        return
    known = int((found.first & found.answered).sum())
    raise UserError(
        f"n is {n:,}, and {path} has {free:,} different texts"
        + (f" that are not answered yet ({known:,} are)" if known else "")
        + ": ask for all of them, or write a smaller n."
    )


def _spread(
    found: CandidateVectors,
    audit: np.ndarray,
    count: int,
    *,
    near: float,
    rng: np.random.Generator,
    progress: Progress,
) -> tuple[Spread, int]:
    """Choose texts far from each other, and from those that are answered.

    Returns:
        What was chosen, and how many texts are nearly one of the audit: these are left out, as an
        audit of texts that were learnt says nothing.
    """
    spread = Spread.of(found.vectors, found.first & ~found.answered)
    spread.add_known(audit)
    spread.open[audit] = False
    beside = spread.open & (spread.cosine >= near)
    free = spread.open & ~beside
    spread = Spread.of(found.vectors, free)
    spread.add_known(np.flatnonzero(found.answered & found.first))
    with progress("texts that are far from each other", count) as advance:
        spread_out(spread, count, near=near, rng=rng, advance=advance)
    return spread, int(beside.sum())


def _measure(
    student: Predictor, rows: CandidateRows, clusters: Sequence[np.ndarray], progress: Progress
) -> dict[int, float]:
    """Return how sure the student is of the texts of all clusters."""
    asked = set(np.concatenate(clusters).tolist())

    def texts() -> Iterator[tuple[int, tuple[str, ...]]]:
        for place, row in enumerate(rows.read()):
            if place in asked:
                yield place, row.texts

    with progress("student on the texts near them", len(asked)) as advance:
        return measure_margins(student, texts(), advance)


def _write(rows: CandidateRows, files: Sequence[tuple[Path, Sequence[int]]]) -> None:
    """Write rows as they came, in the order of their choice."""
    wanted = {place for _, places in files for place in places}
    found = {place: row.fields for place, row in enumerate(rows.read()) if place in wanted}
    if len(found) < len(wanted):
        raise UserError(f"{rows.path} was changed while it was read: try again.")
    for file, places in files:
        with open_records(file, [rows.path]) as write:
            for place in places:
                write(found[place])
