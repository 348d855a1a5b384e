"""Tables of 4 bits whose vectors share rows of the file are found in it, and stay on their grid."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_quantizer")

from tfkd.exporting import convert
from tfkd.exporting.calling import signature_of
from tfkd.exporting.weight_grids import count_kept, find_grids
from tfkd.runtime.quantisations import INT4, INT8


def model_of(*tables):
    keras.utils.set_random_seed(0)
    ids = keras.Input((12,), dtype="int32", name="input_ids")
    x = keras.layers.Concatenate()([table(ids) for table in tables])
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(x))


def test_vectors_that_share_rows_are_found():
    model = model_of(keras.layers.Embedding(121, 10), keras.layers.Embedding(64, 48))
    grids = find_grids(model, INT4)
    by_width = {variable.shape[1]: grid for variable, grid in grids}
    # Three vectors and two zeros, and two vectors, are rows of whole blocks.
    assert (by_width[10].split, by_width[48].split) == ((41, 1, 32), (32, 3, 32))
    for variable, grid in grids:
        variable.assign(grid.rounded(variable.value))
        assert np.unique(np.rint(grid.steps(variable.value)[0])).size <= 15
    blob = convert.flatbuffer(signature_of(model), INT4)
    assert count_kept(blob, model) == 121 * 10 + 64 * 48


def test_a_table_of_one_column_is_taken_for_no_grid():
    """Its steps are in the file without their scales, and would pass for a table of 4 bits."""
    tables = [keras.layers.Embedding(1600, 1), keras.layers.Embedding(64, 32)]
    model = model_of(*tables)
    signs = np.where(np.arange(1600) % 2, 1.0, -1.0)[:, None]
    tables[0].embeddings.assign(signs)
    assert [variable.shape for variable, _ in find_grids(model, INT4)] == [(64, 32)]
    blob = convert.flatbuffer(signature_of(model), INT4)
    assert count_kept(blob, model) == 0


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", ["rows_of_mine", "tied_table", "steps"])
@pytest.mark.parametrize("kind", [INT8, INT4], ids=lambda kind: kind.name)
def test_whatever_a_table_is_called_it_has_its_grid(kind, name):
    """Names that are given here to tables: one scale for all in 4 bits, or numbers not counted."""
    model = model_of(keras.layers.Embedding(64, 16, name=name))
    (variable, grid), *others = find_grids(model, kind)
    assert (variable.shape, others) == ((64, 16), [])
    assert grid.count == (1 if kind is INT8 else 32)
    variable.assign(grid.rounded(variable.value))
    blob = convert.flatbuffer(signature_of(model), kind)
    assert count_kept(blob, model) == 64 * 16
