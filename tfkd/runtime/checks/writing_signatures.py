"""Whether the signatures of a file that writes fit each other, and the settings beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UserError
from ..file_steps import CACHE, LOGITS, MEMORY, POSITION, TOKENS, FileSteps

Array = tuple[tuple[int | None, ...], Any]


def check_steps(steps: FileSteps, settings: Mapping[str, Any], path: str | Path) -> None:
    """Refuse a file with which no text can be written.

    Args:
        steps: Its signatures.
        settings: All of its settings.
        path: The file, to name it.

    Raises:
        UserError: An array is missing, or is of another shape or type than it should be.
    """
    fault = _fault_of(steps, settings)
    if fault:
        raise UserError(f"{path} cannot write: {fault}; the file is damaged, export it again.")


def _fault_of(steps: FileSteps, settings: Mapping[str, Any]) -> str:
    """Return what is wrong, as part of a sentence; nothing where all is well."""
    decoding, step = settings["decoding"], steps.step_signature
    if max(decoding["start_id"], decoding["end_id"]) >= settings["vocab_size"]:
        return "its texts start or end with a token that its tokenizer does not have"
    given: Mapping[str, Array] = {}
    if steps.encode is not None:
        sources = list(steps.encode.inputs.values())
        if len(sources) != 1 or not _holds_ids(sources[0], decoding["longest_source"]):
            return f"`encode` takes {_spell(steps.encode.inputs)}, where ids [batch, tokens] belong"
        given = steps.encode.outputs
    known = {name for name in step.inputs if name.startswith((MEMORY, CACHE))} | {TOKENS, POSITION}
    if TOKENS not in step.inputs or not set(step.inputs) <= known:
        return f"`step` takes {_spell(step.inputs)}"
    if any(not shape or shape[0] is not None for shape, _ in step.inputs.values()):
        return "`step` takes a fixed number of texts"
    if not _holds_ids(step.inputs[TOKENS], 1):
        return f"`step` takes {_spell({TOKENS: step.inputs[TOKENS]})}, where [batch, 1] belongs"
    logits = step.outputs.get(LOGITS, ((), None))
    least = max(decoding["start_id"], decoding["end_id"]) + 1
    if len(logits[0]) != 2 or logits[1] != np.float32 or (logits[0][1] or 0) < least:
        return f"`step` gives {_spell({LOGITS: logits})}, where [batch, vocabulary] belongs"
    return _fault_of_state(step.inputs, step.outputs, given)


def _fault_of_state(
    taken: Mapping[str, Array], returned: Mapping[str, Array], given: Mapping[str, Array]
) -> str:
    """Return what is wrong with what goes from one call to the next."""
    for name, array in taken.items():
        if name.startswith(MEMORY) and not _follows(given.get(name), array):
            return f"`step` reads {_spell({name: array})}, which `encode` does not give"
        if name.startswith(CACHE):
            if not _follows(returned.get(name), array):
                return f"`step` reads {_spell({name: array})}, and does not return it"
            if name in given and not _follows(given[name], array):
                return f"`step` reads {_spell({name: array})}, which `encode` gives otherwise"
    return ""


def _holds_ids(array: Array, length: int) -> bool:
    """Return whether an array is of ids, `[batch, tokens]`, of any length or of this one."""
    shape, dtype = array
    # A smaller type would not hold the ids.
    whole = np.dtype(dtype) in (np.int32, np.int64)
    return whole and len(shape) == 2 and shape[0] in (None, 1) and shape[1] in (None, length)


def _follows(one: Array | None, other: Array) -> bool:
    """Return whether what one call gives may be what the next one takes."""
    if one is None or one[1] != other[1] or len(one[0]) != len(other[0]):
        return False
    sizes = zip(one[0][1:], other[0][1:], strict=True)
    return all(given == taken or None in (given, taken) for given, taken in sizes)


def _spell(arrays: Mapping[str, Array]) -> str:
    """Return names with shapes, of a file of unknown origin."""
    spelled = (
        f"{''.join(filter(str.isprintable, name))[:40]} {list(shape)}"
        for name, (shape, _) in list(arrays.items())[:4]
    )
    return ", ".join(spelled)
