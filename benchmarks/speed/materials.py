"""What all measurements share: texts, a teacher, and the same data as the rivals want them."""

from __future__ import annotations

import gzip
import itertools
import json
import tempfile
from pathlib import Path

import numpy as np

SHARED = Path(__file__).resolve().parents[3] / "shared"
IMDB, MINILM = SHARED / "data" / "imdb", SHARED / "teachers" / "imdb-minilm"
CLASSES = 2


def reviews(count: int) -> tuple[list[str], np.ndarray, str]:
    """Texts, labels, and what they are: IMDB where present, else the built-in sample."""
    file = IMDB / "train.jsonl.gz"
    if file.is_file():
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            # Of the 25,000 the first half is of one class.
            step = max(1, 25_000 // count)
            rows = [json.loads(line) for line in itertools.islice(lines, 0, None, step)][:count]
        named = sorted({row["label"] for row in rows}, key=str)
        labels = [named.index(row["label"]) for row in rows]
        return [row["text"] for row in rows], np.array(labels, "int32"), "IMDB reviews"
    from tfkd.data import open_data

    rows = itertools.islice(open_data(f"sample:{2 * count}").read("train"), count)
    rows = list(rows)
    return [r.text for r in rows], np.array([r.label for r in rows], "int32"), "synthetic reviews"


def teacher():
    """The fine-tuned MiniLM where present, else a random BERT of its shape, and its name."""
    import tfkd

    if MINILM.is_dir():
        return tfkd.load_teacher(f"hf:{MINILM}"), "imdb-minilm (6 layers, width 384)"
    return _random_bert(), "a random BERT of 6 layers, width 384"


def _random_bert():
    import keras
    import keras_hub

    from tfkd.models.text_model import TextModel
    from tfkd.text import learn

    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.BertBackbone(
        30_522, num_layers=6, num_heads=12, hidden_dim=384, intermediate_dim=1_536
    )
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.ops.cast(keras.ops.not_equal(ids, 0), "int32")
    inputs = {"token_ids": ids, "padding_mask": mask, "segment_ids": keras.ops.zeros_like(ids)}
    logits = keras.layers.Dense(CLASSES)(backbone(inputs)["pooled_output"])
    texts, _, _ = reviews(2_000)
    return TextModel(keras.Model(ids, logits), learn(texts, vocab_size=8_000, max_length=256))


def encoded(texts, labels, encoder, folder=None):
    """The texts as token ids on disk."""
    from tfkd.data import Example, ExampleReader
    from tfkd.data.encoded_writer import encode

    folder = Path(folder or tempfile.mkdtemp()) / "encoded"
    rows = (Example(text=text, label=int(label)) for text, label in zip(texts, labels, strict=True))
    return encode(rows, ExampleReader(), encoder, folder)
