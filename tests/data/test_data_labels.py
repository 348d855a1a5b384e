"""Labels become ids in one way only, and a doubt is an error."""

import json

import pytest

from tfkd.data import IGNORE, open_data
from tfkd.errors import UserError


def write(path, labels, texts=None, column="label"):
    texts = texts or [f"text {i}" for i in range(len(labels))]
    rows = [{"text": t, column: label} for t, label in zip(texts, labels, strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def folder(tmp_path, train, validation=(0, 1), test=(0, 1), **more):
    for name, labels in {"train": train, "validation": validation, "test": test}.items():
        write(tmp_path / f"{name}.jsonl", list(labels), **more)
    return tmp_path


def ids(data, split="train"):
    return [example.label for example in data.read(split)]


def test_sorted_names_become_classes(tmp_path):
    """Ids by order of appearance would differ between two files of the same data."""
    data = open_data(folder(tmp_path, ["pos", "neg", " pos"], ["neg"], ["pos"]))
    assert data.labels == ("neg", "pos")
    assert (ids(data), ids(data, "validation"), ids(data, "test")) == ([1, 0, 1], [0], [1])


def test_integers_stay_as_they_are(tmp_path):
    """Sorted as strings, 10 would come before 2."""
    data = open_data(folder(tmp_path, range(12)))
    assert data.labels == tuple(map(str, range(12)))
    assert ids(data) == list(range(12))


def test_booleans_are_names(tmp_path):
    """`true` is an int in Python; as a class it is called true."""
    data = open_data(folder(tmp_path, [True, False], [True], [False]))
    assert data.labels == ("false", "true")
    assert ids(data) == [1, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2, 1], "must be 0..n-1, but 0 is missing"),
        ([0, 4], "but 1, 2 is missing .largest label: 4"),
        ([-1, 1], "but -1 is below 0"),
        ([0, 10**18], "but 1, 2 is missing"),
        ([1, 1, 1], "one class only"),
        (["pos"], "one class only"),
    ],
)
def test_labels_that_are_no_classes(tmp_path, labels, message):
    """Labels 1 and 2 with two logits train on garbage or crash in step 1."""
    with pytest.raises(UserError, match=message):
        open_data(folder(tmp_path, labels))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_label_that_train_lacks(tmp_path, split):
    """A new id in the test split would be out of the model's range."""
    with pytest.raises(UserError, match=rf"{split}.jsonl, row 2: unknown label '2'.*2 classes"):
        open_data(folder(tmp_path, [0, 1], **{split: [0, 2]}))


@pytest.mark.parametrize("nothing", [None, "", -100, "-100"])
def test_partly_labelled_train(tmp_path, nothing):
    """An unlabelled row is neither dropped nor a class of its own."""
    data = open_data(folder(tmp_path, [0, nothing, 1]))
    assert ids(data) == [0, IGNORE, 1]
    assert data.counts == {"train": 3, "validation": 2, "test": 2}


@pytest.mark.parametrize("split", ["validation", "test"])
def test_scored_splits_are_labelled(tmp_path, split):
    """A score over rows without a label is a score over something else."""
    with pytest.raises(UserError, match=rf"{split}.jsonl, row 2: no label"):
        open_data(folder(tmp_path, [0, 1], **{split: [0, None]}))


def test_unlabelled_train_stays_whole_when_cut(tmp_path):
    """Rows without a label go to no scored split."""
    data = open_data(write(tmp_path / "a.jsonl", [0, 1, None] * 100))
    assert ids(data).count(IGNORE) == 100
    assert IGNORE not in ids(data, "test") + ids(data, "validation")


def test_nothing_labelled(tmp_path):
    """A transfer set alone has no classes, and needs none."""
    (tmp_path / "unlabelled.jsonl").write_text('{"text": "x"}\n{"text": "y"}\n')
    data = open_data(tmp_path)
    assert (data.labels, data.counts) == ((), {"unlabelled": 2})
    assert ids(data, "unlabelled") == [IGNORE, IGNORE]


def test_ten_thousand_labels_are_no_labels(tmp_path):
    """The set of labels is the one thing that grows with the file."""
    with pytest.raises(UserError, match="Is this a label column"):
        open_data(write(tmp_path / "a.jsonl", [f"user {i}" for i in range(10_001)]))


def test_class_file_beside_the_data(tmp_path):
    """Names by id: the order of the file, not of the alphabet."""
    folder(tmp_path, ["b", "a"], ["a"], ["b"])
    (tmp_path / "labels.txt").write_text("b\na\n")
    data = open_data(tmp_path)
    assert data.labels == ("b", "a")
    assert ids(data) == [0, 1]


def test_class_file_named_after_the_column(tmp_path):
    """`intents.json` belongs to a column `intent`, found without a flag."""
    folder(tmp_path, [1, 0], [0], [1], column="intent")
    (tmp_path / "intents.json").write_text('["zebra", "ant"]')
    data = open_data(tmp_path)
    assert data.labels == ("zebra", "ant")
    assert ids(data) == [1, 0]


def test_names_that_are_numbers(tmp_path):
    """Stars 1 to 3 with names 1 to 3: the label 1 is the first class, not the second."""
    folder(tmp_path, [1, 2, 3], [1], [3])
    names = tmp_path / "stars.txt"
    names.write_text("1\n2\n3\n")
    assert ids(open_data(tmp_path, labels=names)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("a\nb\n", "train.jsonl, row 3: unknown label 'c'; .*names.txt has 2 classes: a, b"),
        ("a\nb\nc\nd\n", "names.txt and .*train.jsonl disagree: no row has the class d"),
        ("a\n\nb\nc\n", "names.txt must be a list of names, none of them empty"),
        ("a\na\nb\nc\n", "at least two classes, each once"),
        ("", "names.txt must be"),
    ],
)
def test_class_file_that_disagrees(tmp_path, names, message):
    """Shifted by one line, every label is wrong and nothing crashes."""
    folder(tmp_path, ["a", "b", "c"], ["a"], ["b"])
    path = tmp_path / "names.txt"
    path.write_text(names)
    with pytest.raises(UserError, match=message):
        open_data(tmp_path, labels=path)


@pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", "[", "\udcff"])
def test_class_file_that_is_none(tmp_path, content):
    """Said of the class file, not of the data."""
    folder(tmp_path, ["a", "b"], ["a"], ["b"])
    path = tmp_path / "names.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"class file .*names\.json"):
        open_data(tmp_path, labels=path)
    with pytest.raises(UserError, match=r"nowhere.txt cannot be read"):
        open_data(tmp_path, labels=tmp_path / "nowhere.txt")
