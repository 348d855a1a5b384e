"""A smaller `seq2seq` has blocks of its teacher, of encoder and decoder."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd import shrink, tap
from tfkd.errors import UserError
from tfkd.models.decoders import find_graphs
from tfkd.models.saving import save_keras
from tfkd.models.text_model import TextModel
from tfkd.students import gru_seq2seq, seq2seq
from tfkd.students.shrinking import as_model_of_ids

INPUTS = {
    "input_ids": np.array([[2, 5, 9, 7, 3], [2, 8, 3, 0, 0]], "int32"),
    "decoder_input_ids": np.array([[2, 9, 12], [2, 7, 0]], "int32"),
}
PARTS = ("input_ids", "decoder_input_ids")


@pytest.fixture(scope="module")
def teacher():
    settings = {"encoder": 3, "decoder": 2, "width": 32, "heads": 2, "dropout": 0.3}
    return seq2seq(40, "tiny", seed=1, **settings)


def test_all_blocks_are_the_teacher(teacher):
    """A norm, a table or an attention that was left at random."""
    for layers in ((3, 2), None):
        same = shrink(teacher, layers=layers)
        np.testing.assert_allclose(same(INPUTS), teacher(INPUTS), atol=1e-5)
        assert same is not teacher
    assert same.get_layer("decoder_0_dropout").rate == 0.3
    assert same.get_layer("split_heads").target_shape == (-1, 2, 16)


def test_blocks_are_chosen_evenly(teacher):
    """Blocks of another number, or those of one part by the numbers of the other."""
    small = shrink(teacher, layers=(2, 1))
    pairs = {"encoder_0": "encoder_0", "encoder_1": "encoder_2", "decoder_0": "decoder_0"}
    for mine, theirs in pairs.items():
        for kind in ("self_query", "self_outer", "inner", "norm"):
            for own, of_teacher in zip(
                small.get_layer(f"{mine}_{kind}").get_weights(),
                teacher.get_layer(f"{theirs}_{kind}").get_weights(),
                strict=True,
            ):
                np.testing.assert_array_equal(own, of_teacher)
    assert not any(layer.name.startswith(("encoder_2", "decoder_1")) for layer in small.layers)
    numbered = shrink(teacher, layers=((0, 2), (1,)))
    value = numbered.get_layer("decoder_0_cross_value").get_weights()[0]
    theirs = teacher.get_layer("decoder_1_cross_value").get_weights()[0]
    np.testing.assert_array_equal(value, theirs)


def test_a_block_computes_what_it_did(teacher):
    first = {"hidden_states": ["encoder_0"]}
    mine, theirs = (
        tap(each, **first)(INPUTS, ("logits", "hidden_states"))["hidden_states"][0]
        for each in (shrink(teacher, layers=(1, 1)), teacher)
    )
    np.testing.assert_allclose(mine, theirs, atol=1e-5)


def test_it_stays_a_student_that_writes_and_loads_without_tfkd(teacher, tmp_path):
    small = as_model_of_ids(TextModel(shrink(teacher, layers=(1, 1)), encoder=None), PARTS)
    assert find_graphs(small) is not None
    save_keras(small, tmp_path / "small.keras")
    again = keras.models.load_model(tmp_path / "small.keras")
    np.testing.assert_allclose(again(INPUTS), small(INPUTS), atol=1e-6)


def encoder_decoder_of_others():
    tokens = {
        name: keras.Input((None,), dtype="int32", name=name)
        for name in ("encoder_token_ids", "decoder_token_ids")
    }
    table = keras.layers.Embedding(40, 8)
    return keras.Model(tokens, table(tokens["decoder_token_ids"]))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"layers": 2}, "3 blocks in its encoder and 2 in its decoder: write two numbers"),
        ({"layers": (2, 1, 1)}, "write two numbers"),
        ({"layers": (4, 1)}, "the encoder: layers=4 of a model of 3"),
        ({"layers": (3, 3)}, "the decoder: layers=3 of a model of 2"),
        ({"layers": (2, 1), "width": 16}, "a seq2seq keeps its width"),
    ],
)
def test_what_a_seq2seq_cannot_have(teacher, options, says):
    with pytest.raises(UserError, match=says):
        shrink(teacher, **options)


@pytest.mark.parametrize(
    "make", [lambda: gru_seq2seq(40, "tiny"), encoder_decoder_of_others], ids=["gru", "others"]
)
def test_other_models_with_a_decoder_are_refused_with_the_way_out(make):
    with pytest.raises(UserError, match="seq2seq:small, which learns by sequence"):
        shrink(make(), layers=(1, 1))
