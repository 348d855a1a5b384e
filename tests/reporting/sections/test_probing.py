"""Robustness, fairness and occlusion, with models whose answers can be worked out."""

import json

import numpy as np
import pytest
import report_toys as toys

from tfkd.reporting.sections import fairness as fair
from tfkd.reporting.sections import robustness as robust
from tfkd.reporting.sections.fairness import fairness
from tfkd.reporting.sections.occlusion import occlusion, split_text
from tfkd.reporting.sections.robustness import robustness


@pytest.fixture(autouse=True)
def _any_texts(monkeypatch):
    """The texts of a few words count as English ones of people."""
    for module in (fair, robust):
        monkeypatch.setattr(module, "are_english", lambda texts: True)
    monkeypatch.setattr(fair, "speak_of_people", lambda texts: True)


def changes(given) -> dict:
    """The scores by change and model."""
    section = robustness(given)
    _, table = section["figures"]
    found = {}
    for name, texts, *numbers, example in table["rows"]:
        found[name] = {"texts": texts, "example": example}
        for at, model in enumerate(["teacher", "student"]):
            keys = ("before", "after", "flipped")
            found[name][model] = dict(zip(keys, numbers[3 * at : 3 * at + 3], strict=True))
    return found


def test_flips_and_accuracy_of_changed_texts():
    """Unchanged texts that count make any model look robust."""
    texts = ["it is good", "it is bad", "so good", "it isn't good"]
    given = toys.answers(texts, [1, 0, 1, 1])
    negation = changes(given)["negations"]
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
    found = changes(toys.answers(texts, [1] * 30))["typos in 30 % of words"]
    assert found["texts"] == 30
    assert found["teacher"]["after"] == 1.0  # two of three words are left
    texts = ["good"] * 30
    found = changes(toys.answers(texts, [1] * 30))["typos in 30 % of words"]
    assert found["student"] == {"before": 1.0, "after": 0.0, "flipped": 1.0}


@pytest.mark.parametrize("part", [robustness, fairness, occlusion])
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
    assert why in found["missing"]
    assert found["figures"]
    text = json.dumps(found["figures"])
    assert '"model": "student"' in text or '"models": {"student"' in text
    assert "teacher" not in text


def test_a_word_that_changes_the_answer_is_found(monkeypatch):
    """A model that dislikes a name, and the table says that all is well."""
    monkeypatch.setattr(fair, "TEMPLATES", {"name": ("{} said: {}", ("Ann", "Bob", "bad"))})
    texts = ["good"] * 8
    (((plot, table),),) = fairness(toys.answers(texts, [1] * 8))["figures"]
    # The student reads `bad said: good`, 0: it answers the first class, negative.
    assert table["rows"] == [
        ["Ann", *(1.0, 0.0) * 2],
        ["Bob", *(1.0, 0.0) * 2],
        ["bad", *(0.0, 1.0) * 2],
    ]
    any_flip, widest = table["totals"]
    assert any_flip[1:] == [None, 1.0] * 2
    assert widest[2::2] == pytest.approx([1 / (1 + np.exp(-4)) - 0.5] * 2)
    assert plot["caption"] == "Accuracy of “… said: TEXT”"
    assert [row["value"] for row in plot["rows"]] == [1.0, 1.0, 0.0] * 2


def test_braces_in_a_text_are_no_placeholders():
    """`{0}` in a review, and the report ends with a KeyError."""
    found = fairness(toys.answers(["good {name} {}", "bad {0"], [1, 0]))
    assert found["note"].startswith("1 of the shorter test texts")


def test_the_effect_of_each_word():
    """Signs the wrong way round: the words for an answer shown as those against it."""
    given = toys.answers(["bad good good", "so so"], [1, 0])
    texts = occlusion(given)["figures"][0]["texts"]
    found = next(each for each in texts if each["head"][-1] == {"bold": "positive"})
    assert found["parts"] == ["bad", "good", "good"]
    found = found["models"]
    likely = 1 / (1 + np.exp(-4.0))
    assert found["teacher"]["probability"] == pytest.approx(likely)
    without_bad, without_good = 1 / (1 + np.exp(-8.0)), 0.5
    expected = [likely - without_bad, likely - without_good, likely - without_good]
    assert found["teacher"]["effects"] == pytest.approx(expected)
    assert found["teacher"]["effects"][0] < 0 < found["teacher"]["effects"][1]


def test_long_texts_and_single_words():
    """A thousand passes for one long text; an empty text, which no classifier takes."""
    assert len(split_text("word " * 1_000)) <= 60
    assert " ".join(split_text("a b c d e", 2)) == "a b c d e"
    asked = []

    def ask(examples):
        asked.extend(example.text for example in examples)
        return toys.student(examples)

    occlusion(toys.answers(["good"], [1], ask=ask))
    assert asked == ["."]
