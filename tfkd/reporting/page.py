"""The page: figures and plots in one file that needs no network, and runs no text of a reader.

A run's `sections` are plain values: `title`, `figures`, and where there is something to say `nav`
(its name in the navigation), `lead`, `missing` (why the teacher is not in it) and `note`. In
`figures` a list is shown side by side, and a list within it one above the other. A figure has a
`kind`: `bars`, `matrix` and `curve` are drawn by `tfkd.reporting.charts`; the others are HTML:

* `table`: `columns` with `title` and `unit`, `rows` of cells, `totals` below them. Units are
  `share`, `points` (from 0 to 1, shown from 0 to 100), `count`, `decimal`, `number`, `name`,
  `words`, `text` (folded where it is long) and `answer` (a cell `{"answer", "right"}`),
* `texts`: each with a `head`, its `parts`, and for each of `models` a `probability` and `effects`,
* `heading`: `text` above what follows.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import missing_extra
from . import charts, plots

HERE = Path(__file__).parent
COSTS = {
    "agreement": {"title": "agreement", "unit": "share"},
    "parameters": {"title": "parameters", "unit": "count"},
    "zeros": {"title": "zeros", "unit": "share"},
    "megabytes": {"title": "MB", "unit": "decimal"},
    "packed_megabytes": {"title": "MB, packed", "unit": "decimal"},
    "latency_p50": {"title": "p50, ms", "unit": "decimal"},
    "latency_p95": {"title": "p95, ms", "unit": "decimal"},
    "texts_per_second": {"title": "texts a second", "unit": "count"},
    "training_seconds": {"title": "training, s", "unit": "count"},
}
_FORMATS = {"share": "{:.2f} %", "points": "{:.2f}", "count": "{:,.0f}", "decimal": "{:,.2f}"}


def page(figures: dict[str, Any]) -> str:
    """Return the report as HTML.

    Args:
        figures: `{"tfkd": version, "title": heading, "runs": [...]}`. Each run is a report's plain
            values with `name`, `histories` and, where its models could be asked, `texts` and
            `sections`.

    Raises:
        UserError: The extra `report` is not installed.
    """
    check_installed()
    specs = specifications(figures)
    scripts = [library(), (HERE / "page.js").read_text(encoding="utf-8")]
    measures: dict[str, Any] = {}
    for run in figures["runs"]:
        measures |= run["measures"]
    return _template().render(
        figures=figures,
        sections=[sections_of(run) for run in figures["runs"]],
        measures=measures,
        costs=COSTS,
        specs=specs,
        specs_json=escape_json(json.dumps(specs)),
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        scripts=scripts,
        policy=content_policy(scripts),
    )


def specifications(figures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all plots of the page by their element's id."""
    specs = {f"plot-scores-{name}": spec for name, spec in plots.scores(figures["runs"]).items()}
    for number, run in enumerate(figures["runs"]):
        for name, section in sections_of(run).items():
            for place, figure in _walk(section["figures"], f"plot-run-{number}-{name}"):
                if spec := charts.draw(figure):
                    specs[place] = spec
    return specs


def _walk(figures: list[Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each figure of nested lists with the id of its element."""
    for number, figure in enumerate(figures):
        if isinstance(figure, list):
            yield from _walk(figure, f"{place}-{number}")
        else:
            yield f"{place}-{number}", figure


def sections_of(run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sections of a run by name, its training last."""
    sections = dict(run.get("sections", {}))
    if run["histories"]:
        figures: list[Any] = []
        for history in run["histories"]:
            figures += [{"kind": "heading", "text": history["name"]}, _curves(history)]
        sections["training"] = {
            "title": "Training",
            "nav": "Training",
            "figures": figures,
            "note": "Dashed are the validation texts, on which the teacher does not run, so that "
            "the loss there holds the labels' terms alone. Metrics in training are measured while "
            "the weights change.",
        }
    return sections


def _curves(history: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the curves of one training: its loss with each term, and its metrics."""
    losses: list[dict[str, Any]] = []
    metrics: list[dict[str, Any]] = []
    for epoch in history["epochs"]:
        for name, value in epoch.items():
            series = name.removeprefix("val_")
            split = "validation" if name.startswith("val_") else "training"
            point = {"x": epoch["epoch"], "y": value, "series": series, "split": split}
            if name != "epoch":
                (metrics if series in history["metrics"] else losses).append(point)
    epochs, names = {"title": "epoch"}, list(dict.fromkeys(point["series"] for point in metrics))
    title = " and ".join(names)
    return [
        {
            "kind": "curve",
            "caption": "Loss and its terms; dashed: validation",
            "x": epochs,
            "y": {"title": "loss", "logarithmic": True},
            "points": losses,
        },
        {
            "kind": "curve",
            "caption": f"{title[:1].upper()}{title[1:]}; dashed: validation",
            "x": epochs,
            "y": {"title": title, "unit": "share" if names == ["accuracy"] else "number"},
            "points": metrics,
        },
    ]


def check_installed() -> None:
    """Refuse before the work begins where a package is missing.

    Raises:
        UserError: The extra `report` is not installed.
    """
    for name in ("altair", "jinja2", "vl_convert"):
        if importlib.util.find_spec(name) is None:
            raise missing_extra(name.replace("_", "-"), "report", "an HTML report")


@functools.cache
def library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, in Altair's version."""
    import vl_convert

    version = plots.altair().SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    # The stub of vl_convert does not know that the snippet, here the whole bundle, has a default.
    bundle = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]
    return escape_script(bundle)


def content_policy(scripts: list[str]) -> str:
    """Return the policy by which only these scripts run, and nothing is loaded from anywhere."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def escape_json(text: str) -> str:
    r"""Escape JSON so that no HTML parser takes a part of it for the end of the script.

    >>> escape_json('"</script>"')
    '"\\u003c/script>"'
    """
    return text.replace("<", "\\u003c")


def escape_script(text: str) -> str:
    r"""Escape `</script` so that the script cannot end early inside HTML.

    >>> escape_script('a = "</script>"')
    'a = "<\\/script>"'
    """
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["format_measure"] = format_measure
    environment.filters["verdict_kind"] = verdict_kind
    environment.tests["list"] = lambda value: isinstance(value, list)
    return environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))


def verdict_kind(words: Sequence[str]) -> str:
    """Return what colour the verdict has: "helped", "hurt", "unclear", or "" for none.

    >>> verdict_kind(["Distillation HURT: -2.00 points"]), verdict_kind(["The file is small."])
    ('hurt', '')
    """
    starts = {
        "Distillation helped": "helped",
        "Distillation HURT": "hurt",
        "Distillation made no clear difference": "unclear",
    }
    for line in words:
        for start, kind in starts.items():
            if line.startswith(start):
                return kind
    return ""


def format_measure(value: float | None, unit: str) -> str:
    """Return a number as people read it.

    >>> format_measure(0.9321, "share"), format_measure(22713986, "count")
    ('93.21 %', '22,713,986')
    >>> format_measure(0.25, "nats"), format_measure(None, "share"), format_measure(0.3, "points")
    ('0.2500', '', '30.00')
    """
    if value is None:
        return ""
    hundreds = unit in ("share", "points")
    return _FORMATS.get(unit, "{:.4f}").format(100 * value if hundreds else value)
