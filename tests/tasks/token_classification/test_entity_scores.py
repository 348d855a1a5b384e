"""Entities are counted as the conlleval script does, and overlaps as MUC and nervaluate do."""

import random

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example
from tfkd.tasks import find
from tfkd.tasks.token_classification.entities import read_entities
from tfkd.tasks.token_classification.entity_scores import count_by_type, overlapping
from tfkd.tasks.token_classification.tags import find_spans, write_iob2

TASK = find("token-classification")
# The sentence of CoNLL-2000's page of the script, with its output: 28 words, 15 phrases, 16 found,
# 14 right; accuracy 82.14, precision 87.50, recall 93.33, FB1 90.32.
TRUE_LINE = (
    "B-NP I-NP I-NP B-NP I-NP I-NP B-VP B-NP B-VP B-NP I-NP I-NP B-VP B-NP I-NP B-PP B-NP I-NP "
    "B-VP I-VP B-NP I-NP B-PP B-NP B-NP I-NP I-NP O"
)
FOUND_LINE = (
    "I-NP I-NP I-NP B-NP I-NP I-NP B-VP B-NP B-VP B-NP I-NP I-NP B-VP B-NP I-NP B-PP I-NP I-NP "
    "B-PP I-VP I-NP I-NP B-PP I-NP B-NP I-NP I-NP O"
)
TRUE, FOUND = TRUE_LINE.split(), FOUND_LINE.split()


def answers_of(*sentences):
    return [read_entities(tags, np.ones(len(tags))) for tags in sentences]


def examples_of(*sentences):
    return [Example(tokens=tuple(tags), tags=tuple(tags)) for tags in sentences]


def score(found, true):
    """The scores of sentences of tags, each a string."""
    found, true = ([line.split() for line in lines] for lines in (found, true))
    iob2 = [write_iob2(find_spans(tags), len(tags)) for tags in found]
    return TASK.score(answers_of(*iob2), examples_of(*true))


def test_the_numbers_of_the_official_script():
    spans = [find_spans(FOUND)], [find_spans(TRUE)]
    counts = count_by_type(*spans)
    assert {kind: tuple(each) for kind, each in counts.items()} == {
        "NP": (9, 9, 9),
        "PP": (2, 3, 2),
        "VP": (3, 4, 4),
    }
    scores = TASK.score(answers_of(FOUND), examples_of(TRUE))
    assert scores["precision"] == pytest.approx(14 / 16)
    assert scores["recall"] == pytest.approx(14 / 15)
    assert 100 * scores["f1"] == pytest.approx(90.32, abs=0.005)
    # Their accuracy is of tags as written, in which FOUND is IOB1: 23 of 28 words.
    assert np.mean([a == b for a, b in zip(FOUND, TRUE, strict=True)]) == pytest.approx(23 / 28)


@pytest.mark.parametrize(
    ("found", "true", "wanted"),
    [
        # Neighbours of one type are two entities where a B stands between them.
        ("B-PER I-PER", "B-PER B-PER", (0, 1, 2)),
        ("B-PER B-PER", "I-PER B-PER", (2, 2, 2)),
        # What begins with I- is an entity all the same.
        ("O I-LOC I-LOC", "O B-LOC I-LOC", (1, 1, 1)),
        # Another type begins another entity, whatever the prefix says.
        ("B-PER I-LOC", "B-PER B-LOC", (2, 2, 2)),
        ("I-PER I-PER", "B-PER I-LOC", (0, 1, 2)),
        ("S-PER B-LOC E-LOC", "B-PER B-LOC I-LOC", (2, 2, 2)),
        ("B-PER", "O", (0, 1, 0)),
        ("O", "B-PER", (0, 0, 1)),
        ("O", "O", (0, 0, 0)),
    ],
)
def test_counts_worked_by_hand(found, true, wanted):
    right, answered, there = wanted
    scores = score([found], [true])
    assert scores["precision"] == (right / answered if answered else 0.0)
    assert scores["recall"] == (right / there if there else 0.0)
    both = answered + there
    assert scores["f1"] == (2 * right / both if both else 0.0)


def random_tags(rng, words, kinds=("PER", "LOC", "ORG")):
    return [
        rng.choice(["O", "O", *(f"{prefix}-{kind}" for prefix in "BI" for kind in kinds)])
        for _ in range(words)
    ]


