"""Integer kinds by Google's quantizer, from a float32 file and inputs that show its ranges."""

from __future__ import annotations

import io
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

Feeds = list[dict[str, np.ndarray]]


def check_installed(kind: str) -> None:
    """Refuse a kind that needs the quantizer, where it is not installed."""
    if kind != AUTO and KINDS[kind].calibrated and not is_available():
        raise UserError(
            f'quantize="{kind}" needs ai-edge-quantizer: pip install "tfkd[quantizer]".'
        )


def quantize_integers(model: bytes, kind: Quantization, feeds: Feeds) -> bytes:
    """Return a float32 model with the numbers of `kind`.

    Args:
        model: The flatbuffer.
        kind: One that is calibrated.
        feeds: Inputs by name, as the model will meet them. The first feed sets the ranges and later
            ones move them by a little, so give one large batch where the model takes one.

    Raises:
        UserError: The model has loops, which the quantizer cannot look into, or a layer that blocks
            do not divide.
    """
    _check_no_loops(model, kind)
    if kind.block:
        block_scales.check_divides(model, kind)
    with quiet(), _no_progress_bars(), warnings.catch_warnings():
        # LiteRT's warnings, of the memory that calibrating takes.
        warnings.simplefilter("ignore")
        work = quantizer_module("quantizer").Quantizer(bytearray(model))
        if kind.activation_bits:
            # Store weights in 8 bits and activations in `bits`; what goes in and out stays float32,
            # so that a file is fed and read in the same way whatever is inside.
            no_numbers = quantizer_module("quantizer").AlgorithmName.NO_QUANTIZE
            work.add_static_config(
                ".*", "*", activation_num_bits=kind.activation_bits, weight_num_bits=8
            )
            for end in ("INPUT", "OUTPUT"):
                work.update_quantization_recipe(".*", end, algorithm_key=no_numbers)
        else:
            # Store dense layers in 4 bits and tables in 8, which it takes from static recipes
            # alone.
            work.add_static_config(".*", "GATHER", activation_num_bits=8, weight_num_bits=8)
            work.add_dynamic_config(".*", "CONV_2D", num_bits=8)
            granularity = quantizer_module("qtyping").QuantGranularity
            scales = f"BLOCKWISE_{kind.block}" if kind.block else "CHANNELWISE"
            work.add_dynamic_config(
                ".*", "FULLY_CONNECTED", num_bits=4, granularity=granularity[scales]
            )
        ranges = work.calibrate({SIGNATURE: feeds})
        made = _in_one_piece(bytes(work.quantize(ranges).quantized_model))
        return block_scales.without_zero_scales(made) if kind.block else made


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
def _no_progress_bars() -> Iterator[None]:
    """Drop its progress bars, which notebooks do not read from file descriptors."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield
