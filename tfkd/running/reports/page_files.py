"""`write_page`: the page and its JSON, each written aside and then given its name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...exporting.paths import temporary_sibling
from ...files import replace_atomically
from ...progress import Progress, log_progress, print_log
from ...reporting.page import check_installed, page
from ...reporting.sections.gathering import check_sections
from . import card

_SUFFIXES = (".html", ".htm")
PAGE, FIGURES = '<meta name="generator" content="tfkd">', '"tfkd": '


@dataclass(frozen=True)
class PageOptions:
    """What the page of runs shows.

    Attributes:
        texts: How many test texts are looked at. By default all of them, or a sample where the
            teacher's outputs are not stored and it has to run again.
        title: The heading; by default the names of the runs' folders.
        without: Sections to leave out: differences, coverage, slices, robustness, fairness,
            words.
        by: A column of the data, by whose values the scores of test texts are shown.
    """

    texts: int = 0
    title: str = ""
    without: tuple[str, ...] = ()
    by: str = ""


def write_page(
    folders: str | os.PathLike | Iterable[str | os.PathLike],
    to: str | os.PathLike,
    options: PageOptions | None = None,
    *,
    verbose: int | str = "auto",
    progress: Progress = log_progress,
) -> Path:
    """Write the page of finished runs, and its figures as `.json` next to it; return its path.

    A run without a model card gets one.

    Args:
        folders: Those of the runs, or that of one.
        to: Where the page is written.
        options: What the page shows; everything by default.
        verbose: As Keras's: 0 prints nothing.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Raises:
        UserError: A folder without a report, a path that is no page's, or the extra `report` is
            missing.
    """
    options, to = options or PageOptions(), Path(to)
    runs = [Path(folders)] if isinstance(folders, str | os.PathLike) else [*map(Path, folders)]
    check_page(to, options)
    check_installed()
    # It imports TensorFlow, and what is wrong with the arguments is said before.
    from .figures import gather_figures

    with print_log(verbose):
        figures = gather_figures(runs, progress, options.texts, options.without, by=options.by)
    figures["title"] = options.title or ", ".join(run["name"] for run in figures["runs"])
    with temporary_sibling(to) as aside:
        contents = {
            to.with_suffix(".json"): json.dumps(figures, indent=1, ensure_ascii=False) + "\n",
            to: page(figures),
        }
        for path, text in contents.items():
            part = aside / path.name
            part.write_text(text, encoding="utf-8")
            replace_atomically(part, path)
    for folder in runs:
        card.write_card(folder)
    return to


def check_page(to: Path, options: PageOptions) -> None:
    """Refuse what would be no page, or would take the place of something else.

    Raises:
        UserError: Another suffix, a folder, somebody else's file of that name, or a section that
            no page has.
    """
    check_sections(options.without)
    if to.suffix not in _SUFFIXES or to.is_dir():
        raise UserError(f"--html {to}: write the path of a page, such as report.html.")
    if options.texts < 0:
        raise UserError(
            f"--texts {options.texts}: write how many test texts to look at, or 0 for all."
        )
    for path, mark in ((to, PAGE), (to.with_suffix(".json"), FIGURES)):
        if path.exists() and not _is_ours(path, mark):
            raise UserError(
                f"{path} is there and no page of tfkd's: give another name with --html."
            )


def _is_ours(path: Path, mark: str) -> bool:
    """Return whether a file has the mark of an older report in its first lines."""
    if not path.is_file():
        return False
    with open(path, encoding="utf-8", errors="replace") as file:
        return mark in file.read(2_000)
