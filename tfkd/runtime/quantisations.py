"""The quantisations of a `.tflite`: what each stores, and the milder one to try instead."""

from __future__ import annotations

# By size, the largest first.
QUANTIZE = ("float32", "float16", "int16x8", "int8", "full-int8", "int4")
AUTO = "auto"
# Those whose activations are integers too, or whose tables are: their ranges are measured.
CALIBRATED = ("int16x8", "full-int8", "int4")
DRAWN = 100  # inputs that they are read off
# No longer -1e9 or so, which would leave no step of 8 bits between 0 and a logit of 10.
BOUNDED = ("int16x8", "full-int8")
MILDER = {
    "int4": "int8",
    "full-int8": "int8",
    "int16x8": "float16",
    "int8": "float16",
    "float16": "float32",
}


def milder(kind: str) -> list[str]:
    """The quantisations to try where `kind` does not pass, the smallest first.

    >>> milder("full-int8")
    ['int8', 'float16', 'float32']
    """
    found = []
    while kind in MILDER:
        kind = MILDER[kind]
        found.append(kind)
    return found
