"""Numbers as labels: read, scaled, scored."""

import json

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example, Schema, open_data
from tfkd.tasks import find
from tfkd.tasks.text_regression import Estimate
from tfkd.text import learn

TASK = find("text-regression")


def write_rows(path, labels):
    rows = ({"text": f"text {i}", "score": label} for i, label in enumerate(labels))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_those_of_scipy_and_scikit_learn(seed):
    stats, metrics = pytest.importorskip("scipy.stats"), pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(seed)
    truth = np.round(1000 + 3 * draw.normal(size=80))
    values = np.round(truth + 2 * draw.normal(size=80), 1)
    answers = [Estimate(value) for value in values.tolist()]
    examples = [Example(label=value) for value in truth.tolist()]
    expected = {
        "pearson": stats.pearsonr(values, truth).statistic,
        "spearman": stats.spearmanr(values, truth).statistic,
        "mae": metrics.mean_absolute_error(truth, values),
    }
    assert TASK.score(answers, examples) == pytest.approx(expected, abs=1e-9)


def test_a_constant_answer_correlates_with_nothing():
    answers, examples = [Estimate(3.0)] * 4, [Example(label=float(i)) for i in range(4)]
    assert TASK.score(answers, examples)["pearson"] == 0.0
    assert TASK.score(answers, examples)["spearman"] == 0.0


def test_mean_and_spread_are_of_the_labelled_training_texts(tmp_path):
    labels = [*(float(i % 7) for i in range(60)), *[None] * 5]
    data = open_data(write_rows(tmp_path / "t.jsonl", labels), reader=TASK)
    train = [e["label"] for e in data.read("train") if e["label"] is not None]
    assert len(train) < 60
    assert data.settings["mean"] == pytest.approx(np.mean(train))
    assert data.settings["spread"] == pytest.approx(np.std(train))
    assert data.labels == ()


@pytest.mark.parametrize("label", [float("nan"), float("inf"), "1e400", "good", [3], True, "1,234"])
def test_what_is_no_finite_number_is_refused_by_row(label, tmp_path):
    path = write_rows(tmp_path / "t.jsonl", [*map(float, range(30)), label])
    with pytest.raises(UserError, match=r"row 31: the label is .*expected a finite number"):
        open_data(path, reader=TASK)


def test_one_number_for_all_texts_is_nothing_to_learn(tmp_path):
    path = write_rows(tmp_path / "t.jsonl", [5.0] * 40)
    with pytest.raises(UserError, match="have the number 5: there is nothing to learn"):
        open_data(path, reader=TASK)


def test_spellings_of_a_number(tmp_path):
    labels = ["3.5", " 3.5 ", "3,5", "35e-1", 3.5, "+3.50"]
    data = open_data(
        write_rows(tmp_path / "t.jsonl", [*labels, *map(float, range(30))]), reader=TASK
    )
    found = [e["label"] for split in data.counts for e in data.read(split)]
    assert found.count(3.5) == len(labels)


def test_minus_one_hundred_degrees_is_a_number(tmp_path):
    """-100 stands for "no label" among class ids: a text with this number would not count."""
    encoder = learn(["text"] * 9, vocab_size=80, max_length=24)
    examples = [Example(text="text", label=-100.0), Example(text="text", label=None)]
    (first,), (second,) = TASK.encode(examples, encoder, Schema())
    assert first["labels"] != -100
    assert first["labels"] == pytest.approx(-100, abs=1e-4)
    assert second["labels"] == -100
    assert [*map(TASK.is_labelled, examples)] == [True, False]


def test_a_student_answers_in_the_units_of_the_data_from_the_start():
    """Weights that begin around 0 would need thousands of steps to come to 2,000."""
    from tfkd.students import build_for

    schema = Schema((), {"mean": 2000.0, "spread": 10.0})
    model = build_for(TASK, schema, "text_cnn", 50, "tiny", seed=0)
    values = model.predict(np.array([[2, 5, 3], [2, 6, 3]], "int32"), verbose=0)
    assert values.shape == (2, 1)
    assert np.abs(values - 2000).max() < 40


def test_the_loss_is_in_squared_standard_deviations():
    import tensorflow as tf

    from tfkd import Batch

    schema = Schema((), {"mean": 2000.0, "spread": 10.0})
    objective = TASK.objective_alone(schema)
    ((_, weight, loss),) = objective.named()
    value = loss({"logits": tf.constant([[2010.0]])}, None, Batch(labels=tf.constant([2000.0])))
    assert weight * float(value[0]) == pytest.approx(1.0)


def test_a_decimal_comma_is_no_separator_of_labels(tmp_path):
    path = write_rows(tmp_path / "t.jsonl", [f"{i % 5},{i % 3}" for i in range(40)])
    with pytest.raises(UserError, match="--form regression"):
        open_data(path, reader=find("text-classification"), label_column="score")
