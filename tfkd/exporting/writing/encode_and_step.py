"""The signatures of a file that writes: `encode` reads a source once, `step` each token once."""

from __future__ import annotations

from typing import Any

from ...errors import UserError
from ...models.decoders import Graphs, find_graphs
from ...runtime.file_steps import DECODE, ENCODE
from ...text import TextEncoder
from ..calling import ModelSignature
from ..check_data import TaskContext
from ..convert import Endpoint
from ..input_signature import Inputs


def graphs_of(student: Any) -> Graphs:
    """Return the two graphs of a student that writes.

    Raises:
        UserError: It has no layers by which they are found.
    """
    graphs = find_graphs(student)
    if graphs is None:
        raise UserError(
            f"{student.name!r} cannot be taken apart into a pass over the source and a step a "
            "token, without which no file writes: train one of tfkd's own students, or export "
            "this one as `.keras`."
        )
    return graphs


def signatures_to_write(student: Any, sizes: ModelSignature) -> list[Endpoint]:
    """Return the signatures that a file has beside `serve`.

    Args:
        student: One that writes.
        sizes: The inputs of `serve`; `encode` gets the same batch and length, `step` any.

    Raises:
        UserError: The student has no layers by which its graphs are found.
    """
    graphs = graphs_of(student)
    shape, _ = next(iter(sizes.inputs.values()))
    read = {name: (_fixed(own, shape), kind) for name, (own, kind) in graphs.encode_inputs.items()}
    endpoints = [Endpoint(ENCODE, graphs.encode, read)] if read else []
    return [*endpoints, Endpoint(DECODE, graphs.step, graphs.step_inputs)]


def _fixed(shape: tuple[int | None, ...], of_serve: tuple[int | None, ...]) -> Any:
    """Return a shape with the sizes that `serve` has where it has none itself."""
    pairs = zip(shape, of_serve, strict=True)
    return tuple(other if size is None else size for size, other in pairs)


def decoding_settings(student: Any, context: TaskContext, sizes: Inputs) -> dict[str, Any]:
    """Return what a file says of how it writes: `decoding` of its `tfkd.json`.

    Args:
        student: One that writes.
        context: Its tokenizer and task.
        sizes: The inputs of `serve`.
    """
    encoder, task = context.encoder, context.task
    assert isinstance(encoder, TextEncoder)
    assert task is not None
    settings = {**task.settings, **context.schema.settings}
    fixed = next(iter(sizes.values()))[0][1]
    return {
        "encode": bool(graphs_of(student).encode_inputs),
        "start_id": encoder.start_id,
        "end_id": encoder.end_id,
        "longest": settings["longest"],
        "longest_source": min(fixed or encoder.max_length, encoder.max_length),
    }
