"""The specs of teachers that are fitted to classes: `similar:ENCODER`, `few:ENCODER`, `nli:...`."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UserError

SIMILAR, FEW, NLI = "similar", "few", "nli"
FITTED = (SIMILAR, FEW, NLI)
CONTRASTIVE = "contrastive"
_ENCODERS = ("hf", "hub", "tf", "torch", "keras", "store")
_OF_PAIRS = ("hf", "hub", "tf", "torch")


@dataclass(frozen=True)
class FitSpec:
    """What is fitted.

    Attributes:
        kind: `similar`, `few` or `nli`.
        inner: The spec of the model that reads the texts.
        contrastive: Whether its vectors are moved by the labelled texts first.
    """

    kind: str
    inner: str
    contrastive: bool = False

    @property
    def needs_guide(self) -> bool:
        """Whether it reads what the classes mean."""
        return self.kind != FEW


def is_fitted(spec: object) -> bool:
    """Return whether a teacher, or one of several that are joined, is fitted to the classes.

    >>> is_fitted("few:hf:minilm"), is_fitted("hf:a + nli:hf:b"), is_fitted("hf:minilm")
    (True, True, False)
    """
    return isinstance(spec, str) and bool(fitted_parts(spec))


def fitted_parts(spec: str) -> list[str]:
    """Return those of several joined teachers that are fitted to the classes.

    >>> fitted_parts("hf:a + nli:hf:b")
    ['nli:hf:b']
    """
    parts = (part.strip() for part in spec.split(" + "))
    return [part for part in parts if part.rpartition("=")[2].partition(":")[0] in FITTED]


def read_fit_spec(spec: str) -> FitSpec:
    """Return what a spec asks for.

    Raises:
        UserError: No model that gives vectors, or says what follows from a text.

    >>> read_fit_spec("few:contrastive:hf:minilm")
    FitSpec(kind='few', inner='hf:minilm', contrastive=True)
    """
    kind, _, inner = spec.partition(":")
    contrastive = kind == FEW and inner.partition(":")[0] == CONTRASTIVE
    inner = inner.partition(":")[2] if contrastive else inner
    known = _OF_PAIRS if kind == NLI else _ENCODERS
    model, _, path = inner.partition(":")
    if model not in known or not path:
        what = "a model of entailment" if kind == NLI else "an encoder of texts"
        start = f"{kind}:{CONTRASTIVE}" if contrastive else kind
        raise UserError(
            f"the teacher is {spec!r}, and {kind} takes {what}: write {start}:hf:FOLDER, or "
            f"{', '.join(f'{name}:' for name in known[1:])} in the place of hf:."
        )
    return FitSpec(kind, inner, contrastive)
