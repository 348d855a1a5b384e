"""Graphs that read variables, and files that are larger than their parameters."""

import pytest

from tfkd.errors import UserError
from tfkd.exporting import converted_graphs


@pytest.mark.parametrize("operator", ["READ_VARIABLE", "VAR_HANDLE"])
def test_a_graph_that_reads_variables_is_refused(operator, monkeypatch):
    monkeypatch.setattr(converted_graphs, "read_tables", lambda model: model)
    monkeypatch.setattr(converted_graphs, "operator_names", lambda tables: {operator, "ADD"})
    with pytest.raises(UserError, match=f"still reads variables \\({operator}\\)"):
        converted_graphs.refuse_variables(b"", "student")


def test_a_graph_of_constants_passes(monkeypatch):
    monkeypatch.setattr(converted_graphs, "read_tables", lambda model: model)
    monkeypatch.setattr(converted_graphs, "operator_names", lambda tables: {"ADD"})
    converted_graphs.refuse_variables(b"", "student")


@pytest.mark.parametrize(
    ("size", "kind", "told"),
    [
        (8_000_000, "float32", ""),
        (16_000_000, "float32", "stores weights twice"),
        (5_000_000, "int8", "some weights stay in float32"),
        (2_600_000, "int8", ""),
    ],
)
def test_a_file_much_larger_than_its_parameters_is_told(size, kind, told):
    note = converted_graphs.why_large(size, 2_000_000, kind)
    assert told in note
    assert bool(note) == bool(told)
