"""The page: figures and plots in one file that needs no network, and runs no text of a reader."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

from ..errors import missing_extra
from . import plots, run_plots

HERE = Path(__file__).parent
ORDER = ("accuracy", "macro_f1", "log_loss", "ece", "agreement", "parameters", "megabytes")
MEASURES = (*ORDER, "latency_p50", "latency_p95", "texts_per_second")


def page(figures: dict[str, Any]) -> str:
    """The report as HTML.

    Raises:
        UserError: the extra `report` is not installed.
    """
    check_installed()
    specs = specifications(figures)
    scripts = [library(), (HERE / "page.js").read_text(encoding="utf-8")]
    return _template().render(
        figures=figures,
        measures=MEASURES,
        specs=specs,
        specs_json=harmless(json.dumps(specs)),
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        scripts=scripts,
        policy=policy(scripts),
    )


def specifications(figures: dict[str, Any]) -> dict[str, dict]:
    """All plots of the page by their element's id."""
    found = {f"scores-{name}": spec for name, spec in plots.scores(figures["runs"]).items()}
    for number, run in enumerate(figures["runs"]):
        found |= {f"run-{number}-{name}": spec for name, spec in _of_run(run).items() if spec}
    return {f"plot-{name}": spec for name, spec in found.items()}


def _of_run(run: dict) -> dict[str, dict | None]:
    made: dict[str, dict | None] = {}
    for number, history in enumerate(run["histories"]):
        for of in ("loss", "accuracy"):
            made[f"{of}-{number}"] = run_plots.curve(history, of)
    if "texts" not in run:
        return made
    made["reliability"] = run_plots.reliability(
        run["reliability"], len(run["confusion"]["classes"])
    )
    for model in run["reliability"]:
        made[f"confusion-{model}"] = run_plots.confusion(run["confusion"], model)
    for by in ("length", "label"):
        made[f"slices-{by}"] = run_plots.slices(run["slices"], by)
    made["robustness"] = run_plots.robustness(run["robustness"])
    for group in run["fairness"]["groups"]:
        made[f"fairness-{group['group']}"] = run_plots.fairness(group)
    return made


def check_installed() -> None:
    """Tell before the work begins that a package is lacking.

    Raises:
        UserError: the extra `report` is not installed.
    """
    for name in ("altair", "jinja2", "vl_convert"):
        if importlib.util.find_spec(name) is None:
            raise missing_extra(name.replace("_", "-"), "report", "an HTML report")


@functools.cache
def library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, in the version that Altair writes for."""
    import vl_convert

    version = plots.altair().SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    bundle = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]
    return harmless_script(bundle)  # the whole of it: its stub knows no default


def policy(scripts: list[str]) -> str:
    """Only these scripts run, and nothing is loaded from anywhere."""
    hashes = " ".join(f"'sha256-{_digest(each)}'" for each in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


def harmless(text: str) -> str:
    r"""JSON that no HTML parser takes for an end of the script.

    >>> harmless('"</script>"')
    '"\\u003c/script>"'
    """
    return text.replace("<", "\\u003c")


def harmless_script(text: str) -> str:
    r"""The same script without an end inside of it.

    >>> harmless_script('a = "</script>"')
    'a = "<\\/script>"'
    """
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _template():
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))


def shown(value: float | None, measure: str) -> str:
    """A measure as people read it.

    >>> shown(0.9321, "accuracy"), shown(22713986, "parameters"), shown(None, "ece")
    ('93.21 %', '22,713,986', '')
    """
    if value is None:
        return ""
    if measure in ("parameters", "texts_per_second", "count"):
        return f"{value:,.0f}"
    if measure in ("log_loss", "effect"):
        return f"{value:.4f}"
    if measure in ("megabytes", "latency_p50", "latency_p95"):
        return f"{value:,.2f}"
    return f"{100 * value:.2f} %"


TITLES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
    "ece": "ECE",
    "agreement": "agreement",
    "parameters": "parameters",
    "megabytes": "MB",
    "latency_p50": "p50, ms",
    "latency_p95": "p95, ms",
    "texts_per_second": "texts a second",
}
FILTERS = {"shown": shown, "title_of": TITLES.__getitem__}
