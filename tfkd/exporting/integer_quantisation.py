"""Integer kinds by ai-edge-quantizer, from a float32 flatbuffer and inputs that show its ranges."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import numpy as np

from ..errors import UserError
from ..runtime.interpreter import SIGNATURE
from ..runtime.quantisations import CALIBRATED
from ..runtime.quiet import quiet

Feeds = list[dict]


def available() -> bool:
    """Whether the quantizer is installed."""
    from importlib.util import find_spec

    return find_spec("ai_edge_quantizer") is not None


def check(kind: str) -> None:
    """Refuse a kind that needs the quantizer, where it is not installed."""
    if kind in CALIBRATED and not available():
        raise UserError(
            f'quantize="{kind}" needs ai-edge-quantizer: pip install "tfkd[quantizer]".'
        )


def quantized(model: bytes, kind: str, feeds: Feeds) -> bytes:
    """`model` with the numbers of `kind`; `feeds` are inputs by name, as it will meet them.

    The first feed sets the ranges and later ones move them by a little, so give one large batch
    where the model takes one.

    Raises:
        UserError: the model has loops, which the quantizer cannot look into.
    """
    _check_no_loops(model, kind)
    with quiet(), _said_nowhere(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LiteRT's, of the memory that calibrating takes
        from ai_edge_quantizer import quantizer

        work = quantizer.Quantizer(bytearray(model))
        _RECIPES[kind](work)
        ranges = work.calibrate({SIGNATURE: feeds})
        return _in_one_piece(bytes(work.quantize(ranges).quantized_model))


def _check_no_loops(model: bytes, kind: str) -> None:
    from tensorflow.lite.python import schema_py_generated as schema

    if schema.Model.GetRootAsModel(bytearray(model), 0).SubgraphsLength() > 1:
        raise UserError(
            f'quantize="{kind}" takes no model with loops (LSTM, GRU): write "int8" or "float16".'
        )


def _in_one_piece(model: bytes) -> bytes:
    """The weights inside the flatbuffer: the quantizer writes them behind it, where a zip goes."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    made = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(bytearray(model), 0))
    for buffer in made.buffers:
        if buffer.offset > 1:  # 0 and 1 stand for none
            buffer.data = np.frombuffer(model, "uint8", buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    builder = flatbuffers.Builder(len(model))
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@contextmanager
def _said_nowhere() -> Iterator[None]:
    """Drop its progress bars, which notebooks do not read from file descriptors."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def _static(bits: int):
    """Weights of 8 bits, activations of `bits`; logits stay float32."""

    def recipe(work) -> None:
        from ai_edge_quantizer.quantizer import AlgorithmName

        work.add_static_config(".*", "*", activation_num_bits=bits, weight_num_bits=8)
        work.update_quantization_recipe(".*", "OUTPUT", algorithm_key=AlgorithmName.NO_QUANTIZE)

    return recipe


def _int4(work) -> None:
    """Dense layers of 4 bits; tables of 8, which it takes from static recipes alone."""
    work.add_static_config(".*", "GATHER", activation_num_bits=8, weight_num_bits=8)
    work.add_dynamic_config(".*", "CONV_2D", num_bits=8)
    work.add_dynamic_config(".*", "FULLY_CONNECTED", num_bits=4)


_RECIPES = {"full-int8": _static(8), "int16x8": _static(16), "int4": _int4}
