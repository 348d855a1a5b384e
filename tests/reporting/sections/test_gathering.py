"""The sections of tasks that are no text classification: what is left out, and what is shown."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import report_toys as toys

from tests.tasks.toy import Parity
from tfkd.data import Column, Example, Schema
from tfkd.reporting.sections.answers import Answers
from tfkd.reporting.sections.gathering import SECTIONS, gather_sections

TEXTS = ("it is good", "it was not", "a very long text of some words", "odd", "even number")


class Reading(Parity):
    """A task with a section of its own."""

    headline_is_mean = False

    def sections(self):
        return {"lengths": lengths}


class Numbers(Parity):
    """A task that reads no text."""

    columns: ClassVar[Mapping[str, Column]] = {"number": Column("number", kind="number")}

    def texts(self, example: Example) -> tuple[str, ...]:
        return (str(example["number"]),)

    def is_labelled(self, example: Example) -> bool:
        return True

    def score(self, answers: Any, examples: Any) -> dict[str, float]:
        return {"both": float(np.mean(self.per_example(answers, examples)))}

    def per_example(self, answers: Any, examples: Any) -> np.ndarray:
        return np.array(
            [a == e["number"] % 2 for a, e in zip(answers, examples, strict=True)], float
        )


def lengths(answers, examples, schema) -> dict:
    rows = [
        {"name": example.text[:9], "model": model, "value": float(len(example.text))}
        for model in answers
        for example in examples
    ]
    plot = {"kind": "bars", "caption": "Letters", "title": "letters", "unit": "number"}
    return {"title": "How long", "nav": "Lengths", "figures": [{**plot, "rows": rows}]}


def ask(examples) -> list:
    return [("even", "odd") if "o" in example.text else ("odd", "odd") for example in examples]


def asked(task) -> Answers:
    examples = [Example(text=text) for text in TEXTS]
    return Answers(
        task=task,
        schema=task.schema(()),
        examples=examples,
        student=ask(examples),
        ask=ask,
        teacher=[("even", "even")] * len(TEXTS),
        ask_teacher=lambda examples: [("even", "even") for _ in examples],
        rate=1_000.0,
        facts={"texts": 5, "of": 5, "student": "student.tflite", "teacher": "stored"}
        | {"teacher_missing": "", "store_missing": ""},
    )


def test_without_probabilities():
    """A probability of nobody's; or a section that ends the page."""
    done = []
    found = gather_sections(asked(Reading()), done.append)
    assert list(found) == ["lengths", "differences", "slices", "robustness", "fairness"]
    assert sum(done) == len(SECTIONS) + 1
    (table,) = found["differences"]["figures"]
    assert [column["title"] for column in table["columns"]] == [
        *("text", "label", "teacher", "student", "difference")
    ]
    assert {row[-1] for row in table["rows"]} == {1.0}  # no answer is the teacher's
    assert found["slices"]["figures"][0][0]["title"] == "quality"
    json.dumps(found)


def test_the_student_alone_is_shown_where_it_was_asked():
    """Examples side by side that leave out the control; and quality of three models elsewhere."""
    given = asked(Reading())
    both = dataclasses.replace(given, alone=[("odd", "odd")] * len(TEXTS))
    assert list(both.shown) == ["teacher", "alone", "student"]
    assert list(both.quality()) == ["teacher", "student"]
    models = {row["model"] for row in gather_sections(both)["lengths"]["figures"][0]["rows"]}
    assert models == {"teacher", "alone", "student"}
    assert list(given.shown) == ["teacher", "student"]


def test_without_texts():
    """Letters that change places in a picture."""
    examples = [Example(number=i) for i in range(6)]
    given = Answers(
        task=Numbers(),
        schema=Schema(),
        examples=examples,
        student=[i % 2 for i in range(6)],
        ask=lambda examples: [0 for _ in examples],
    )
    found = gather_sections(given)
    assert list(found) == ["differences", "slices"]
    assert found["differences"]["note"] == "Not known without the teacher: no teacher."


def test_the_page_draws_them():
    """A task that has to bring its own HTML."""
    pytest.importorskip("altair", reason="needs altair, in the extra report")
    pytest.importorskip("vl_convert", reason="needs vl-convert-python, in the extra report")
    from tfkd.reporting.page import page, specifications

    task = Reading()
    measures = {key: vars(measure) for key, measure in task.measures.items()}
    rows = [toys.row("teacher", 0.5, scores={"both": 0.5, "halves": 0.75})]
    given = asked(task)
    run = toys.figures(measures=measures, rows=rows, texts=given.facts, histories=[])
    figures = {"tfkd": "1", "runs": [{**run, "sections": gather_sections(given)}]}
    html = page(figures)
    assert "both halves right" in html
    assert "Both halves right against size" in html
    assert ">Lengths</a>" in html
    assert "plot-run-0-lengths-0" in specifications(figures)
    assert "accuracy" not in html.partition("<script")[0]
