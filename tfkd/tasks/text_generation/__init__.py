"""Text generation: language models, which foretell each token of a text from those before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Column, Example, Schema
from ...errors import UserError
from ...text.batching import by_length
from ...text.decoding.full_passes import check_ends
from ...text.words import IDS
from .._base import Arrays, AskedModel, Measure
from ..generation.written_answer import Written
from .causal_settings import (
    DEFAULTS,
    DIVERGENCE,
    LEVEL,
    OVERLAP,
    SAMPLES,
    complete_settings,
    decoding_of,
)
from .continuing import continue_samples, go_on
from .control_codes import CONTROL, spell_code
from .language_report import LanguageReport
from .likelihood import Likelihood, measure_text
from .token_rows import cut_into_rows, join_prompt

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder

WHOLE = 1 << 40
"Tokens after which a text is cut: never, since a long one is several rows."


class TextGeneration(LanguageReport):
    """A language model, scored by its perplexity; `predict` continues texts.

    >>> task = TextGeneration()
    >>> run = lambda rows: [{"logits": np.zeros((1, 4))} for _ in rows]
    >>> answers = task.answers(run, [[{"input_ids": [2], "labels": [3]}]], Schema())
    >>> round(task.score(answers, [Example(text="a")])["perplexity"], 6)
    4.0
    """

    name = "text-generation"
    columns: ClassVar[Mapping[str, Column]] = {
        "text": Column("text"),
        CONTROL: Column(CONTROL, kind="code", optional=True),
    }
    measures: ClassVar[Mapping[str, Measure]] = {
        "perplexity": Measure("perplexity per token", "number", False, hub="perplexity"),
        "word_perplexity": Measure("perplexity per word", "number", False),
        "byte_perplexity": Measure("perplexity per byte", "number", False),
        "bits_per_byte": Measure("bits per byte", "number", False),
        "accuracy": Measure("likeliest token right", hub="accuracy"),
    }
    defaults = DEFAULTS
    features = "causal"
    students = ("causal",)
    hugging_face = "LMHeadModel"
    baselines = ()
    # What is behind a token is never seen.
    zero_is_padding = False

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        self.settings = complete_settings(settings or {})

    @property
    def level(self) -> str:
        """What a student learns of its teacher: how likely each token is."""
        return self.settings[LEVEL]

    # -- data ------------------------------------------------------------------------------

    def columns_for(
        self, fields: Collection[str] = (), named: Collection[str] = ()
    ) -> Mapping[str, Column]:
        """Return the columns, that of the control code only where the rows have one."""
        there = {name.strip().casefold() for name in fields}
        if CONTROL in named or CONTROL in there:
            return self.columns
        return {role: column for role, column in self.columns.items() if role != CONTROL}

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a text, with its control code where it has one."""
        code = fields.get(CONTROL)
        known = {} if code is None or not str(code).strip() else {CONTROL: str(code).strip()}
        return Example({"text": fields["text"], **known})

    def is_labelled(self, example: Example) -> bool:
        """Return True: a text says itself what comes next."""
        return True

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: there are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example as it is."""
        return example

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return a schema without classes."""
        return Schema((), dict(self.settings))

    def quick_schema(self, schema: Schema) -> Schema:
        """Return the schema with which a model writes nothing, to score an epoch."""
        return Schema(schema.labels, {**schema.settings, SAMPLES: 0})

    def schema_to_check(self, schema: Schema, texts: int) -> Schema:
        """Return the schema with which a model goes on with many texts, always the likeliest way.

        Args:
            schema: What the training split fixed.
            texts: How many.
        """
        greedy = {"beams": 1, "temperature": 0.0, SAMPLES: texts}
        return Schema(schema.labels, {**schema.settings, **greedy})

    def learnt_texts(self, example: Example) -> tuple[str, ...]:
        """Return what the vocabulary is learnt from: the text, and the code in front of it."""
        return (*filter(None, [spell_code(example.get(CONTROL))]), example["text"])

    def describe_schema(self, schema: Schema) -> str:
        """Return what is learnt, in words."""
        return "each token from those before it"

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return the rows of each text, in which each of its tokens is to be foretold once.

        The control code stands in front, in angle brackets, and is given.

        Raises:
            UserError: A tokenizer without a token that starts or ends a text, or a code that leaves
                no room for one.
        """
        tokenizer: Any = encoder
        check_ends(tokenizer.start_id, tokenizer.end_id)
        texts = [example["text"] for example in examples]
        codes = [spell_code(example.get(CONTROL)) for example in examples]
        pieces = tokenizer.encode_targets(texts, WHOLE)
        known = dict.fromkeys(code for code in codes if code)
        in_front = dict(zip(known, tokenizer.encode_targets(list(known), WHOLE), strict=True))
        length, overlap = tokenizer.max_length, schema.settings.get(OVERLAP, 0)
        return [
            cut_into_rows(
                [tokenizer.start_id, *in_front.get(code, ())],
                ids,
                tokenizer.end_id,
                length=length,
                overlap=overlap,
            )
            for ids, code in zip(pieces, codes, strict=True)
        ]

    # -- network -----------------------------------------------------------------------------

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return hard labels and the divergence from the teacher; each token weighs the same.

        Args:
            temperature: Of the soft targets.
            soft_weight: Their weight; the hard labels have the rest.
            alone: Whether the student is trained without the teacher.
            schema: What the training split fixed.
        """
        usual = super().objective(
            temperature=temperature, soft_weight=soft_weight, alone=alone, schema=schema
        )
        if not alone and self.settings[DIVERGENCE] == "reverse_kl":
            from ...losses.hard_labels import HardLabels
            from ...losses.reverse_kl import ReverseKL

            soft = ReverseKL(temperature=temperature)
            usual = (1.0 - soft_weight) * HardLabels() + soft_weight * soft
        return usual.averaged("tokens")

    # -- answers ---------------------------------------------------------------------------

    def ask(
        self, model: AskedModel, rows: Sequence[list[Arrays]], schema: Schema
    ) -> list[Likelihood]:
        """Return how likely each text is to the model, and how it continues a few of them.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as this model reads them.
            schema: What the training split fixed.
        """
        answers: dict[int, Likelihood] = {}
        lengths = np.array([sum(len(row["labels"]) for row in each) for each in rows], "int64")
        for places in by_length(lengths):
            # A few texts at a time: logits of whole vocabularies would not fit into memory.
            some = self.answers(model.run, [rows[place] for place in places], schema)
            answers.update(zip(places.tolist(), some, strict=True))
        settings = {**self.settings, **schema.settings}
        if settings[SAMPLES] and hasattr(model, "write"):
            found = continue_samples(model, rows, settings[SAMPLES], decoding_of(settings))
            for place, (prompt, written) in found.items():
                answers[place] = replace(answers[place], prompt=prompt, written=written)
        return [answers[place] for place in range(len(rows))]

    def answer(
        self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema
    ) -> Likelihood:
        """Return how likely one text is."""
        return measure_text(outputs, rows)

    # -- continuing ------------------------------------------------------------------------

    def reply(self, model: Any, rows: Sequence[list[Arrays]], schema: Schema) -> list[Written]:
        """Return how a model goes on with each text.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each text, as this model reads them.
            schema: Its settings say how the model writes.

        Raises:
            UserError: The model cannot write.
        """
        if not hasattr(model, "write"):
            raise UserError("the model gives outputs for whole texts and cannot go on with one.")
        given = [self.row_to_write_from(each, model.encoder.max_length) for each in rows]
        return go_on(model, given, decoding_of({**self.settings, **schema.settings}))

    def row_to_write_from(self, rows: Sequence[Arrays], longest: int) -> Arrays:
        """Return the end of a text, and what stands in front: at most half a row, to go on with.

        Args:
            rows: The rows of the text.
            longest: Most tokens of a row.
        """
        return {IDS: join_prompt(rows, longest=longest // 2)}


__all__ = ["CONTROL", "Likelihood", "TextGeneration"]
