"""Walk a functional model's graph, and find which places of which weights are cut together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .graph_calls import AxisGraph, Call, Operand, Tensor, list_tensors, read_operands, tensor_key
from .layer_rules import follow
from .positions import Axes
from .shape_rules import keep_all


def walk_graph(model: Any) -> AxisGraph:
    """Return which places of a plain functional model's weights are cut together.

    Args:
        model: A functional Keras 3 model. What is not understood of it stays whole, and its inputs
            and outputs do.
    """
    config = model.get_config()
    shapes = {each.name: [tuple(w.shape) for w in each.weights] for each in model.layers}
    graph = AxisGraph(config, shapes)
    known: dict[Tensor, Axes] = {}
    for entry, number in order_calls(config):
        call = _read_call(graph, entry, number, known)
        native = entry["module"].startswith(("keras.layers", "keras.src"))
        known[call.name, number, 0] = follow(call) if native else keep_all(call)
    for tensor in list_outputs(config):
        for axis in known.get(tensor, ()):
            graph.positions.fix(axis)
    return graph


def order_calls(config: Mapping[str, Any]) -> Iterator[tuple[dict, int]]:
    """Yield each layer with the number of one of its calls, behind those whose results it reads.

    Args:
        config: Of a functional model.
    """
    entries = config["layers"]
    done = {(each["name"], 0) for each in entries if not each["inbound_nodes"]}
    waiting = [(each, number) for each in entries for number in range(len(each["inbound_nodes"]))]
    while waiting:
        later = []
        for entry, number in waiting:
            read = {tensor_key(each)[:2] for each in list_tensors(entry["inbound_nodes"][number])}
            if read <= done:
                done.add((entry["name"], number))
                yield entry, number
            else:
                later.append((entry, number))
        if len(later) == len(waiting):
            return
        waiting = later


def list_outputs(config: Mapping[str, Any]) -> list[Tensor]:
    """Return the outputs of a functional model."""
    found: list[Tensor] = []
    waiting = [config["output_layers"]]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting.extend(each.values())
        elif isinstance(each, (list, tuple)) and each and isinstance(each[0], str):
            found.append((each[0], each[1], each[2]))
        elif isinstance(each, (list, tuple)):
            waiting.extend(each)
    return found


def _read_call(graph: AxisGraph, entry: dict, number: int, known: Mapping[Tensor, Axes]) -> Call:
    node = entry["inbound_nodes"][number]
    arguments = (list(node["args"]), dict(node["kwargs"]))
    read = read_operands([*arguments[0], *arguments[1].values()], known)
    operands = [_checked(graph, operand) for operand in read]
    name, kind = entry["name"], entry["class_name"]
    return Call(name, kind, entry["config"], arguments, operands, graph)


def _checked(graph: AxisGraph, operand: Operand) -> Operand:
    """Return an operand, without axes where they are not those of its shape."""
    lengths = [None if axis is None else len(axis) for axis in operand.axes]
    fits = len(lengths) == len(operand.shape) and all(
        length in (None, size) for length, size in zip(lengths, operand.shape, strict=True)
    )
    if fits:
        return operand
    for axis in operand.axes:
        graph.positions.fix(axis)
    return Operand(operand.shape, (None,) * len(operand.shape))
