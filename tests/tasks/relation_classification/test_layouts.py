"""Marks and spans, as files of many kinds have them, and what is wrong with them."""

import json

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.tasks import find

MARKED = "The <e1>child</e1> lay in the <e2>cradle</e2> ."
PLAIN = "The child lay in the cradle ."
TOKENS = PLAIN.split()
LAYOUTS = {
    "characters": {"text": PLAIN, "head": {"start": 4, "end": 9}, "tail": [21, 27]},
    "with their texts": {
        "text": PLAIN,
        "e1": {"start": 4, "end": 9, "text": "child"},
        "e2": {"start": 21, "end": 27, "text": "cradle"},
    },
    "cells of a table": {"text": PLAIN, "head": "[4, 9]", "tail": '{"start": 21, "end": 27}'},
    "four columns": {
        "text": PLAIN,
        "head_start": "4",
        "head_end": "9",
        "tail_start": "21",
        "tail_end": "27",
    },
    "characters beside words": {
        "text": PLAIN,
        "tokens": TOKENS,
        "head": {"start": 4, "end": 9, "text": "child"},
        "tail": {"start": 21, "end": 27, "text": "cradle"},
    },
    "words with their texts": {
        "tokens": TOKENS,
        "head": {"start": 1, "end": 2, "text": "Child"},
        "tail": {"start": 5, "end": 6, "text": " cradle"},
    },
    "words": {"tokens": TOKENS, "head": [1, 2], "tail": {"start": 5, "end": 6}},
    "TACRED": {
        "token": TOKENS,
        "subj_start": 1,
        "subj_end": 1,
        "obj_start": 5,
        "obj_end": 5,
    },
    "FewRel": {"tokens": TOKENS, "h": ["child", "Q1", [[1]]], "t": ["cradle", "Q2", [[5]]]},
    "marks": {"text": MARKED},
    "marks and names": {"text": MARKED, "e1": "child", "e2": "cradle"},
    "marked words": {"tokens": MARKED.split()},
}


