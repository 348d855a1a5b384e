"""The report of a run: teacher, student alone, distilled and exported, on the test examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Data, Example, Schema
from ..models.text_model import TextModel
from ..models.zeros import share_of_zeros
from ..reporting.comparing import size_of_file
from ..reporting.report import Report, ScoreRow
from ..reporting.scoring import TestSet
from ..reporting.speed import BATCH, SAMPLE, time_rows
from ..tasks import Arrays, Task
from ..teachers.function_texts import FunctionTexts
from ..teachers.known_texts import KnownTexts
from ..teachers.stored_answers import is_stored
from ..text.batching import pad_rows
from ..text.decoding import Decoding
from ..text.decoding.decoding_settings import SETTINGS
from ..text.words import DECODER_IDS, IDS
from .answer_filter import filter_facts
from .baseline import baseline_row
from .compressed_sizes import read_steps
from .context import RunContext
from .forgetting import report_forgetting
from .given_teacher import trains_teacher
from .histories import describe_best_epochs, find_unfinished, training_seconds
from .plan import notes_on_data, plan_training
from .student import load_student
from .teacher import RunTeacher
from .texts import RunTexts
from .tuning import tune_student, tune_teacher
from .written_lessons import lesson_facts

if TYPE_CHECKING:
    from ..data.encoded import Encoded
    from ..progress import Progress
    from ..runtime import Predictor
    from ..text import Encoder

_WRITTEN = 16
"""Texts that are timed of a model that writes, which takes a step for each token."""
_BEGINNING = 8
"""Tokens of a text that a language model goes on with."""
_NOT_ASKED = "The teacher was not asked for the test texts, so it has no row here (--ask-test)."
_CHUNK = 1_000
"""Examples that an exported file answers between two steps of a bar."""


def run_report(context: RunContext, texts: RunTexts, run_teacher: RunTeacher) -> Report:
    """Score each model of a run on all test examples, and time it on some.

    Args:
        context: The context of the run.
        texts: The texts of the run.
        run_teacher: The teacher of the run, and its stored outputs.
    """
    test, encoded = open_test_set(context.task, context.data), texts.encode("test")
    teacher: list[Any] | None = None
    sample = sample_to_time(test.examples)
    lines, answers, forgotten = [], {}, []
    if run_teacher.knows("test"):
        teacher = run_teacher.answer(test.tuned(tune_teacher(run_teacher)))
        costs = {**_size(run_teacher.model), **_speed(test, run_teacher.model, sample)}
        lines.append(dataclasses.replace(test.row("teacher", teacher), **costs))
    for name, file in (("alone", "alone"), ("distilled", "student")):
        path = context.folder / f"{file}.keras"
        if path.is_file():
            model = load_student(context, texts.encoder, file)
            own = test.tuned(tune_student(context, texts, model, file))
            answers[name] = answer_encoded(own, model, encoded, name, context.progress)
            if name == "distilled":
                forgotten = report_forgetting(context, model, own.schema)
            zeros = share_of_zeros(model.model)
            costs = {**_size(model, path), "zeros": zeros, **_speed(test, model, sample)}
            row = test.row(name, answers[name], teacher)
            lines.append(dataclasses.replace(row, **costs))
    if context.config.training.baseline:
        lines.append(baseline_row(context, test, teacher))
    path = context.folder / "student.tflite"
    row, by_file = answer_by_file(test, path, context.progress, teacher)
    lines.append(row)
    given = None if trains_teacher(context.config) else run_teacher.model
    lines = [
        dataclasses.replace(line, training_seconds=training_seconds(context, line.name))
        if line.name in ("teacher", *answers)
        else line
        for line in lines
    ]
    words = [
        *(test.warnings(lines[0].scores, teacher) if teacher is not None else [_NOT_ASKED]),
        *test.verdict(
            answers.get("distilled", ()),
            answers.get("alone"),
            teacher=teacher,
            improving=find_unfinished(context),
        ),
        *context.task.remarks(
            {**({} if teacher is None else {"teacher": teacher}), **answers}, test.examples
        ),
        *forgotten,
        *([] if teacher is None else _compare_costs(lines[0], lines[-1])),
        *notes_on_data(context, given),
    ]
    synthetic = " (synthetic)" if context.data.synthetic else ""
    title = f"{context.data.name}: {len(test.examples):,} test {context.task.things}{synthetic}"
    facts = _facts(context, texts, test)
    if test.task.writes and "distilled" in answers:
        facts |= {"file": describe_same_texts(answers["distilled"], by_file)}
    report = test.report(title, lines, words=words, facts=facts)
    return dataclasses.replace(report, steps=read_steps(context))


def describe_same_texts(keras: Sequence[Any], by_file: Sequence[Any]) -> str:
    """Say how many texts a file writes as its Keras student does.

    >>> describe_same_texts(["a", "b", "c"], ["a", "b", ""])
    'writes 2 of 3 test texts (66.67 %) as its Keras student does'
    """
    same = sum(one == other for one, other in zip(keras, by_file, strict=True))
    share = f"{same / len(keras):.2%}".replace("%", " %") if keras else "0 %"
    return f"writes {same:,} of {len(keras):,} test texts ({share}) as its Keras student does"


def open_test_set(task: Task, data: Data) -> TestSet:
    """Read the test split of a data set."""
    return TestSet(task, data.schema, list(data.read("test")))


def answer_encoded(
    test: TestSet, model: TextModel, encoded: Encoded, title: str, progress: Progress
) -> list[Any]:
    """Return a model's answers to a test set that its tokenizer has encoded, showing a bar."""
    with progress(f"{title} on test", len(encoded)) as advance:
        return test.ask(_Advancing(model, advance), encoded.rows_by_example())


