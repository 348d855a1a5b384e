"""What similarities are worth: beside scipy, on pairs, rankings, and without any label."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example
from tfkd.tasks import find
from tfkd.tasks.sentence_similarity.retrieval import rank_answers
from tfkd.tasks.sentence_similarity.vectors import Embedded, agreement, apart, cosines

TASK = find("sentence-similarity")
RETRIEVAL = find("sentence-similarity", {"scored_by": "retrieval"})


def embedded(*vectors):
    return Embedded(np.array(vectors, "float32"))


def pairs(scores, seed=0, width=8):
    """Pairs at random with these scores, and vectors of both texts of each."""
    rng = np.random.default_rng(seed)
    examples = [Example(text=f"a {i}", text_pair=f"b {i}", score=s) for i, s in enumerate(scores)]
    return [embedded(*rng.normal(size=(2, width))) for _ in scores], examples


@pytest.mark.parametrize("seed", range(3))
def test_spearman_and_pearson_are_those_of_scipy_ties_included(seed):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, 60).astype(float).tolist()
    answers, examples = pairs(scores, seed)
    # Equal cosines too.
    answers[10:20] = answers[:10]
    found = TASK.score(answers, examples)
    values = cosines(answers)
    assert found["spearman"] == pytest.approx(stats.spearmanr(values, scores).statistic)
    assert found["pearson"] == pytest.approx(stats.pearsonr(values, scores).statistic)
    headline = TASK.headline(answers, examples)
    assert headline(np.arange(60)) == pytest.approx(found["spearman"])


def test_texts_alone_beside_pairs_do_not_count():
    answers, examples = pairs([0.0, 1.0, 3.0, 5.0, 2.0])
    more = [embedded([1.0] * 8), *answers], [Example(text="alone"), *examples]
    assert TASK.score(*more) == TASK.score(answers, examples)
    assert np.isnan(TASK.per_example(*more)[0])
    assert np.isfinite(TASK.per_example(*more)[1:]).all()


def questions():
    """Two questions of three answers each, of which one is right; and one without a right one."""
    examples, answers = [], []
    east, north, near = [1.0, 0.0], [0.0, 1.0], [0.8, 0.6]
    for question, of_question, right in (("q", east, 1), ("r", north, 0), ("s", east, None)):
        for place, of_answer in enumerate((north, near, east)):
            score = float(place == right)
            text = f"{question} {place}"
            examples.append(Example(text=question, text_pair=text, score=score))
            answers.append(embedded(of_question, of_answer))
    return answers, examples


def test_answers_to_a_question_are_ranked_among_its_own():
    """Q finds the answer of `near` second; R its one first; S, which has none, does not count."""
    answers, examples = questions()
    scores = RETRIEVAL.score(answers, examples)
    assert list(scores) == list(RETRIEVAL.measures)
    assert scores["mrr"] == pytest.approx((1 / 2 + 1) / 2)
    assert scores["recall@1"] == pytest.approx(1 / 2)
    each = RETRIEVAL.per_example(answers, examples)
    np.testing.assert_allclose(each[:6], [0.5] * 3 + [1.0] * 3)
    assert np.isnan(each[6:]).all()
    headline = RETRIEVAL.headline(answers, examples)
    assert headline(np.arange(len(examples))) == pytest.approx(scores["mrr"])
    assert headline(np.array([6, 7])) == 0.0


def test_pairs_that_match_are_ranked_among_all_answers():
    east, north, near = [1.0, 0.0], [0.0, 1.0], [0.8, 0.6]
    examples = [Example(text=q, text_pair=a) for q, a in (("q", "a"), ("r", "b"), ("q", "c"))]
    answers = [embedded(east, near), embedded(north, north), embedded(east, east)]
    ranking = rank_answers(answers, examples)
    assert ranking.similarities.shape == (2, 3)
    assert ranking.scores()["mrr"] == 1.0
    assert ranking.pairs_of_question().tolist() == [2, 1, 2]


def test_two_models_are_compared_without_a_common_space():
    """Turned and stretched to more dimensions, a model is the same; another one is not."""
    rng = np.random.default_rng(0)
    vectors, turn = rng.normal(size=(20, 4)), np.linalg.qr(rng.normal(size=(9, 9)))[0][:4]
    ours = [embedded(vector) for vector in vectors]
    turned = [embedded(vector @ turn) for vector in vectors]
    other = [embedded(vector) for vector in rng.normal(size=(20, 9))]
    assert agreement(ours, turned) == pytest.approx(1.0)
    np.testing.assert_allclose(apart(ours, turned), 0.0, atol=1e-6)
    assert abs(agreement(ours, other)) < 0.4
    assert apart(ours, other).mean() > 0.3
    assert not TASK.same(ours, turned).any()
    assert TASK.same(ours, ours).all()


@pytest.mark.parametrize(
    ("task", "examples", "says"),
    [
        (TASK, [Example(text="a")], "label, a score of two texts"),
        (RETRIEVAL, [Example(text="a", text_pair="b", score=0.0)], "right answer"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence(task, examples, says):
    with pytest.raises(UserError, match=says):
        task.score([embedded([1.0], [1.0])] * len(examples), examples)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"dimensions": True}, "dimensions is True"),
        ({"dimensions": "many"}, "dimensions is 'many'"),
        ({"prefixes": [1, 8]}, "from 2 to 255"),
        ({"prefixes": 512}, "prefixes is 512"),
        ({"scored_by": ""}, "similarity"),
    ],
)
def test_settings_that_no_model_has_are_refused(settings, says):
    with pytest.raises(UserError, match=says):
        find("sentence-similarity", settings)


@pytest.mark.parametrize("score", ["good", float("nan"), [1], "1e40"])
def test_scores_that_are_no_numbers_are_refused(score):
    with pytest.raises(UserError, match="row 3: the score is"):
        TASK.example({"text": "a", "text_pair": "b", "score": score}, "row 3")


def test_scores_are_scaled_by_the_training_pairs():
    from tfkd.text import learn

    examples = [TASK.example({"text": "a", "text_pair": "b", "score": s}, "") for s in (1, "5", 2)]
    schema = TASK.complete_schema(TASK.schema(()), examples)
    encoder = learn(["a b a b"] * 9, vocab_size=30)
    later = TASK.example({"text": "a", "text_pair": "b", "score": 9}, "")
    alone = TASK.example({"text": "a"}, "")
    rows = TASK.encode([*examples, later, alone], encoder, schema)
    assert [[row["labels"].tolist() for row in each] for each in rows] == [
        *([[score, 1], [score, 2]] for score in (0, 1, 0.25, 1)),
        [[-100, -100]],
    ]
