"""One tiny model that translates a toy language, for all tests of models that write."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from toy_languages import write_pairs

TESTED = 60
EPOCHS, BATCH, RATE = 5, 64, 4e-3


@dataclass(frozen=True)
class ToyWriter:
    """A trained model of the toy languages; nothing of it is to be changed.

    Attributes:
        model: The student, a plain Keras model.
        encoder: Its tokenizer.
        text_model: Both together, which write.
        train: The pairs that it learnt from.
        test: Pairs that it has not seen.
    """

    model: Any
    encoder: Any
    text_model: Any
    train: list[dict[str, str]]
    test: list[dict[str, str]]

    def rows(self, pairs):
        """Return pairs as a task encodes them, with what is to be written and learnt."""
        return encode_pairs(self.encoder, pairs)


@pytest.fixture(scope="session")
def toy_writer(tmp_path_factory) -> ToyWriter:
    """A `seq2seq:tiny` that translates unseen sentences without a fault, trained in seconds.

    The first worker that needs it trains it for all of them.
    """
    import keras

    from tfkd.models.text_model import TextModel
    from tfkd.students import seq2seq
    from tfkd.text import learn

    keras.utils.set_random_seed(0)
    pairs = write_pairs(2400, seed=1)
    train, test = pairs[TESTED:], pairs[:TESTED]
    texts = [text for pair in train for text in pair.values()]
    encoder = learn(texts, kind="bpe", vocab_size=522, max_length=32)
    model = seq2seq(encoder.vocab_size, "tiny", seed=0, dropout=0.0)
    weights = folder_of_all_workers(tmp_path_factory) / "toy_writer.npz"
    with FileLock(f"{weights}.lock"):
        if not weights.exists():
            fit(model, encode_pairs(encoder, train))
            np.savez(weights, *model.get_weights())
    with np.load(weights) as stored:
        model.set_weights([stored[name] for name in stored.files])
    text_model = TextModel(model, encoder, origin="the toy writer").check({"logits": (None, 0)})
    return ToyWriter(model, encoder, text_model, train, test)


def folder_of_all_workers(tmp_path_factory) -> Path:
    """The temporary folder of this run of the tests, whichever process asks."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def encode_pairs(encoder, pairs) -> list[dict[str, list[int]]]:
    """Return the rows of pairs: the source, the target behind its start, and before its end."""
    sources = encoder.encode_many([pair["source"] for pair in pairs])
    targets = encoder.encode_targets([pair["target"] for pair in pairs], 32)
    return [
        {
            "input_ids": source,
            "decoder_input_ids": [encoder.start_id, *target],
            "labels": [*target, encoder.end_id],
        }
        for source, target in zip(sources, targets, strict=True)
    ]


def fit(model, rows) -> None:
    """Train a model that writes by Keras alone."""
    import keras

    from tfkd.text.batching import pad_rows

    batch = pad_rows(rows, ["input_ids", "decoder_input_ids", "labels"], {"labels": -100})
    labels = batch.pop("labels")
    steps = EPOCHS * -(-len(rows) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 20, steps, warmup_target=RATE, warmup_steps=steps // 10
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, jit_compile=False)
    weights = (labels >= 0).astype("float32")
    settings = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0}
    model.fit(batch, np.maximum(labels, 0), sample_weight=weights, **settings)


@pytest.fixture(scope="session")
def writing_file(tmp_path_factory):
    """A file that writes, of an untrained student: its `path`, `student`, `encoder` and `model`."""
    from types import SimpleNamespace

    from tests.runtime import writing_files

    encoder = writing_files.make_encoder()
    student = writing_files.make_student(encoder.vocab_size)
    model = writing_files.convert(student)
    path = tmp_path_factory.mktemp("writes") / "writer.tflite"
    path.write_bytes(writing_files.bundle(model, encoder))
    return SimpleNamespace(path=path, student=student, encoder=encoder, model=model)