class _Advancing:
    """A model that tells after each batch how many rows are done.

    Args:
        model: The model.
        advance: Is called with the number of rows done.
    """

    def __init__(self, model: TextModel, advance: Callable[[int], None]) -> None:
        self.encoder, self.run = model.encoder, partial(model.run, advance=advance)
        if hasattr(model, "write"):
            self.write = partial(model.write, advance=advance)


def answer_examples(
    task: Task, model: TextModel | Predictor, examples: Sequence[Example], schema: Schema
) -> list[Any]:
    """Return the answers of a model with a tokenizer to any examples."""
    answers = task.ask(model, task.encode(examples, model.encoder, schema), schema)
    return [task.with_example(a, e) for a, e in zip(answers, examples, strict=True)]


def answer_by_file(
    test: TestSet, path: Path, progress: Progress, teacher: Sequence[Any] | None = None
) -> tuple[ScoreRow, list[Any]]:
    """Measure an exported file on all test examples, and return its answers too.

    Args:
        test: The examples.
        path: The file.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.
        teacher: The teacher's answers, to agree with; `None` where they are not known.
    """
    from ..runtime import load

    predictor = load(path, task=test.task)
    answers: list[Any] = []
    with progress("exported file on test", len(test.examples)) as advance:
        for start in range(0, len(test.examples), _CHUNK):
            chunk = test.examples[start : start + _CHUNK]
            answers += answer_examples(test.task, predictor, chunk, predictor.schema)
            advance(len(chunk))
    row = test.row(f"exported ({predictor.quantize})", answers, teacher)
    rows = _rows_to_time(test, predictor.encoder, sample_to_time(test.examples))
    if test.task.writes:
        times = _time_writing(test, predictor, rows)
    else:
        times = time_rows(predictor.run, rows, predictor.batch or BATCH)
    return dataclasses.replace(row, **size_of_file(path), **times), answers


def sample_to_time(examples: Sequence[Example]) -> list[Example]:
    """Return the examples to time, the same for every model."""
    positions = np.random.default_rng(0).permutation(len(examples))[:SAMPLE]
    return [examples[i] for i in sorted(positions.tolist())]