def read(row, where="row 1"):
    task = find("relation-classification")
    return task.example({"text": task.in_columns(row, where)["text"]}, where)["text"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_the_same_text(name):
    assert read(LAYOUTS[name]) == MARKED


def test_parts_within_each_other_and_next_to_each_other():
    assert read({"text": "abcd", "head": [0, 4], "tail": [1, 4]}) == "<e1>a<e2>bcd</e2></e1>"
    assert read({"text": "abcd", "head": [1, 2], "tail": [0, 2]}) == "<e2>a<e1>b</e1></e2>cd"
    assert read({"text": "abcd", "head": [0, 2], "tail": [2, 4]}) == "<e1>ab</e1><e2>cd</e2>"
    assert read({"text": "abcd", "head": [0, 2], "tail": [0, 2]}) == "<e1><e2>ab</e2></e1>cd"


def test_a_mark_within_a_text_with_spans_is_text():
    text = read({"text": "<e1> is a </e2> tag", "head": [5, 7], "tail": [16, 19]})
    assert text == "< e1> <e1>is</e1> a < /e2> <e2>tag</e2>"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "no marks"}, "no <e1> in the text; mark both parts"),
        ({"text": "<e1>a</e1> b"}, "no <e2> in the text"),
        ({"text": "<e1>a <e2>b</e2>"}, "<e1> is not closed"),
        ({"text": "<e1>a</e1> <e2>b</e2> <e1>c"}, "<e1> is there 2 times"),
        ({"text": "<e1>a <e2>b</e1> c</e2>"}, "the marks cross"),
        ({"text": "</e1>a<e1> <e2>b</e2>"}, "the marks cross"),
        ({"text": "<e1> </e1>a <e2>b</e2>"}, "nothing stands between <e1> and </e1>"),
        ({"text": "<e1><e2>b</e2></e1>", "head": [0, 1], "tail": [2, 3]}, "there are spans too"),
        ({"text": "a b", "head": [0, 1]}, "head has a span, and tail has none"),
        ({"text": "a b", "head": [0, 9], "tail": [2, 3]}, "head, characters 0 to 9, is outside"),
        ({"text": "a b", "head": [0, 1], "tail": [3, 2]}, "tail, characters 3 to 2, is empty"),
        ({"text": "a b", "head": [1, 2], "tail": [2, 3]}, "characters 1 to 2, has no word in it"),
        ({"text": "abcd", "head": [0, 2], "tail": [1, 4]}, "overlap"),
        ({"text": "a b", "head": [0.5, 1], "tail": [2, 3]}, "as whole numbers"),
        ({"text": "a b", "head": {"start": 0}, "tail": [2, 3]}, "as whole numbers"),
        (
            {
                "text": "ä b",
                "head": {"start": 0, "end": 1},
                "tail": {"start": 1, "end": 3, "text": "b"},
            },
            "count characters, not bytes",
        ),
        ({"tokens": ["a", "b"], "head": [0, 1], "tail": [2, 3]}, "tail, words 2 to 3, is outside"),
        (
            {
                "tokens": TOKENS,
                "head": {"start": 1, "end": 3, "text": "child"},
                "tail": {"start": 5, "end": 6, "text": "cradle"},
            },
            "head is 'child lay' by its words 1 to 3, and 'child' by its text",
        ),
        (
            {"text": PLAIN, "tokens": TOKENS, "head": [1, 2], "tail": [5, 6]},
            "may count characters of the one or words of the other",
        ),
        (
            {
                "text": PLAIN,
                "token": TOKENS,
                "subj_start": 1,
                "subj_end": 1,
                "obj_start": 5,
                "obj_end": 5,
            },
            "subj may count characters",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_row(row, says):
    with pytest.raises(UserError, match="row 7: ") as told:
        read(row, "a.jsonl, row 7")
    assert says in str(told.value)
    assert str(told.value).startswith("a.jsonl, row 7: ")


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def several():
    return [{"text": f"{MARKED} {i}", "relation": ("in(e1,e2)", "Other")[i % 2]} for i in range(40)]


def test_a_file_with_spans_is_read_whole(tmp_path):
    rows = [
        {
            **LAYOUTS["TACRED"],
            "relation": f"in(e{i % 2 + 1},e{2 - i % 2})",
            "token": [*TOKENS, f"{i}"],
        }
        for i in range(40)
    ]
    file = write(tmp_path / "a.jsonl", rows)
    data = open_data(file, reader=find("relation-classification"))
    assert {example["text"].rpartition(" ")[0] for example in data.read("train")} == {MARKED}
    assert data.labels == ("in(e1,e2)", "in(e2,e1)")
    assert data.settings["other"] == "-"


def test_bad_rows_are_named_all_at_once_or_left_out(tmp_path):
    good = {"text": MARKED, "relation": "in"}
    bad = [{"text": "none", "relation": "in"}, {"text": "a b", "head": [0, 9], "tail": [0, 1]}]
    others = [{"text": f"{MARKED} {i}", "relation": "Other"} for i in range(20)]
    rows = [good, bad[0], *others, {**bad[1], "relation": "in"}]
    file, task = write(tmp_path / "a.jsonl", rows), find("relation-classification")
    with pytest.raises(UserError) as told:
        open_data(file, reader=task)
    assert "row 2" in str(told.value)
    assert "row 23" in str(told.value)
    data = open_data(file, reader=task, skip_bad=True)
    assert sum(data.counts.values()) == 21


def test_a_relation_that_only_the_test_split_has(tmp_path):
    texts = several()
    train = write(tmp_path / "train.jsonl", texts)
    test = write(tmp_path / "test.jsonl", [{"text": MARKED, "relation": "by(e1,e2)"}])
    with pytest.raises(UserError, match=r"by\(e1,e2\)"):
        open_data(train, reader=find("relation-classification"), test=test)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"other": "Others"}, "other is 'Others', and no relation is called so"),
        ({"other": 3}, "write the name of a class"),
        ({"marks": "$ #"}, "write four with blanks between them"),
        ({"pair": True}, "reads no pairs"),
    ],
)
def test_settings_that_cannot_be(settings, says, tmp_path):
    with pytest.raises(UserError, match=says.replace("(", r"\(")):
        open_data(
            write(tmp_path / "a.jsonl", several()), reader=find("relation-classification", settings)
        )


def test_a_changed_text_that_lost_a_mark_is_no_example():
    """An augmented text without its marks would be learnt as one about nothing."""
    from tfkd.data import Example

    task = find("relation-classification")
    assert task.is_whole(Example(text=MARKED))
    assert not task.is_whole(Example(text=MARKED.replace("<e1>child</e1>", "[MASK]")))


def test_relations_that_are_numbers_have_no_direction_and_that_is_said(tmp_path, caplog):
    rows = [{"text": f"{MARKED} {i}", "relation": i % 2} for i in range(40)]
    with caplog.at_level("WARNING", logger="tfkd"):
        open_data(write(tmp_path / "a.jsonl", rows), reader=find("relation-classification"))
    assert "give it with --labels" in caplog.text


def test_marked_texts_with_a_relation_are_recognised(tmp_path):
    from tfkd.tasks import infer

    name, why = infer([], ["id", "text", "relation"])
    assert name == "relation-classification"
    assert "the columns text, label" in why or "relation" in why
