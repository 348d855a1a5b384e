"""What a student may answer by itself: the curve, and what confidence tells."""

import json

import numpy as np
import report_toys as toys

from tfkd.reporting.sections.coverage import coverage, risk_by_coverage


def test_the_curve_ends_with_the_share_of_all_wrong_answers():
    """Texts of one confidence, of which some are answered and some are not."""
    generator = np.random.default_rng(0)
    confidence = np.round(generator.random(5_000), 3)
    wrong = generator.random(5_000) > confidence
    points = risk_by_coverage(confidence, wrong)
    assert len(points) == 100
    assert points[-1] == (1.0, wrong.mean())
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    first = confidence >= confidence.max()
    assert points[0] == (first.mean(), wrong[first].mean())


def test_confidence_that_is_nan_is_not_answered():
    """NaN sorts last, or first, as it happens."""
    points = risk_by_coverage(np.array([np.nan, 0.9]), np.array([True, False]))
    assert points == [(0.5, 0.0)]
    assert risk_by_coverage(np.array([np.nan]), np.array([True])) == []


def test_labels_and_teacher_are_compared_apart():
    """The share that agrees with the teacher, under the name of the labels."""
    section = coverage(toys.answers())
    (curve,), table = section["figures"]
    last = {point["series"]: point["y"] for point in curve["points"]}
    rows = {row[0]: row[1:4] for row in table["rows"]}
    assert set(last) == set(rows) == {"the labels", "the teacher"}
    for name, (texts, wrong, _) in rows.items():
        assert (texts, wrong) == (4, last[name])
    json.dumps(section)


def test_texts_without_labels_are_compared_with_the_teacher_alone():
    """An error rate of labels that are not there."""
    _, table = coverage(toys.answers(labels=(-100,) * 4))["figures"]
    assert [row[0] for row in table["rows"]] == ["the teacher"]


def test_what_is_always_right_has_no_auroc():
    """A division by no wrong answers."""
    _, table = coverage(toys.answers(texts=toys.TEXTS[:2], labels=(1, 0)))["figures"]
    assert [row[2:4] for row in table["rows"]] == [[0.0, None]] * 2


def test_the_certificate_of_the_run_is_shown():
    """A threshold in the file that the page does not know."""
    shown = [
        {"risk": risk, "threshold": threshold, "texts": 1_000, "share": 0.6, "wrong": 3}
        | {"bound": 0.0129}
        for risk, threshold in ((0.01, None), (0.02, 0.9))
    ]
    ask_below = {"confidence": 0.9, "against": "teacher", "data": "test split"}
    certificate = {"file": "student.tflite", "ask_below": ask_below, "shown": shown}
    section = coverage(toys.answers(facts={"certificate": certificate}))
    table = section["figures"][-1]
    assert table["rows"] == [[0.02, 1_000, 0.6, 3, 0.0129]]
    assert "student.tflite" in table["caption"]
