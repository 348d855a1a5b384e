"""Schemes of tags are recognised, and mean the same entities in IOB2."""

import random

import pytest

from tfkd import UserError
from tfkd.tasks.token_classification.tags import (
    Chunk,
    check_tag,
    find_scheme,
    find_spans,
    write_iob2,
)
from tfkd.tasks.token_classification.written_tags import as_iob2, check_ids

SPANS = [
    Chunk("PER", 0, 2),
    Chunk("PER", 2, 3),
    Chunk("LOC", 4, 5),
    Chunk("ORG", 5, 8),
]
WRITTEN = {
    "IOB1": "I-PER I-PER B-PER O I-LOC I-ORG I-ORG I-ORG O",
    "IOB2": "B-PER I-PER B-PER O B-LOC B-ORG I-ORG I-ORG O",
    "BILOU": "B-PER L-PER U-PER O U-LOC B-ORG I-ORG L-ORG O",
    "BIOES": "B-PER E-PER S-PER O S-LOC B-ORG I-ORG E-ORG O",
}


@pytest.mark.parametrize(("scheme", "line"), WRITTEN.items())
def test_a_scheme_is_recognised_and_read(scheme, line):
    tags = line.split()
    assert find_scheme([["O"], tags]) == scheme
    assert find_spans(tags) == SPANS
    assert as_iob2(tags, scheme, ()) == tuple(WRITTEN["IOB2"].split())


def test_bmes_as_chinese_data_have_it():
    tags = ["B-NAME", "M-NAME", "E-NAME", "S-LOC", "O"]
    assert find_scheme([tags]) == "BIOES"
    assert as_iob2(tags, "BIOES", ()) == ("B-NAME", "I-NAME", "I-NAME", "B-LOC", "O")


def test_names_of_types_alone():
    """Neighbours of one type are one entity then: nothing says where one ends."""
    tags = ["PER", "PER", "O", "LOC"]
    assert find_scheme([tags]) == "IO"
    assert as_iob2(tags, "IO", ()) == ("B-PER", "I-PER", "O", "B-LOC")


def test_iob2_with_a_slip_stays_iob2():
    sentences = [["B-PER", "I-PER", "O"]] * 9 + [["O", "I-LOC"]]
    assert find_scheme(sentences) == "IOB2"
    assert as_iob2(("O", "I-LOC"), "IOB2", ()) == ("O", "B-LOC")


def test_reading_and_writing_are_inverse():
    rng = random.Random(2)
    for _ in range(200):
        spans, place = [], 0
        while place < 12:
            length = rng.randint(1, 3)
            if rng.random() < 0.6:
                spans.append(Chunk(rng.choice(["PER", "a-b", "X_y"]), place, place + length))
            place += length
        assert find_spans(write_iob2(spans, place)) == spans


@pytest.mark.parametrize(
    ("sentences", "says"),
    [
        ([["B-PER", "O"], ["LOC"]], r"'LOC' \(.*sentence 2.*\) has no prefix.*'B-PER'.*scheme=IO"),
        ([["T-cell", "B-cell"]], "'T-cell'.*has no prefix, and 'B-cell'"),
    ],
)
def test_two_schemes_in_one_file(sentences, says):
    with pytest.raises(UserError, match=says):
        find_scheme(sentences)


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        (["B_PER", "I_PER", "O"], "the tag 'B_PER' beside 'I_PER' is of no known scheme: write B"),
        (
            ["b-per-son", "O", "i-per-son"],
            "'b-per-son' beside 'i-per-son' .* B-PER and I-PER; where",
        ),
        (["PER-B", "PER-I"], "'PER-B' beside 'PER-I' is of no.*--task-set scheme=IO"),
        (["LOC", "o"], "the tag 'o' is of no known scheme: write O"),
    ],
)
def test_prefixes_that_are_written_otherwise(tags, says):
    """Each would be a type by itself, and an entity of two words two entities."""
    with pytest.raises(UserError, match=says):
        find_scheme([tags])


def test_names_of_types_may_begin_like_prefixes():
    assert find_scheme([["b_cell", "i_phone", "B", "I", "x.b", "t_cell", "O"]]) == "IO"


@pytest.mark.parametrize(
    ("tag", "says"),
    [
        (None, "tag 3 is None"),
        ("", "tag 3 is ''"),
        (1.5, "tag 3 is 1.5"),
        (True, "tag 3 is True"),
        ("B-", "'B-', without a type"),
        ("B-PER\nO", "tag 3 is"),
    ],
)
def test_what_is_no_tag(tag, says):
    with pytest.raises(UserError, match=says):
        check_tag("a.jsonl, row 1", 2, tag)


@pytest.mark.parametrize(
    ("tags", "scheme", "names", "says"),
    [
        (("PER",), "IOB2", (), "'PER' is of another scheme than those of the training split, IOB2"),
        (("B-PER",), "IO", (), "'B-PER' is of another scheme"),
        (("3",), "IOB2", ("O", "B-PER"), "the tag 3 has no name: there are 2"),
        (("3",), "IOB2", (), "nothing says what they mean.*--labels"),
    ],
)
def test_what_cannot_be_read(tags, scheme, names, says):
    with pytest.raises(UserError, match=says):
        as_iob2(tags, scheme, names)


def test_ids_and_names_together():
    with pytest.raises(UserError, match="ids, such as 3, and names, such as 'O'"):
        check_ids(["3", "O"])
