"""Which operation a function of a SavedModel ends in: whether it returns probabilities."""

from __future__ import annotations

from typing import Any

_PASSED_ON = ("Identity", "IdentityN", "Cast", "EnsureShape", "StopGradient", "Reshape")
_MOST_STEPS = 100
READINGS = {
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "LOGISTIC": "sigmoid",
    "SOFTMAX": "softmax",
}
"""How what an operation returns is read, see `tfkd.models.probabilities.to_logits`."""


def final_operation(function: Any, output: str) -> str:
    """Return the name of the operation that computes an output, empty where it is not found.

    Args:
        function: A signature of a SavedModel.
        output: The output's name.
    """
    names = sorted(function.structured_outputs)
    tensor = function.outputs[names.index(output)]
    graph = function.graph.as_graph_def()
    bodies = {body.signature.name: body for body in graph.library.function}
    nodes = {node.name: node for node in graph.node}
    source = f"{tensor.op.name}:{tensor.value_index}"
    for _ in range(_MOST_STEPS):
        name, *where = source.split(":")
        number = int(where[-1]) if where else 0
        node = nodes.get(name)
        if node is None:
            return ""
        if node.op in _PASSED_ON:
            source = node.input[number if node.op == "IdentityN" else 0]
        elif node.op.endswith("PartitionedCall") and node.attr["f"].func.name in bodies:
            body = bodies[node.attr["f"].func.name]
            source = body.ret[body.signature.output_arg[number].name]
            nodes = {each.name: each for each in body.node_def}
        else:
            return node.op
    return ""
