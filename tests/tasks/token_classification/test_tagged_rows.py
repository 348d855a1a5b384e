"""Words with tags and texts with spans become examples; what is wrong with them is one sentence."""

import json

import pytest

from tfkd import UserError
from tfkd.data import open_data
from tfkd.tasks import find, infer
from tfkd.text.affixes import AFFIXES

TASK = find("token-classification")
MERKEL = "Angela Merkel visited Rome, and Rome's mayor."


@pytest.fixture
def write(tmp_path):
    def write(*rows, name="a.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


def many(**row):
    """Sixty rows with the same columns, so that a split can be cut."""
    return [{name: [f"{each}{i}", *rest] for name, (each, *rest) in row.items()} for i in range(60)]


def test_spans_become_tags_of_words():
    spans = [{"start": 22, "end": 26, "label": "LOC"}, {"start": 0, "end": 14, "type": "PER"}]
    example = TASK.example({"text": MERKEL, "spans": spans}, "row 1")
    assert example["tags"][:5] == ("B-PER", "I-PER", "O", "B-LOC", "O")
    assert example == TASK.example({"text": MERKEL, "spans": [[0, 13, "PER"], [22, 26, "LOC"]]}, "")
    assert TASK.label_keys(example) == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    assert set(TASK.example({"text": MERKEL, "spans": []}, "")["tags"]) == {"O"}


def test_characters_are_those_of_the_text_as_it_is():
    text = "\u00c5\u0301sa 🙂\u200d in  北京市 ﬁt"
    start = text.index("北")
    example = TASK.example({"text": text, "spans": [[start, start + 2, "LOC"]]}, "")
    assert [tag for tag in example["tags"] if tag != "O"] == ["B-LOC", "I-LOC"]


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"tokens": ["a"], "tags": ["O"]}, {"tokens": "tokens", "tags": "tags"}),
        ({"id": 7, "words": ["a"], "ner_tags": [0]}, {"tokens": "words", "tags": "ner_tags"}),
        ({"tokens": ["a"], "pos": ["N"], "ner": ["O"]}, {"tokens": "tokens", "tags": "ner"}),
        ({"text": "a", "entities": []}, {"text": "text", "spans": "entities"}),
        ({"text": "a", "entities": [], "tags": ["O"]}, {"text": "text", "spans": "entities"}),
        ({"text": "a", "tokens": ["a"], "tags": ["O"]}, {"tokens": "tokens", "tags": "tags"}),
        ({"text": "a b", "tokens": [{}], "spans": []}, {"text": "text", "spans": "spans"}),
    ],
)
def test_columns_are_found_by_what_they_are_called(row, columns):
    from pathlib import Path

    from tfkd.data.columns import Columns

    assert Columns(TASK).find(Path("a.jsonl"), row) == columns
    assert infer([], row, label=row.get("labels"))[0] == TASK.name


def test_one_file_becomes_splits_with_iob2_tags(write):
    rows = [{"tokens": [f"w{i}", "x", "y"], "tags": ["I-PER", "B-PER", "O"]} for i in range(80)]
    data = open_data(write(*rows), reader=TASK)
    assert data.labels == ("B-PER", "I-PER", "O")
    assert data.settings["scheme"] == "IOB1"
    assert sum(data.counts.values()) == 80
    assert next(data.read("train"))["tags"] == ("B-PER", "B-PER", "O")
    assert "PER" in TASK.describe_schema(data.schema)
    assert "IOB1, read as IOB2" in TASK.describe_schema(data.schema)


def test_a_class_file_says_what_ids_mean(write, tmp_path):
    (tmp_path / "labels.json").write_text('["O", "S-LOC", "B-LOC", "E-LOC"]')
    rows = [{"tokens": [f"w{i}", "x"], "ner_tags": [2, 3]} for i in range(60)]
    data = open_data(write(*rows), reader=TASK)
    assert data.labels == ("B-LOC", "I-LOC", "O")
    assert data.settings["scheme"] == "BIOES"
    assert next(data.read("train"))["tags"] == ("B-LOC", "I-LOC")


def test_a_saved_data_set_says_what_ids_mean(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"tokens": [f"w{i}", "x"], "ner_tags": [1, 0]} for i in range(60)]
    names = {"names": ["O", "B-PER"], "_type": "ClassLabel"}
    features = {"ner_tags": {"feature": names, "_type": "Sequence"}}
    table = pyarrow.Table.from_pylist(rows).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    parquet.write_table(table, tmp_path / "train.parquet")
    data = open_data(tmp_path, reader=TASK)
    assert data.labels == ("B-PER", "I-PER", "O")


