"""Tables that are looked up in 4 bits: equal before they are rounded, and near what was trained."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")
from keras import layers, ops

from tfkd.errors import UserError
from tfkd.exporting import convert, export
from tfkd.exporting.calling import signature_of
from tfkd.exporting.flatbuffer_tables import (
    operator_name,
    operator_names,
    pack_tables,
    read_tables,
)
from tfkd.exporting.graph_writer import GraphWriter
from tfkd.exporting.stored_tables import rows_of, steps_of, together
from tfkd.exporting.table_lookups import look_tables_up
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.quantisations import FLOAT32, INT4, INT4_32

WORDS = 1500
IDS = np.random.default_rng(0).integers(0, WORDS, (2, 37)).astype("int32")
IDS[:, :4] = [0, 1, WORDS - 2, WORDS - 1]


def tables(*widths):
    """A model of one table of each width, read by the same ids, and nothing else."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    read = [layers.Embedding(WORDS, width, "normal")(ids) for width in widths]
    return keras.Model(ids, layers.Concatenate()(read) if len(read) > 1 else read[0])


def outputs(model, path, ids=IDS):
    path.write_bytes(model)
    return LiteRT(path)({"input_ids": ids})["logits"]


@pytest.fixture(scope="module")
def float_file():
    """Tables of widths that fill a block, parts of it, several, and none exactly."""
    return convert.flatbuffer(signature_of(tables(64, 16, 3, 17, 300)), FLOAT32)


def test_what_is_looked_up_is_what_was_gathered(float_file, tmp_path):
    """A row that is another one's, or zeros that filled a block."""
    looked_up = look_tables_up(float_file)
    assert "EMBEDDING_LOOKUP" in operator_names(read_tables(looked_up))
    for ids in (IDS, IDS[:1, :5]):
        wanted = outputs(float_file, tmp_path / "a.tflite", ids)
        np.testing.assert_array_equal(outputs(looked_up, tmp_path / "b.tflite", ids), wanted)


def test_numbers_of_one_column_are_equal_but_for_a_division(tmp_path):
    model = convert.flatbuffer(signature_of(tables(1)), FLOAT32)
    wanted = outputs(model, tmp_path / "a.tflite")
    found = outputs(look_tables_up(model), tmp_path / "b.tflite")
    np.testing.assert_allclose(found, wanted, rtol=3e-7)


def test_a_model_without_tables_is_returned_as_it_is():
    x = keras.Input((8,), name="x")
    model = convert.flatbuffer(signature_of(keras.Model(x, layers.Dense(4)(x))), FLOAT32)
    assert look_tables_up(model) == model


def test_a_small_table_is_left_alone():
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    small = keras.Model(ids, layers.Embedding(30, 32)(ids))
    model = convert.flatbuffer(signature_of(small), FLOAT32)
    assert look_tables_up(model) == model


def test_a_table_that_something_else_reads_is_left_alone(float_file):
    """A second copy of it, in float32."""
    parts = read_tables(float_file)
    (graph,) = parts.subgraphs
    writer = GraphWriter(parts, graph)
    writer.operators += graph.operators
    flat = writer.add_constant("flat", np.array([-1], "int32"))
    for operator in graph.operators:
        if operator_name(parts, operator) == "GATHER":
            writer.compute("RESHAPE", [int(operator.inputs[0]), flat], [-1])
    graph.operators = writer.operators
    model = pack_tables(parts)
    assert look_tables_up(model) == model


def test_a_row_of_4_bits(tmp_path):
    """By hand: 32 numbers from -7 to 7 halves, of which the scale of the block is a half."""
    pytest.importorskip("ai_edge_quantizer")
    model = tables(32)
    numbers = np.zeros((WORDS, 32), "float32")
    # Between two steps, the nearer one.
    numbers[5, :6] = [3.5, -3.5, 0.5, 0.7, 0.8, -1.3]
    model.layers[-1].embeddings.assign(numbers)
    file = convert.flatbuffer(signature_of(model), INT4)
    row = outputs(file, tmp_path / "a.tflite", np.array([[5]], "int32"))[0, 0]
    assert row[:6].tolist() == [3.5, -3.5, 0.5, 0.5, 1.0, -1.5]
    assert not row[6:].any()


