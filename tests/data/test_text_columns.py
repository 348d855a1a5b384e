"""Two columns of texts are read as a pair, or one of them is left out by name: never unsaid."""

import json

import pytest

from tfkd import UserError
from tfkd.data import Example, open_data
from tfkd.data.text_columns import are_texts, split_names
from tfkd.tasks import find

ROWS = [
    {
        "premise": f"A man with {n} dogs walks down a street.",
        "hypothesis": f"Somebody walks {n} animals outside in the rain.",
        "label": "entailment" if n % 2 else "neutral",
    }
    for n in range(60)
]

# No spaces between words.
CHINESE = [
    {"text": f"{n} 家酒店的房间很干净", "answer": "服务也不错" + "吗" * n, "label": n % 2}
    for n in range(40)
]


@pytest.fixture
def file(tmp_path):
    def write(rows=ROWS, name="nli.jsonl"):
        path = tmp_path / name
        if name.endswith(".csv"):
            head = ",".join(rows[0])
            lines = [",".join(map(str, row.values())) for row in rows]
            path.write_text("\n".join([head, *lines]) + "\n")
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path

    return write


@pytest.mark.parametrize("name", ["nli.jsonl", "nli.csv"])
def test_two_names_with_a_comma_are_a_pair(file, name):
    data = open_data(file(name=name), text_column="premise,hypothesis")
    first = next(data.read("train"))
    assert set(first) == {"text", "text_pair", "label"}
    rows = {row["premise"]: row["hypothesis"] for row in ROWS}
    assert all(rows[e.text] == e.text_pair for e in data.read("train"))


def test_a_task_of_pairs_names_them_by_role(file):
    task = find("text-classification", {"pair": True})
    columns = {"text": "hypothesis", "text_pair": "premise"}
    data = open_data(file(), reader=task, columns=columns)
    first = next(data.read("train"))
    assert task.texts(first) == (first.text, first.text_pair)
    assert first.text.startswith("Somebody")
    assert data.settings == {"pair": True}


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (ROWS, "premise"),
        (ROWS, "hypothesis"),
        ([{**row, "text": row["premise"]} for row in ROWS], None),
        (CHINESE, None),
    ],
)
def test_a_second_column_of_texts_is_not_left_out_unsaid(file, rows, column):
    path = file(rows)
    with pytest.raises(UserError, match="more texts than are read") as caught:
        open_data(path, text_column=column)
    assert "--ignore-texts" in str(caught.value)
    assert f"--text-column {column or 'text'}," in str(caught.value)
    data = open_data(path, text_column=column, ignore_texts=True)
    assert set(next(data.read("train"))) == {"text", "label"}


def test_a_third_column_of_texts_is_told_of_too(file):
    path = file([{**row, "reason": f"Rain falls on animals: {n}"} for n, row in enumerate(ROWS)])
    with pytest.raises(UserError, match="'reason' next to 'premise' and 'hypothesis'") as caught:
        open_data(path, text_column="premise,hypothesis")
    assert "--text-column" not in str(caught.value)
    assert open_data(path, text_column="premise,hypothesis", ignore_texts=True).counts["train"]


def test_all_files_of_the_data_are_looked_at(file):
    train = file([{k: row[k] for k in ("premise", "label")} for row in ROWS], "train.jsonl")
    with pytest.raises(UserError, match=r"test\.jsonl has more texts"):
        open_data(train, text_column="premise", test=file(name="test.jsonl"))


@pytest.mark.parametrize(
    "extra",
    [
        {"date": "2024-01-01 10:00"},
        {"page": "https://example.org/a-long-name-of-a-page"},
        {"desk": "cards and accounts of customers"},
        {"headline": "A title accompanies its text, as titles do"},
        {"votes": [1, 2, 3]},
        {"stars": 3.5},
        {"note": ""},
    ],
)
def test_columns_that_are_no_texts_need_no_word(file, extra):
    path = file([{"text": row["premise"], "label": row["label"], **extra} for row in ROWS])
    assert open_data(path).counts["train"]


def test_columns_of_answers_are_texts_and_names_are_none():
    assert are_texts([row["hypothesis"] for row in ROWS])
    assert not are_texts([])
    assert not are_texts([None, "a text of five words", None])


@pytest.mark.parametrize("written", ["a,b,c", "a,", ",b", "a,a"])
def test_what_is_neither_one_column_nor_two(written):
    with pytest.raises(UserError, match="write one column, or the two of a pair"):
        split_names(written)


def test_a_reader_of_one_text_takes_no_two_columns(file):
    with pytest.raises(UserError, match='"pair": True'):
        open_data(file(), reader=find(""), text_column="premise,hypothesis")


def test_data_sets_of_one_text_have_no_pairs():
    with pytest.raises(UserError, match="'text_pair' too"):
        open_data("sample", reader=find("", {"pair": True}))


def test_a_row_of_a_pair_has_the_ids_of_both_and_their_segments():
    from tfkd.data import ExampleReader, Schema
    from tfkd.text import learn

    encoder = learn(["a good film", "a bad film"] * 20, vocab_size=60, max_length=12)
    reader = ExampleReader(pair=True)
    assert reader.inputs == ("input_ids", "token_type_ids")
    ((row,),) = reader.encode([Example(text="a", text_pair="film", label=1)], encoder, Schema())
    assert list(row) == ["input_ids", "token_type_ids", "labels"]
    assert row["token_type_ids"] == [0, 0, 0, 1, 1]
    # Others of the class read one text as before.
    assert ExampleReader().inputs == ("input_ids",)
    assert "text_pair" not in ExampleReader().columns


@pytest.mark.parametrize("late", [["ein Hund"], None])
def test_a_column_that_the_first_row_has_not(file, late):
    """Further references, scores, unanswerable questions: all were left out without a word."""
    rows = [{"source": f"a {n}", "target": f"b {n}"} for n in range(60)]
    rows[7]["references"] = late
    with pytest.raises(UserError, match=r"row 8: has 'references', and the first row has not"):
        open_data(file(rows), reader=find("translation"))
    rows[0]["references"] = None
    found = open_data(file(rows), reader=find("translation"))
    texts = [e.get("references") for split in found.counts for e in found.read(split)]
    assert texts.count(("ein Hund",)) == (late is not None)
