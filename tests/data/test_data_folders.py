"""Folders: files by split, or the aclImdb tree."""

import pytest

from tfkd.data import IGNORE, open_data
from tfkd.errors import UserError

ROWS = "text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(40))


def tree(root, classes=("pos", "neg"), splits=("train", "test"), rows=40):
    for split in splits:
        for name in classes:
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(rows):
                (folder / f"{i:02}.txt").write_text(f"{name} in {split}, {i}\n")
    return root


@pytest.mark.parametrize("validation", ["validation.csv", "valid.csv", "dev.csv", "val.csv"])
@pytest.mark.parametrize("more", ["unsupervised.csv", "unlabelled.csv", "unlabeled.csv"])
def test_files_by_split(tmp_path, validation, more):
    """A split under its other common name is not overlooked and cut from train instead."""
    for name in ("train.csv", "test.csv", validation):
        (tmp_path / name).write_text(ROWS)
    (tmp_path / more).write_text("text\nx\n")
    (tmp_path / "train_extra.csv").write_text("not read")
    data = open_data(tmp_path)
    assert data.counts == {"train": 40, "validation": 40, "test": 40, "unlabelled": 1}
    assert [e.text for e in data.read("train")] == [f"text {i}" for i in range(40)]
    assert data.describe()["files"]["validation"] == str(tmp_path / validation)


def test_two_files_for_one_split(tmp_path):
    """Neither file is chosen in silence."""
    for name in ("train.csv", "dev.csv", "valid.csv"):
        (tmp_path / name).write_text(ROWS)
    with pytest.raises(UserError, match=r"two files for validation: dev.csv and valid.csv"):
        open_data(tmp_path)


def test_acl_tree(tmp_path):
    """`unsup` is no third class, and the order is the same on every file system."""
    tree(tmp_path)
    (tmp_path / "train" / "unsup").mkdir()
    (tmp_path / "train" / "unsup" / "0_0.txt").write_text("who knows")
    (tmp_path / "train" / "urls_pos.txt").write_text("not a review")
    data = open_data(tmp_path)
    assert data.labels == ("neg", "pos")
    assert data.counts["train"] + data.counts["validation"] == 80
    assert (data.counts["test"], data.counts["unlabelled"]) == (80, 1)
    test = list(data.read("test"))
    assert test[0] == {"text": "neg in test, 0\n", "label": 0}
    assert test[-1] == {"text": "pos in test, 39\n", "label": 1}
    assert list(data.read("unlabelled")) == [{"text": "who knows", "label": IGNORE}]


def test_tree_with_a_blank_text(tmp_path):
    """The message names the one file among thousands."""
    tree(tmp_path)
    (tmp_path / "train" / "pos" / "07.txt").write_text(" \n")
    with pytest.raises(UserError, match=r"07\.txt: 'text' is empty"):
        open_data(tmp_path)


def test_tree_not_utf8(tmp_path):
    """As in a file: the byte is named."""
    tree(tmp_path)
    (tmp_path / "test" / "neg" / "03.txt").write_bytes(b"caf\xe9")
    with pytest.raises(UserError, match=r"03\.txt: byte 3 is not UTF-8"):
        open_data(tmp_path)


def test_tree_with_one_class(tmp_path):
    """A model of one class is always right and has learnt nothing."""
    with pytest.raises(UserError, match="one class only"):
        open_data(tree(tmp_path, classes=("pos",)))


def test_tree_with_another_class_in_test(tmp_path):
    """A misspelt folder is a new class."""
    tree(tmp_path)
    (tmp_path / "test" / "neg").rename(tmp_path / "test" / "negative")
    with pytest.raises(UserError, match=r"00.txt: unknown label 'negative'"):
        open_data(tmp_path)


@pytest.mark.parametrize("inside", [(), ("notes.md",), ("test.csv",)])
def test_a_folder_without_layout(tmp_path, inside):
    """The message shows what is there and what was expected."""
    for name in inside:
        (tmp_path / name).write_text(ROWS)
    with pytest.raises(
        UserError, match=f"holds {(*inside, 'nothing')[0]}.*train.jsonl.*train/CLASS"
    ):
        open_data(tmp_path)


def test_real_folders(shared):
    """Chinese reviews and 77 intents open with no flag."""
    chinese = open_data(shared / "data" / "chnsenticorp")
    assert chinese.counts == {"train": 9600, "validation": 1200, "test": 1200}
    bank = open_data(shared / "data" / "banking77")
    assert (len(bank.labels), bank.labels[0], bank.name) == (77, "card_arrival", "banking77")
    assert sum(bank.counts.values()) == 10_003
    assert len({example.label for example in bank.read("train")}) == 77
