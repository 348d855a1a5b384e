"""Wrong answers near a question: never the right ones, nor those that may be right."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.tasks.sentence_similarity import mine_negatives


def test_the_nearest_wrong_answers_come_first():
    rng = np.random.default_rng(0)
    questions, answers = rng.normal(size=(30, 6)), 3 * rng.normal(size=(50, 6))
    right = [[i, (i + 7) % 50] for i in range(30)]
    found = mine_negatives(questions, answers, right=right, count=5, most=10.0)
    cosines = questions @ answers.T / np.linalg.norm(questions, axis=1, keepdims=True)
    cosines /= np.linalg.norm(answers, axis=1)
    for i, places in enumerate(found):
        bound = 10.0 * cosines[i, right[i]].min()
        wanted = [
            j for j in np.argsort(-cosines[i]) if j not in right[i] and cosines[i, j] <= bound
        ]
        assert places == wanted[:5]


def test_answers_as_near_as_the_right_one_are_left_out():
    """An answer that says the same is no wrong one, whatever the file says."""
    answers = np.array([[1.0, 0.1], [1.0, 0.11], [0.6, 0.8], [0.0, 1.0]])
    assert mine_negatives(np.array([[1.0, 0.0]]), answers, right=[[0]], count=9) == [[2, 3]]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"right": [[0], []]}, "question 1"),
        ({"right": [[0], [4]]}, "from 0 to 2"),
        ({"right": [[0]]}, "1 entries for 2 questions"),
        ({"right": [[0], [1]], "count": 0}, "count is 0"),
        ({"right": [[0], [1]], "answers": np.eye(4)}, "of one teacher"),
    ],
)
def test_what_cannot_be_mined_is_one_sentence(given, says):
    given = {"questions": np.eye(2, 3), "answers": np.eye(3), **given}
    with pytest.raises(UserError, match=says):
        mine_negatives(**given)