@pytest.fixture(scope="module")
def sentences():
    """300 pairs of legal tags, of which the second is the first one with changes."""
    rng = random.Random(7)
    pairs = []
    for _ in range(300):
        true = random_tags(rng, rng.randint(1, 12))
        found = [tag if rng.random() < 0.7 else random_tags(rng, 1)[0] for tag in true]
        pairs.append([write_iob2(find_spans(tags), len(tags)) for tags in (found, true)])
    return pairs


def test_it_is_what_nervaluate_counts(sentences):
    nervaluate = pytest.importorskip("nervaluate", reason="nervaluate is not installed")
    found, true = ([pair[side] for pair in sentences] for side in (0, 1))
    kinds = ["PER", "LOC", "ORG"]
    theirs = nervaluate.Evaluator(true, found, tags=kinds, loader="list").evaluate()["overall"]
    ours = score(map(" ".join, found), map(" ".join, true))
    strict, partial = theirs["strict"], theirs["partial"]
    assert ours["precision"] == pytest.approx(strict.precision)
    assert ours["recall"] == pytest.approx(strict.recall)
    assert ours["f1"] == pytest.approx(strict.f1)
    assert ours["partial_f1"] == pytest.approx(partial.f1)
    pairs = [overlapping(find_spans(a), find_spans(b)) for a, b in sentences]
    assert np.sum(pairs, axis=0).tolist() == [partial.correct, partial.partial]


def test_it_is_what_seqeval_counts(sentences):
    """Illegal sequences too, which it reads as conlleval does."""
    metrics = pytest.importorskip("seqeval.metrics", reason="seqeval is not installed")
    rng = random.Random(3)
    true = [random_tags(rng, 9) for _ in range(200)]
    found = [[t if rng.random() < 0.6 else random_tags(rng, 1)[0] for t in tags] for tags in true]
    ours = score(map(" ".join, found), map(" ".join, true))
    assert ours["f1"] == pytest.approx(metrics.f1_score(true, found))
    assert ours["precision"] == pytest.approx(metrics.precision_score(true, found))
    assert ours["recall"] == pytest.approx(metrics.recall_score(true, found))


def test_the_headline_of_some_sentences_is_their_score(sentences):
    """A bootstrap draws sentences, some of them twice."""
    answers, examples = (
        answers_of(*(a for a, _ in sentences)),
        examples_of(*(b for _, b in sentences)),
    )
    drawn = np.random.default_rng(0).integers(0, len(sentences), 80)
    fast = TASK.headline(answers, examples)(drawn)
    slow = TASK.score([answers[i] for i in drawn], [examples[i] for i in drawn])["f1"]
    assert fast == pytest.approx(slow)
    assert not TASK.headline_is_mean


def test_agreement_is_the_f1_between_two_models():
    one, other = answers_of(["B-PER", "O", "B-LOC"], ["O"]), answers_of(["B-PER", "O", "O"], ["O"])
    assert TASK.agreement(one, other) == pytest.approx(2 / 3)
    assert TASK.agreement(one[1:], other[1:]) == 1.0
    assert TASK.same(one, other).tolist() == [False, True]
    assert TASK.distances(one, other).tolist() == pytest.approx([1 / 3, 0.0])


def test_sentences_without_tags_are_not_scored():
    answers, examples = answers_of(["B-PER"], ["O"]), examples_of(["B-PER"], ["B-PER"])
    examples[1] = Example(tokens=("x",), tags=None)
    assert TASK.score(answers, examples)["f1"] == 1.0
    np.testing.assert_array_equal(TASK.per_example(answers, examples), [1.0, np.nan])
    with pytest.raises(UserError, match=r"none of the examples has tags \(labels\)"):
        TASK.score(answers, [examples[1]] * 2)


def test_sections_say_what_is_wrong():
    from tfkd.data import Schema

    true = ["B-PER I-PER O B-LOC O B-ORG O O", "O"]
    found = ["B-PER O O B-ORG O O O B-PER", "O"]
    given = {"student": answers_of(*(line.split() for line in found))}
    examples = [*examples_of(*(line.split() for line in true)), Example(tokens=("a",), tags=None)]
    given["student"].append(given["student"][0])
    tables = {
        name: section(given, examples, Schema())["figures"][0]
        for name, section in TASK.sections().items()
    }
    assert tables["errors"]["rows"] == [
        ["boundary", 1],
        ["type", 1],
        ["boundary and type", 0],
        ["missed", 1],
        ["spurious", 1],
    ]
    assert sorted(tables["taken_for"]["rows"]) == [
        ["LOC", "ORG", 1],
        ["O", "PER", 1],
        ["ORG", "O", 1],
    ]
    assert tables["types"]["rows"][0] == ["LOC", 1, 0.0, 0.0, 0.0]
