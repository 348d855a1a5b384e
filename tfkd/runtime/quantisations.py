"""The kinds of `.tflite` files: how each stores numbers, and how far it may be off its student."""

from __future__ import annotations

from dataclasses import dataclass

AUTO = "auto"
DRAWN = 100
"Inputs that the ranges of numbers are read off."


@dataclass(frozen=True)
class Quantization:
    """How a file stores its numbers, and what is asked of it.

    Attributes:
        name: As `quantize=` and `--quantize` have it.
        tolerance: The difference of logits that is allowed, as a share of the greatest logit.
        agreement: The share of examples that must keep their class.
        by_greatest: Whether the greatest difference counts. Single logits of integer kinds move
            much further without harm, which `agreement` watches over, so of them the mean counts.
        milder: The less aggressive kind to fall back to; empty for the mildest.
        calibrated: Whether ranges of activations are measured on real inputs.
        by_quantizer: Whether Google's quantizer writes it, of the extra `quantizer`.
        bounded_masks: Whether masks of -1e9 are replaced by -50. One scale for both would leave no
            step of an integer between 0 and a logit of 10.
        activation_bits: Of calibrated kinds, the bits of an activation; 0 leaves them float32.
        block: The inputs of a dense layer that have a scale together, where this divides them; 0 is
            one scale an output.
    """

    name: str
    tolerance: float
    agreement: float
    by_greatest: bool = False
    milder: str = ""
    calibrated: bool = False
    by_quantizer: bool = False
    bounded_masks: bool = False
    activation_bits: int = 0
    block: int = 0


FLOAT32 = Quantization("float32", 1e-3, 0.99, by_greatest=True)
FLOAT16 = Quantization("float16", 5e-2, 0.99, by_greatest=True, milder="float32")
INT16X8 = Quantization(
    "int16x8",
    5e-2,
    0.98,
    milder="float16",
    calibrated=True,
    by_quantizer=True,
    bounded_masks=True,
    activation_bits=16,
)
INT8 = Quantization("int8", 5e-2, 0.98, milder="float16")
FULL_INT8 = Quantization(
    "full-int8",
    5e-2,
    0.97,
    milder="int8",
    calibrated=True,
    by_quantizer=True,
    bounded_masks=True,
    activation_bits=8,
)
INT4_32 = Quantization("int4-32", 1e-1, 0.96, milder="int8", by_quantizer=True, block=32)
INT4 = Quantization("int4", 1e-1, 0.96, milder="int4-32", by_quantizer=True)

# By size, the largest first.
_ALL = (FLOAT32, FLOAT16, INT16X8, INT8, FULL_INT8, INT4_32, INT4)
KINDS = {kind.name: kind for kind in _ALL}
QUANTIZE = tuple(KINDS)
INTEGER_WEIGHTS = (INT8.name, INT4_32.name, INT4.name)
"""Kinds whose weights alone are integers, so that a student can lie on the grid of these."""
CALIBRATED = tuple(name for name, kind in KINDS.items() if kind.calibrated)


def milder(name: str) -> list[str]:
    """Return the quantisations to try where `name` does not pass, the smallest first.

    >>> milder("full-int8")
    ['int8', 'float16', 'float32']
    """
    names = []
    while name := KINDS[name].milder:
        names.append(name)
    return names