def test_rows_without_tags_are_unlabelled(write, tmp_path):
    rows = [{"tokens": [f"w{i}", "x"], "tags": ["B-PER", "O"]} for i in range(60)]
    train = write(*rows, {"tokens": ["z"], "tags": None})
    more = tmp_path / "more.txt"
    more.write_text("Rome is old\n\nParis too\n")
    data = open_data(train, reader=TASK, unlabelled=more)
    assert data.counts["unlabelled"] == 2
    assert next(data.read("unlabelled")) == {"text": "Rome is old", "tags": None}
    assert sum(not TASK.is_labelled(each) for each in data.read("train")) == 1
    words = write({"tokens": ["Rome", "is"]}, name="words.jsonl")
    data = open_data(train, reader=TASK, unlabelled=words)
    assert next(data.read("unlabelled")) == {"tokens": ("Rome", "is"), "tags": None}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"tokens": ["a", "b"], "tags": ["O"]}, "row 1: 2 words and 1 tags"),
        ({"tokens": "a b", "tags": ["O", "O"]}, "one string, 'a b'; write a list of words"),
        ({"tokens": [], "tags": []}, "expected a list of at least one"),
        ({"tokens": ["a", " "], "tags": ["O", "O"]}, "word 2 is ' '"),
        ({"tokens": ["a", None], "tags": ["O", "O"]}, "word 2 is None"),
        ({"tokens": ["a\ud800"], "tags": ["O"]}, "half a character"),
        ({"tokens": ["a"], "tags": "O"}, "the tags are 'O'; expected a list"),
        ({"tokens": ["a"], "tags": [None]}, "tag 1 is None"),
        ({"text": MERKEL, "spans": "PER"}, "the spans are 'PER'; expected a list"),
        ({"text": MERKEL, "spans": [{"start": 0}]}, "the span .'start': 0. is none"),
        ({"text": MERKEL, "spans": [[0, "6", "PER"]]}, "is none; expected a dict with start"),
        ({"text": MERKEL, "spans": [[0, 6, " "]]}, "is none"),
        ({"text": MERKEL, "spans": [[6, 6, "PER"]]}, "6 to 6 .PER. is empty"),
        ({"text": MERKEL, "spans": [[6, 2, "PER"]]}, "ends before it starts"),
        ({"text": MERKEL, "spans": [[0, 99, "PER"]]}, "outside of the text, which has 45"),
        ({"text": MERKEL, "spans": [[-1, 6, "PER"]]}, "outside of the text"),
        (
            {"text": MERKEL, "spans": [[0, 13, "PER"], [7, 13, "NAME"]]},
            "0 to 13 .PER 'Angela Merkel'. and the span 7 to 13 .NAME 'Merkel'. overlap",
        ),
        (
            {"text": MERKEL, "spans": [[0, 10, "PER"]]},
            "cuts the word 'Merkel' .7 to 13.*write 0 to 13, 'Angela Merkel'",
        ),
        ({"text": MERKEL, "spans": [[6, 7, "PER"]]}, "has no word in it"),
    ],
)
def test_what_is_wrong_with_a_row(write, row, says):
    path = write(*[row] * 30)
    with pytest.raises(UserError, match=says) as error:
        open_data(path, reader=TASK)
    assert "a.jsonl" in str(error.value)


def test_a_type_that_only_the_test_split_has(write):
    rows = [{"tokens": [f"w{i}", "x"], "tags": ["B-PER", "O"]} for i in range(60)]
    test = write({"tokens": ["a"], "tags": ["B-CITY"]}, name="test.jsonl")
    with pytest.raises(UserError, match=r"test.jsonl, row 1: unknown label 'B-CITY'"):
        open_data(write(*rows), reader=TASK, test=test)


def test_two_schemes_of_one_data_set(write):
    rows = [{"tokens": [f"w{i}", "x"], "tags": ["B-PER", "O"]} for i in range(60)]
    test = write({"tokens": ["a"], "tags": ["PER"]}, name="test.jsonl")
    with pytest.raises(UserError, match=r"test.jsonl, row 1: the tag 'PER' is of another scheme"):
        open_data(write(*rows), reader=TASK, test=test)
    with pytest.raises(UserError, match=r"'LOC' .*has no prefix"):
        open_data(write(*rows, {"tokens": ["a"], "tags": ["LOC"]}), reader=TASK)


