"""Exact match and F1 are those of the official scripts."""

import random

import numpy as np
import pytest

from tfkd.data import Example
from tfkd.tasks.question_answering.spans import Answer, Span
from tfkd.tasks.question_answering.squad_scores import character_f1, normalise, score_answer
from tfkd.tasks.question_answering.thresholds import choose_threshold

WORDS = ("the", "a", "An", "Denver", "denver", "Broncos,", "24–10", "U.S.", "won", "the.", "-", "!")


@pytest.mark.parametrize(
    ("answer", "golds", "expected"),
    [
        # By hand: 2 of 3 words are right, and both right ones are found.
        ("Denver Broncos team", ["Denver Broncos"], (0.0, 0.8)),
        ("the Denver Broncos.", ["Denver  broncos"], (1.0, 1.0)),
        ("Santa Clara, California", ["Santa Clara", "Levi's Stadium"], (0.0, 0.8)),
        ("gold", ["silver"], (0.0, 0.0)),
        ("gold gold", ["gold"], (0.0, 2 / 3)),
        ("", [], (1.0, 1.0)),
        ("", ["gold"], (0.0, 0.0)),
        ("gold", [], (0.0, 0.0)),
        # SQuAD 2.0 leaves out right answers of which nothing remains.
        ("gold", ["the", "gold"], (1.0, 1.0)),
    ],
)
def test_scores_worked_by_hand(answer, golds, expected):
    assert score_answer(answer, golds, "a context in English") == pytest.approx(expected)


def test_scores_equal_the_official_script():
    """transformers ships the script of SQuAD 2.0, by its authors."""
    metrics = pytest.importorskip("transformers.data.metrics.squad_metrics")
    draw = random.Random(0)
    for _ in range(500):
        answer, gold = (" ".join(draw.choices(WORDS, k=draw.randrange(5))) for _ in range(2))
        assert normalise(gold) == metrics.normalize_answer(gold)
        if normalise(gold):
            exact, f1 = metrics.compute_exact(gold, answer), metrics.compute_f1(gold, answer)
            assert score_answer(answer, [gold], "") == pytest.approx((exact, f1))


@pytest.mark.parametrize(
    ("answer", "gold", "f1"),
    [
        ("光荣和ω-force", "光荣和ω-force", 1.0),
        ("由光荣公司开发", "光荣公司", 2 * 4 / 11),
        # The longest stretch counts, not the bag of characters.
        ("北京上海", "上海北京", 0.5),
        ("《战国》。", "战国", 1.0),
        ("1998 年", "1998年", 1.0),
        ("天", "地", 0.0),
    ],
)
def test_chinese_answers_are_compared_by_characters(answer, gold, f1):
    assert character_f1(answer, gold) == pytest.approx(f1)
    assert score_answer(answer, [gold], "战国无双是系列的第三续作")[1] == pytest.approx(f1)
    assert score_answer(answer, [gold], "in English", "characters")[1] == pytest.approx(f1)


def test_the_threshold_is_the_best_as_the_official_script_finds_it():
    metrics = pytest.importorskip("transformers.data.metrics.squad_metrics")
    draw = np.random.default_rng(3)
    for _ in range(20):
        ahead = draw.normal(size=30)
        answerable, right = draw.random(30) < 0.6, draw.random(30) < 0.7
        answerable[0] = False
        answers, examples = [], []
        for i in range(30):
            span = Span("gold" if right[i] else "silver", 0, 4, 0.5)
            answers.append(Answer("", None, None, 0.5, (span,), ahead[i]))
            label = (("gold", 0),) if answerable[i] else ()
            examples.append(Example(question="?", context="gold", label=label))
        threshold = choose_threshold(answers, examples, "words")
        ours = np.where(ahead > threshold, ~answerable, right & answerable).mean()
        names = [str(i) for i in range(30)]
        best, _ = metrics.find_best_thresh(
            {n: a.spans[0].text for n, a in zip(names, answers, strict=True)},
            dict(zip(names, (right & answerable).astype(float), strict=True)),
            dict(zip(names, ahead, strict=True)),
            dict(zip(names, answerable, strict=True)),
        )
        assert 100 * ours == pytest.approx(best)


def test_without_impossible_questions_the_threshold_stays():
    answer = Answer("gold", 0, 4, 0.5, (), 3.0)
    example = Example(question="?", context="gold", label=(("gold", 0),))
    assert choose_threshold([answer], [example], "words") == 0.0
