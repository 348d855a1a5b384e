"""Loops and branches of a model: graphs that call others."""

from __future__ import annotations

from .flatbuffer import UnsoundModel
from .graph import IF, WHILE, LiteModel, Operator


def check_calls(model: LiteModel) -> None:
    """Check that loops and branches call graphs that are there, and never themselves.

    Raises:
        UnsoundModel: One does not.
    """
    below: dict[int, set[int]] = {}
    for at, graph in enumerate(model.graphs):
        below[at] = set()
        for operator in graph.operators:
            if operator.code in (IF, WHILE):
                _check_call(operator, model)
                below[at] |= set(operator.calls)
    _check_no_circle(below)


def _check_call(operator: Operator, model: LiteModel) -> None:
    if len(operator.calls) != 2 or not all(0 < at < len(model.graphs) for at in operator.calls):
        raise UnsoundModel("a loop or branch calls a graph that is not there")
    first, second = (model.graphs[at] for at in operator.calls)
    given = len(operator.inputs) - (operator.code == IF)
    results = [1, given] if operator.code == WHILE else [len(operator.outputs)] * 2
    takes = [len(first.inputs), len(second.inputs)]
    gives = [len(first.outputs), len(second.outputs)]
    if takes != [given] * 2 or gives != results or len(operator.outputs) != results[1]:
        raise UnsoundModel("a loop or branch gives a graph other than it takes")


def _check_no_circle(below: dict[int, set[int]]) -> None:
    """Strike out graphs that call none of the rest, until none is left."""
    while below:
        ends = {at for at, called in below.items() if not called & below.keys()}
        if not ends:
            raise UnsoundModel("a graph calls itself")
        below = {at: called for at, called in below.items() if at not in ends}
