"""Questions and answers of files: read in every usual way, or refused with file and row."""

import csv
import gzip
import json

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.tasks import find, infer
from tfkd.tasks.question_answering.right_answers import Gold, read_answers

CONTEXT = "Anna met Ben in Köln. Ben lives in Rome."
QUESTION = {"question": "Where does Ben live?", "context": CONTEXT}
GOLD = (Gold("Rome", 35),)


def articles(count=25, questions=3, **more):
    """SQuAD's JSON: an article about each town."""
    made = []
    for number in range(count):
        context = f"Town {number} has {number + 7} houses. The mayor is Ms. Name{number}."
        asked = [
            {
                "id": f"{number}-{i}",
                "question": f"Who is mayor of town {number}, asked for the time {i}?",
                "answers": [{"text": f"Ms. Name{number}", "answer_start": context.index("Ms.")}],
                **more,
            }
            for i in range(questions)
        ]
        made.append({"title": f"T{number}", "paragraphs": [{"context": context, "qas": asked}]})
    return {"version": "1.1", "data": made}


def write(path, values):
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def read(path, **options):
    return open_data(path, reader=find("question-answering"), **options)


@pytest.mark.parametrize(
    "label",
    [
        "Rome",
        ["Rome"],
        {"text": ["Rome"], "answer_start": [35]},
        {"text": ["Rome"], "answer_start": 35},
        {"text": ["Rome"], "answer_start": "35.0"},
        [{"text": "Rome", "answer_start": 35}],
        [{"text": "Rome"}],
        {"text": "Rome", "start": 35},
        '{"text": ["Rome"], "answer_start": [35]}',
        "{'text': ['Rome'], 'answer_start': [35]}",
    ],
)
def test_every_way_in_which_files_give_answers(label):
    assert read_answers({**QUESTION, "label": label}, "row 1") == GOLD


def test_questions_without_answer_or_label():
    assert read_answers({**QUESTION, "label": []}, "") == ()
    assert read_answers({**QUESTION, "label": {"text": [], "answer_start": []}}, "") == ()
    assert read_answers({**QUESTION, "label": None, "impossible": "True"}, "") == ()
    assert read_answers({**QUESTION, "label": None}, "") is None
    assert read_answers({**QUESTION, "label": " ", "impossible": 0}, "") is None
    assert read_answers({**QUESTION, "label": "", "start": "", "impossible": "1.0"}, "") == ()
    two = read_answers({**QUESTION, "label": "Ben", "start": "22", "impossible": False}, "")
    assert two == (Gold("Ben", 22),)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": {"text": "Rome", "answer_start": 30}}, r"not at character 30.*it is at 35"),
        ({"label": {"text": "Rome", "answer_start": 36}}, "counts bytes; it is character 35"),
        ({"label": "Paris"}, "'Paris' is nowhere in the context"),
        ({"label": "Paris", "start": 3}, "is nowhere in the context"),
        ({"label": "Ben"}, "is at 9, 22; write its answer_start"),
        ({"label": "Rome", "impossible": True}, "is_impossible is true, and there is the answer"),
        ({"label": [], "impossible": False}, "no answer, and is_impossible is false"),
        ({"label": {"text": "Rome", "offset": 3}}, "unknown field 'offset'"),
        ({"label": {"text": ["Rome", "Ben"], "answer_start": [35]}}, "2 texts of answers and 1"),
        ({"label": ["Rome"], "start": [1, 2]}, "1 answers and 2 starts"),
        ({"label": 7}, "an answer is 7"),
        ({"label": [""]}, "an answer is ''"),
        ({"label": "Rome", "start": "x"}, "answer_start is 'x'"),
        ({"label": "Rome", "start": -1}, "answer_start is -1"),
        ({"label": "Rome", "start": 3.5}, "answer_start is 3.5"),
        ({"label": "Rome", "impossible": "maybe"}, "is_impossible is 'maybe'"),
    ],
)
def test_answers_that_cannot_be_used_are_told_with_their_row(fields, words):
    with pytest.raises(UserError, match=words) as error:
        read_answers({**QUESTION, **fields}, "a.jsonl, row 3")
    assert str(error.value).startswith("a.jsonl, row 3: ")
    assert str(error.value).count("\n") == 0


def test_squad_files_are_cut_by_article(tmp_path):
    """A context in two splits is an answer that is known beforehand."""
    path = write(tmp_path / "squad.json", articles())
    data = read(path)
    assert sum(data.counts.values()) == 75
    splits = {s: {e["title"] for e in data.read(s)} for s in ("train", "validation", "test")}
    assert sum(map(len, splits.values())) == 25
    example = next(iter(data.read("train")))
    assert list(example) == ["question", "context", "label", "id", "title"]
    assert data.settings["no_answer"] is False


