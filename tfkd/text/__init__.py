"""Text to token ids, with a learnt or a given vocabulary.

No TensorFlow here: an exported model is served with this and the runtime alone.
"""

from . import mediapipe_tokenizer
from .added_pieces import ids_of_pieces, with_pieces
from .any_encoder import Encoder, encoder_of, padding_of
from .encoder import SPECIAL, TextEncoder, clean, head_and_tail, wordpiece
from .kept_spans import encode_around
from .learning import learn
from .no_texts import NoTexts, reads_texts
from .renumbering import with_padding_first
from .tokenizer_files import load, read_vocab
from .words import Words, split_words

__all__ = [
    "SPECIAL",
    "Encoder",
    "NoTexts",
    "TextEncoder",
    "Words",
    "clean",
    "encode_around",
    "encoder_of",
    "head_and_tail",
    "ids_of_pieces",
    "learn",
    "load",
    "mediapipe_tokenizer",
    "padding_of",
    "read_vocab",
    "reads_texts",
    "split_words",
    "with_padding_first",
    "with_pieces",
    "wordpiece",
]
