"""What a search has found: the frontier, what mattered, and the winner beside the default."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import replace_when_whole
from ..reporting.intervals import paired_interval
from ..running.folder import read_json
from ..tasks import Measure
from .budget import Budget, Measured, spell
from .candidates import DEFAULT, REFUSED, STOPPED, WHOLE, Candidate, find_frontier

if TYPE_CHECKING:
    from rich.console import Console

JSON, MARKDOWN = "search.json", "search.md"


@dataclass(frozen=True)
class FinalScores:
    """What one student scored at the end.

    Attributes:
        name: `winner`, `winner alone` or `default`.
        scores: On the test split, one for each seed.
        measured: What its file takes; None of a student that has none.
    """

    name: str
    scores: tuple[float, ...]
    measured: Measured | None = None


@dataclass(frozen=True)
class SearchResult:
    """A finished search.

    Attributes:
        folder: Where everything of it is.
        title: Its heading.
        measure: What the scores mean.
        budget: What a file may take.
        candidates: All that were tried, the default first.
        winner: The number of the best one on the validation examples.
        finals: The scores at the end, the winner first.
        importances: How much each setting mattered, from 0 to 1; empty for too few trials.
        facts: How the search went, by name.
    """

    folder: Path
    title: str
    measure: Measure
    budget: Budget
    candidates: tuple[Candidate, ...]
    winner: int
    finals: tuple[FinalScores, ...]
    importances: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Candidate:
        """The best candidate on the validation examples."""
        return self.candidates[self.winner]

    @property
    def file(self) -> Path:
        """The file of the winner."""
        return self.folder / "student.tflite"

    @property
    def frontier(self) -> list[Candidate]:
        """The candidates that no other one beats in score, size and time together."""
        return find_frontier(self.candidates, higher_is_better=self.measure.higher_is_better)

    @property
    def differences(self) -> list[float]:
        """By how much the winner is better than the default, for each seed; none of itself."""
        by_name = {each.name: each.scores for each in self.finals}
        if "default" not in by_name:
            return []
        sign = 1 if self.measure.higher_is_better else -1
        gains = np.subtract(by_name["winner"], by_name["default"])
        return (sign * self.measure.points * gains).tolist()

    @property
    def words(self) -> list[str]:
        """What came of it, a sentence each."""
        return [self._compare(), *self._doubt(), *self._say_over_budget(), self._count()]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON."""
        values = dataclasses.asdict(self)
        del values["folder"]
        frontier = [each.number for each in self.frontier]
        differences = self.differences
        by_seed = [None if np.isnan(each) else each for each in differences]
        gain = {"by_seed": by_seed, "interval": paired_interval(differences)}
        return {**values, "frontier": frontier, "gain": gain, "words": self.words}

    def markdown(self) -> str:
        """Return the tables and what they say as Markdown."""
        parts = [f"# {self.title}", *self.words, self.table()]
        parts += ["## The frontier", self._candidate_table(self.frontier)]
        parts += ["## Which settings mattered", self._spell_importances()]
        parts += ["## All candidates", self._candidate_table(self.candidates)]
        parts.append("\n".join(f"* {name}: {value}" for name, value in self.facts.items()))
        return "\n\n".join(part for part in parts if part) + "\n"

    def table(self) -> str:
        """Return the scores on the test split as Markdown."""
        lines = [
            f"| | {self.measure.title}, test | MB | ms | parameters |",
            "|---|---:|---:|---:|---:|",
        ]
        for each in self.finals:
            cells = [each.name, self._spell_scores(each.scores), *_spell_costs(each.measured)]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def show(self, console: Console | None = None) -> None:
        """Print the scores and what they say.

        Args:
            console: Where to, if not to the screen: a console of the package rich.
        """
        from rich.console import Console
        from rich.table import Table

        console = console or Console(highlight=False, soft_wrap=True)
        heads = ("", f"{self.measure.title}, test", "MB", "ms", "parameters")
        table = Table(*heads, title=self.title)
        for each in self.finals:
            scores = self._spell_scores(each.scores)
            table.add_row(each.name, scores, *_spell_costs(each.measured))
        console.print(table)
        for line in self.words:
            console.print(line, markup=False)

    def save(self) -> None:
        """Write `search.md` and `search.json` into the folder; the second says that all is done."""
        numbers = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        for name, text in ((MARKDOWN, self.markdown()), (JSON, f"{numbers}\n")):
            with replace_when_whole(self.folder / name) as part:
                part.write_text(text, encoding="utf-8")

    def _compare(self) -> str:
        differences = self.differences
        if not differences:
            return (
                "No better than the default: no candidate within the budget scored higher than it "
                "on the validation examples."
            )
        missing = int(np.isnan(differences).sum())
        if missing:
            return (
                f"The winner and the default cannot be compared: {missing} of {len(differences)} "
                "seeds have no score."
            )
        unit = " points of" if self.measure.points == 100 else " in"
        gain = f"{np.mean(differences):+.2f}{unit} {self.measure.title} on the test split"
        interval = paired_interval(differences)
        if interval is None:
            return f"The winner against the default: {gain}, of one seed, which proves nothing."
        low, high = interval
        spelled = f"{gain}, {low:+.2f} to {high:+.2f} (95 %, {len(differences)} seeds)"
        if low > 0:
            return f"The winner is better than the default: {spelled}."
        if high < 0:
            return f"The winner is worse than the default: {spelled}."
        return f"The winner is no better than the default: {spelled}, which holds 0."

    def _doubt(self) -> list[str]:
        """Say what the interval leaves out, which matters where seeds change little."""
        if len(self.differences) < 2:
            return []
        return [
            "The interval is that of the seeds: the chance of these test examples is not in it."
        ]

    def _say_over_budget(self) -> list[str]:
        found = []
        for each in self.finals:
            reason = self.budget.refuse(each.measured) if each.measured else ""
            if reason:
                found.append(f"The file of the {each.name} is over the budget: {reason}.")
        return found

    def _count(self) -> str:
        states = [each.state for each in self.candidates]
        return (
            f"{len(states):,} candidates: {states.count(REFUSED):,} refused before or in their "
            f"training, {states.count(STOPPED):,} stopped on a part of it, "
            f"{states.count(WHOLE):,} trained to the end."
        )

    def _spell_scores(self, scores: Sequence[float]) -> str:
        mean = self.measure.format(float(np.mean(scores)))
        if len(scores) == 1:
            return mean
        return f"{mean} ({self.measure.format(min(scores))} to {self.measure.format(max(scores))})"

    def _candidate_table(self, candidates: Sequence[Candidate]) -> str:
        title = f"{self.measure.title}, validation"
        lines = [
            f"| trial | state | {title} | MB | ms | settings |",
            "|---|---|---:|---:|---:|---|",
        ]
        for each in candidates:
            score = self.measure.format(each.score) if each.scores else ""
            costs = _spell_costs(each.measured)[:2]
            cells = [_name(each), each.state, score, *costs, spell_settings(each.settings)]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def _spell_importances(self) -> str:
        if not self.importances:
            return "Nothing to tell: too few trials, or all of them scored the same."
        lines = ["| setting | importance |", "|---|---:|"]
        lines += [f"| {name} | {share:.0%} |" for name, share in self.importances.items()]
        return "\n".join(lines)


