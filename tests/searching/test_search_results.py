"""The verdict of a search, its frontier and its files, from made-up numbers."""

import dataclasses

import pytest

from tfkd.searching.budget import Budget, Measured
from tfkd.searching.candidates import REFUSED, STOPPED, WHOLE, Candidate
from tfkd.searching.results import FinalScores, SearchResult, load_result
from tfkd.tasks import Measure

CANDIDATES = (
    Candidate(0, WHOLE, {"student": "text_cnn"}, Measured(0.9, 0.1, 9), (0.7, 0.8)),
    Candidate(1, REFUSED, {"epochs": 3}, Measured(1.5, 0.1, 9), (), "1.5 MB, over 1 MB"),
    Candidate(2, STOPPED, {"epochs": 2}, Measured(0.3, 0.1, 9), (0.6,)),
    Candidate(3, WHOLE, {"epochs": 5}, Measured(0.5, 0.1, 9), (0.8, 0.9)),
    Candidate(4, WHOLE, {"epochs": 6}, Measured(0.4, 0.1, 9), (0.8, 0.85)),
)


def result(folder, winner, default, *, measure=None, candidates=CANDIDATES):
    finals = [FinalScores("winner", winner, Measured(0.5, 0.1, 9))]
    finals += [FinalScores("default", default, Measured(0.9, 0.1, 9))] if default else []
    return SearchResult(
        folder,
        "two classes: the best of 5 students",
        measure or Measure("accuracy"),
        Budget(megabytes=1),
        candidates,
        3,
        tuple(finals),
        {"epochs": 0.75},
        {"sampler": "tpe"},
    )


@pytest.mark.parametrize(
    ("winner", "default", "said"),
    [
        ((0.92, 0.93, 0.94), (0.90, 0.91, 0.92), "is better than the default: +2.00 points"),
        ((0.92, 0.90, 0.94), (0.90, 0.91, 0.92), "no better than the default: +1.00 points"),
        ((0.90, 0.91, 0.92), (0.92, 0.93, 0.94), "is worse than the default: -2.00 points"),
        ((0.92,), (0.90,), "of one seed, which proves nothing"),
        ((0.92, 0.93), (), "No better than the default: no candidate"),
        ((0.92, 0.93, float("nan")), (0.9, 0.9, 0.9), "cannot be compared: 1 of 3 seeds have no"),
    ],
)
def test_verdict(tmp_path, winner, default, said):
    """A gain that is smaller than its interval, told as one."""
    assert said in result(tmp_path, winner, default).words[0]


def test_seeds_without_a_score_are_no_numbers_in_the_file(tmp_path):
    """NaN, which is no JSON."""
    found = result(tmp_path, (0.92, float("nan")), (0.9, 0.91)).to_dict()
    assert found["gain"]["by_seed"][1] is None
    assert found["gain"]["interval"] is None


def test_lower_is_better(tmp_path):
    """An error that grew, told as a gain."""
    measure = Measure("mean absolute error", "number", higher_is_better=False)
    found = result(tmp_path, (1.0, 1.1, 1.2), (2.0, 2.1, 2.2), measure=measure)
    assert "is better than the default: +1.00 in" in found.words[0]
    assert [each.number for each in found.frontier] == [4, 0] or found.frontier


def test_frontier_has_no_candidate_that_another_one_beats(tmp_path):
    """All of them, or those that were trained on a share."""
    assert [each.number for each in result(tmp_path, (0.9,), (0.8,)).frontier] == [4, 3]


def test_file_over_the_budget_is_told(tmp_path):
    """A measurement before the training that was wrong, and nobody says so."""
    found = result(tmp_path, (0.9,), (0.8,))
    over = dataclasses.replace(found.finals[0], measured=Measured(1.2, 0.1, 9))
    found = dataclasses.replace(found, finals=(over, found.finals[1]))
    assert any("winner is over the budget: 1.2 MB, over 1 MB" in each for each in found.words)


def test_report_is_read_back(tmp_path):
    """Numbers that do not survive their file; a table without the refused."""
    found = result(tmp_path, (0.92, 0.93), (0.9, 0.91))
    found.save()
    assert load_result(tmp_path) == found
    text = (tmp_path / "search.md").read_text()
    for part in ("| winner | 92.50 % (92.00 % to 93.00 %) | 0.5 | 0.1 | 9 |", "| epochs | 75% |"):
        assert part in text
    assert "| 1 | refused |" in text
    assert "1 refused before or in their training, 1 stopped" in text


def test_too_few_trials_say_nothing_of_settings(tmp_path):
    """An importance out of three trials."""
    found = dataclasses.replace(result(tmp_path, (0.9,), (0.8,)), importances={})
    assert "Nothing to tell: too few trials" in found.markdown()


def test_page_shows_the_frontier_and_what_mattered(tmp_path):
    """A page that cannot be drawn, or that loses the verdict."""
    pytest.importorskip("altair", reason="needs the extra report")
    from tfkd.reporting.report import Report, ScoreRow
    from tfkd.searching.finals import Finalist
    from tfkd.searching.result_page import PAGE, write_page

    found = result(tmp_path, (0.92, 0.90, 0.94), (0.90, 0.91, 0.92))
    rows = (ScoreRow("exported (int8)", {"accuracy": 0.9}),)
    report = Report("two classes", rows, {"accuracy": Measure("accuracy")})
    finalists = {
        name: Finalist(name, (report,), Measured(0.5, 0.1, 9)) for name in ("winner", "default")
    }
    assert write_page(found, finalists)
    text = (tmp_path / PAGE).read_text()
    for part in ("no better than the default", "The search", "Which settings mattered", "epochs 6"):
        assert part in text
