"""Integer kinds by Google's quantizer, from a float32 file, and inputs for some of them."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np

from ..errors import UserError
from ..runtime.interpreter import SIGNATURE
from ..runtime.quantisations import AUTO, KINDS, Quantization
from ..runtime.quiet import quiet
from . import block_scales
from .quantizer_package import is_available, quantizer_module
from .stored_tables import BLOCK
from .table_lookups import STEPS, TIED, look_tables_up

Feeds = list[dict[str, np.ndarray]]


def check_installed(kind: str) -> None:
    """Refuse a kind that needs the quantizer, where it is not installed."""
    if kind != AUTO and KINDS[kind].by_quantizer and not is_available():
        raise UserError(
            f'quantize="{kind}" needs ai-edge-quantizer: pip install "tfkd[quantizer]".'
        )


def quantize_activations(model: bytes, kind: Quantization, feeds: Feeds) -> bytes:
    """Return a float32 model with weights in 8 bits and activations in those of `kind`.

    Args:
        model: The flatbuffer.
        kind: One that is calibrated.
        feeds: Inputs by name, as the model will meet them. The first feed sets the ranges and later
            ones move them by a little, so give one large batch where the model takes one.

    Raises:
        UserError: The model has loops, which the quantizer cannot look into.
    """
    _check_no_loops(model, kind)
    with _quiet_quantizer():
        work = quantizer_module("quantizer").Quantizer(bytearray(model))
        work.add_static_config(
            ".*", "*", activation_num_bits=kind.activation_bits, weight_num_bits=8
        )
        # What goes in and out stays float32, so that a file is fed and read in the same way
        # whatever is inside.
        no_numbers = quantizer_module("quantizer").AlgorithmName.NO_QUANTIZE
        for end in ("INPUT", "OUTPUT"):
            work.update_quantization_recipe(".*", end, algorithm_key=no_numbers)
        ranges = work.calibrate({SIGNATURE: feeds})
        return _in_one_piece(bytes(work.quantize(ranges).quantized_model))


def quantize_weights(model: bytes, kind: Quantization) -> bytes:
    """Return a float32 model with tables and dense layers in 4 bits, convolutions in 8.

    Activations stay float32, so it needs no inputs. A table has one scale for each block of a row,
    and as a dense layer has them where such a layer multiplies with it.

    Args:
        model: The flatbuffer.
        kind: Whether a scale is that of a unit of a dense layer, or of a block of its inputs. Where
            blocks do not divide these, it is that of a unit.
    """
    model = look_tables_up(model)
    with _quiet_quantizer():
        scales = quantizer_module("qtyping").QuantGranularity
        dense = scales[f"BLOCKWISE_{kind.block}" if kind.block else "CHANNELWISE"]
        work = quantizer_module("quantizer").Quantizer(bytearray(model))
        work.add_dynamic_config(".*", "CONV_2D", num_bits=8)
        work.add_dynamic_config(".*", "FULLY_CONNECTED", num_bits=4, granularity=dense)
        for tables, scale in (
            *((".*", scales[f"BLOCKWISE_{BLOCK}"]), (f".*{STEPS}.*", scales.TENSORWISE)),
            (f".*{TIED}.*", dense),
        ):
            work.add_dynamic_config(tables, "EMBEDDING_LOOKUP", num_bits=4, granularity=scale)
        for operator, output in block_scales.undivided(model, kind.block) if kind.block else ():
            scale = scales.TENSORWISE if STEPS in output else scales.CHANNELWISE
            name = f"^{re.escape(output)};$"
            work.add_dynamic_config(name, operator, num_bits=4, granularity=scale)
        made = _in_one_piece(bytes(work.quantize().quantized_model))
        return block_scales.without_zero_scales(made)


def _check_no_loops(model: bytes, kind: Quantization) -> None:
    from tensorflow.lite.python import schema_py_generated as schema

    if schema.Model.GetRootAsModel(bytearray(model), 0).SubgraphsLength() > 1:
        raise UserError(
            f'quantize="{kind.name}" takes no model with loops (LSTM, GRU): write "int8" or '
            '"float16".'
        )


def _in_one_piece(model: bytes) -> bytes:
    """Return the model with its weights inside: the quantizer appends them, where a zip goes."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    tables = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(model), 0))
    for buffer in tables.buffers:
        # 0 and 1 stand for none.
        if buffer.offset > 1:
            buffer.data = np.frombuffer(model, "uint8", buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tables.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@contextmanager
def _quiet_quantizer() -> Iterator[None]:
    """Drop its progress bars, which notebooks do not read from file descriptors, and warnings."""
    with (
        quiet(),
        redirect_stdout(io.StringIO()),
        redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        # LiteRT's warnings, of the memory that calibrating takes.
        warnings.simplefilter("ignore")
        yield
