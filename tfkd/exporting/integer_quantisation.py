"""Integer kinds by ai-edge-quantizer, from a float32 flatbuffer and inputs that show its ranges."""

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

Feeds = list[dict[str, np.ndarray]]


def is_available() -> bool:
    """Return whether the quantizer is installed."""
    from importlib.util import find_spec

    return find_spec("ai_edge_quantizer") is not None


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
        UserError: The model has loops, which the quantizer cannot look into.
    """
    _check_no_loops(model, kind)
    with quiet(), _no_progress_bars(), warnings.catch_warnings():
        # LiteRT's warnings, of the memory that calibrating takes.
        warnings.simplefilter("ignore")
        from ai_edge_quantizer import quantizer

        work = quantizer.Quantizer(bytearray(model))
        if kind.activation_bits:
            # Store weights in 8 bits and activations in `bits`; what goes in and out stays float32,
            # so that a file is fed and read in the same way whatever is inside.
            from ai_edge_quantizer.quantizer import AlgorithmName

            work.add_static_config(
                ".*", "*", activation_num_bits=kind.activation_bits, weight_num_bits=8
            )
            for end in ("INPUT", "OUTPUT"):
                work.update_quantization_recipe(".*", end, algorithm_key=AlgorithmName.NO_QUANTIZE)
        else:
            # Store dense layers in 4 bits and tables in 8, which it takes from static recipes
            # alone.
            work.add_static_config(".*", "GATHER", activation_num_bits=8, weight_num_bits=8)
            work.add_dynamic_config(".*", "CONV_2D", num_bits=8)
            work.add_dynamic_config(".*", "FULLY_CONNECTED", num_bits=4)
        ranges = work.calibrate({SIGNATURE: feeds})
        return _in_one_piece(bytes(work.quantize(ranges).quantized_model))


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
