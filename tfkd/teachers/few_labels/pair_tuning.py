"""Move an encoder's vectors before a head is fitted: together within a class, apart between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import UserError
from ...models.text_model import TextModel
from ...progress import Progress
from ...tasks import EMBEDDING

_BATCH, _PASSES, _LEAST, _MOST, _RATE = 32, 10, 30, 300, 3e-5


def check_trainable(reader: TextModel, spec: str) -> None:
    """Refuse an encoder that Keras cannot train here.

    Raises:
        UserError: It is one of another library, or a store.
    """
    import keras

    if not isinstance(reader.model, keras.Model):
        raise UserError(
            f"the teacher {spec} trains its encoder, and {reader.origin} is no Keras 3 model here: "
            'give a BERT (pip install "tfkd[hub]") or keras:FOLDER, or write few: without '
            "contrastive."
        )


def tune_encoder(
    reader: TextModel, texts: Sequence[str], ids: np.ndarray, *, spec: str, progress: Progress
) -> str:
    """Train an encoder on all pairs in batches of labelled texts; return a note on it.

    The cosine of two texts of a class is drawn to 1, that of others to 0, as SetFit does (Tunstall
    et al. 2022, arXiv:2209.11055). Pairs of either kind weigh as much together. There is no
    dropout, so that the same texts give the same teacher.

    Args:
        reader: The encoder, which is changed.
        texts: The labelled texts.
        ids: Their class ids.
        spec: The teacher, for errors.
        progress: Shows how far it is.

    Raises:
        UserError: An encoder that cannot be trained, or no class with two texts.
    """
    import keras
    import tensorflow as tf

    check_trainable(reader, spec)
    if np.bincount(ids).max() < 2:
        raise UserError(
            f"the teacher {spec} compares texts of one class, and each class has one labelled text "
            "alone: label more, or write few: without contrastive."
        )
    steps = int(np.clip(_PASSES * len(texts) / _BATCH, _LEAST, _MOST))
    rows, draw = reader.encoder.encode_many(list(texts)), np.random.default_rng(0)
    weights = reader.model.trainable_variables
    optimizer = keras.optimizers.Adam(_RATE)
    optimizer.build(weights)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), "int32"), tf.TensorSpec((None,), "int64")],
        autograph=False,
    )
    def step(padded: Any, labels: Any) -> None:
        with tf.GradientTape() as tape:
            loss = pair_loss(reader.in_graph(padded, (EMBEDDING,))[EMBEDDING], labels)
        gradients = tape.gradient(loss, weights)
        known = [(g, w) for g, w in zip(gradients, weights, strict=True) if g is not None]
        optimizer.apply_gradients(known)

    with progress("encoder on pairs of labelled texts", steps, "steps") as advance:
        for _ in range(steps):
            chosen = draw_batch(ids, draw)
            longest = max(len(rows[i]) for i in chosen)
            filled = [[*rows[i], *[reader.pad_id] * (longest - len(rows[i]))] for i in chosen]
            step(np.array(filled, "int32"), ids[chosen])
            advance(1)
    return f"its encoder tuned for {steps} steps on pairs of them"


def draw_batch(ids: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return positions of texts, at least two of a class where the class has two.

    Args:
        ids: The class ids of all texts.
        draw: Draws.
    """
    order = draw.permutation(len(ids))
    by_class = [order[ids[order] == label] for label in draw.permutation(np.unique(ids))]
    # Classes with a pair come first, so that a batch of many small classes has one.
    by_class.sort(key=lambda own: len(own) < 2)
    each = max(2, _BATCH // len(by_class))
    return np.concatenate([own[:each] for own in by_class])[:_BATCH]


def pair_loss(vectors: Any, labels: Any) -> Any:
    """Return the mean squared error of all cosines to 1 or 0, both kinds with one weight.

    Args:
        vectors: `[texts, dimensions]`.
        labels: The class ids.
    """
    import tensorflow as tf

    units = tf.math.l2_normalize(vectors, axis=-1)
    cosines = tf.matmul(units, units, transpose_b=True)
    alike = tf.cast(labels[:, None] == labels[None], cosines.dtype)
    others = 1.0 - tf.eye(tf.shape(cosines)[0], dtype=cosines.dtype)
    same, apart = alike * others, 1.0 - alike
    near = tf.math.divide_no_nan(
        tf.reduce_sum(same * tf.square(1.0 - cosines)), tf.reduce_sum(same)
    )
    far = tf.math.divide_no_nan(tf.reduce_sum(apart * tf.square(cosines)), tf.reduce_sum(apart))
    return near + far
