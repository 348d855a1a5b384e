"""Scores of single classes: worked by hand, and as scikit-learn's report has them."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.data import Example, Schema
from tfkd.tasks.text_classification import predictions
from tfkd.tasks.text_classification.by_class import (
    classes,
    confusion,
    count_answers,
    scores_by_class,
)


def ask(section, given) -> list:
    return section(given.by_model, given.examples, given.schema)["figures"]


def many(size=12, count=400, seed=0):
    """Answers of two models to texts of many classes, the last of which never occurs."""
    rng = np.random.default_rng(seed)
    schema = Schema(tuple(f"class {i:02d}" for i in range(size)))
    labels = rng.integers(size - 1, size=count)
    labels[:9] = -100
    examples = [Example(text="a", label=int(label)) for label in labels]
    logits = rng.normal(size=(2, count, size)) + 2 * np.eye(size)[np.maximum(labels, 0)]
    # A class that is never answered.
    logits[:, :, 3] = -99.0
    answers = {
        model: predictions(values, schema.labels)
        for model, values in zip(("teacher", "student"), logits, strict=True)
    }
    return answers, examples, schema


def test_scores_by_hand():
    """Precision and recall exchanged; a class without labels or answers divides by zero."""
    scores = scores_by_class(np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]]))
    assert scores["precision"].tolist() == [1.0, 0.8, 0.0]
    assert scores["recall"].tolist() == [0.75, 1.0, 0.0]
    assert scores["f1"] == pytest.approx([6 / 7, 8 / 9, 0.0])
    assert scores["support"].tolist() == [4, 4, 0]


def test_the_table_is_that_of_scikit_learn():
    """Means over other classes, or with other weights, than everybody else's."""
    metrics = pytest.importorskip("sklearn.metrics")
    answers, examples, schema = many()
    (table,) = classes(answers, examples, schema)["figures"]
    known = [i for i, example in enumerate(examples) if example["label"] >= 0]
    for place, model in enumerate(answers):
        report = metrics.classification_report(
            [schema.labels[examples[i]["label"]] for i in known],
            [answers[model][i].label for i in known],
            output_dict=True,
            zero_division=0,
        )
        names = {"mean over classes": "macro avg", "mean over texts": "weighted avg"}
        for name, texts, *cells in table["rows"] + table["totals"]:
            row = report.get(names.get(name, name))
            if row is None:  # neither a label nor an answer
                assert texts == 0
                continue
            found = cells[3 * place : 3 * place + 3]
            expected = [row["precision"], row["recall"], row["f1-score"]]
            assert found == pytest.approx(expected, abs=1e-12), name
            assert texts == row["support"]


def test_confusion_counts_answers_along_the_rows_of_labels():
    """A transposed matrix shows the errors of the other class."""
    # The student sees nothing in the two long texts, 0.5 and 0.5, and answers the first class.
    ((teacher, student),) = ask(confusion, toys.answers())
    assert (teacher["model"], teacher["names"]) == ("teacher", ["negative", "positive"])
    assert teacher["counts"] == [[2, 0], [0, 2]]
    assert student["counts"] == [[2, 0], [1, 1]]
    ((alone,),) = ask(confusion, toys.answers(with_teacher=False))
    assert alone["model"] == "student"


def test_texts_without_a_label_do_not_count():
    """A label of -100 as an index of the matrix."""
    given = toys.answers(labels=(1, 0, 1, -100))
    assert np.sum(ask(confusion, given)[0][0]["counts"]) == 3
    (table,) = ask(classes, given)
    assert sum(row[1] for row in table["rows"]) == 3


def test_many_classes_have_a_table_of_their_confusions():
    """Of 77 classes, "too many to draw" and no word on which are confused."""
    answers, examples, schema = many()
    matrices, table = confusion(answers, examples, schema)["figures"]
    assert len(matrices) == 2
    student = count_answers(answers["student"], examples, schema)
    wrong = student - np.diag(np.diag(student))
    counts = [row[3] for row in table["rows"]]
    assert counts == sorted(counts, reverse=True)
    assert len(counts) == 20
    assert counts[0] == wrong.max()
    label, answer, teacher, student_count, texts = table["rows"][0]
    i, j = schema.labels.index(label), schema.labels.index(answer)
    assert i != j
    assert wrong[i, j] == student_count
    assert teacher == count_answers(answers["teacher"], examples, schema)[i, j]
    assert texts == student[i].sum()


def test_nothing_confused_leaves_the_table_empty():
    """A perfect student whose table lists pairs that never occurred."""
    schema = Schema(tuple(str(i) for i in range(11)))
    examples = [Example(text="a", label=i) for i in range(11)]
    answers = {"student": predictions(9.0 * np.eye(11), schema.labels)}
    _, table = confusion(answers, examples, schema)["figures"]
    assert table["rows"] == []
