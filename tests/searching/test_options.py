"""What a search may be asked for."""

import pytest

from tfkd.errors import UserError
from tfkd.searching.options import TRIALS, find_measure, make_options
from tfkd.tasks import Measure


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no budget given"),
        ({"max_mb": 0}, "no budget given"),
        ({"max_mb": -1}, "--max-mb is -1"),
        ({"max_mb": float("nan")}, "--max-mb is nan"),
        ({"max_ms": float("inf")}, "--max-ms is inf"),
        ({"max_ms": "fast"}, "--max-ms is 'fast'"),
        ({"max_mb": 1, "trials": 3, "hours": 1}, "leave one of them out"),
        ({"max_mb": 1, "trials": 0}, "trials is 0"),
        ({"max_mb": 1, "trials": -2}, "trials is -2"),
        ({"max_mb": 1, "trials": 2.5}, "trials is 2.5"),
        ({"max_mb": 1, "hours": 0}, "hours is 0"),
        ({"max_mb": 1, "hours": -1}, "hours is -1"),
        ({"max_mb": 1, "hours": float("nan")}, "hours is nan"),
        ({"max_mb": 1, "seeds": 0}, "seeds is 0"),
        ({"max_mb": 1, "sampler": "grid"}, "write one of tpe, random"),
    ],
)
def test_options_that_cannot_be(given, said):
    """A search that begins with them."""
    with pytest.raises(UserError, match=said):
        make_options(given)


def test_settings_of_runs_are_handed_on():
    """A setting that is lost between the two."""
    options, others = make_options({"max_mb": 1, "student": "text_cnn", "also": "compress"})
    assert others == {"student": "text_cnn"}
    assert (options.trials, options.also, options.budget.megabytes) == (TRIALS, ("compress",), 1)


def test_measure_is_found_by_key_or_title_and_listed():
    """A key that nobody knows; a wrong one that ends in a KeyError after hours."""
    measures = {"accuracy": Measure("accuracy"), "macro_f1": Measure("macro F1")}
    assert find_measure("", measures) == "accuracy"
    assert find_measure("Macro F1", measures) == find_measure("macro_f1", measures) == "macro_f1"
    with pytest.raises(UserError, match="accuracy, macro_f1"):
        find_measure("bleu", measures)