def load_result(folder: Path) -> SearchResult:
    """Read the result of a finished search.

    Args:
        folder: Of the search.

    Raises:
        UserError: It is damaged.
    """
    values = read_json(folder / JSON)
    candidates = (
        Candidate(
            **{**each, "measured": _measured(each["measured"]), "scores": tuple(each["scores"])}
        )
        for each in values["candidates"]
    )
    finals = (
        FinalScores(each["name"], tuple(each["scores"]), _measured(each["measured"]))
        for each in values["finals"]
    )
    return SearchResult(
        folder,
        values["title"],
        Measure(**values["measure"]),
        Budget(**values["budget"]),
        tuple(candidates),
        values["winner"],
        tuple(finals),
        values["importances"],
        values["facts"],
    )


def spell_settings(settings: Mapping[str, Any]) -> str:
    """Return settings in one line; of losses their names and weights.

    >>> spell_settings({"student": "text_cnn", "epochs": 3, "student_settings": {"filters": 64}})
    'student text_cnn, epochs 3, filters 64'
    """
    found = []
    for name, value in settings.items():
        if name == "student_settings":
            found += [f"{inner} {_spell(each)}" for inner, each in value.items()]
        else:
            found.append(f"{name} {_spell(value)}")
    return ", ".join(found)


def _spell(value: Any) -> str:
    """Return a value in a few letters.

    >>> _spell([{"loss": "HardLabels", "weight": 0.5}]), _spell(0.25), _spell(["prune:0.4"])
    ('0.5 HardLabels', '0.25', 'prune:0.4')
    """
    if isinstance(value, list):
        return " + ".join(map(_spell, value))
    if isinstance(value, dict) and "loss" in value:
        return f"{value.get('weight', 1)} {value['loss']}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _name(candidate: Candidate) -> str:
    return f"{candidate.number} (default)" if candidate.number == DEFAULT else str(candidate.number)


def _measured(values: Mapping[str, Any] | None) -> Measured | None:
    return None if values is None else Measured(**values)


def _spell_costs(measured: Measured | None) -> tuple[str, str, str]:
    if measured is None:
        return "", "", ""
    parameters = f"{measured.parameters:,}" if measured.parameters else ""
    return spell(measured.megabytes), spell(measured.milliseconds), parameters
