"""A teacher that was fitted to classes, and how: its model, with the words for a report."""

from __future__ import annotations

from dataclasses import dataclass

from ...models.text_model import TextModel


@dataclass
class FittedTeacher(TextModel):
    """A teacher that was fitted to the classes of the data, by their names.

    Args:
        note: What it was fitted on, for reports.
    """

    note: str = ""
