"""Robustness, fairness and occlusion, with models whose answers can be worked out."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.reporting.sections import fairness as fair
from tfkd.reporting.sections.fairness import fairness
from tfkd.reporting.sections.occlusion import attribution, parts
from tfkd.reporting.sections.robustness import robustness


def test_flips_and_accuracy_of_changed_texts():
    """Unchanged texts that count make any model look robust."""
    texts = ["it is good", "it is bad", "so good", "it isn't good"]
    given = toys.answers(texts, [1, 0, 1, 1])
    found = {each["change"]: each for each in robustness(given)["changes"]}
    negation = found["negations"]
    assert negation["texts"] == 3  # `so good` has nothing to negate
    # The teacher reads `it is not good` as 2 - 1, `it is not bad` as -3, `it is good` as 2; before
    # it read all three in the same way.
    assert negation["teacher"] == {"before": 1.0, "after": 1.0, "flipped": 0.0}
    # The student reads `it is not`, which is -1, and `it is good`, 2.
    assert negation["student"]["flipped"] == pytest.approx(1 / 3)
    assert negation["student"]["after"] == pytest.approx(2 / 3)
    assert negation["example"] == "… it is not good …"


def test_typos_hide_the_words_that_a_model_knows():
    """A change that is never made, and flips nothing."""
    texts = ["good good good"] * 30
    found = robustness(toys.answers(texts, [1] * 30))["changes"][1]
    assert found["texts"] == 30
    assert found["teacher"]["after"] == 1.0  # two of three words are left
    texts = ["good"] * 30
    found = robustness(toys.answers(texts, [1] * 30))["changes"][1]
    assert found["student"] == {"before": 1.0, "after": 0.0, "flipped": 1.0}


@pytest.mark.parametrize("part", [robustness, fairness, attribution])
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"rate": 0.001}, "would take more than 60 s"),
        ({"rate": None}, "its speed was not measured"),
        ({"ask_teacher": None, "facts": {"teacher_missing": "looked up"}}, "looked up"),
    ],
)
def test_a_teacher_that_cannot_be_asked(part, changes, why):
    """An hour of a slow teacher for one figure; or its absence that nobody explains."""
    found = part(toys.answers(**changes))
    assert why in found["teacher_missing"]
    rows = found.get("changes", found.get("groups", found.get("shown")))
    assert rows
    assert all("student" in each and "teacher" not in each for each in rows)


def test_a_word_that_changes_the_answer_is_found(monkeypatch):
    """A model that dislikes a name, and the table says that all is well."""
    monkeypatch.setattr(fair, "TEMPLATES", {"name": ("{} said: {}", ("Ann", "Bob", "bad"))})
    texts = ["good"] * 8
    (group,) = fairness(toys.answers(texts, [1] * 8))["groups"]
    # The student reads `bad said: good`, 0: it answers the first class, negative.
    for model in ("teacher", "student"):
        assert group[model]["accuracy"] == [1.0, 1.0, 0.0]
        assert group[model]["flipped"] == [0.0, 0.0, 1.0]
        assert group[model]["any_flipped"] == 1.0
        assert group[model]["widest"] == pytest.approx(1 / (1 + np.exp(-4)) - 0.5)
    assert group["template"] == "… said: TEXT"


def test_braces_in_a_text_are_no_placeholders():
    """`{0}` in a review, and the report ends with a KeyError."""
    assert fairness(toys.answers(["good {name} {}", "bad {0"], [1, 0]))["sample"] == 1


def test_the_effect_of_each_word():
    """Signs the wrong way round: the words for an answer shown as those against it."""
    given = toys.answers(["bad good good", "so so"], [1, 0])
    found = next(each for each in attribution(given)["shown"] if each["answer"] == "positive")
    assert found["parts"] == ["bad", "good", "good"]
    likely = 1 / (1 + np.exp(-4.0))
    assert found["teacher"]["probability"] == pytest.approx(likely)
    without_bad, without_good = 1 / (1 + np.exp(-8.0)), 0.5
    expected = [likely - without_bad, likely - without_good, likely - without_good]
    assert found["teacher"]["effects"] == pytest.approx(expected)
    assert found["teacher"]["effects"][0] < 0 < found["teacher"]["effects"][1]


def test_long_texts_and_single_words():
    """A thousand passes for one long text; an empty text, which no classifier takes."""
    assert len(parts("word " * 1_000)) <= 60
    assert " ".join(parts("a b c d e", 2)) == "a b c d e"
    asked = []

    def ask(texts):
        asked.extend(texts)
        return toys.student(texts)

    attribution(toys.answers(["good"], [1], ask=ask))
    assert asked == ["."]
