"""Each token of a text is to be foretold once, however long the rows are."""

import itertools
import random

import pytest

from tfkd import UserError
from tfkd.data import IGNORE
from tfkd.tasks.text_generation.token_rows import count_given, cut_into_rows, join_prompt

START, CODE, END = 2, 5, 3
SEEDS = pytest.mark.parametrize("seed", range(40))


def drawn(seed):
    draw = random.Random(seed)
    head = [START] + [CODE] * draw.randint(0, 3)
    pieces = [draw.randint(10, 99) for _ in range(draw.randint(0, 30))]
    length, overlap = draw.randint(len(head) + 1, 12), draw.randint(0, 5)
    return head, pieces, cut_into_rows(head, pieces, END, length=length, overlap=overlap), length


@SEEDS
def test_every_token_is_a_label_once(seed):
    """A token that is lost at an edge is never learnt; one that counts twice misleads."""
    _, pieces, rows, length = drawn(seed)
    labels = [label for row in rows for label in row["labels"] if label != IGNORE]
    assert labels == [*pieces, END]
    for row in rows:
        assert len(row["labels"]) == len(row["input_ids"]) <= length


@SEEDS
def test_a_label_is_what_comes_after(seed):
    """Shifted twice or not at all, a model learns to repeat."""
    _, pieces, rows, _ = drawn(seed)
    followed = {*itertools.pairwise([*pieces, END])}
    for row in rows:
        for token, label in zip(row["input_ids"], row["labels"], strict=True):
            if label != IGNORE and token not in (START, CODE):
                assert (token, label) in followed


@SEEDS
def test_a_code_stands_in_front_of_each_row_and_is_never_learnt(seed):
    head, _, rows, _ = drawn(seed)
    for row in rows[1:]:
        assert row["input_ids"][: len(head) - 1] == head[1:]
    assert not any(label == CODE for row in rows for label in row["labels"])


@SEEDS
def test_a_prompt_is_the_text_that_was_cut(seed):
    head, pieces, rows, _ = drawn(seed)
    assert join_prompt(rows, longest=999) == [*head, *pieces]
    assert join_prompt(rows, longest=len(head) + 2) == [*head, *pieces[-2:]]


def test_what_is_read_again_is_given():
    _, second = cut_into_rows([START], [10, 11, 12, 13], END, length=4, overlap=2)
    assert second == {"input_ids": [11, 12, 13], "labels": [IGNORE, IGNORE, END]}
    assert count_given(second) == 3


def test_a_code_that_leaves_no_room_is_refused():
    with pytest.raises(UserError, match="leaves no room"):
        cut_into_rows([START, *[CODE] * 9], [10], END, length=10)