def test_names_of_types_that_look_like_prefixes(write):
    """What the error about them says to write was refused by the first sentence of `B-cell`."""
    rows = [{"tokens": [f"w{i}", "x"], "tags": ["B-cell", "O"]} for i in range(60)]
    rows += [
        {"tokens": [f"v{i}", "x", "y"], "tags": ["tissue", "B-cell", "B-cell"]} for i in (1, 2)
    ]
    with pytest.raises(UserError, match="where both are names of types, --task-set scheme=IO"):
        open_data(write(*rows), reader=TASK)
    task = find("token-classification", {"scheme": "IO"})
    data = open_data(write(*rows), reader=task)
    assert data.labels == ("B-B-cell", "B-tissue", "I-B-cell", "I-tissue", "O")
    assert ("B-B-cell", "O") in [example["tags"] for example in data.read("train")]
    iob2 = write({"tokens": ["a"], "tags": ["B-tissue"]}, name="test.jsonl")
    with pytest.raises(UserError, match="'B-tissue' is of another scheme"):
        open_data(write(*rows), reader=task, test=iob2)
    with pytest.raises(UserError, match="'B-PER0' is of another scheme"):
        open_data(write(*many(tokens=["a", "b"], tags=["B-PER", "I-PER"])), reader=task)


def test_texts_with_one_label_are_no_entities(write):
    rows = [{"text": f"a film {i}", "label": "good"} for i in range(60)]
    with pytest.raises(UserError, match="the spans are 'good'; expected a list such as"):
        open_data(write(*rows), reader=TASK)


def test_settings_that_are_none():
    with pytest.raises(UserError, match="scheme is 'BIO': write one of IOB1, IOB2"):
        find("token-classification", {"scheme": "BIO"})
    with pytest.raises(UserError, match="pieces is 'last': write first or mean"):
        find("token-classification", {"pieces": "last"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("conll2003", {"LOC": 7_140, "MISC": 3_438, "ORG": 6_321, "PER": 6_600}),
        ("bc5cdr", {"Chemical": 5_203, "Disease": 4_182}),
    ],
)
def test_published_numbers_of_entities(shared, name, wanted):
    """What the papers count in the training part, whatever reads, converts and cuts it."""
    from collections import Counter

    from tfkd.tasks.token_classification.tags import find_spans

    data = open_data(shared / "data" / name, reader=TASK)
    parts = ("train", "test")  # cut from one file
    spans = (span for part in parts for e in data.read(part) for span in find_spans(e["tags"]))
    assert Counter(span.type for span in spans) == wanted


def test_what_is_right_is_told_like_an_answer():
    example = TASK.example({"text": MERKEL, "spans": [[0, 13, "PER"], [22, 26, "LOC"]]}, "")
    assert TASK.spell_label(example) == "[PER Angela Merkel] [LOC Rome]"


def test_a_task_without_pairs_does_not_offer_them(write):
    rows = [
        {"text": f"film {i} is a good one", "spans": [], "reply": f"it is number {i} of many"}
        for i in range(60)
    ]
    with pytest.raises(UserError, match="more texts than are read: 'reply'") as error:
        open_data(write(*rows), reader=TASK)
    assert "as a pair" not in str(error.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ('{"1": "O", "2": "B-PER", "3": "I-PER"}', "has the ids 1, 2, 3: name every id from 0 on"),
        ('{"O": 1, "B-PER": 2, "I-PER": 3}', "has the ids 1, 2, 3: name every id from 0 on"),
        ('{"0": "O", "B-PER": "person"}', "names 'B-PER', which is no id"),
    ],
)
def test_names_of_ids_count_from_0(write, tmp_path, names, message):
    """Every O was a person: the first name was that of 1."""
    (tmp_path / "labels.json").write_text(names)
    rows = [{"tokens": [f"w{i}", "x"], "ner_tags": [2, 1]} for i in range(60)]
    with pytest.raises(UserError, match=message):
        open_data(write(*rows), reader=TASK)


def test_students_read_how_words_are_written_unless_told_otherwise():
    """Five points of F1 that a flag brings which nobody knows of."""
    assert set(AFFIXES) <= set(TASK.inputs)
    assert not set(AFFIXES) & set(find("token-classification", {"affixes": False}).inputs)
