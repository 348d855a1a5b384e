"""The rows of a text that a language model learns: each token is to be foretold exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from ...data.examples import IGNORE
from ...data.reader import Arrays
from ...errors import UserError


def cut_into_rows(
    head: Sequence[int], pieces: Sequence[int], end: int, *, length: int, overlap: int = 0
) -> list[Arrays]:
    """Return the rows of a text: `input_ids`, and in `labels` the token after each of them.

    The pieces and the end are labels once each; what stands in `head` is given, and never a label.
    A text longer than `length` is several rows, each with the control code in front.

    Args:
        head: The token that starts a text, and those of its control code.
        pieces: The tokens of the text.
        end: The token that ends it.
        length: Most tokens of a row.
        overlap: Tokens that a further row reads again, to foretell its first ones better.

    Raises:
        UserError: A head that leaves no room for the text.

    >>> for row in cut_into_rows([2], [7, 8, 9], 3, length=2):
    ...     print(row)
    {'input_ids': [2, 7], 'labels': [7, 8]}
    {'input_ids': [8, 9], 'labels': [9, 3]}
    """
    inputs, labels = [*head, *pieces], [*head[1:], *pieces, end]
    given, again = len(head) - 1, list(head[1:])
    if length - given < 2:
        raise UserError(
            f"a control code of {given} tokens leaves no room in rows of {length}: write a shorter "
            "code, or a greater --max-length."
        )
    known = [IGNORE] * given
    rows = [{"input_ids": inputs[:length], "labels": [*known, *labels[given:length]]}]
    room = length - given
    back = min(overlap, room - 1)
    done = length
    while done < len(inputs):
        start, stop = done - back, done - back + room
        ids = [*again, *inputs[start:stop]]
        rows.append({"input_ids": ids, "labels": [*known, *[IGNORE] * back, *labels[done:stop]]})
        done = stop
    return rows


def count_given(row: Arrays) -> int:
    """Return how many tokens of a row are given: the one that starts it, a code, what is repeated.

    Args:
        row: As `cut_into_rows` made it.

    >>> count_given({"input_ids": [2, 5, 7], "labels": [-100, 7, 3]})
    2
    """
    labels = [int(label) for label in row["labels"]]
    return next((i for i, label in enumerate(labels) if label != IGNORE), len(labels) - 1) + 1


def join_prompt(rows: Sequence[Arrays], *, longest: int) -> list[int]:
    """Return the tokens of an example that a model is to continue: the last ones that fit.

    Args:
        rows: The rows of the example, as `cut_into_rows` made them.
        longest: Most tokens.

    >>> join_prompt(cut_into_rows([2, 5], [7, 8, 9], 3, length=3), longest=4)
    [2, 5, 8, 9]
    """
    first, head = [int(token) for token in rows[0]["input_ids"]], count_given(rows[0])
    text = first[head:]
    for row in rows[1:]:
        # The last one of what is given is the first that no row before has read.
        text += [int(token) for token in row["input_ids"]][count_given(row) - 1 :]
    return [*first[:head], *text[-max(1, longest - head) :]]
