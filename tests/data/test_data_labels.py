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


@pytest.mark.parametrize("splits", [("validation",), ("test",), ("validation", "test")])
def test_classes_come_from_the_first_split_that_has_labels(splits, tmp_path):
    """Training texts for a teacher's answers alone: "unknown label 'neg'; train has 0 classes"."""
    train = write(tmp_path / "texts.jsonl", [None] * 30)
    known = write(tmp_path / "known.jsonl", ["pos", "neg"] * 15, [f"known {i}" for i in range(30)])
    data = open_data(train, **dict.fromkeys(splits, known))
    assert data.labels == ("neg", "pos")
    assert set(ids(data)) == {IGNORE}
    assert ids(data, splits[-1])[:2] == [1, 0]


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


NUMBERS = [
    ([1, 2, 3, 4, 5], ("1", "2", "3", "4", "5"), [0, 1, 2, 3, 4]),
    (["1", "10", "2", "10"], ("1", "2", "10"), [0, 2, 1, 2]),
    (["10.0", "9.0", "11.0"], ("9", "10", "11"), [1, 0, 2]),
    ([2.0, "+2", " 3 ", "3e0", "20E-1", "3.00"], ("2", "3"), [0, 0, 1, 1, 0, 1]),
    ([0, 10**17], ("0", "100000000000000000"), [0, 1]),
    ([-1, 1, -1.0], ("-1", "1"), [0, 1, 0]),
    (["-1", "0", "1"], ("-1", "0", "1"), [0, 1, 2]),
    (["-0.0", "1.0", "0"], ("0", "1"), [0, 1, 0]),
    (["01", "02", "10", "2"], ("01", "02", "10"), [0, 1, 2, 1]),
    ([0, "-100.0", -100.0, "-100.00", 1], ("0", "1"), [0, IGNORE, IGNORE, IGNORE, 1]),
    ([3.0, float("nan"), 4.0], ("3", "4"), [0, IGNORE, 1]),
    (["other", "10", "9.0"], ("9", "10", "other"), [2, 1, 0]),
    (["1.5", "word", "1.5"], ("1.5", "word"), [0, 1, 0]),
    (["True", True, "false", False, "FALSE"], ("FALSE", "True"), [1, 1, 0, 0, 0]),
    (["yes", "no", "Yes"], ("Yes", "no", "yes"), [2, 1, 0]),
    (["N/A", "yes", "no"], ("N/A", "no", "yes"), [0, 2, 1]),
    (["1,5 h", "2,5"], ("1,5 h", "2,5"), [0, 1]),
    (["1" * 30, "2" * 5_000], ("1" * 30, "2" * 5_000), [0, 1]),
]


@pytest.mark.parametrize(("labels", "names", "expected"), NUMBERS, ids=lambda v: str(v)[:30])
def test_numbers_are_classes_by_value(tmp_path, labels, names, expected):
    """A column that one empty field turned into floats gave class 10 the place of class 2."""
    data = open_data(folder(tmp_path, labels, labels[-1:], labels[:1]))
    assert (data.labels, ids(data)) == (names, expected)


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (["1.0", "2.0", "10.0"], [1, 2, 10], [0, 1, 2]),
        ([1, 2, 10], ["10.00", "+1"], [2, 0]),
        (["True", "False"], [True, "TRUE", False], [1, 1, 0]),
        (["007", "010"], [7, "10.0"], [0, 1]),
    ],
)
def test_two_files_that_spell_labels_differently(tmp_path, train, test, expected):
    """The test file of another program had no label in common with the training file."""
    data = open_data(folder(tmp_path, train, train[:1], test))
    assert ids(data, "test") == expected


