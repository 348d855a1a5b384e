"""Compare the texts that a file and its student write, each token by token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...data import Example
from ...models.decoders import open_decoder
from ...runtime.file_steps import FileSteps, batches_of
from ...runtime.interpreter import LiteRT
from ...tasks import Arrays
from ...text import TextEncoder
from ...text.decoding import Decoding, Hypothesis, NextTokens, write
from ..check_data import checks_of_rows
from ..export_request import ExportRequest
from ..gate import Figures
from ..input_signature import Inputs
from ..verify import Model, headline_figures
from .encode_and_step import decoding_settings
from .steps import step_difference

MOST = 100
"""Texts that both write."""
_AT_ONCE = 32
_KERAS = "texts of the student"


class Writer:
    """A model as a task asks it, which keeps what it wrote.

    Attributes:
        encoder: The tokenizer.
        rows: What was written from.
        written: The hypotheses of each of these rows.
        decoding: How they were written.

    Args:
        model: Gives the outputs of whole rows.
        steps: Says which token may come next.
        request: What is exported.
        inputs: Those of `model`.
    """

    def __init__(
        self, model: Model, steps: NextTokens, request: ExportRequest, inputs: Inputs
    ) -> None:
        self.encoder = request.context.encoder
        self.rows: Sequence[Arrays] = ()
        self.written: list[list[Hypothesis]] = []
        self.decoding = Decoding()
        self._model, self.steps = model, steps
        self._context, self._inputs = request.context, inputs

    def run(self, rows: Sequence[Arrays]) -> list[Arrays]:
        """Return the outputs of each row by name, without padding.

        Args:
            rows: As the task encodes its examples.
        """
        checks = checks_of_rows([[row] for row in rows], self._context, self._inputs)
        return checks.by_row([self._model(feed) for feed in checks.batches])

    def write(
        self,
        rows: Sequence[Arrays],
        decoding: Decoding,
        *,
        advance: Callable[[int], None] = lambda rows: None,
    ) -> list[list[Hypothesis]]:
        """Return the texts that are written for each row, the best first.

        Args:
            rows: As the task encodes its examples.
            decoding: How.
            advance: Called with the number of rows that are done.
        """
        assert isinstance(self.encoder, TextEncoder)
        self.rows, self.written, self.decoding = rows, [[] for _ in rows], decoding
        alike = len(self._inputs) == 1
        for places in batches_of(rows, max(1, _AT_ONCE // decoding.beams), alike):
            some = write(self.steps, [rows[i] for i in places], decoding, self.encoder.decode)
            for place, texts in zip(places, some, strict=True):
                self.written[place] = texts
            advance(len(places))
        return self.written


@dataclass(frozen=True)
class Asked:
    """What a model wrote for examples, and the answers that its task makes of it."""

    writer: Writer
    answers: list[Any]


def add_texts(request: ExportRequest, figures: Figures, file: LiteRT) -> Figures:
    """Return the figures of a file with those of the texts that it writes, one by one.

    Args:
        request: What is exported.
        figures: Of its logits along given texts.
        file: The file.
    """
    student, context = request.signature.student, request.context
    if not all(np.isfinite(each.max_difference) for each in figures.differences):
        # It does not pass, and nothing can be written with it.
        return figures
    assert context.encoder is not None
    settings = decoding_settings(student, context, file.inputs)
    steps = FileSteps(file, settings, context.encoder.pad_id, student.name)
    examples = _examples(request)
    if not examples:
        return figures
    rows = [rows[0] for rows in context.encode(examples)]
    difference = step_difference(file, steps, context.feeder(file.inputs), rows)
    figures = replace(figures, step_difference=difference)
    ours = _ask(request, Writer(file, steps, request, file.inputs), examples)
    if _KERAS not in request.known:
        own_steps = open_decoder(student, context.encoder)
        assert own_steps is not None
        writer = Writer(request.reference, own_steps, request, request.signature.inputs)
        request.known[_KERAS] = _ask(request, writer, examples)
    return _with_texts(request, figures, ours, request.known[_KERAS])


def _examples(request: ExportRequest) -> list[Example]:
    """Return the examples that are written for: labelled ones, where there are some."""
    task, examples = request.context.task, request.check.examples
    assert task is not None
    labelled = [example for example in examples if task.is_labelled(example)]
    return list(labelled or examples)[:MOST]


def _ask(request: ExportRequest, writer: Writer, examples: Sequence[Example]) -> Asked:
    task, schema = request.context.task, request.context.schema
    assert task is not None
    schema = task.schema_to_check(schema, MOST)
    return Asked(writer, task.ask(writer, request.context.encode(examples), schema))


def _with_texts(request: ExportRequest, figures: Figures, ours: Asked, theirs: Asked) -> Figures:
    """Return the figures with the share of equal texts, and the scores of both."""
    task, examples = request.context.task, _examples(request)
    assert task is not None
    pairs = [
        (one[0], other[0])
        for one, other in zip(theirs.writer.written, ours.writer.written, strict=True)
        if one and other
    ]
    same = [one.ids == other.ids for one, other in pairs]
    allowed = 2 * request.storage.kind.tolerance * figures.differences[0].scale
    unequal = sum(
        not equal and not _is_tie(theirs.writer, row, pair, allowed)
        for equal, row, pair in zip(same, theirs.writer.rows, pairs, strict=True)
    )
    figures = replace(
        figures,
        written=len(pairs),
        same_texts=float(np.mean(same)) if same else None,
        unequal_texts=unequal,
    )
    if not all(map(task.is_labelled, examples)):
        return figures
    scores, keras_scores = (task.score(each.answers, examples) for each in (ours, theirs))
    return replace(figures, **headline_figures(task, scores, keras_scores))


def _is_tie(
    student: Writer, row: Arrays, pair: tuple[Hypothesis, Hypothesis], allowed: float
) -> bool:
    """Return whether two texts differ where the student itself holds both nearly equally likely.

    Of one beam, the first tokens that differ are compared, for all after them follow; of several,
    how the texts are judged.
    """
    one, other = pair
    decoding = student.decoding
    if decoding.beams > 1 or decoding.temperature:
        return abs(_judged(one, decoding) - _judged(other, decoding)) <= allowed
    ends = (*one.ids, student.steps.end_id), (*other.ids, student.steps.end_id)
    common = next(at for at, tokens in enumerate(zip(*ends, strict=False)) if len({*tokens}) > 1)
    state, tokens = student.steps.begin([row])
    logits, state = student.steps.step(state, tokens)
    for token in one.ids[:common]:
        logits, state = student.steps.step(state, np.array([token], np.int32))
    return bool(abs(logits[0, ends[0][common]] - logits[0, ends[1][common]]) <= allowed)


def _judged(text: Hypothesis, decoding: Decoding) -> float:
    length = max(1, len(text.ids) + text.finished)
    return (text.score or 0.0) / length**decoding.length_penalty
