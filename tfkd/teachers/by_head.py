"""A teacher for each head of a model: `"intent=hf:A + slots=hf:B"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from ..losses._heads import name_in_head
from ..models.input_names import IDS, SEGMENTS
from ..models.text_model import TextModel

_OF_HEAD = re.compile(r"([A-Za-z][\w-]*)=(\w+:.*)", re.DOTALL)


def split_heads(spec: str) -> dict[str, str]:
    """Return the teacher of each head by its name; empty where there is one for all.

    Args:
        spec: What the settings name.

    Raises:
        UserError: A head with two teachers, or teachers of which some name no head.

    >>> split_heads("intent=hf:A + slots=keras:B")
    {'intent': 'hf:A', 'slots': 'keras:B'}
    >>> split_heads("hf:A + hf:B")
    {}
    """
    parts = [part.strip() for part in spec.split(" + ")]
    found = [match for part in parts if (match := _OF_HEAD.fullmatch(part))]
    if not found:
        return {}
    heads = {match[1]: match[2] for match in found}
    if len(found) < len(parts) or len(heads) < len(found):
        raise UserError(
            f"the teacher is {spec!r}: name one teacher for each head, HEAD=KIND:PATH, or one for "
            "all."
        )
    return heads


def check_heads(given: Mapping[str, Any], heads: tuple[str, ...]) -> None:
    """Refuse teachers of heads that are not there, and heads without a teacher.

    Args:
        given: The teachers by head.
        heads: The heads of the task.

    Raises:
        UserError: There are some.
    """
    others = [name for name in given if name not in heads]
    if others:
        raise UserError(
            f"there is a teacher for the head {others[0]} and no such head: "
            + (f"the heads are {', '.join(heads)}." if heads else "the task has one answer alone.")
        )
    missing = [name for name in heads if name not in given]
    if missing:
        raise UserError(
            f"the head {missing[0]} has no teacher: add --teacher {missing[0]}=KIND:PATH, or give "
            "one teacher for all heads."
        )


def join_heads(models: Mapping[str, TextModel]) -> TextModel:
    """Return the teachers of all heads as one, which reads a text once for each.

    Args:
        models: The teachers by head, each with its classes in the order of the data's.

    Raises:
        UserError: Teachers with other tokenizers.
    """
    first, *others = models.values()
    for head, other in zip([*models][1:], others, strict=True):
        if other.encoder.fingerprint() != first.encoder.fingerprint():
            raise UserError(
                f"the teachers of the heads {next(iter(models))} and {head} read other word "
                f"pieces: {first.origin} and {other.origin} are made of unlike encoders; teach "
                "both from the same one, or give one teacher for all heads."
            )
    shortest = min(models.values(), key=lambda model: model.encoder.max_length)
    origin = " + ".join(f"{head}={model.origin}" for head, model in models.items())
    model = _ByHead(models)
    pieces = "mean" if "mean" in [each.pieces for each in models.values()] else "first"
    return TextModel(model, shortest.encoder, (), origin, shapes=model.output_shapes, pieces=pieces)


class _ByHead:
    """Several models that read the same ids, their outputs by head."""

    def __init__(self, models: Mapping[str, TextModel]) -> None:
        self._models = dict(models)
        self.jit = all(model.jit for model in models.values())
        reads_segments = any(
            set(model._names) & set(SEGMENTS) and model.reads_segments for model in models.values()
        )
        self.text_inputs = (IDS[0], SEGMENTS[0]) if reads_segments else (IDS[0],)
        self.output_shapes = {
            name_in_head(head, name): shape
            for head, model in models.items()
            for name, shape in model.shapes.items()
        }

    def __call__(self, inputs: Any) -> dict[str, Any]:
        return {
            name_in_head(head, name): tensor
            for head, model in self._models.items()
            for name, tensor in model.in_graph(inputs, tuple(model.shapes)).items()
        }

    @property
    def fingerprint(self) -> str:
        from ..store.fingerprint import digest_of, fingerprint

        return digest_of({head: fingerprint(model) for head, model in self._models.items()})