def _rows_to_time(test: TestSet, encoder: Encoder, sample: Sequence[Example]) -> list[Arrays]:
    """Return the rows of some examples as a model with this tokenizer reads them."""
    rows = test.task.encode(sample, encoder, test.schema)
    return [
        {name: row[name] for name in test.task.inputs if name in row}
        for example in rows
        for row in example
    ]


def _size(model: TextModel, file: Path | None = None) -> dict[str, Any]:
    size = file.stat().st_size / 1e6 if file else None
    parameters = model.parameters
    return {
        "parameters": parameters,
        "megabytes": size or (4e-6 * parameters if parameters else None),
    }


def _speed(test: TestSet, model: TextModel, sample: Sequence[Example]) -> dict[str, float]:
    """Time what computes; answers that are looked up say nothing of the model that gave them.

    A function may ask a service, which counts each call.
    """
    if is_stored(model.model) or isinstance(model, (KnownTexts, FunctionTexts)):
        return {}
    rows = _rows_to_time(test, model.encoder, sample)
    if test.task.writes:
        return _time_writing(test, model, rows)
    if len(test.task.inputs) > 1:
        return time_rows(model.run, rows)
    (name,), outputs = test.task.inputs, test.task.outputs

    # One call a batch, as large as it is: `run` would cut long ones.
    def call(batch: list[Arrays]) -> list[np.ndarray]:
        tensors = model.outputs(pad_rows(batch, [name], {name: model.pad_id})[name], outputs)
        return [tensors[output].numpy() for output in outputs]

    return time_rows(call, rows)


def _time_writing(test: TestSet, model: Any, rows: Sequence[Arrays]) -> dict[str, Any]:
    """Time whole texts as they are written: one pass over a row says nothing of them."""
    settings = {**test.task.settings, **test.schema.settings}
    decoding = Decoding(**{name: settings[name] for name in SETTINGS if name in settings})
    # What goes on with a text has only its beginning to read.
    given = [row if DECODER_IDS in row else {IDS: row[IDS][:_BEGINNING]} for row in rows]
    return time_rows(lambda some: model.write(some, decoding), given[:_WRITTEN])


def _compare_costs(teacher: ScoreRow, file: ScoreRow) -> list[str]:
    parts = []
    if teacher.megabytes and file.megabytes:
        parts.append(f"is {_times(teacher.megabytes / file.megabytes, 'smaller', 'larger')}")
    if teacher.latency_p50 and file.latency_p50:
        ratio = teacher.latency_p50 / file.latency_p50
        parts.append(f"answers {_times(ratio, 'faster', 'slower')}")
    return [f"The exported file {' and '.join(parts)} than the teacher."] if parts else []


def _times(ratio: float, better: str, worse: str) -> str:
    """Spell how many times better something is, or worse.

    >>> _times(19.3, "smaller", "larger"), _times(1.25, "faster", "slower")
    ('19 times smaller', '1.2 times faster')
    >>> _times(0.1, "smaller", "larger")
    '10 times larger'
    """
    times = max(ratio, 1 / ratio)
    return f"{times:.{0 if times >= 10 else 1}f} times {better if ratio >= 1 else worse}"


def _facts(context: RunContext, texts: RunTexts, test: TestSet) -> dict[str, Any]:
    config, things = context.config, context.task.things
    timed = _WRITTEN if test.task.writes else SAMPLE
    return {
        "teacher": config.teacher.source,
        "student": config.student.source,
        **({"assistants": config.student.assistant} if config.student.assistant else {}),
        "temperature": config.training.temperature,
        "soft weight": config.training.soft_weight,
        "seed": config.training.seed,
        "epochs": plan_training(config, texts.count_transfer()).epochs,
        **describe_best_epochs(context),
        **lesson_facts(context),
        **filter_facts(context),
        things: ", ".join(f"{name} {count:,}" for name, count in context.data.counts.items()),
        **({"labels for the student": config.data.labelled} if config.data.labelled else {}),
        **test.task.score_facts(test.examples),
        "speed": f"of {timed} test {things}, without the tokenizer; Keras models by tf.function on "
        "all processors, the exported file on one thread",
    }