def test_a_file_of_one_title_is_cut_by_context(tmp_path):
    values = articles()
    whole = [each["paragraphs"][0] for each in values["data"]]
    path = write(tmp_path / "one.json", {"data": [{"title": "all", "paragraphs": whole}]})
    data = read(path)
    splits = [{e["context"] for e in data.read(s)} for s in ("train", "validation", "test")]
    assert sum(map(len, splits)) == 25


def test_squad_2_and_compressed_files(tmp_path):
    values = articles(is_impossible=False)
    for article in values["data"]:
        asked = article["paragraphs"][0]["qas"]
        asked[0] |= {"answers": [], "is_impossible": True, "plausible_answers": []}
    path = tmp_path / "dev-v2.0.json.gz"
    path.write_bytes(gzip.compress(json.dumps(values).encode()))
    data = read(path)
    assert data.settings["no_answer"] is True
    assert sum(not example["label"] for example in data.read("train")) * 3 == data.counts["train"]


def test_flat_rows_of_tables_and_lines_are_the_same(tmp_path):
    rows = [
        {"question": q["question"], "context": p["context"], "answer": a["text"],
         "answer_start": a["answer_start"], "id": q["id"]}
        for each in articles()["data"]
        for p in each["paragraphs"]
        for q in p["qas"]
        for a in q["answers"]
    ]  # fmt: skip
    lines = tmp_path / "flat.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with (tmp_path / "flat.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    hub = tmp_path / "hub.jsonl"
    hub.write_text(
        "".join(
            json.dumps(
                {**{k: row[k] for k in ("id", "question", "context")},
                 "answers": {"text": [row["answer"]], "answer_start": [row["answer_start"]]}}
            ) + "\n"
            for row in rows
        )
    )  # fmt: skip
    found = [list(read(path).read("train")) for path in (lines, tmp_path / "flat.csv", hub)]
    assert found[0] == found[1] == found[2]
    assert found[0][0]["label"][0].text.startswith("Ms. Name")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a["paragraphs"][0].pop("context"), "article 2: a paragraph without a 'context'"),
        (lambda a: a["paragraphs"][0].pop("qas"), "article 2: no list 'qas'"),
        (lambda a: a.pop("paragraphs"), "article 2: no list 'paragraphs'"),
        (lambda a: a["paragraphs"][0]["qas"][0].update(question=" "), r"question 4 \(1-0\).*empty"),
        (lambda a: a["paragraphs"][0]["qas"].append(3), "question 7: a JSON int"),
        (
            lambda a: a["paragraphs"][0]["qas"][0]["answers"][0].update(answer_start=2),
            r"question 4 \(1-0\): the answer 'Ms. Name1' is not at character 2",
        ),
    ],
)
def test_broken_squad_files_name_the_place(tmp_path, change, words):
    values = articles()
    change(values["data"][1])
    path = write(tmp_path / "squad.json", values)
    with pytest.raises(UserError, match=words):
        read(path)
    assert read(path, skip_bad=True).counts["train"] > 20


def test_a_title_may_be_any_value(tmp_path):
    """Rows of one title stay together, also where it is a list."""
    rows = [
        {**QUESTION, "context": f"{CONTEXT} {i}", "answers": ["Rome"], "title": ["town", i // 2]}
        for i in range(60)
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = read(path)
    titles = {split: {str(e["title"]) for e in data.read(split)} for split in ("train", "test")}
    assert titles["train"]
    assert not titles["train"] & titles["test"]


@pytest.mark.parametrize(
    "label",
    [
        {"text": ["Ben", "Rome"], "answer_start": 35},
        {"text": ["Rome"], "answer_start": True},
        {"text": ["Rome"], "answer_start": 35.5},
        {"text": ["Rome"], "answer_start": {"at": 35}},
        {"text": ["Rome"], "answer_start": "35.5"},
    ],
)
def test_starts_that_are_none_are_refused(label):
    with pytest.raises(UserError, match=r"row 1: .*(one start for each|a character from 0)"):
        read_answers({**QUESTION, "label": label}, "row 1")


def test_files_without_the_columns_say_what_they_have(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"question": "who?", "passage": "she", "answers": ["she"]}) + "\n")
    with pytest.raises(UserError, match=r"no column 'context'.*--column context=NAME"):
        read(path)
    path.write_text(json.dumps({"text": "a film", "label": 1}) + "\n")
    with pytest.raises(UserError, match="'question' and 'context'"):
        read(path)


def test_the_task_is_found_by_its_columns_and_its_teacher():
    assert infer([], ["id", "question", "context", "answers"])[0] == "question-answering"
    assert infer(["BertForQuestionAnswering"], [])[0] == "question-answering"


def test_settings_are_checked():
    with pytest.raises(UserError, match="longest is 0"):
        find("question-answering", {"longest": 0})
    with pytest.raises(UserError, match="f1 is 'chars'"):
        find("question-answering", {"f1": "chars"})
