"""What the report says of texts that models wrote."""

import numpy as np
from scipy.sparse import csr_matrix

from tfkd.tasks.generation import scores
from tfkd.tasks.generation.simple_answers import first_sentence, nearest_rows, write_simply
from tfkd.tasks.generation.written_sections import (
    by_source_length,
    faults_of,
    remark_faults,
    side_by_side,
)

SOURCES = [f"a man number {i} in a hat" for i in range(60)]
REFERENCES = [[f"ein Mann Nummer {i} mit Hut"] for i in range(59)] + [[]]
WRITTEN = {
    "teacher": [right[0] if right else "nichts" for right in REFERENCES],
    "student": ["der der der", "", SOURCES[2], *["ein Mann mit Hut"] * 57],
}


def rows_of(section: dict) -> list[list]:
    (figure,) = section["figures"]
    assert all(len(row) == len(figure["columns"]) for row in figure["rows"])
    return figure["rows"]


def test_examples_stand_side_by_side():
    rows = rows_of(side_by_side(WRITTEN, SOURCES, REFERENCES))
    assert len(rows) == 50
    assert rows[0][:4] == [SOURCES[0], REFERENCES[0][0], WRITTEN["teacher"][0], "der der der"]
    assert [row[4] is None for row in rows].count(True) <= 1
    assert rows_of(side_by_side(WRITTEN, SOURCES, REFERENCES)) == rows


def test_faults_by_model():
    teacher, student = rows_of(faults_of(WRITTEN, SOURCES, REFERENCES))
    assert teacher[:4] == ["teacher", 0.0, 0.0, 0.0]
    assert teacher[4] == 1.0
    assert student[1:4] == [1 / 60] * 3
    assert 0 < student[4] < 1
    # Without any reference there is no length to compare with.
    assert rows_of(faults_of(WRITTEN, SOURCES, [[]] * 60))[0][4] is None


def test_frequent_faults_are_said_and_rare_ones_are_not():
    said = remark_faults(WRITTEN, SOURCES, REFERENCES)
    assert said == ["Of 60 outputs of student, 1 is empty, 1 loops, 1 copies its source."]
    many = {name: texts * 3 for name, texts in WRITTEN.items()}
    many["student"][60:] = many["teacher"][60:]
    assert remark_faults(many, SOURCES * 3, REFERENCES * 3) == []


def test_models_that_write_nothing_right_are_named_first():
    """A verdict on two models of which neither writes: a difference of nothing."""
    nothing = {
        "teacher": WRITTEN["teacher"],
        "alone": [""] * 60,
        "distilled": ["der der der", ""] * 30,
    }
    first, *others = remark_faults(nothing, SOURCES, REFERENCES)
    assert first.startswith("No text of alone or distilled can be right: scores of theirs say")
    assert others == [
        "Of 60 outputs of alone, 60 are empty.",
        "Of 60 outputs of distilled, 30 are empty, 30 loop.",
    ]
    nothing["alone"] = ["", *WRITTEN["teacher"][1:]]
    assert remark_faults(nothing, SOURCES, REFERENCES)[0].startswith("No text of distilled can")


def test_scores_by_length():
    sources = [*(["one two"] * 30), *(["one two three four"] * 30)]
    section = by_source_length(
        WRITTEN,
        sources,
        REFERENCES,
        score=lambda texts, right: scores.rouge(texts, right)["rougeL"],
        title="ROUGE-L",
    )
    short, long = rows_of(section)
    assert (short[0], short[1], short[3]) == ("2", 1.0, 30)
    assert (long[0], long[3]) == ("4", 29)
    assert short[2] < long[2] < 1
    none = by_source_length({"student": [""]}, ["a"], [[]], score=lambda *_: 0.0, title="none")
    assert rows_of(none) == []


def test_texts_without_a_model():
    sources = ["Hello all. The report is late.", "No end"]
    assert write_simply("lead", sources, [], None) == ["Hello all.", "No end"]
    assert write_simply("copy", sources, [], None) == sources
    near = csr_matrix(np.eye(3)[[2, 0]])
    among = csr_matrix(np.eye(3)[[0, 1, 2]])
    assert nearest_rows(near, among) == [2, 0]
    assert write_simply("tfidf", sources, ["a", "b", "c"], (near, among)) == ["c", "a"]
    assert first_sentence("  ") == ""
