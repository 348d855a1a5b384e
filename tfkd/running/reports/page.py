"""`write`: the page and its JSON, each whole before it gets its name."""

from __future__ import annotations

import json
from pathlib import Path

from ...console import Voice
from ...errors import UserError
from ...exporting.paths import temporary_sibling
from ...files import replace_atomically
from ...reporting.page import check_installed, page
from . import card

SUFFIXES = (".html", ".htm")
PAGE, FIGURES = '<meta name="generator" content="tfkd">', '"tfkd": '


def write_page(
    folders: list[Path], to: Path, *, texts: int = 0, voice: Voice | None = None
) -> Path:
    """Write the page of finished runs to `to`, and `.json` beside it; returns the page's path.

    A run without a model card gets one. `texts` is how many test texts are looked at, all of them
    by default, or a sample where the teacher's outputs are not stored and it has to run again.

    Raises:
        UserError: a folder without a report, a path that is no page's, the extra `report` missing.
    """
    check_page(to, texts)
    check_installed()
    from .figures import figures  # which import TensorFlow: what is wrong is told before

    found = figures(folders, voice or Voice(), texts)
    with temporary_sibling(to) as aside:
        made = {
            to.with_suffix(".json"): json.dumps(found, indent=1, ensure_ascii=False) + "\n",
            to: page(found),
        }
        for path, text in made.items():
            part = aside / path.name
            part.write_text(text, encoding="utf-8")
            replace_atomically(part, path)
    for folder in folders:
        card.write(folder)
    return to


def check_page(to: Path, texts: int) -> None:
    """Refuse what would be no page, or would take the place of something else.

    Raises:
        UserError: another suffix, a folder, somebody else's file of that name.
    """
    if to.suffix not in SUFFIXES or to.is_dir():
        raise UserError(f"--html {to}: write the path of a page, such as report.html.")
    if texts < 0:
        raise UserError(f"--texts {texts}: write how many test texts to look at, or 0 for all.")
    for path, mark in ((to, PAGE), (to.with_suffix(".json"), FIGURES)):
        if path.exists() and not _begins(path, mark):
            raise UserError(
                f"{path} is there and no page of tfkd's: give another name with --html."
            )


def _begins(path: Path, mark: str) -> bool:
    """Whether a file has the mark of an older report in its first lines."""
    if not path.is_file():
        return False
    with open(path, encoding="utf-8", errors="replace") as file:
        return mark in file.read(2_000)
