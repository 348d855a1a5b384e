"""An export order: the arguments of `tfkd.export`, checked against the student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from ..models.embeddings import check_vocabulary, id_limit
from ..models.probabilities import ends_linear
from ..runtime.quantisations import DRAWN
from ..text import TextEncoder
from ..text.batching import pad
from .calling import Calling, Reference, calling
from .checks import SENTENCES, Checks, Wanted, checks, drawn, wanted
from .text_signature import as_texts
from .verify import Figures, Model, compare, gate


@dataclass(frozen=True)
class Order:
    """A checked order: what to export, and what to check it on."""

    calling: Calling
    reference: Reference
    encoder: TextEncoder | None
    labels: list[str] | None
    form: str
    want: Wanted
    quantize: str
    tolerance: float | None
    max_drop: float | None = None
    calibration: Wanted | None = None
    tokenizer: bool = False  # inside of a SavedModel

    def compare(self, model: Model, sizes: Calling) -> Figures:
        """Run `model`, which takes inputs of `sizes`, against the student."""
        limit = id_limit(self.calling.student)
        what = checks(self.want, sizes.inputs, self.encoder, limit)
        return compare(self.reference, model, what, self.form == "binary")

    def gated(self, model: Model) -> Figures:
        """The same for a model of any size, which must pass."""
        figures = self.compare(model, self.calling)
        self.gate(figures)
        return figures

    def gate(self, figures: Figures) -> None:
        """Let them pass, or raise `Differs`."""
        gate(figures, self.quantize, self.tolerance, self.max_drop)

    def squashed(self, figures: Figures) -> bool:
        """Whether the student returns probabilities: a softmax or sigmoid that stays closed."""
        looks = figures.between_0_and_1 if self.form == "binary" else figures.sum_to_1
        return looks and not ends_linear(self.calling.student)

    def gated_by_texts(self, model: Model) -> Figures:
        """The same for a model of texts, against the student and our own encoder."""
        assert self.encoder is not None
        texts = self.want.texts or list(SENTENCES)
        one = [as_texts([text]) for text in texts]
        labels = self.want.labels if self.want.texts else None
        figures = compare(self._reads, model, Checks(one, labels), self.form == "binary")
        self.gate(figures)
        return figures

    def _reads(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        assert self.encoder is not None
        ((name, (_, dtype)),) = self.calling.inputs.items()
        ids = self.encoder.encode_many(feed["texts"].tolist())
        return self.reference({name: pad(ids, max(map(len, ids)), dtype)})

    def feeds(self, sizes: Calling) -> list[dict]:
        """The inputs that ranges are read off, all in one batch where `sizes` allow it."""
        if self.calibration is None:
            return []
        limit = id_limit(self.calling.student)
        return checks(self.calibration, sizes.inputs, self.encoder, limit, at_once=DRAWN).batches


def order(
    student,
    encoder,
    labels,
    form,
    check,
    quantize,
    tolerance,
    max_drop=None,
    calibration=None,
    seed=0,
    tokenizer=False,
) -> Order:
    """Check the arguments of `tfkd.export` against the student.

    Raises:
        UserError: inputs that texts cannot feed, more ids than embedding rows, class names or
            labels that disagree with the logits.
    """
    names = None if labels is None else list(labels)
    want = wanted(check, encoder, names)
    call = calling(student, want.example, encoder is not None)
    if encoder is not None:
        _check_reads_ids(call)
        check_vocabulary(student, encoder.vocab_size)
    reference = Reference(call)
    names = _names(reference.classes, names, form, encoder is not None)
    seen = None if calibration is None else wanted(calibration, encoder, None)
    seen = seen and drawn(seen, DRAWN, seed)
    return Order(
        *(call, reference, encoder, names, form, want, quantize, tolerance, max_drop, seen),
        tokenizer=tokenizer,
    )


def _check_reads_ids(call: Calling) -> None:
    ((_, (shape, dtype)), *others) = call.inputs.items()
    if others or len(shape) != 2 or not dtype.startswith(("int", "uint")):
        listed = ", ".join(f"{n} {list(s)} {d}" for n, (s, d) in call.inputs.items())
        raise UserError(
            f"an encoder feeds one input of ids [batch, length]; the student takes {listed}: "
            "leave `encoder` out and give `check` arrays."
        )


def _names(classes, names: Sequence[str] | None, form: str, needed: bool) -> list[str] | None:
    """The class names, numbers where none were given."""
    expected = 2 if form == "binary" else classes
    if form == "binary" and classes != 1:
        raise UserError(f"form='binary' is one logit; the student has {classes}.")
    if names is None:
        return [str(i) for i in range(expected)] if needed else None
    if len(names) != expected:
        raise UserError(
            f"{len(names)} labels came for a student of {expected} classes: give one name a class."
        )
    return list(names)
