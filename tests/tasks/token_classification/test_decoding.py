"""The most probable legal tags: equal to a search through all of them."""

import itertools

import numpy as np
import pytest

from tfkd.tasks.token_classification.decoding import (
    best_tags,
    decode,
    legal_moves,
    log_probabilities,
)
from tfkd.tasks.token_classification.entities import Entities, Entity, mark, read_entities

LABELS = ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")


def is_legal(tags):
    pairs = itertools.pairwise(["O", *tags])
    return all(b[0] != "I" or (a[2:] == b[2:] and a != "O") for a, b in pairs)


def test_it_is_the_best_of_all_legal_sequences():
    rng, moves = np.random.default_rng(0), legal_moves(LABELS)
    repaired = 0
    for _ in range(60):
        scores = log_probabilities(rng.normal(size=(4, len(LABELS))) * 2)
        found = best_tags(scores, moves)
        legal = [
            ids
            for ids in itertools.product(range(len(LABELS)), repeat=4)
            if is_legal([LABELS[i] for i in ids])
        ]
        best = max(legal, key=lambda ids: sum(scores[w, i] for w, i in enumerate(ids)))
        assert tuple(found.tolist()) == best
        repaired += tuple(scores.argmax(-1).tolist()) != best
    assert repaired > 10


def test_no_answer_is_an_illegal_sequence():
    rng = np.random.default_rng(1)
    for _ in range(50):
        tags, likely = decode(rng.normal(size=(rng.integers(0, 30), 5)) * 3, LABELS)
        assert is_legal(tags)
        assert len(likely) == len(tags)
        assert ((likely > 0) & (likely <= 1)).all()


def test_huge_logits_are_no_nan():
    tags, likely = decode(np.array([[3e4, 0, 0, 0, -3e4]]), LABELS)
    assert (tags, likely.tolist()) == (["B-LOC"], [1.0])


def test_entities_know_their_words_and_their_text():
    found = read_entities(["B-PER", "I-PER", "O", "B-LOC"], np.array([0.9, 0.7, 1.0, 0.6]))
    assert [entity.words for entity in found.entities] == [(0, 2), (3, 4)]
    assert [entity.score for entity in found.entities] == pytest.approx([0.8, 0.6])
    assert found.probability == pytest.approx(0.9 * 0.7 * 0.6)
    assert found.tags == ["B-PER", "I-PER", "O", "B-LOC"]
    text = "Ángela  Merkel saw\nRome"
    located = found.located(text, [(0, 6), (8, 14), (15, 18), (19, 23)])
    assert located == found
    assert [(e.start, e.end, e.text) for e in located.entities] == [
        (0, 14, "Ángela  Merkel"),
        (19, 23, "Rome"),
    ]
    assert all(text[e.start : e.end] == e.text for e in located.entities)
    given = found.located("a b c d", [(0, 1), (2, 3), (4, 5), (6, 7)], in_words=True)
    assert [(e.start, e.end, e.text) for e in given.entities] == [(0, 2, "a b"), (3, 4, "d")]


def test_answers_are_equal_by_type_and_words():
    entity = Entity("PER", 0, 6, "Angela", 0.9, (0, 1))
    assert Entities((entity,), 3) == Entities((Entity("PER", 9, 9, "", 0.1, (0, 1)),), 3)
    assert Entities((entity,), 3) != Entities((Entity("LOC", 0, 6, "Angela", 0.9, (0, 1)),), 3)
    with pytest.raises(AttributeError):
        entity.type = "LOC"


def test_a_marked_text():
    assert mark("Rome and Paris", [("LOC", 0, 4), ("LOC", 9, 14)]) == "[LOC Rome] and [LOC Paris]"
