"""Checks that fit the texts: English rules for English texts, names where people speak."""

import pytest
import report_toys as toys

from tfkd.errors import UserError
from tfkd.reporting.sections.gathering import check_sections, gather_sections
from tfkd.reporting.sections.language import are_english, speak_of_people

GERMAN = ["Das war ein sehr schöner Film, den ich mit ihr gesehen habe.", "Nie wieder!"]
CHINESE = ["服务很好，味道也不错", "太慢了"]
REPORTS = ["The operating profit rose to EUR 13.1 mn from EUR 8.7 mn.", "Sales were flat in 2008."]
REVIEWS = ["I liked it, and so did she.", "What a film!"]


@pytest.mark.parametrize(
    ("texts", "english", "people"),
    [
        (GERMAN, False, False),
        (CHINESE, False, False),
        (REPORTS, True, False),
        (REVIEWS, True, True),
        ([], False, False),
        (["", "..."], False, False),
        (["I'm not sure it's mine"], True, True),
    ],
)
def test_languages_and_people(texts, english, people):
    """Letters or names taken for words."""
    assert (are_english(texts), speak_of_people(texts)) == (english, people)


@pytest.mark.parametrize(
    ("texts", "left_out"),
    [
        (CHINESE, ["robustness", "fairness"]),
        (REPORTS, ["fairness"]),
        (REVIEWS, []),
    ],
)
def test_a_check_that_cannot_fail_is_left_out_and_says_so(texts, left_out):
    """No flip of "I am gay, and I say:" before Chinese texts, read as a clean bill."""
    found = gather_sections(toys.answers(texts, [1] * len(texts)))
    for name in ("robustness", "fairness"):
        assert ("Left out" in found[name]["note"]) == (name in left_out)
        assert bool(found[name]["figures"]) == (name not in left_out)


def test_sections_are_left_out_by_name():
    """A switch that leaves out another one, or everything."""
    found = gather_sections(toys.answers(), without=("fairness", "words"))
    every = list(gather_sections(toys.answers()))
    assert list(found) == [name for name in every if name not in ("fairness", "words")]


def test_an_unknown_section_is_named():
    """A name that leaves out nothing, without a word."""
    with pytest.raises(UserError, match="did you mean fairness"):
        check_sections(["fairnes"])
