"""What is cut together is found, and cutting what is zero changes nothing."""

import keras
import numpy as np
import prunable
import pytest

from tfkd.compression.pruning.axis_walk import walk_graph
from tfkd.compression.pruning.cut_model import cut_sets
from tfkd.compression.pruning.families import find_families

FOUND = {
    prunable.dense_net: {"units": [8, 6]},
    prunable.pictures: {"channels": [6, 4], "units": [10]},
    prunable.texts: {"width": [6], "channels": [5, 5]},
    prunable.attention: {"heads": [4, 4], "units": [12, 12], "width": [8]},
    prunable.einsum_attention: {"heads": [4]},
    prunable.shared_layer: {"units": [6]},
}


@pytest.mark.parametrize("build", FOUND, ids=lambda build: build.__name__)
def test_what_is_cut_together_is_found(build):
    found = {}
    for family in find_families(walk_graph(build())):
        found.setdefault(family.kind, []).append(len(family.sets))
    assert found == FOUND[build]


@pytest.mark.parametrize("build", FOUND, ids=lambda build: build.__name__)
def test_cutting_what_is_zero_changes_no_output(build):
    model = build()
    graph = walk_graph(model)
    families = [each for each in find_families(graph) if each.kind != "width"]
    cut = {root for family in families for root in family.sets[::2]}
    _set_to_zero(model, graph, cut)
    inputs = prunable.inputs_of(model)
    smaller = cut_sets(model, graph, cut)
    assert smaller.count_params() < model.count_params()
    np.testing.assert_allclose(smaller(inputs), model(inputs), atol=1e-5, rtol=1e-5)


def _set_to_zero(model, graph, sets):
    for (name, number), axes in graph.weights.items():
        weight = model.get_layer(name).weights[number]
        if "moving_variance" in weight.path:
            continue
        value = weight.numpy()
        for place, axis in enumerate(axes):
            if axis is not None:
                gone = np.isin(graph.positions.find(axis), list(sets))
                np.moveaxis(value, place, 0)[gone] = 0
        weight.assign(value)


def test_a_coordinate_is_cut_out_of_all_layers_at_once():
    model = prunable.attention()
    graph = walk_graph(model)
    (width,) = [each for each in find_families(graph) if each.kind == "width"]
    smaller = cut_sets(model, graph, set(width.sets[:3]))
    shapes = {w.path: w.shape for w in smaller.weights}
    assert shapes["words/embeddings"] == (20, 5)
    assert shapes["block_0_query/kernel"] == (5, 8)
    assert shapes["block_1_outer/kernel"] == (12, 5)
    assert shapes["logits/kernel"] == (5, 3)
    assert smaller(prunable.inputs_of(model)).shape == (3, 3)


@keras.saving.register_keras_serializable("test_axis_walk")
class Doubling(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def _end(hidden):
    return keras.layers.Dense(2)(hidden)


@pytest.mark.parametrize(
    "behind",
    [
        lambda hidden: _end(Doubling()(hidden)),
        lambda hidden: _end(keras.layers.Softmax()(hidden)),
        lambda hidden: _end(hidden + np.arange(4, dtype="float32")),
        lambda hidden: _end(keras.layers.Rescaling(np.arange(4) / 4)(hidden)),
        lambda hidden: _end(keras.layers.Dropout(0.5, noise_shape=(None, 4))(hidden)),
        lambda hidden: _end(keras.layers.Softmax(axis=(1,))(hidden)),
        lambda hidden: _end(hidden[:, 1:]),
        lambda hidden: _end(keras.ops.reshape(hidden, (-1, 2))),
        lambda hidden: _end(keras.ops.sum(hidden, axis=1, keepdims=True)),
        lambda hidden: _end(keras.ops.take(hidden, [0, 2], axis=1)),
        lambda hidden: _end(keras.layers.GRU(3)(keras.ops.expand_dims(hidden, 1))),
        lambda hidden: hidden,
    ],
)
def test_what_is_not_understood_stays_whole(behind):
    given = keras.Input((4,))
    hidden = keras.layers.Dense(4, name="hidden")(given)
    model = keras.Model(given, behind(hidden))
    graph = walk_graph(model)
    assert find_families(graph) == []


def test_a_reshape_that_is_called_twice_is_cut_alike():
    """One number of heads for both: the other layer's would be laid out wrongly."""
    given = keras.Input((5, 3))
    split = keras.layers.Reshape((-1, 4, 2))
    first, second = (split(keras.layers.Dense(8)(given))[..., 0] for _ in range(2))
    hidden = keras.ops.concatenate([first, second], axis=-1)
    (family,) = find_families(walk_graph(keras.Model(given, keras.layers.Dense(2)(hidden))))
    assert len(family.sets) == 4


def test_an_axis_that_einsum_keeps_is_cut_in_its_shape():
    given = keras.Input((5, 3))
    hidden = keras.layers.Dense(6)(given)
    hidden = keras.layers.EinsumDense("abc,cd->abcd", (None, 6, 4), name="wide")(hidden)
    model = keras.Model(given, keras.layers.Dense(2)(keras.ops.mean(hidden, axis=-1)))
    graph = walk_graph(model)
    (family,) = find_families(graph)
    smaller = cut_sets(model, graph, set(family.sets[:2]))
    assert smaller.get_layer("wide").kernel.shape == (4, 4)


def test_an_input_that_is_added_keeps_its_width():
    given = keras.Input((4,))
    model = keras.Model(given, _end(given + keras.layers.Dense(4)(given)))
    assert find_families(walk_graph(model)) == []
