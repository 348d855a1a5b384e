"""Small Keras 3 models to distil into, each a plain functional model of ids `[batch, length]`.

Some read an image or another array in place of ids. They save, load and export without tfkd. Each
consists of a body, which gives one vector for each text or token (`Features`), and of the outputs
that a task puts on top of it.
"""

from ._build import (
    LEARNING_RATES,
    NAMES,
    STUDENTS,
    WITH_TABLE,
    build,
    build_for,
    has_table,
    names_for,
    rate_of,
    rule_of,
    sizes_of,
)
from ._parts import SIZES
from .audio_cnn import audio_cnn
from .bag_of_ngrams import bag_of_ngrams
from .bilstm import bilstm
from .bottleneck import bottleneck
from .causal import causal
from .encoder_body import build_on_encoder
from .features import Features
from .gru_seq2seq import gru_seq2seq
from .image_cnn import image_cnn
from .ngram_cnn import ngram_cnn
from .ngram_linear import ngram_linear
from .seq2seq import seq2seq
from .static import static
from .static_start import PieceTable, make_table, static_from
from .text_cnn import text_cnn
from .transformer import transformer

__all__ = [
    "NAMES",
    "STUDENTS",
    "SIZES",
    "LEARNING_RATES",
    "WITH_TABLE",
    "Features",
    "PieceTable",
    "build",
    "build_for",
    "build_on_encoder",
    "has_table",
    "make_table",
    "names_for",
    "rate_of",
    "rule_of",
    "sizes_of",
    "image_cnn",
    "audio_cnn",
    "ngram_cnn",
    "ngram_linear",
    "bag_of_ngrams",
    "text_cnn",
    "bilstm",
    "bottleneck",
    "causal",
    "transformer",
    "static",
    "static_from",
    "seq2seq",
    "gru_seq2seq",
]
