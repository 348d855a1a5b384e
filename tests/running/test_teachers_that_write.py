"""A T5 in a folder, and a Python function, teach a student from pairs to a file."""

import json
import sys

import pytest
from folders_that_write import write_folder
from toy_languages import write_pairs

from tfkd import distill
from tfkd.errors import UserError


@pytest.mark.slow
def test_a_folder_teaches_by_word_and_by_text(tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    monkeypatch.chdir(tmp_path)
    write_folder("t5", tmp_path / "t5")
    lines = [json.dumps(pair) for pair in write_pairs(80, seed=1)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    settings = {"longest": 6, "candidates": 2, "least_chrf": 0.0, "most_ratio": 0.0}
    distill(
        data="pairs.jsonl",
        task="translation",
        teacher="hf:t5",
        tokenizer="t5",
        student="seq2seq:tiny",
        epochs=1,
        task_settings=settings,
        to="run",
        verbose=0,
    )
    # The same tokens, though the model has three rows more: so what it says of each is learnt.
    lessons = json.loads((tmp_path / "run" / "lessons.json").read_text())
    assert lessons["level"] == "both"
    assert lessons["lessons"] > 0
    assert (tmp_path / "run" / "student.tflite").stat().st_size > 100_000
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert {"teacher", "distilled"} <= {row["name"] for row in report["rows"]}
    assert report["facts"]["file"].endswith("as its Keras student does")


_DICTIONARY = '''
"""A translation word by word."""

from toy_languages import NOUNS, VERBS

WORDS = {word: theirs for word, (theirs, _) in NOUNS.items()} | VERBS


def translate(texts):
    with open("asked.txt", "a") as asked:
        print(len(texts), file=asked)
    return [
        [(" ".join(WORDS.get(word, word) for word in text.split()), -1.0), (text, -3.0)]
        for text in texts
    ]
'''


def test_the_words_of_a_function_cannot_be_learnt(tmp_path, monkeypatch):
    """Neither are its answers when they are no texts; nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps(pair) for pair in write_pairs(40, seed=1)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    settings = {"data": "pairs.jsonl", "task": "translation", "student": "seq2seq:tiny"}
    settings |= {"vocab_size": 400, "to": "run", "verbose": 0}
    with pytest.raises(UserError, match=r"returned None for 2 texts"):
        distill(teacher=say_nothing, **settings)
    assert not (tmp_path / "run").exists()
    with pytest.raises(UserError, match=r"gives texts alone: learn .*level=sequence\)\.$"):
        distill(teacher=repeat, task_settings={"level": "word"}, **settings)


def say_nothing(texts):
    return None


def repeat(texts):
    return texts


@pytest.mark.slow
def test_a_function_teaches_from_pairs_to_a_file(tmp_path, monkeypatch, tfkd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path, str(tmp_path)])
    (tmp_path / "wordbook.py").write_text(_DICTIONARY)
    lines = [json.dumps(pair) for pair in write_pairs(80, seed=1)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
    given = ("pairs.jsonl", "--task", "translation", "--teacher", "python:wordbook:translate")
    given += ("--task-set", "longest=12", "--task-set", "least_chrf=0")
    code, _, said = tfkd("cache", *given, "--store", "written")
    assert code == 0, said
    first = (tmp_path / "asked.txt").read_text()
    more = ("--student", "seq2seq:tiny", "--vocab-size", "500", "--epochs", "1", "--to", "run")
    code, _, said = tfkd("distill", *given, "--store", "written", *more)
    assert code == 0, said
    # The two texts of the trial alone.
    assert (tmp_path / "asked.txt").read_text() == f"{first}2\n"
    assert json.loads((tmp_path / "run" / "lessons.json").read_text())["level"] == "sequence"
    rows = json.loads((tmp_path / "run" / "report.json").read_text())["rows"]
    assert {"teacher", "distilled"} <= {row["name"] for row in rows}
