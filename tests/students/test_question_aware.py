"""Students that look for answers: what a token of a context is told of the question."""

import numpy as np
import pytest

from tfkd.students import build_for
from tfkd.students.question_aware import align
from tfkd.tasks import find

IDS = np.array([[2, 7, 8, 3, 9, 10, 7, 3], [2, 7, 3, 9, 7, 3, 0, 0]], "int32")
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 0, 0]], "int32")
STARTS = np.array([[0, 4, 5, 6], [0, 3, 4, -1]], "int32")


@pytest.fixture(scope="module", params=["text_cnn", "bilstm", "transformer"])
def student(request):
    task = find("question-answering")
    return build_for(task, task.schema(()), request.param, 20, "tiny", seed=1)


def run(student, rows=slice(None), length=None, words=None):
    inputs = {"input_ids": IDS, "token_type_ids": SEGMENTS}
    arrays = {name: array[rows, :length] for name, array in inputs.items()}
    return student({**arrays, "word_starts": STARTS[rows, :words]}).numpy()


def test_padding_of_tokens_and_words_changes_nothing(student):
    whole = run(student)
    assert whole.shape == (2, 2, 4)
    assert (whole[1, :, 3] < -1e3).all()
    np.testing.assert_allclose(whole[1:, :, :3], run(student, slice(1, 2), 6, 3), atol=1e-5)


def test_another_question_gives_other_logits_everywhere(student):
    """A student that reads the context alone cannot answer anything."""
    before = run(student)[0]
    ids = IDS.copy()
    ids[0, 2] = 11
    inputs = {"input_ids": ids, "token_type_ids": SEGMENTS, "word_starts": STARTS}
    assert (np.abs(student(inputs).numpy()[0] - before) > 1e-6).all()


def test_a_question_is_seen_by_attention_and_nothing_else_is():
    draw = np.random.default_rng(0).normal(size=(1, 5, 3)).astype("float32")
    asked = np.array([[[1.0], [1.0], [0.0], [0.0], [0.0]]], "float32")
    aligned = np.asarray(align(draw, asked))
    # Each is a weighted mean of the two vectors of the question.
    low, high = draw[0, :2].min(axis=0), draw[0, :2].max(axis=0)
    assert ((aligned >= low - 1e-5) & (aligned <= high + 1e-5)).all()
