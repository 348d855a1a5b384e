"""Text to word-piece ids, with a learnt or a given vocabulary.

No TensorFlow here: an exported model is served with this and the runtime alone.
"""

from . import mediapipe_tokenizer
from .encoder import SPECIAL, Encoder, TextEncoder, clean, encoder_of, head_and_tail, wordpiece
from .learning import learn
from .tokenizer_files import load, read_vocab

__all__ = [
    "SPECIAL",
    "Encoder",
    "TextEncoder",
    "clean",
    "encoder_of",
    "head_and_tail",
    "learn",
    "load",
    "mediapipe_tokenizer",
    "read_vocab",
    "wordpiece",
]
