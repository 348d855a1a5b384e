"""Files of translations: columns, dicts of languages, and two files of as many lines."""

import gzip
import json

import pytest

from tests.toy_languages import write_pairs
from tfkd import UserError
from tfkd.data import open_data
from tfkd.tasks import find, infer

TASK = find("translation")
PAIRS = write_pairs(60)


def opened(path, **options):
    data = open_data(path, reader=TASK, **options)
    return [(each["text"], each["label"]) for each in data.read("train")], data


def expected(data, read):
    """Whether the training split holds pairs of the toy languages, the right way round."""
    return len(read) == data.counts["train"] and set(read) <= {
        (pair["source"], pair["target"]) for pair in PAIRS
    }


@pytest.mark.parametrize(
    ("row", "options"),
    [
        (lambda s, t: {"source": s, "target": t}, {}),
        (lambda s, t: {"tgt": t, "src": s}, {}),
        (lambda s, t: {"de": t, "en": s}, {"text_column": "en", "label_column": "de"}),
        (lambda s, t: {"id": "7", "translation": {"en": s, "de": t}}, {}),
        (
            lambda s, t: {"translation": {"de": t, "en": s, "fr": "un"}},
            {"text_column": "en", "label_column": "de"},
        ),
    ],
    ids=["source and target", "src and tgt", "named", "folded", "folded and named"],
)
def test_columns(tmp_path, row, options):
    lines = (json.dumps(row(pair["source"], pair["target"])) for pair in PAIRS)
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    read, data = opened(tmp_path / "pairs.jsonl", **options)
    assert expected(data, read)
    assert sum(data.counts.values()) == 60


def test_three_languages_have_to_be_named(tmp_path):
    row = {"translation": {"de": "ein Hund", "en": "a dog", "fr": "un chien"}}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row))
    with pytest.raises(UserError, match="de, en, fr; name the two"):
        opened(tmp_path / "pairs.jsonl")


def write_files(folder, names, pairs=PAIRS):
    for name, role in zip(names, ("source", "target"), strict=True):
        text = "".join(f"{pair[role]}\n" for pair in pairs)
        opener = gzip.open if name.endswith(".gz") else open
        with opener(folder / name, "wt") as file:
            file.write(text)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_two_files(tmp_path, ending):
    names = (f"all.en{ending}", f"all.de{ending}")
    write_files(tmp_path, names)
    read, data = opened(f"{tmp_path / names[0]},{tmp_path / names[1]}")
    assert expected(data, read)
    assert sum(data.counts.values()) == 60


def test_a_folder_of_sources_and_targets(tmp_path):
    write_files(tmp_path, ("train.source", "train.target"))
    write_files(tmp_path, ("valid.source", "valid.target"), PAIRS[:20])
    write_files(tmp_path, ("test.source", "test.target"), PAIRS[20:45])
    read, data = opened(tmp_path)
    assert expected(data, read)
    assert dict(data.counts) == {"train": 60, "validation": 20, "test": 25}


def test_files_of_unequal_lengths_are_refused_with_both_counts(tmp_path):
    """Every translation from the missing line on is that of another sentence."""
    write_files(tmp_path, ("all.en", "all.de"))
    (tmp_path / "all.de").write_text("lo karo\n" * 59)
    with pytest.raises(UserError, match=r"all.en has 60 lines and .*all.de 59"):
        opened(f"{tmp_path / 'all.en'},{tmp_path / 'all.de'}")
    with pytest.raises(UserError, match=r"there is no file .*nothing.de: give two"):
        opened(f"{tmp_path / 'all.en'},{tmp_path / 'nothing.de'}")


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        (("source", "target"), "translation"),
        (("id", "text", "summary"), "summarization"),
        (("text", "summary", "stars"), "text-classification"),
        (("input", "target"), "text2text-generation"),
        (("text", "label"), "text-classification"),
    ],
)
def test_columns_tell_the_task(columns, task):
    """Reviews have a summary beside their stars."""
    assert infer([], columns)[0] == task


def test_turns_so_far_are_what_is_answered():
    task = find("text2text-generation")
    row = task.in_columns({"prompt": ["Coffee?", "Yes."], "response": "Here."}, "row 1")
    assert row == {"prompt": "Coffee? | Yes.", "response": "Here."}
