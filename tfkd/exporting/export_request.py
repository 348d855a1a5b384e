"""An export request: what is exported, and what its file is checked on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..models.embeddings import id_limit
from ..models.probabilities import ends_linear
from ..runtime.quantisations import DRAWN, FLOAT16, FLOAT32, Quantization
from ..text.batching import pad
from .calling import ModelSignature, Reference
from .check_data import SENTENCES, CheckData, TaskContext, checks_of
from .decisions import activation_of
from .gate import Figures, check_figures
from .text_signature import as_texts
from .verify import Model, compare
from .writing.given_targets import compare_next_tokens

HALF_AGREEMENT = 0.97
"Equal classes of a student of mixed precision and its file, which is more exact."


@dataclass(frozen=True)
class Storage:
    """How a file stores its numbers, and what it may lose by it.

    Attributes:
        kind: The quantisation.
        tolerance: The difference that is allowed, in place of the kind's own.
        max_drop: Points of the score that may be lost; None does not ask.
        calibration: Inputs that ranges are read off.
    """

    kind: Quantization = FLOAT32
    tolerance: float | None = None
    max_drop: float | None = None
    calibration: CheckData | None = None


@dataclass(frozen=True)
class ExportRequest:
    """What to export, and what to check it on.

    Attributes:
        signature: How the student is called.
        reference: The student as a function of arrays.
        context: Tokenizer, task and class names.
        check: What the file is checked on.
        storage: How it stores its numbers.
        reads_texts: Whether a SavedModel gets a signature of texts.
        mixed_precision: Whether the student computes in 16 bits, which no file does.
        known: What was found out of the student for one file and serves the next one.
    """

    signature: ModelSignature
    reference: Reference
    context: TaskContext
    check: CheckData
    storage: Storage = field(default_factory=Storage)
    reads_texts: bool = False
    mixed_precision: bool = False
    known: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names."""
        return self.context.schema.labels

    def with_kind(self, kind: Quantization) -> ExportRequest:
        """Return the same request for another quantisation."""
        return replace(self, storage=replace(self.storage, kind=kind))

    def compare(self, model: Model, sizes: ModelSignature) -> Figures:
        """Run `model`, which takes inputs of `sizes`, against the student."""
        limit = id_limit(self.signature.student)
        checks = checks_of(self.check, self.context, sizes.inputs, limit)
        if self.context.task is not None and self.context.task.writes and checks.rows:
            return compare_next_tokens(self.reference, model, checks)
        linear = ends_linear(self.signature.student)
        return compare(self.reference, model, checks, linear=linear)

    def check_figures(self, figures: Figures) -> None:
        """Let a file pass, or raise `Differs`.

        A student of mixed precision is not exact itself: its file, which computes in float32, may
        differ from it as a file of float16 may.
        """
        kind = self.storage.kind
        if self.mixed_precision:
            kind = replace(
                kind,
                tolerance=max(kind.tolerance, FLOAT16.tolerance),
                agreement=min(kind.agreement, HALF_AGREEMENT),
            )
        check_figures(figures, kind, self.storage.tolerance, self.storage.max_drop)

    def compare_and_gate(self, model: Model) -> Figures:
        """Run a model of any size against the student, which it must pass."""
        figures = self.compare(model, self.signature)
        self.check_figures(figures)
        return figures

    def compare_and_gate_texts(self, model: Model) -> Figures:
        """Run a model of texts against the student and our own encoder, which it must pass."""
        examples = self.check.examples
        texts = [example["text"] for example in examples] or list(SENTENCES)
        checks = replace(
            checks_of(self.check, self.context, self.signature.inputs, 2),
            batches=[as_texts([text]) for text in texts],
            order=np.arange(len(texts)),
        )
        figures = compare(self._answer_texts, model, checks)
        self.check_figures(figures)
        return figures

    def _answer_texts(self, feed: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        assert self.context.encoder is not None
        ((name, (_, dtype)),) = self.signature.inputs.items()
        encoder = self.context.encoder
        ids = encoder.encode_many(feed["texts"].tolist())
        return self.reference({name: pad(ids, max(map(len, ids)), dtype, encoder.pad_id)})

    def activation(self, figures: Figures) -> str | None:
        """Return the activation that could not be removed from the outputs, if there is one."""
        if ends_linear(self.signature.student):
            return None
        return activation_of(
            self.context.form_of(self.signature.outputs[0]),
            between_0_and_1=figures.between_0_and_1,
            sum_to_1=figures.sum_to_1,
        )

    def calibration_feeds(self, sizes: ModelSignature) -> list[dict[str, np.ndarray]]:
        """Return the inputs that ranges are read off, in one batch where `sizes` allow it."""
        if self.storage.calibration is None:
            return []
        limit = id_limit(self.signature.student)
        data = self.storage.calibration
        return checks_of(data, self.context, sizes.inputs, limit, at_once=DRAWN).batches
