"""One function for every spec; what it cannot open it explains."""

import json
import subprocess
import sys
import tracemalloc

import pytest

from tfkd.data import Data, Example, open_data
from tfkd.errors import UserError

CSV = "id,text,label\n" + "".join(f"{i},text {i},{'no' if i % 2 else 'yes'}\n" for i in range(60))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my reviews.csv"
    path.write_text(CSV)
    return path


def test_light_import():
    """`tfkd --help` must not wait ten seconds for TensorFlow."""
    code = (
        "import sys, tfkd.data; tfkd.data.open_data('sample', size=40); "
        "print({'tensorflow', 'keras', 'tensorflow_datasets', 'numpy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_file(file):
    """The name is safe as a folder, and the facts can be written down."""
    data = open_data(file)
    assert (data.name, data.labels, data.synthetic) == ("my-reviews", ("no", "yes"), False)
    facts = json.loads(json.dumps(data.describe()))
    assert facts["spec"] == str(file)
    assert facts["files"]["test"] == f"cut from {file}"
    assert facts["counts"] == data.counts


def test_streams_are_fresh(file):
    """Half a stream left over from the first epoch would shorten the second."""
    data = open_data(file)
    first = data.read("train")
    next(first)
    assert len(list(data.read("train"))) == data.counts["train"]
    assert len(list(first)) == data.counts["train"] - 1


def test_memory_does_not_grow_with_the_file(tmp_path):
    """A corpus larger than the memory must open."""

    def peak(rows):
        path = tmp_path / f"{rows}.csv"
        path.write_text("text,label\n" + "".join(f"{i} {'x' * 300},{i % 2}\n" for i in range(rows)))
        tracemalloc.start()
        data = open_data(path)
        assert sum(1 for _ in data.read("train")) == data.counts["train"]
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(1_000)  # what is imported and cached once
    assert peak(8_000) < peak(1_000) + 200_000


def test_absent_and_unknown_splits(file):
    """No unlabelled texts is a fact; a misspelt split is a mistake."""
    data = open_data(file)
    assert list(data.read("unlabelled")) == []
    with pytest.raises(UserError, match="'dev'; write one of train, validation"):
        data.read("dev")


def test_data_by_hand():
    """Other rooms and notebooks may bring their own streams."""
    data = Data(
        "x", ("a", "b"), {"train": 1}, streams={"train": lambda: iter([Example(text="t", label=1)])}
    )
    assert list(data.read("train")) == [{"text": "t", "label": 1}]


def test_columns(tmp_path):
    """Only one column can be the label: it serves; with two, the user chooses."""
    path = tmp_path / "a.csv"
    path.write_text(CSV.replace("id,text,label", "rating,text,mood"))
    assert open_data(path).labels == ("no", "yes")
    path.write_text(CSV.replace("id,text,label", "place,text,mood"))
    with pytest.raises(UserError, match=r"'place', 'text', 'mood'.*--label-column"):
        open_data(path)
    assert open_data(path, label_column="mood").labels == ("no", "yes")
    path.write_text(CSV.replace("id,text,label", "id,review,mood"))
    with pytest.raises(UserError, match="--text-column"):
        open_data(path, label_column="mood")
    assert open_data(path, text_column="review").labels == ("no", "yes")
    with pytest.raises(UserError, match="no column 'stars'"):
        open_data(path, text_column="review", label_column="stars")


def test_extra_files(file, tmp_path):
    """They add to the sample as well as to a file; classes stay those of train."""
    more = tmp_path / "more.jsonl"
    more.write_text('{"text": "x"}\n{"text": "y"}\n')
    data = open_data(file, unlabelled=more, test=file)
    assert (data.counts["unlabelled"], data.counts["test"]) == (2, 60)
    test = tmp_path / "test.csv"
    test.write_text("text,label\nfine,positive\nbad,0\n")
    sample = open_data("sample", size=40, test=test, unlabelled=more)
    assert list(sample.read("test")) == [{"text": "fine", "label": 1}, {"text": "bad", "label": 0}]
    with pytest.raises(UserError, match="unknown label 'yes'; sample has 2 classes"):
        open_data("sample", size=40, test=file)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("imbd", "did you mean imdb.*Write `imdb`, `sample`"),
        ("simple", "did you mean sample"),
        ("", "unknown data ''|no training texts"),
        ("sample:", "sample:SIZE"),
        ("sample:many", "sample:SIZE"),
        ("sample:-5", "sample:SIZE"),
        ("sample:39", "at least 40"),
        ("nowhere/train.csv", "there is no file nowhere/train.csv"),
    ],
)
def test_unknown_specs(spec, message, tmp_path, monkeypatch):
    """The message lists what is possible."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        open_data(spec)


def test_near_names(file):
    """A slip of the finger is answered with the file that was meant."""
    with pytest.raises(UserError, match=r"did you mean my reviews.csv"):
        open_data(file.parent / "my review.csv")
    with pytest.raises(UserError, match=r"there is no file .*did you mean my reviews.csv"):
        open_data("sample", size=40, test=file.parent / "my_reviews.csv")
    other = file.parent / "reviews.pdf"
    other.write_text("x")
    with pytest.raises(UserError, match=r"none of \.jsonl, \.json, \.csv, \.tsv"):
        open_data(other)


@pytest.mark.parametrize(
    "given", [{"size": 100}, {"data_dir": "x"}, {"spec": "sample", "labels": "x"}]
)
def test_arguments_without_effect(file, given):
    """`--size 100` on a file reads as if it took 100 rows."""
    with pytest.raises(UserError, match="has no use for it"):
        open_data(given.pop("spec", file), **given)


def test_two_sizes():
    """Neither wins in silence."""
    with pytest.raises(UserError, match="write one of them"):
        open_data("sample:100", size=200)
    assert open_data("sample:100", size=100).counts["train"] == 100
