"""Scores of several labels a text, against scikit-learn's."""

import numpy as np
import pytest

from tfkd.data import Example, Schema
from tfkd.tasks import find
from tfkd.tasks.multi_label_classification.answering import choose_labels
from tfkd.tasks.multi_label_classification.label_scores import FEWEST, tune_thresholds

metrics = pytest.importorskip("sklearn.metrics")
SCHEMA = Schema(("anger", "fear", "joy", "love", "never"))


def drawn(seed, examples=60):
    """Logits with ties, and labels of which one never occurs."""
    draw = np.random.default_rng(seed)
    truth = draw.random((examples, 5)) < [0.5, 0.1, 0.3, 0.9, 0.0]
    truth[:3] = False
    return np.round(draw.normal(size=(examples, 5)), 1), truth


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_scikit_learns(seed):
    logits, truth = drawn(seed)
    answers = choose_labels(logits, SCHEMA)
    examples = [Example(label=tuple(np.flatnonzero(row).tolist())) for row in truth]
    task = find("multi-label-classification")
    chosen = np.array([[name in each.labels for name in SCHEMA.labels] for each in answers])
    expected = {
        "micro_f1": metrics.f1_score(truth, chosen, average="micro", zero_division=0),
        "macro_f1": metrics.f1_score(truth, chosen, average="macro", zero_division=0),
        "exact_match": metrics.accuracy_score(truth, chosen),
        "ranking_precision": metrics.label_ranking_average_precision_score(truth, logits),
    }
    assert task.score(answers, examples) == pytest.approx(expected, abs=1e-9)
    rows = np.arange(len(examples))
    assert task.headline(answers, examples)(rows) == pytest.approx(expected["micro_f1"], abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_threshold_is_better(seed):
    """A threshold that is off by one example costs F1, and nobody sees it."""
    logits, truth = drawn(seed)
    likely = 1 / (1 + np.exp(-logits))
    for label, threshold in enumerate(tune_thresholds(likely, truth)):
        right, column = truth[:, label], likely[:, label]
        if right.sum() < FEWEST:
            continue
        best = max(
            metrics.f1_score(right, column > cut, zero_division=0)
            for cut in (-1.0, *np.unique(column) + 1e-9)
        )
        assert metrics.f1_score(right, column > threshold) == pytest.approx(best)


def test_labels_of_few_examples_share_a_threshold():
    """One example of a label sets a threshold that only fits that one."""
    draw = np.random.default_rng(0)
    truth = draw.random((300, 4)) < [0.4, 0.3, 0.005, 0.01]
    likely = np.clip(0.5 * truth + draw.random((300, 4)) * 0.6, 0, 1)
    first, second, third, fourth = tune_thresholds(likely, truth)
    assert third == fourth
    assert len({first, second, third}) == 3


def test_a_student_begins_at_the_share_of_texts_with_each_label():
    from tfkd.students import build_for

    task = find("multi-label-classification")
    examples = [Example(label=(0,) if i % 4 == 0 else ()) for i in range(40)]
    schema = task.complete_schema(Schema(("joy", "fear")), examples)
    model = build_for(task, schema, "text_cnn", 50, "tiny", seed=0)
    logits = model.predict(np.array([[2, 5, 3]], "int32"), verbose=0)
    (answer,) = choose_labels(logits, schema)
    assert answer.probabilities["joy"] == pytest.approx(0.25, abs=0.05)
    assert answer.probabilities["fear"] < 0.01


def test_the_thresholds_of_a_schema_choose_the_labels():
    schema = Schema(("joy", "fear"), {"thresholds": [0.9, 0.2]})
    assert choose_labels(np.array([[1.0, -1.0]]), schema)[0].labels == ("fear",)
    assert choose_labels(np.array([[1.0, -1.0]]), Schema(("joy", "fear")))[0].labels == ("joy",)


def test_no_label_at_all_is_an_answer_and_may_be_right():
    task = find("multi-label-classification")
    (answer,) = choose_labels(np.array([[-2.0, -2.0]]), Schema(("joy", "fear")))
    assert task.summary(answer) == "none"
    assert task.to_json(answer)["labels"] == []
    assert task.per_example([answer], [Example(label=())]).tolist() == [1.0]
    assert np.isnan(task.per_example([answer], [Example(label=None)])).all()


def test_the_best_constant_answer_is_the_best_of_all():
    _, truth = drawn(1)
    examples = [Example(label=tuple(np.flatnonzero(row).tolist())) for row in truth]
    every = (np.array([[bits >> i & 1 for i in range(5)]] * len(truth)) for bits in range(32))
    best = max(metrics.f1_score(truth, each, average="micro", zero_division=0) for each in every)
    assert find("multi-label-classification").chance(examples) == pytest.approx(best)


def test_the_confidence_of_names_with_commas():
    """A label whose name is part of another's counted as chosen with it."""
    from tfkd.tasks.multi_label_classification.answering import LabelSet

    answer = LabelSet(("Toys, Games",), {"Toys": 0.1, "Toys, Games": 0.9})
    task = find("multi-label-classification")
    assert task.confidence(answer) == pytest.approx(0.81)
    assert task.confidence(answer, "Toys, Games") == pytest.approx(0.81)
    assert task.confidence(answer, "Toys") == pytest.approx(0.01)
    assert task.confidence(answer, "Toys, Games, Toys") == pytest.approx(0.09)
