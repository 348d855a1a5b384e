"""The headline of each model by the values of a column."""

import numpy as np
import pytest
import report_toys as toys

from tfkd.data import Example
from tfkd.errors import UserError
from tfkd.reporting.column_parts import MISSING, score_parts, split_by_values


def scored(values, labels=toys.LABELS):
    examples = [Example(text=t, label=i) for t, i in zip(toys.TEXTS, labels, strict=True)]
    answers = {"teacher": toys.teacher(examples), "student": toys.student(examples)}
    return score_parts(toys.TASK, examples, answers, by="domain", values=values)


def test_each_model_is_scored_on_each_value():
    """The mean over all, in each line."""
    found = scored(["short", "short", "long", "long"])
    assert [(p.name, p.examples, dict(p.scores)) for p in found.parts] == [
        ("long", 2, {"teacher": 1.0, "student": 0.5}),
        ("short", 2, {"teacher": 1.0, "student": 1.0}),
    ]
    assert found.parts[1].intervals["student"][1] == 1.0
    table = found.table().splitlines()
    assert table[0] == "| domain | examples | teacher | student |"
    assert table[2].startswith("| long | 2 | 100.00 % (34.24 % to 100.00 %) | 50.00 %")


def test_parts_without_labels_have_no_score():
    """An error that ends the table, or a score of nothing."""
    found = scored(["a", "a", "b", "b"], labels=(1, 0, -100, -100))
    assert [dict(part.scores) for part in found.parts] == [
        {"teacher": 1.0, "student": 1.0},
        {"teacher": None, "student": None},
    ]
    assert found.table().splitlines()[-1] == "| b | 2 |  |  |"


@pytest.mark.parametrize("empty", [None, "", "  ", float("nan")])
def test_missing_values_are_a_part_of_their_own(empty):
    """Rows that are in no part, or a part called nan."""
    found = split_by_values(["a", empty, "a", empty, empty], "domain")
    assert {name: rows.tolist() for name, rows in found.items()} == {
        "a": [0, 2],
        MISSING: [1, 3, 4],
    }


def test_many_numbers_are_cut_into_quarters():
    """A line for each of a thousand numbers."""
    values = [*map(str, range(1_000)), None, ""]
    found = split_by_values(values, "age")
    assert {name: len(rows) for name, rows in found.items()} == {
        "0 to 249": 250,
        "250 to 499": 250,
        "500 to 749": 250,
        "750 to 999": 250,
        MISSING: 2,
    }
    assert sorted(np.concatenate(list(found.values()))) == list(range(1_002))


def test_few_numbers_are_values():
    """Stars from 1 to 5 as three quarters."""
    assert list(split_by_values([1, 2, 3, 3, 1.0, True], "stars")) == ["3", "1", "1.0", "2", "True"]


def test_a_column_of_many_texts_is_none_of_parts():
    """Identifiers, each a part of one example."""
    with pytest.raises(UserError, match="id has 60 different values, such as 'a0': give a column"):
        split_by_values([f"a{i}" for i in range(60)], "id")


def test_each_example_has_a_value():
    """Values that are shifted by one."""
    with pytest.raises(UserError, match="3 values for 4 examples"):
        scored(["a", "b", "c"])


@pytest.mark.parametrize(("first", "step"), [(1_700_000_000, 1), (1_000_000, 0.01)])
def test_quarters_of_large_numbers_keep_all_examples(first, step):
    """Unix times of one hour, whose first six digits are the same: one quarter of four."""
    found = split_by_values([first + step * i for i in range(40)], "time")
    assert [len(rows) for rows in found.values()] == [10] * 4
