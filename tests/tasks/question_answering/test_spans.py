"""From logits of windows to an answer: the best span of all windows, cut out of the context."""

import itertools

import numpy as np
import pytest

from tfkd.data import Example
from tfkd.tasks import find
from tfkd.tasks.question_answering.right_answers import Gold
from tfkd.tasks.question_answering.spans import decode
from tfkd.tasks.question_answering.teacher_windows import logits_for_rows
from tfkd.tasks.question_answering.windows_of_context import encode_questions, find_words, snap
from tfkd.text import learn

CONTEXT = "Über the  hills (in 1963) Anna went 北京, and nobody 👍🏽 saw her there again.\nNever."
QUESTION = "Where did Anna go?"


@pytest.fixture(scope="module")
def encoder():
    return learn([CONTEXT, QUESTION] * 5, vocab_size=120, max_length=200)


def rows_of(encoder, length, context=CONTEXT, **fields):
    import dataclasses

    example = Example(question=QUESTION, context=context, **fields)
    (rows,) = encode_questions([example], dataclasses.replace(encoder, max_length=length))
    return rows


def whole_logits(words, seed=0):
    """What a model says of "no answer" and each word, whatever the window."""
    return np.random.default_rng(seed).normal(size=(2, words + 1))


def of_rows(rows, logits):
    """The same logits for each window."""
    return [
        {"logits": logits[:, np.r_[0, row["first_word"] + np.arange(1, len(row["word_starts"]))]]}
        for row in rows
    ]


def slow_best(logits, words, longest):
    spans = {
        (i, j): logits[0, i + 1] + logits[1, j + 1]
        for i, j in itertools.product(range(len(words)), repeat=2)
        if i <= j < i + longest
    }
    return sorted(spans, key=lambda span: -spans[span]), spans


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("length", [200, 24, 18])
@pytest.mark.parametrize("longest", [30, 3])
def test_the_best_spans_are_those_of_a_search_through_all(encoder, seed, length, longest):
    rows, words = rows_of(encoder, length), find_words(CONTEXT)
    assert (len(rows) == 1) == (length == 200)
    logits = whole_logits(len(words), seed)
    answer = decode(of_rows(rows, logits), rows, threshold=None, longest=longest, count=4)
    best, scores = slow_best(logits, words, longest)
    inside = [
        span
        for span in best
        if any(
            row["first_word"] <= span[0]
            and span[1] < row["first_word"] + len(row["word_starts"]) - 1
            for row in rows
        )
    ]
    places = [(words.spans[i][0], words.spans[j][1]) for i, j in inside[:4]]
    assert [(span.start, span.end) for span in answer.spans] == places
    assert all(span.text == CONTEXT[span.start : span.end] for span in answer.spans)
    all_scores = np.array([scores[span] for span in inside] + [logits[:, 0].sum()])
    likely = np.exp(scores[inside[0]]) / np.exp(all_scores).sum()
    assert answer.score == pytest.approx(likely)
    assert answer.no_answer == pytest.approx(logits[:, 0].sum() - scores[inside[0]])


def test_no_answer_has_to_be_ahead_by_the_threshold(encoder):
    rows, words = rows_of(encoder, 200), find_words(CONTEXT)
    logits = whole_logits(len(words))
    ahead = decode(of_rows(rows, logits), rows, threshold=None).no_answer
    kept = decode(of_rows(rows, logits), rows, threshold=ahead + 0.1)
    none = decode(of_rows(rows, logits), rows, threshold=ahead - 0.1)
    assert kept.text
    assert (none.text, none.start, none.end) == ("", None, None)
    assert none.spans == kept.spans
    total = sum(span.score for span in decode(
        of_rows(rows, logits), rows, threshold=None, count=10**6).spans)  # fmt: skip
    assert total + none.score == pytest.approx(1.0)


def test_no_answer_is_what_the_least_sure_window_says(encoder):
    """A window without the answer is sure that there is none."""
    rows = rows_of(encoder, 18)
    outputs = [{"logits": np.zeros((2, len(row["word_starts"])))} for row in rows]
    for each in outputs[1:]:
        each["logits"][:, 0] = 9.0
    outputs[0]["logits"][:, 3] = 4.0
    assert decode(outputs, rows, threshold=0.0).text == find_words(CONTEXT).words[2]


def test_labels_are_cells_of_the_window_and_0_where_it_lacks_the_answer(encoder):
    gold = Gold("(in 1963", CONTEXT.index("(in"))
    words, rows = find_words(CONTEXT), rows_of(encoder, 18, label=(gold,))
    assert snap(gold, words) == (3, 5)
    held = 0
    for row in rows:
        first, count = row["first_word"], len(row["word_starts"]) - 1
        inside = first <= 3 and first + count > 5
        assert row["labels"] == ((4 - first, 6 - first) if inside else (0, 0))
        held += inside
    assert 0 < held < len(rows)
    assert [row["labels"] for row in rows_of(encoder, 200, label=())] == [(0, 0)]
    assert [row["labels"] for row in rows_of(encoder, 200)] == [(-100, -100)]


def test_answers_that_cut_a_word_are_snapped_and_counted():
    task = find("question-answering")
    context = "It was in 1963-64, by Anna."
    rows = [("196", 10), ("1963", 10), ("by Ann", 19), (" Anna. ".strip(), 22)]
    examples = [Example(question="?", context=context, label=(Gold(*row),)) for row in rows]
    schema = task.complete_schema(task.schema(()), examples)
    assert schema.settings["snapped"] == 2
    assert "2 right answers cut a word" in task.describe_schema(schema)


@pytest.mark.parametrize(("ours", "theirs"), [(18, 200), (200, 24), (18, 24), (24, 24)])
def test_a_teacher_of_other_windows_says_the_same_of_each_word(encoder, ours, theirs):
    words = find_words(CONTEXT)
    logits = whole_logits(len(words))
    rows, teacher_rows = rows_of(encoder, ours), rows_of(encoder, theirs)
    told = logits_for_rows(rows, teacher_rows, of_rows(teacher_rows, logits))
    for each, row in zip(told, rows, strict=True):
        first, cells = row["first_word"], len(row["word_starts"])
        np.testing.assert_allclose(
            each["logits"][:, 1:], logits[:, first + 1 : first + cells], rtol=1e-6
        )
        if theirs == 200:
            # All that the teacher believes lies outside of the window is "no answer" there.
            outside = np.delete(logits, np.r_[first + 1 : first + cells], axis=1)
            np.testing.assert_allclose(
                each["logits"][:, 0], np.log(np.exp(outside).sum(axis=1)), rtol=1e-5
            )


def test_the_line_shows_the_answer_in_its_context(encoder):
    task = find("question-answering")
    rows = rows_of(encoder, 200)
    logits = np.zeros((2, len(rows[0]["word_starts"])))
    logits[:, find_words(CONTEXT).words.index("1963") + 1] = 9.0
    answer = task.answer([{"logits": logits}], rows, task.schema(()))
    line = task.line(answer, Example(question=QUESTION, context=CONTEXT))
    assert line.startswith("1963 0.9")
    assert "hills (in [1963]) Anna went" in line
    assert task.to_json(answer)["answer"] == "1963"
