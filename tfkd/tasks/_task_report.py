"""What a task adds to the report of a run: sections of its page, remarks and facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..data import Example


class TaskReport:
    """The part of a `Task` that speaks of what models answered."""

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return further sections of the report's page by name.

        Each is a function of the answers by model, the examples and the schema. It returns plain
        values, as `tfkd.reporting.page` describes them: a title and figures with a `kind`.
        """
        return {}

    def remarks(
        self, answers: Mapping[str, Sequence[Any]], examples: Sequence[Example]
    ) -> list[str]:
        """Return sentences on what is wrong with many answers, which the report says in the end.

        Args:
            answers: Those of each model, by its name.
            examples: What was answered.
        """
        return []

    def score_facts(self, examples: Sequence[Example]) -> dict[str, str]:
        """Return how the answers are scored, so that others can score alike.

        What is called `signature of ...` stands on the model card, too.

        Args:
            examples: What was answered.
        """
        return {}
