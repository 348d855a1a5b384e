"""`Report`: the table that says what distillation bought, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from ..console import Voice
from ..errors import UserError
from ..files import replace_when_whole


@dataclass(frozen=True)
class Row:
    """One model: shares from 0 to 1, `log_loss` in nats, latency in milliseconds of one text.

    Latency and `texts_per_second` leave the tokenizer out. None where nothing was measured.
    """

    name: str
    accuracy: float
    macro_f1: float
    log_loss: float
    ece: float
    agreement: float | None = None
    parameters: float | None = None  # a count; float as all measures
    megabytes: float | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None
    texts_per_second: float | None = None


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


_MEASURES = {
    "accuracy": ("accuracy", _percent),
    "macro_f1": ("macro F1", _percent),
    "log_loss": ("log loss", "{:.4f}".format),
    "ece": ("ECE", _percent),
    "agreement": ("agreement with teacher", _percent),
    "parameters": ("parameters", "{:,}".format),
    "megabytes": ("MB", "{:.2f}".format),
    "latency_p50": ("latency p50, ms", "{:.2f}".format),
    "latency_p95": ("latency p95, ms", "{:.2f}".format),
    "texts_per_second": ("texts per second", "{:,.0f}".format),
}


@dataclass(frozen=True)
class Report:
    """Rows of models on the same examples, facts about the run, and the verdict in words."""

    title: str
    rows: tuple[Row, ...]
    words: tuple[str, ...] = ()
    facts: dict = field(default_factory=dict)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no row {name!r}; there are {', '.join(row.name for row in self.rows)}")

    def show(self, voice: Voice | None = None) -> None:
        """Print the table, or one list per model where it is too narrow for one; the verdict."""
        voice = voice or Voice()
        table = self._table()
        wide = voice.console.options.update(width=1_000)
        if voice.console.measure(table, options=wide).minimum <= voice.console.width:
            voice.console.print(table)
        else:
            self._show_lists(voice)
        for line in self.words:
            voice.say(line)

    def markdown(self) -> str:
        """The same as Markdown."""
        lines = [f"# {self.title}", "", self.table()]
        lines += [f"{line}\n" for line in self.words]
        lines += [f"* {name}: {value}" for name, value in self.facts.items()]
        return "\n".join(lines).rstrip() + "\n"

    def table(self) -> str:
        """The rows as a table of Markdown."""
        lines = [_line(["", *[row.name for row in self.rows]])]
        lines += [_line(["---", *["---:"] * len(self.rows)])]
        return "\n".join([*lines, *map(_line, self._lines()), ""])

    def to_dict(self) -> dict:
        """The same as plain values."""
        return dataclasses.asdict(self)

    def save(self, folder: Path) -> None:
        """Write `report.md`, then `report.json`."""
        text = json.dumps(self.to_dict(), indent=1, ensure_ascii=False)
        for name, content in (("report.md", self.markdown()), ("report.json", text)):
            with replace_when_whole(folder / name) as part:
                part.write_text(content, encoding="utf-8")

    def _table(self):
        from rich.table import Table
        from rich.text import Text  # a name with [brackets] is no markup

        table = Table(title=Text(self.title))
        table.add_column("", overflow="fold")
        for row in self.rows:
            table.add_column(Text(row.name), justify="right", overflow="fold")
        for cells in self._lines():
            table.add_row(*cells)
        return table

    def _show_lists(self, voice: Voice) -> None:
        voice.say(self.title)
        for number, row in enumerate(self.rows, 1):
            voice.say(f"\n{row.name}")
            for cells in self._lines():
                if cells[number]:
                    voice.say(f"  {cells[0]}: {cells[number]}")
        voice.say()

    def _lines(self) -> list[list[str]]:
        """One line a measure: its name, and its value for each model."""
        used = [k for k in _MEASURES if any(getattr(row, k) is not None for row in self.rows)]
        return [[_MEASURES[key][0], *[_cell(row, key) for row in self.rows]] for key in used]


def load(folder: Path) -> Report:
    """The report of a finished run.

    Raises:
        UserError: there is none, or it is damaged.
    """
    file = folder / "report.json"
    if not file.is_file():
        raise UserError(f"{folder} holds no report.json: give the folder of a finished run.")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        rows = tuple(Row(**row) for row in found["rows"])
        return Report(found["title"], rows, tuple(found["words"]), found["facts"])
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{file} is damaged ({error!r}): remove it, and run again.") from error


def _cell(row: Row, key: str) -> str:
    value = getattr(row, key)
    return "" if value is None else _MEASURES[key][1](value)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(each.replace('|', '/') for each in cells)} |"
