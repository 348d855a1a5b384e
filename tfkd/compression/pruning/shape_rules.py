"""What becomes of the places of axes where tensors are reshaped, picked from or multiplied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .graph_calls import Call, Operand
from .positions import Axes, Axis


def spread(call: Call, kind: str = "") -> Axes:
    """Return the axes where arrays meet place by place: common places are cut together.

    Args:
        call: Its operands may have different numbers of axes, and axes of one place.
        kind: What sets become where several operands have them.
    """
    rank = max((len(each.shape) for each in call.operands), default=0)
    return tuple(_meet(call, kind, index) for index in range(-rank, 0))


def _meet(call: Call, kind: str, index: int) -> Axis:
    here = [each for each in call.operands if len(each.shape) >= -index]
    wide = any(each.shape[index] != 1 for each in here)
    axes = [each.axes[index] for each in here if not wide or each.shape[index] != 1]
    call.keep(*(each.axes[index] for each in here if wide and each.shape[index] == 1))
    found = [axis for axis in axes if axis is not None]
    if not found or len(found) < len(axes):
        # A constant or an input that is as long stays as it is.
        call.keep(*found)
        return None
    for axis in found[1:]:
        call.graph.positions.join(found[0], axis)
    if kind and len(found) > 1:
        call.graph.positions.mark(found[0], kind)
    return found[0]


def concatenate(call: Call) -> Axes:
    """Return the axes of tensors one behind the other."""
    rank = len(call.operands[0].shape)
    along = call.settings["axis"] % rank
    lengths = [each.shape[along] for each in call.operands]
    axes = [each.axes[along] for each in call.operands]
    whole: Axis = None
    if None in lengths:
        call.keep(*axes)
    elif any(axis is not None for axis in axes):
        parts = zip(axes, lengths, strict=True)
        whole = np.concatenate([np.zeros(n, int) if a is None else a for a, n in parts])
    return tuple(whole if i == along else _meet(call, "", i - rank) for i in range(rank))


def contract(call: Call, equation: str) -> Axes:
    """Return the axes of a product of two tensors, a letter for each axis.

    Args:
        call: Has two operands.
        equation: As of `einsum`, without dots.
    """
    sides, result = equation.split("->")
    letters = dict.fromkeys("".join(sides.split(",")))
    places: dict[str, list[tuple[int | None, Axis]]] = {letter: [] for letter in letters}
    for side, operand in zip(sides.split(","), call.operands, strict=True):
        for letter, length, axis in zip(side, operand.shape, operand.axes, strict=True):
            places[letter].append((length, axis))
    met: dict[str, Axis] = {}
    for letter, found in places.items():
        several = [Operand((n,), (own,)) for n, own in found]
        part = Call(call.name, call.kind, call.settings, ([], {}), several, call.graph)
        met[letter] = _meet(part, "", -1)
        if len(found) == 1 and letter not in result:
            call.keep(met[letter])
    return tuple(met[letter] for letter in result)


def multiply_matrices(call: Call) -> Axes:
    """Return the axes of a product of matrices, or of many at once."""
    first, second = (len(each.shape) for each in call.operands)
    if min(first, second) < 2:
        return keep_all(call)
    rows = "abcdefgh"[-max(first, second) + 2 :] if max(first, second) > 2 else ""
    sides = [
        f"{rows[len(rows) - rank + 2 :]}{end}" for rank, end in ((first, "xy"), (second, "yz"))
    ]
    return contract(call, f"{','.join(sides)}->{rows}xz")


def keep_all(call: Call) -> Axes:
    """Have all that a call reads stay whole, since nothing is known of what becomes of it."""
    axes = [axis for operand in call.operands for axis in operand.axes if axis is not None]
    if any(call.graph.positions.find(axis).any() for axis in axes):
        call.graph.unknown.append(call.kind)
    call.keep(*axes)
    return ()


def pick(call: Call) -> Axes:
    """Return the axes of a part of a tensor: `tensor[:, 0]`."""
    keys = call.arguments[0][1] if len(call.arguments[0]) > 1 else call.arguments[1].get("key")
    keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]
    if any(isinstance(key, (list, tuple)) or any(_is_array(key)) for key in keys):
        return keep_all(call)
    axes = list(call.operands[0].axes)
    dots = [n for n, key in enumerate(keys) if _named(key, "__ellipsis__")]
    missing = len(axes) - sum(key is not None for key in keys) + len(dots)
    everything = [{"class_name": "__slice__", "config": {}}] * missing
    at = dots[0] if dots else len(keys)
    keys[at : at + 1] = everything
    picked: list[Axis] = []
    for key in keys:
        axis = None if key is None else axes.pop(0)
        whole = _named(key, "__slice__") and not any(
            each is not None for each in key["config"].values()
        )
        if key in (0, -1) and axis is not None:
            # The first place stays the first one, whatever of the others is cut.
            call.keep(axis[[key]])
        elif not whole:
            call.keep(axis)
        if key is None or _named(key, "__slice__"):
            picked.append(axis if whole else None)
    return tuple(picked)


def _named(key: Any, name: str) -> bool:
    return isinstance(key, Mapping) and key.get("class_name") == name


def _is_array(key: Any) -> list[bool]:
    return [_named(key, name) for name in ("__numpy__", "__tensor__", "__keras_tensor__")]


def reshape(call: Call, before: Operand, target: list, key: str, first: int) -> Axes:
    """Return the axes of a reshaped tensor.

    An axis that is split into heads is cut by heads; one that several are merged into is cut where
    they are. What is not told apart for certain stays whole.

    Args:
        call: The reshaping.
        before: What is reshaped.
        target: The new shape, -1 or None where it follows from the rest.
        key: Of the setting that says so, empty where nothing does.
        first: Which axis the setting's first number is.
    """
    old, new = list(before.shape), _resolve(before.shape[first:], target[first:], target[:first])
    axes: list[Axis] = [None] * len(new)
    right, left = len(old) - 1, len(new) - 1
    while right >= 0 and left >= 0 and old[right] is not None and new[left] not in (None, -1):
        start, end = right, left
        while (n := _product(old[start : right + 1])) != (m := _product(new[end : left + 1])):
            if n is None or m is None or (n > m and end == 0) or (n < m and start == 0):
                break
            start, end = (start - 1, end) if n < m else (start, end - 1)
        if n is None or n != m:
            break
        made = _regroup(call, before, (start, right), [int(x) for x in new[end : left + 1]])
        for number, axis in enumerate(made, end):
            axes[number] = axis
            if axis is not None and key and target[number] != -1:
                call.size(key, axis, number - first)
        right, left = start - 1, end - 1
    for axis in before.axes[: right + 1]:
        call.keep(axis)
    return tuple(axes)


def _resolve(old: tuple, new: list, before: list) -> list:
    """Return a new shape with the number that it leaves open, where the old one tells it."""
    whole, rest = _product(list(old)), _product([number for number in new if number != -1])
    if -1 not in new or whole is None or not rest:
        return [*before, *new]
    return [*before, *(whole // rest if number == -1 else number for number in new)]


def _product(numbers: list) -> int | None:
    if any(number in (None, -1) for number in numbers):
        return None
    return int(np.prod([1, *numbers]))


def _regroup(call: Call, before: Operand, span: tuple[int, int], new: list[int]) -> list[Axis]:
    """Return the axes that the places of some axes, first to last, are laid out in anew."""
    old = [int(n or 1) for n in before.shape[span[0] : span[1] + 1]]
    axes = before.axes[span[0] : span[1] + 1]
    cut = [number for number, axis in enumerate(axes) if axis is not None]
    wide = [number for number, length in enumerate(new) if length > 1]
    made: list[Axis] = [None] * len(new)
    if not cut:
        return made
    if len(cut) > 1 or (len(wide) > 1 and sum(length > 1 for length in old) > 1):
        call.keep(*axes)
        return made
    own = axes[cut[0]]
    assert own is not None
    shape = [1] * len(old)
    shape[cut[0]] = -1
    flat = np.broadcast_to(own.reshape(shape), old).reshape(-1)
    at = wide[0] if wide else 0
    rows = flat.reshape(new[at], -1)
    for column in rows.T[1:]:
        call.graph.positions.join(rows[:, 0], column)
    if len(wide) > 1:
        call.graph.positions.mark(rows[:, 0], "heads")
    made[at] = rows[:, 0]
    return made
