"""Whole blocks that can be left out."""

import keras
import numpy as np
import prunable
import pytest

from tfkd.compression.pruning.blocks import find_blocks, leave_out
from tfkd.compression.pruning.cut_model import make_like


@pytest.mark.parametrize("norm_first", [True, False])
def test_an_attention_and_what_is_behind_it_are_one_block(norm_first):
    model = prunable.attention(norm_first)
    blocks = find_blocks(model)
    assert [sorted(n for n in each.layers if n.startswith("block_"))[0] for each in blocks] == [
        "block_0",
        "block_1",
    ]
    assert all(f"block_{n}_query" in each.layers for n, each in enumerate(blocks))
    smaller = make_like(leave_out(model.get_config(), blocks[:1]), model)
    assert not [each.name for each in smaller.layers if each.name.startswith("block_0")]
    assert smaller(prunable.inputs_of(model)).shape == (3, 3)


def test_leaving_out_a_block_that_adds_nothing_changes_no_output():
    model = prunable.attention()
    for name in ("block_1_output", "block_1_outer"):
        model.get_layer(name).set_weights([0 * w for w in model.get_layer(name).get_weights()])
    smaller = make_like(leave_out(model.get_config(), find_blocks(model)[1:]), model)
    inputs = prunable.inputs_of(model)
    np.testing.assert_allclose(smaller(inputs), model(inputs), atol=1e-6)


def test_what_the_second_result_of_a_call_is_made_from_stays():
    given = keras.Input((4,))
    first, second = keras.ops.split(keras.layers.Dense(8, name="both")(given), 2, -1)
    hidden = keras.layers.Add(name="sum")([given, keras.layers.Dense(4, name="one")(first)])
    hidden = keras.ops.concatenate([keras.layers.Dense(3)(hidden), second], axis=-1)
    (block,) = find_blocks(keras.Model(given, hidden))
    assert block.layers == {"one", "sum"}


def test_a_sum_of_two_branches_is_no_block():
    given = keras.Input((4,))
    both = keras.layers.Add()([keras.layers.Dense(3)(given), keras.layers.Dense(3)(given)])
    assert find_blocks(keras.Model(given, keras.layers.Dense(2)(both))) == []
