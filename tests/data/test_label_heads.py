"""Labels of several kinds in one data set: classes, rows and batches by head."""

import json

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.data.encoded_writer import encode
from tfkd.data.feeding import Feed
from tfkd.tasks import find
from tfkd.text import learn

ROWS = [
    {"text": f"text {n}", "tone": ["bad", "good"][n % 2], "topic": ["film", "food", None][n % 3]}
    for n in range(60)
]
TASK = "tone=text-classification+topic=text-classification"


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return open_data(path, reader=find(TASK))


def test_each_head_has_the_column_of_its_name_and_its_own_classes(data):
    """Ids count from 0 in each, and a label that is missing is -100."""
    assert data.settings["tone.labels"] == ["bad", "good"]
    assert data.settings["topic.labels"] == ["film", "food"]
    examples = {each["text"]: each for each in data.read("train")}
    for row in ROWS:
        if row["text"] in examples:
            example = examples[row["text"]]
            assert example["tone.label"] == ["bad", "good"].index(row["tone"])
            wanted = {"film": 0, "food": 1, None: -100}[row["topic"]]
            assert example["topic.label"] == wanted


def test_batches_have_labels_by_head(data, tmp_path):
    """Labels stay with their rows, and those that are hidden are so for all heads."""
    encoder = learn([row["text"] for row in ROWS], vocab_size=120, max_length=8)
    task, schema = find(TASK), data.schema
    encoded = encode(data.read("train"), task, encoder, tmp_path / "rows", schema=schema)
    assert encoded.heads == ("tone", "topic")
    assert encoded.has_labels().all()
    examples = list(data.read("train"))
    rows = np.array([5, 0, 3])
    found = encoded.labels_by_head(rows)
    for head in encoded.heads:
        assert found[head].tolist() == [examples[row][f"{head}.label"] for row in rows]
    some = encoded.with_labels(4, seed=0)
    assert some.has_labels().sum() == 4
    ids, labels = next(iter(Feed(encoded, 8, 0).dataset()))
    assert set(labels) == {"tone", "topic"}
    assert ids["student"].shape[0] == labels["tone"].shape[0] == labels["topic"].shape[0]


def test_a_label_of_another_split_is_told_with_its_head(tmp_path):
    """The class of one head is none of another."""
    for name, rows in (("train", ROWS), ("test", [{**ROWS[0], "topic": "good"}])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    with pytest.raises(UserError, match=r"unknown label 'good'.*\(topic\) has 2 classes"):
        open_data(tmp_path, reader=find(TASK))


def test_one_column_is_not_read_for_two_heads(tmp_path):
    (tmp_path / "rows.csv").write_text("text,label\na,x\nb,y\n")
    with pytest.raises(UserError, match="the column 'label' would be read as"):
        open_data(tmp_path / "rows.csv", reader=find(TASK))
