"""Compressions by their specs."""

import pytest

from tfkd import UserError
from tfkd.compression import KINDS, parse, read_settings

KNOWN = {"share": float, "heads": float, "score": str}


def test_settings_are_the_first_one_or_by_name():
    assert read_settings("prune", "heads=0.5, score=norm", KNOWN, "share") == {
        "heads": 0.5,
        "score": "norm",
    }


@pytest.mark.parametrize(
    "text", ["", "0.4,0.5", "share=0.4,share=0.5", "0.4,share=0.5", "unit=0.5", "0.4,"]
)
def test_settings_that_are_none_are_refused(text):
    with pytest.raises(UserError, match=r"is no setting: write prune:VALUE or"):
        read_settings("prune", text, KNOWN, "share")


def test_a_value_of_another_type_is_refused():
    with pytest.raises(UserError, match="heads is 'half': write a number"):
        read_settings("prune", "heads=half", KNOWN, "share")
    with pytest.raises(UserError, match=r"steps is '2\.5': write a whole number"):
        read_settings("prune", "0.4,steps=2.5", {**KNOWN, "steps": int}, "share")


def test_an_unknown_compression_is_refused_with_those_there_are(monkeypatch):
    monkeypatch.setitem(KINDS, "prune", (".none", "None"))
    with pytest.raises(UserError, match=r"did you mean prune\?"):
        parse("prun:0.4")
