"""`Report`: the table that says what distillation bought, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import replace_when_whole
from ..tasks import Measure
from .column_parts import ColumnParts
from .compression_steps import CompressionSteps

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@dataclass(frozen=True)
class ScoreRow:
    """One model of a report; `None` where nothing was measured.

    Attributes:
        name: What the model is called in the table.
        scores: The task's measures by key, such as `{"accuracy": 0.93}`.
        agreement: Share of examples on which it answers as the teacher does.
        parameters: How many there are.
        zeros: Share of its weights that are zero.
        megabytes: Size of its file, or of its parameters in float32.
        packed_megabytes: Size of its file once gzip has packed it.
        latency_p50: Median milliseconds for one example, without the tokenizer.
        latency_p95: Milliseconds within which 95 % of the examples are answered.
        texts_per_second: Examples a second in batches, without the tokenizer.
        training_seconds: How long its training took, without what was stored before.
        interval: Ends of the 95 % interval of the headline, where that is a mean over examples,
            or a bootstrap is cheap.
    """

    name: str
    scores: Mapping[str, float]
    agreement: float | None = None
    parameters: float | None = None
    zeros: float | None = None
    megabytes: float | None = None
    packed_megabytes: float | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None
    texts_per_second: float | None = None
    training_seconds: float | None = None
    interval: tuple[float, float] | None = None


_COSTS: dict[str, tuple[str, Callable[[float], str]]] = {
    "agreement": ("agreement with teacher", Measure("agreement").format),
    "parameters": ("parameters", "{:,}".format),
    "zeros": ("weights that are zero", Measure("zeros").format),
    "megabytes": ("MB", "{:.2f}".format),
    "packed_megabytes": ("MB, packed by gzip", "{:.2f}".format),
    "latency_p50": ("latency p50, ms", "{:.2f}".format),
    "latency_p95": ("latency p95, ms", "{:.2f}".format),
    "texts_per_second": ("texts per second", "{:,.0f}".format),
    "training_seconds": ("training, s", "{:,.0f}".format),
}
_FEW_ZEROS = 0.01


@dataclass(frozen=True)
class Report:
    """Rows of models on the same examples, the verdict in words, and facts about the run.

    Attributes:
        title: The heading of the table.
        rows: One model each.
        measures: What the scores of the rows mean, by key; the first one is the headline.
        words: The verdict, a sentence each.
        facts: Settings of the run by name.
        parts: The headline on parts of the examples, where these were asked for.
        steps: The student after each compression, where there was any.
    """

    title: str
    rows: tuple[ScoreRow, ...]
    measures: Mapping[str, Measure]
    words: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: ColumnParts | None = None
    steps: CompressionSteps | None = None

    def __getitem__(self, name: str) -> ScoreRow:
        """Return the row of a model.

        Raises:
            KeyError: No row has this name.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no row {name!r}; there are {', '.join(row.name for row in self.rows)}")

    @property
    def headline(self) -> str:
        """Key of the measure that the verdict is about."""
        return next(iter(self.measures))

    def show(self, console: Console | None = None) -> None:
        """Print the table, or one list a model where the console is too narrow; the verdict.

        Args:
            console: Where to, if not to the screen: a console of the package rich.
        """
        from rich.console import Console

        console = console or Console(highlight=False, soft_wrap=True)
        table = self._rich_table()
        wide = console.options.update(width=1_000)
        if console.measure(table, options=wide).minimum <= console.width:
            console.print(table)
        else:
            console.print(self.title, markup=False)
            for number, row in enumerate(self.rows, 1):
                console.print(f"\n{row.name}", markup=False)
                for cells in self._lines():
                    if cells[number]:
                        console.print(f"  {cells[0]}: {cells[number]}", markup=False)
            console.print()
        for line in self.words:
            console.print(line, markup=False)
        for more in (self.steps, self.parts):
            if more:
                console.print(f"\n{more.table()}", markup=False)

    def markdown(self) -> str:
        """Return table, verdict and facts as Markdown."""
        lines = [f"# {self.title}", "", self.table()]
        lines += [f"{line}\n" for line in self.words]
        for more in (self.steps, self.parts):
            lines += [more.table(), ""] if more else []
        lines += [f"* {name}: {value}" for name, value in self.facts.items()]
        return "\n".join(lines).rstrip() + "\n"

    def table(self) -> str:
        """Return the rows as a Markdown table, a column for each model."""
        lines = [_markdown_line(["", *[row.name for row in self.rows]])]
        lines += [_markdown_line(["---", *["---:"] * len(self.rows)])]
        return "\n".join([*lines, *map(_markdown_line, self._lines()), ""])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        values = dataclasses.asdict(self)
        return {
            name: value
            for name, value in values.items()
            if value is not None or name not in ("parts", "steps")
        }

    def save(self, folder: Path) -> None:
        """Write `report.md`, then `report.json`."""
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        for name, content in (("report.md", self.markdown()), ("report.json", text)):
            with replace_when_whole(folder / name) as part:
                part.write_text(content, encoding="utf-8")

    def _rich_table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        # `Text`, because a name with [brackets] is no markup.
        table = Table(title=Text(self.title))
        table.add_column("", overflow="fold")
        for row in self.rows:
            table.add_column(Text(row.name), justify="right", overflow="fold")
        for cells in self._lines():
            table.add_row(*cells)
        return table

    def _lines(self) -> list[list[str]]:
        """Return a line for each measure that some model has: its title, and each model's value."""
        known: list[tuple[str, Callable[[float], str], list[float | None]]] = [
            (measure.title, measure.format, [row.scores.get(key) for row in self.rows])
            for key, measure in self.measures.items()
        ]
        known += [
            (title, show, [getattr(row, key) for row in self.rows])
            for key, (title, show) in _COSTS.items()
        ]
        return [
            [title, *("" if value is None else show(value) for value in values)]
            for title, show, values in known
            if _says_anything(title, values)
        ]


def load(folder: Path) -> Report:
    """Read the report of a finished run.

    Raises:
        UserError: There is none, or it is damaged.
    """
    file = folder / "report.json"
    if not file.is_file():
        raise UserError(f"{folder} holds no report.json: give the folder of a finished run.")
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        return Report(
            title=values["title"],
            rows=tuple(_read_row(row) for row in values["rows"]),
            measures={key: Measure(**measure) for key, measure in values["measures"].items()},
            words=tuple(values["words"]),
            facts=values["facts"],
            steps=CompressionSteps.from_dict(values["steps"]) if "steps" in values else None,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{file} is damaged ({error!r}): remove it, and run again.") from error


def _read_row(values: dict[str, Any]) -> ScoreRow:
    ends = values.get("interval")
    return ScoreRow(**{**values, "interval": tuple(ends) if ends else None})


def _says_anything(title: str, values: list[float | None]) -> bool:
    """Return whether a line is worth its place: some zeros are in every model by chance."""
    least = _FEW_ZEROS if title == _COSTS["zeros"][0] else -math.inf
    return any(value is not None and not value < least for value in values)


def _markdown_line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
