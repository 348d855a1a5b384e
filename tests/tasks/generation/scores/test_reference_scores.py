"""BLEU, chrF and ROUGE are those of sacrebleu and rouge-score, and add up."""

import random

import numpy as np
import pytest

from tfkd import UserError
from tfkd.tasks.generation import scores
from tfkd.tasks.generation.scores.chrf import sentence_chrfs
from tfkd.tasks.generation.scores.rouge import KINDS

TEXT = "a man in the hat , sleeps on Green green grass . two big dogs' runs 1st the"


def draw_texts(count: int, lines: int = 1) -> tuple[list[str], list[list[str]]]:
    """Texts with two references each, some near, some short, one empty."""
    draw = random.Random(0)

    def text() -> str:
        made = (
            draw.choices(TEXT.split(), k=draw.randint(0, 14)) for _ in range(draw.randint(1, lines))
        )
        return "\n".join(map(" ".join, made))

    references = [[f"{text()} hat", text()] for _ in range(count)]
    near = [" ".join(right[0].split(" ")[1:]) for right in references]
    return ["", *(draw.choice((text(), other)) for other in near[1:])], references


@pytest.fixture(scope="module")
def texts():
    return draw_texts(200)


def test_bleu_is_sacrebleus(texts):
    metrics = pytest.importorskip("sacrebleu.metrics")
    written, references = texts
    expected = metrics.BLEU().corpus_score(written, [*map(list, zip(*references, strict=True))])
    assert scores.bleu(written, references)["bleu"] == pytest.approx(expected.score / 100)


def test_chrf_is_sacrebleus(texts):
    metric = pytest.importorskip("sacrebleu.metrics").CHRF()
    written, references = texts
    expected = metric.corpus_score(written, [*map(list, zip(*references, strict=True))])
    assert scores.chrf(written, references)["chrf"] == pytest.approx(expected.score / 100)
    by_text = [
        metric.sentence_score(text, right).score / 100
        for text, right in zip(written, references, strict=True)
    ]
    np.testing.assert_allclose(sentence_chrfs(written, references), by_text, atol=1e-12)


def test_rouge_is_that_of_rouge_score():
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(KINDS)
    written, references = draw_texts(100, lines=4)
    expected = [
        [scorer.score_multi(right, text)[kind].fmeasure for kind in KINDS]
        for text, right in zip(written, references, strict=True)
    ]
    np.testing.assert_allclose(scores.rouge_by_text(written, references), expected, atol=1e-12)


def test_chinese_counts_by_characters():
    """By hand: 3 of 4 characters are right, in order, with two of three pairs."""
    found = scores.rouge(["我爱你们"], [["我爱你吗"]])
    assert found == pytest.approx(
        {"rouge1": 0.75, "rouge2": 2 / 3, "rougeL": 0.75, "rougeLsum": 0.75}
    )
    pytest.importorskip("sacrebleu")
    assert "|tok:zh|" in scores.sign_scores(["bleu"], [["我爱你们。"]])["signature of BLEU"]
    assert scores.bleu(["我爱你们吗"], [["我爱你们吧"]])["bleu"] > 0.6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("किताब का", ["किताब", "का"]),
        ("ภาษาที่", ["ภาษาที่"]),
        ("שָׁלוֹם", ["שָׁלוֹם"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("_\u0301a, e\u0301t\u0301", ["a", "ét\u0301"]),
        ("か\u3099葛\U000e0100です", ["が", "葛", "で", "す"]),
    ],
)
def test_signs_of_vowels_are_part_of_their_word(text, words):
    """All three words were wrong, and all four scores 1.0."""
    assert scores.counted_words.split_units(text) == words
    assert scores.rouge(["लड़का की किताब"], [["लड़के को कुतुब"]])["rouge1"] == 0.0


@pytest.mark.parametrize("count", [scores.count_bleu, scores.count_chrf])
def test_the_score_of_some_texts_is_that_of_their_counts(texts, count):
    pytest.importorskip("sacrebleu")
    written, references = texts
    rows = np.random.default_rng(0).integers(len(written), size=len(written))
    drawn = count([written[i] for i in rows], [references[i] for i in rows])
    assert count(written, references).score(rows) == pytest.approx(drawn.score())
    assert drawn.score() != pytest.approx(count(written, references).score())


def test_signatures_name_what_was_counted():
    pytest.importorskip("sacrebleu")
    signed = scores.sign_scores(["bleu", "chrf", "rougeL"], [["a"], ["a", "b"]])
    assert signed["signature of BLEU"].startswith(
        "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:"
    )
    assert "nc:6|nw:0" in signed["signature of chrF"]
    assert "no stemmer" in signed["signature of ROUGE"]
    assert scores.sign_scores(["accuracy"], [["a"]]) == {}


def test_bleu_without_sacrebleu_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"BLEU needs sacrebleu: .*tfkd\[generation\]"):
        scores.bleu(["a"], [["a"]])


@pytest.mark.parametrize(
    ("written", "references"), [([], []), (["a"], [[]]), (["a"], ["a"]), (["a"], [])]
)
def test_references_that_do_not_belong_are_refused(written, references):
    for score in (scores.chrf, scores.rouge, scores.length_ratio):
        with pytest.raises(ValueError, match="reference"):
            score(written, references)
