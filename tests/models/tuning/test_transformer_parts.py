"""Below, blocks and head: of several outputs, and where a model has more than its blocks."""

import keras
import pytest

from tfkd import UserError
from tfkd.models.tuning import slow_lower_layers, tune
from tfkd.models.tuning.transformer_parts import find_parts
from tfkd.students import build, causal, gru_seq2seq, seq2seq


def with_weights(layers):
    return [layer.name for layer in layers if layer.weights]


def test_every_output_has_a_head():
    """One of two heads that is trained, while the other stays at random."""
    ids = keras.Input((None,), dtype="int32")
    body = keras.Sequential(
        [keras.layers.Embedding(9, 4), keras.layers.GlobalAveragePooling1D()], name="body"
    )
    vector = keras.layers.Dense(4, name="shared")(body(ids))
    outputs = {
        "short": keras.layers.Dense(2, name="short")(vector),
        "long": keras.layers.Rescaling(2.0)(keras.layers.Dense(3, name="long")(vector)),
    }
    model = keras.Model(ids, outputs)
    assert sorted(with_weights(find_parts(model).head)) == ["long", "short"]
    tuning = tune(model, "head")
    assert tuning.trained == 4 * 2 + 2 + 4 * 3 + 3
    tuning.finish()


def test_a_table_that_gives_the_outputs_is_no_head():
    assert with_weights(find_parts(gru_seq2seq(40, "tiny")).head) == ["decoder_norm"]


def test_the_encoder_of_what_writes_is_below_its_blocks():
    """An encoder that is trained with the decoder's first block, and has its learning rate."""
    parts = find_parts(seq2seq(40, "tiny", encoder=2, decoder=2))
    below = with_weights(parts.below)
    assert {"token_embedding", "encoder_0_inner", "encoder_1_inner", "encoder_norm"} <= set(below)
    for number, block in enumerate(parts.blocks):
        assert block[-1].name == f"decoder_{number}"
        own = with_weights(block)
        assert {f"decoder_{number}_self_query", f"decoder_{number}_cross_key"} <= set(own)
        assert all(name.startswith(f"decoder_{number}_") for name in own)
    assert with_weights(parts.head) == ["decoder_norm"]


@pytest.mark.parametrize("make", [lambda: causal(40, "tiny"), lambda: build("bottleneck", 40, 2)])
def test_each_weight_is_in_one_part(make):
    model = make()
    parts = find_parts(model)
    layers = [*parts.below, *(each for block in parts.blocks for each in block), *parts.head]
    found = [id(variable) for layer in layers for variable in layer.trainable_variables]
    assert sorted(found) == sorted(map(id, model.trainable_variables))


def test_a_decay_is_left_out_where_there_are_no_blocks():
    with pytest.raises(UserError, match=r"layer_decay counts the blocks .* has none: leave it out"):
        slow_lower_layers(build("text_cnn", 40, 3, "tiny", seed=1), 0.9)
