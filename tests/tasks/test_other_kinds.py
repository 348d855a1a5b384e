"""Files of other tasks: the sentence says what they look like, and what there is."""

import json

import pytest

from tfkd import tasks
from tfkd.data import open_data
from tfkd.data.questions import UnfitDataError
from tfkd.errors import UserError
from tfkd.running.config import make_config
from tfkd.running.run_data import open_run_data

KINDS = [
    ({"tokens": ["EU", "rejects"], "ner_tags": [3, 0]}, "words with a tag each"),
    ({"words": ["a"], "labels": ["O"], "id": 7}, "words with a tag each"),
    ({"question": "who?", "context": "she", "answers": {"text": ["she"]}}, "questions with their"),
    ({"title": "Rome", "paragraphs": [{"context": "x"}]}, r"questions .* \(SQuAD's JSON\)"),
    ({"translation": {"en": "a", "de": "b"}}, "sentences with their translations"),
    ({"en": "a film", "fr": "un film"}, "sentences with their translations"),
    ({"src": "a film", "tgt": "ein Film"}, "sentences with their translations"),
    ({"article": "a b c", "highlights": "b"}, "texts with their summaries"),
    ({"id": 1, "text": "a b c", "summary": "b"}, "texts with their summaries"),
    ({"text": "a b", "words": ["a", "b"], "tags": ["O", "O"]}, "words with a tag each"),
    ({"messages": [{"role": "user"}]}, "prompts with the answers"),
    ({"image": "a.png", "label": 1}, "images"),
    ({"audio": "a.wav", "label": 1}, "sounds"),
]


@pytest.mark.parametrize(("row", "words"), KINDS)
def test_what_a_file_looks_like(tmp_path, row, words):
    """`name the label column` leads nowhere where there is none."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(row)}\n" * 30)
    with pytest.raises(UnfitDataError, match=rf"a.jsonl looks like {words}.*reads text and label"):
        open_data(path, reader=tasks.find(""))
    with pytest.raises(UserError, match=f"The tasks of `tfkd distill` are: {tasks.DEFAULT}"):
        open_run_data(make_config({"data": str(path)}), tasks.find(""))


@pytest.mark.parametrize(
    "more",
    [{"question": "who?"}, {"en": "a", "de": "b"}, {"tags": ["a"], "words": ["b"]}, {"image": "x"}],
)
def test_texts_with_labels_may_have_more_columns(tmp_path, more):
    """Whatever else is in a file, its texts and labels are read."""
    path = tmp_path / "a.jsonl"
    rows = ({"text": f"film {i}", "label": i % 2, **more} for i in range(60))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert open_data(path, reader=tasks.find("")).labels == ("0", "1")


def test_texts_that_are_lists_of_words(tmp_path):
    """The column is named, and still holds something else."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"tokens": ["EU", "rejects"], "tags": ["ORG", "O"]}\n' * 30)
    with pytest.raises(UnfitDataError, match="words with a tag each"):
        open_data(path, reader=tasks.find(""), text_column="tokens", label_column="tags")


def test_a_folder_of_another_task(tmp_path):
    """A folder of questions has no train.jsonl, and would be none the better for it."""
    paragraph = {"context": "It fell.", "qas": [{"question": "What?", "answers": []}]}
    squad = {"data": [{"title": "Rome", "paragraphs": [paragraph]}]}
    (tmp_path / "dev-v1.1.json").write_text(json.dumps(squad))
    with pytest.raises(UserError, match=r"dev-v1.1.json looks like questions.*The tasks of"):
        open_run_data(make_config({"data": str(tmp_path)}), tasks.find(""))


@pytest.mark.parametrize(
    ("names", "flags"),
    [
        (("sentence1", "sentence2", "label"), "--text-column sentence1,sentence2"),
        (("question", "answer", "label"), "--text-column question,answer"),
        (("id", "mood", "one", "two"), "--text-column one,two --label-column mood"),
    ],
)
def test_two_columns_of_texts_are_a_pair(tmp_path, names, flags):
    """One of them alone is half of the question."""
    path = tmp_path / "a.csv"
    lines = [",".join(names)]
    for i in range(60):
        values = {"id": str(i), "mood": "ab"[i % 2], "label": "ab"[i % 2]}
        lines.append(",".join(values.get(name, f"{name} number {i} is there") for name in names))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=f"By the first rows: {flags}"):
        open_data(path, reader=tasks.find(""))


def test_reviews_have_summaries_too(tmp_path):
    """Their stars are the label that is missing."""
    path = tmp_path / "a.csv"
    rows = (f"{i},fine {i},{i % 5 + 1},a longer text about the number {i}\n" for i in range(60))
    path.write_text("Id,Summary,Score,Text\n" + "".join(rows))
    with pytest.raises(UserError, match="By the first rows: --label-column Score"):
        open_data(path, reader=tasks.find(""))