def test_each_number_of_a_column_is_within_half_a_step(tmp_path):
    pytest.importorskip("ai_edge_quantizer")
    model = tables(1)
    numbers = model.layers[-1].embeddings.numpy()[:, 0]
    steps, scales = steps_of(numbers)
    assert np.abs(steps).max() <= 7
    assert scales.dtype == "float16"
    found = outputs(convert.flatbuffer(signature_of(model), INT4), tmp_path / "a.tflite")[..., 0]
    allowed = 0.5 * scales[IDS // 256].astype("float32") + 1e-3
    assert (np.abs(found - numbers[IDS]) <= allowed).all()
    assert np.abs(found - numbers[IDS]).max() > 1e-3


@pytest.mark.parametrize("width", [1, 32])
def test_a_table_of_zeros_stays_one(width, tmp_path):
    """A scale of 0, by which was divided: no number, or a file that does not open."""
    pytest.importorskip("ai_edge_quantizer")
    model = tables(width)
    model.layers[-1].embeddings.assign(np.zeros((WORDS, width)))
    file = convert.flatbuffer(signature_of(model), INT4)
    assert not outputs(file, tmp_path / "a.tflite").any()


@pytest.mark.parametrize(("kind", "width"), [(INT4, 64), (INT4_32, 64), (INT4_32, 48)])
def test_a_table_that_dense_layers_multiply_with_is_stored_once(kind, width, tmp_path):
    pytest.importorskip("ai_edge_quantizer")
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    table = layers.ReversibleEmbedding(WORDS, width)
    model = keras.Model(ids, table(table(ids), reverse=True))
    file = convert.flatbuffer(signature_of(model), kind)
    assert len(file) < 0.85 * WORDS * width
    wanted = model(IDS).numpy()
    assert np.abs(outputs(file, tmp_path / "a.tflite") - wanted).max() < 0.2 * wanted.max()


def test_int4_asks_for_no_samples_and_auto_takes_it(tmp_path):
    """A file of float32 tables that is called int4, or the file of 8 bits."""
    pytest.importorskip("ai_edge_quantizer")
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    keras.utils.set_random_seed(0)
    pooled = ops.max(layers.Embedding(WORDS, 32, "normal")(ids), axis=1)
    model = keras.Model(ids, layers.Dense(2)(pooled))
    many = np.random.default_rng(1).integers(0, WORDS, (120, 9)).astype("int32")
    allowed = {"tolerance": 0.2, "max_drop": 20.0}
    made = export(model, tmp_path / "a.tflite", quantize="auto", check=many, **allowed)
    assert made.quantize == "int4"
    assert made.bytes < 0.75 * WORDS * 32


def test_widths_that_blocks_do_not_divide_waste_little():
    """A hundred columns that are stored as 128, or rows of thousands of numbers."""
    for width in range(2, 700):
        rows = rows_of(np.ones((50, width), "float32"))
        together_wide = together(width) * width
        assert rows.shape[1] % 32 == 0
        assert rows.shape[1] <= max(1.1 * together_wide, together_wide)
        assert together_wide <= max(352, 5 * width)
        assert rows.sum() == 50 * width


def test_without_the_quantizer_its_extra_is_told(tmp_path, monkeypatch):
    from tfkd.exporting import integer_quantisation

    monkeypatch.setattr(integer_quantisation, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"pip install \"tfkd\[quantizer\]\""):
        export(tables(32), tmp_path / "a.tflite", quantize="int4", check=IDS)
    assert list(tmp_path.iterdir()) == []