@pytest.mark.parametrize("gap", ["", "-100", "-100.0"])
def test_a_table_of_floats(tmp_path, gap):
    """Numbers of a spreadsheet keep their place, and a gap is no class."""
    labels = [f"{i % 12}.0" if i % 9 else gap for i in range(240)]
    rows = "".join(f"ticket {i} of {i % 12},{label}\n" for i, label in enumerate(labels))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}")
    data = open_data(tmp_path / "a.csv")
    assert data.labels == tuple(map(str, range(12)))
    for example in data.read("train"):
        assert example.label in (IGNORE, int(example.text.split()[-1]))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 1, 1], "one class only"),
        (["1", 1, "1.0"], "one class only"),
        (["pos"], "one class only"),
        ([-1, 0], "-1 is below 0.*-100"),
        ([-1, 0, 1, 2, 3], "-1 is below 0, and the others of .* are 0 to 3"),
        ([0.5, 1, 2], "row 1: the label is 0.5.*3 different decimal numbers.*--form regression"),
        (["7.25", "8.5", None], "2 different decimal numbers as labels"),
        ([0, "nan", 1], "row 2: the label is 'nan', which says that there is none: leave"),
        (["good", "NaN", "bad"], "row 2: the label is 'NaN', which says that there is none"),
        (["4,5", "3,0", "4"], "the label is '4,5', a number with a comma: write"),
        (["1,000", "2,000"], "a number with a comma"),
        (["None", "1.0", "2"], "the label is 'None'"),
        (["good", "very\nbad"], "row 2: the class name 'very.*' has a line break"),
        (["good", "very\u2028bad"], "has a line break"),
        (["good", "half\ud800"], "holds half a character"),
        ([["a", "b"], ["a"]], r"the label is \['a', 'b'\]"),
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


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (["Good", "bad"], ["good"], "unknown label 'good'.*Did you mean 'Good'"),
        ([0, 1], [-1], "unknown label '-1'.*empty field or -100"),
    ],
)
def test_a_label_that_is_nearly_a_class(tmp_path, train, test, message):
    """What to write instead is on the tip of the tongue."""
    with pytest.raises(UserError, match=message):
        open_data(folder(tmp_path, train, train[:1], test))


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
    names.write_text("3.0\n2.0\n1.0\n")
    assert open_data(tmp_path, labels=names).labels == ("3", "2", "1")
    assert ids(open_data(tmp_path, labels=names)) == [2, 1, 0]


@pytest.mark.parametrize(
    "names",
    ['{"1": "bad", "2": "fair", "10": "good"}', '{"10.0": "good", "2.0": "fair", "1.0": "bad"}'],
)
def test_names_by_label(tmp_path, names):
    """Stars have names, and no star counts from 0."""
    folder(tmp_path, [10, 1, 2], ["fair"], ["2.0"])
    path = tmp_path / "stars.json"
    path.write_text(names)
    data = open_data(tmp_path, labels=path)
    assert (data.labels, ids(data), ids(data, "test")) == (("bad", "fair", "good"), [2, 0, 1], [1])
    assert ids(data, "validation") == [1]


def test_ids_by_name(tmp_path):
    """The other direction, as Hugging Face's config.json has it."""
    folder(tmp_path, ["zebra", 1, 0], ["ant"], [0])
    (tmp_path / "labels.json").write_text('{"zebra": 0, "ant": 1}')
    assert ids(open_data(tmp_path)) == [0, 1, 0]


def test_names_of_ids_from_0_for_stars(tmp_path):
    """The first name was that of 0, which no row has; the cure is not to renumber."""
    folder(tmp_path, [1, 2, 3], [1], [3])
    path = tmp_path / "names.txt"
    path.write_text("bad\nfair\ngood\n")
    with pytest.raises(UserError, match=r"unknown label '3'.*from 0 to 2.*leave the list out"):
        open_data(tmp_path, labels=path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("a\nb\n", "train.jsonl, row 3: unknown label 'c'; .*names.txt has 2 classes: a, b"),
        ("a\nb\nc\nd\n", "names.txt and .*train.jsonl disagree: no row has the class d"),
        ("a\n\nb\nc\n", "names.txt must be a list of names, none of them empty"),
        ("a\na\nb\nc\n", "at least two classes, each once"),
        ("", "names.txt must be"),
        ("a\nb\nc\x85d\n", "names.txt: the class name 'c.*' has a line break"),
    ],
)
def test_class_file_that_disagrees(tmp_path, names, message):
    """Shifted by one line, every label is wrong and nothing crashes."""
    folder(tmp_path, ["a", "b", "c"], ["a"], ["b"])
    path = tmp_path / "names.txt"
    path.write_text(names)
    with pytest.raises(UserError, match=message):
        open_data(tmp_path, labels=path)


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize("content", ['{"a": 1}', '{"a": [1]}', "[1, 2]", "[", "\udcff", DEEP])
def test_class_file_that_is_none(tmp_path, content):
    """Said of the class file, not of the data."""
    folder(tmp_path, ["a", "b"], ["a"], ["b"])
    path = tmp_path / "names.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(UserError, match=r"class file .*names\.json"):
        open_data(tmp_path, labels=path)
    with pytest.raises(UserError, match=r"nowhere.txt cannot be read"):
        open_data(tmp_path, labels=tmp_path / "nowhere.txt")
