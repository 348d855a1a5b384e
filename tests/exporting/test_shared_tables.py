"""A table that is looked up in and multiplied with is once in a file of int8."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")

from tfkd.exporting import convert
from tfkd.exporting.calling import signature_of
from tfkd.exporting.flatbuffer_tables import operator_names, read_tables, tensors_of_operators
from tfkd.exporting.shared_tables import store_tables_once
from tfkd.runtime.interpreter import LiteRT
from tfkd.runtime.quantisations import INT8

WORDS, WIDTH = 300, 32


@pytest.fixture(scope="module")
def tied():
    """A model with one table for what it reads and what it says."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    table = keras.layers.ReversibleEmbedding(WORDS, WIDTH)
    return keras.Model(ids, table(table(ids), reverse=True))


@pytest.fixture(scope="module")
def twice(tied):
    """The file as the converter has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "store_tables_once", lambda model: model)
        return convert.flatbuffer(signature_of(tied), INT8)


def _outputs(model, path):
    path.write_bytes(model)
    return LiteRT(path)({"input_ids": np.arange(WORDS, dtype="int32")[None]})["logits"]


def test_it_is_stored_once_and_computes_the_same(tied, twice, tmp_path):
    once = store_tables_once(twice)
    assert len(twice) - len(once) > 0.9 * WORDS * WIDTH
    wanted = tied(np.arange(WORDS, dtype="int32")[None]).numpy()
    for number, model in enumerate((twice, once)):
        difference = np.abs(_outputs(model, tmp_path / f"{number}.tflite") - wanted).max()
        assert difference < 0.05 * np.abs(wanted).max()


def test_both_operators_read_one_buffer(twice):
    def buffers(model):
        tables = read_tables(model)
        read = (("GATHER", 0), ("FULLY_CONNECTED", 1))
        return {tensor.buffer for each in read for tensor in tensors_of_operators(tables, *each)}

    assert {"GATHER", "FULLY_CONNECTED"} <= operator_names(read_tables(twice))
    assert len(buffers(twice)) - len(buffers(store_tables_once(twice))) == 1


def test_two_tables_stay_two():
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    read = keras.layers.Embedding(WORDS, WIDTH)(ids)
    model = convert.flatbuffer(
        signature_of(keras.Model(ids, keras.layers.Dense(WORDS, use_bias=False)(read))), INT8
    )
    assert store_tables_once(model) == model
