"""Files of students on their grids hold the weights that were trained."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_quantizer")

from tfkd.exporting import convert
from tfkd.exporting.calling import signature_of
from tfkd.exporting.gate import Differs
from tfkd.exporting.weight_grids import count_kept, find_grids
from tfkd.exporting.weight_grids.stored_weights import read_stored_weights
from tfkd.runtime.quantisations import INT4, INT4_32, INT8

FEED = {"input_ids": np.zeros((1, 16), "int32")}


def mixed():
    """A layer of each kind, and a normalisation that is multiplied into a convolution."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    ids = keras.Input((16,), dtype="int32", name="input_ids")
    x = layers.Embedding(96, 32, name="table")(ids)
    x = layers.add([x, layers.MultiHeadAttention(2, 16, name="attention")(x, x)])
    x = layers.Conv1D(64, 3, name="convolution")(x)
    x = layers.BatchNormalization(name="normalisation")(x)
    x = layers.EinsumDense("abc,cde->abde", (None, 2, 32), name="einsum")(x)
    x = layers.Reshape((-1, 64))(x)
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(ids, layers.Dense(3, name="logits")(x))
    normal = model.get_layer("normalisation")
    rng = np.random.default_rng(0)
    normal.set_weights([rng.uniform(0.5, 2, 64) for _ in range(4)])
    return model


@pytest.fixture(scope="module", params=[INT8, INT4, INT4_32], ids=lambda kind: kind.name)
def on_grid(request):
    """A model that is rounded, its grids, and its file."""
    model = mixed()
    grids = find_grids(model, request.param)
    for variable, grid in grids:
        variable.assign(grid.rounded(variable.value))
    blob = convert.flatbuffer(signature_of(model).fixed(1, None), request.param, [FEED])
    return model, grids, blob, request.param


def test_each_layer_of_the_file_has_its_variable(on_grid):
    _, grids, _, kind = on_grid
    bits = {variable.path.split("/")[-2]: grid.bits for variable, grid in grids}
    dense = 8 if kind is INT8 else 4
    assert bits["convolution"] == 8
    wanted = ("einsum", "query", "key", "value", "attention_output")
    assert {bits[name] for name in wanted} == {dense}


def test_the_file_holds_the_weights_as_they_are(on_grid):
    """Read from the file by themselves: each number of a variable, to 1e-6."""
    model, grids, blob, _ = on_grid
    assert count_kept(blob, model) == sum(variable.numpy().size for variable, _ in grids)
    stored = [np.sort(each.values.ravel()) for each in read_stored_weights(blob)]
    for variable, _ in grids:
        if variable.path == "convolution/kernel":
            # The normalisation is in the file's numbers.
            continue
        value = np.sort(variable.numpy().ravel())
        near = [np.abs(each - value).max() for each in stored if each.shape == value.shape]
        assert min(near) < 1e-6


@pytest.mark.parametrize("name", ["einsum", "convolution"])
def test_a_file_with_other_weights_is_refused(on_grid, name):
    """One weight of thousands is a step away, which no check of answers would see."""
    model, grids, blob, _ = on_grid
    variable, grid = next(pair for pair in grids if pair[0].path == f"{name}/kernel")
    steps, _ = grid.steps(variable.value)
    kept = variable.numpy()
    changed = kept.copy()
    place = np.unravel_index(np.abs(kept).argmin(), kept.shape)
    changed[place] += np.abs(kept).max() / np.abs(steps).max()
    variable.assign(grid.rounded(changed))
    try:
        with pytest.raises(Differs, match=f"{name}/kernel lie on a grid of . bits, and the file"):
            count_kept(blob, model)
    finally:
        variable.assign(kept)


def test_weights_between_two_steps_are_no_fault(on_grid):
    _, _, blob, _ = on_grid
    assert count_kept(blob, mixed()) == 0


def test_a_table_that_is_read_and_said_has_one_grid():
    keras.utils.set_random_seed(0)
    ids = keras.Input((16,), dtype="int32", name="input_ids")
    table = keras.layers.ReversibleEmbedding(96, 32)
    model = keras.Model(ids, table(table(ids), reverse=True))
    (variable, grid), *others = find_grids(model, INT8)
    assert (variable.path, grid.count, others) == (table.embeddings.path, 1, [])
    variable.assign(grid.rounded(variable.value))
    blob = convert.flatbuffer(signature_of(model), INT8)
    assert count_kept(blob, model) == variable.numpy().size


def normalised(*, behind):
    """A dense layer, and a normalisation behind or before it that is multiplied into it."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    x = keras.Input((64,), name="x")
    parts = [layers.Dense(96, name="dense"), layers.BatchNormalization(name="normalisation")]
    y = x
    for part in parts if behind else parts[::-1]:
        y = part(y)
    model = keras.Model(x, layers.ReLU()(y))
    gamma = model.get_layer("normalisation").gamma
    # A fifth of them turns all signs of a channel.
    factors = np.random.default_rng(0).uniform(0.5, 2, gamma.shape)
    gamma.assign(np.where(np.arange(len(factors)) % 5, factors, -factors))
    return model


@pytest.mark.parametrize("kind", [INT8, INT4, INT4_32], ids=lambda kind: kind.name)
def test_a_normalisation_behind_a_layer_leaves_its_integers(kind):
    """Scales of blocks are rounded anew, so that these numbers are not told to be the trained."""
    model = normalised(behind=True)
    ((variable, grid),) = find_grids(model, kind)
    variable.assign(grid.rounded(variable.value))
    blob = convert.flatbuffer(signature_of(model), kind)
    assert count_kept(blob, model) == (0 if kind is INT4_32 else 64 * 96)
    (stored,) = read_stored_weights(blob)
    steps, _ = grid.steps(variable.value)
    assert np.abs(np.abs(steps) - np.abs(stored.numbers)).max() < 0.5


@pytest.mark.parametrize("kind", [INT8, INT4, INT4_32], ids=lambda kind: kind.name)
def test_a_layer_behind_a_normalisation_has_no_grid(kind):
    """The file rounds its products with the normalisation, which are other numbers."""
    assert find_grids(normalised(behind=False), kind) == []


def test_a_number_with_a_scale_of_its_own_is_taken_for_no_other_one():
    """A bias, since any two numbers are two steps of two scales."""
    x = keras.Input((1,), name="x")
    model = keras.Model(x, keras.layers.Dense(2)(x))
    assert find_grids(model, INT4) == []
