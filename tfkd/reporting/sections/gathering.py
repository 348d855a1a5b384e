"""Which sections the page has: those of every task, and those of the task of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from difflib import get_close_matches
from typing import Any

from ...errors import UserError
from .answers import Answers
from .coverage import coverage
from .differences import differences
from .fairness import fairness
from .occlusion import occlusion
from .robustness import robustness
from .slices import slices

Section = Callable[[Answers], "dict[str, Any] | None"]
SECTIONS: dict[str, Section] = {
    "differences": differences,
    "coverage": coverage,
    "slices": slices,
    "robustness": robustness,
    "fairness": fairness,
    "words": occlusion,
}
_OF_TEXTS = ("robustness", "fairness", "words")
"""Those that change words, and so say nothing of images and the like."""


def check_sections(names: Sequence[str]) -> None:
    """Refuse names of sections that no page has.

    Raises:
        UserError: A name that is none of `SECTIONS`.
    """
    for name in names:
        if name not in SECTIONS:
            near = get_close_matches(name, SECTIONS, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UserError(f"--without {name}{hint}: write {', '.join(SECTIONS)}.")


def gather_sections(
    answers: Answers,
    advance: Callable[[int], None] = lambda done: None,
    without: Collection[str] = (),
) -> dict[str, dict[str, Any]]:
    """Return the sections of a run by name, those of its task first.

    Args:
        answers: What the models answered, and can still be asked.
        advance: Called with the number of sections done since its last call.
        without: Names of `SECTIONS` to leave out.
    """
    sections = {}
    for name, section in answers.task.sections().items():
        sections[name] = section(answers.shown, answers.examples, answers.schema)
        advance(1)
    for name, ask in SECTIONS.items():
        has_texts = answers.task.reads_texts or name not in _OF_TEXTS
        values = ask(answers) if has_texts and name not in without else None
        if values is not None:
            sections[name] = values
        advance(1)
    return sections
