"""Plots of scores: which runs stand in one."""

import pytest

pytest.importorskip("altair")
from tfkd.reporting import plots


def run(name, scores, interval):
    row = {"name": "student", "scores": scores, "interval": interval, "latency_p50": None}
    measures = {key: {"title": key, "unit": "share"} for key in scores}
    return {"name": name, "measures": measures, "rows": [{**row, "megabytes": 1.0}]}


def test_runs_of_another_headline_are_left_out():
    """A perplexity's interval around an accuracy."""
    both = [
        run("a", {"accuracy": 0.9}, (0.88, 0.92)),
        run("b", {"perplexity": 24.0, "accuracy": 0.4}, (22.5, 25.7)),
    ]
    text = str(plots.scores(both)["megabytes"])
    assert "'run': 'a'" in text
    assert "'run': 'b'" not in text
