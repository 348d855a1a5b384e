"""b) Five epochs from a large teacher: the store, `keras.distillation`, and a plain live loop.

All train the same student on the same ids, in batches of 32, on soft targets and labels.
`keras.distillation` gets its repaired loss (an instance: as a string it has no softmax) and, as it
must, arrays of one length; the live loop pads each batch to its longest text and calls the teacher
in a compiled step.
"""

from __future__ import annotations

import shutil
import tempfile
import time

import keras
import numpy as np
import tensorflow as tf

import tfkd
from tfkd.text.batching import pad

BATCH, EPOCHS = 32, 5


def student(vocabulary: int):
    """A bag of word pieces over the teacher's vocabulary: all three must read the same ids."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.Input((None,), dtype="int32", name="attention_mask")
    pieces = keras.layers.Embedding(vocabulary, 16)(ids)
    weights = keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
    total = keras.ops.sum(pieces * weights, axis=1)
    mean = total / keras.ops.maximum(keras.ops.sum(weights, axis=1), 1.0)
    logits = keras.layers.Dense(2, name="logits")(mean)
    return keras.Model({"input_ids": ids, "attention_mask": mask}, {"logits": logits})


def arrays(ids: list[list[int]], length: int) -> dict[str, np.ndarray]:
    """Ids and mask, padded to one length."""
    padded = pad(ids, length)
    return {"input_ids": padded, "attention_mask": (padded != 0).astype("int32")}


def stored(teacher, ids, labels, length: int) -> float:
    """Seconds of one pass of the teacher and five epochs."""
    folder, x = tempfile.mkdtemp(), arrays(ids, length)
    start = time.perf_counter()
    tfkd.store.write(folder, teacher.model, x, verbose=0)
    data = tf.data.Dataset.from_tensor_slices((x, labels)).shuffle(len(labels), seed=0)
    data = tfkd.store.join(folder, data.batch(BATCH), check=False)
    distiller = tfkd.Distiller(student=student(_rows(teacher)), objective=tfkd.hinton())
    distiller.compile("adam", jit_compile=False)
    distiller.fit(data.prefetch(4), epochs=EPOCHS, verbose=0)
    took = time.perf_counter() - start
    shutil.rmtree(folder)
    return took


def keras_distillation(teacher, ids, labels, length: int) -> float:
    """Seconds of five epochs of Keras's own Distiller."""
    from keras.distillation import Distiller, LogitsDistillation

    small = student(_rows(teacher))
    small = keras.Model(small.inputs, small.output["logits"])
    inputs = [keras.Input((None,), dtype="int32", name=name) for name in ("ids", "mask")]
    named = {"input_ids": inputs[0], "attention_mask": inputs[1]}
    large = keras.Model(inputs, teacher.model(named)["logits"])
    loss = LogitsDistillation(temperature=2.0, loss=keras.losses.KLDivergence())
    distiller = Distiller(
        teacher=large, student=small, distillation_losses=loss, student_loss_weight=0.5
    )
    distiller.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    x = arrays(ids, length)
    start = time.perf_counter()
    # In the order of the models' inputs.
    distiller.fit(
        [x["input_ids"], x["attention_mask"]], labels, batch_size=BATCH, epochs=EPOCHS, verbose=0
    )
    return time.perf_counter() - start


def live_loop(teacher, ids, labels, length: int) -> float:
    """Seconds of five epochs of a loop that calls the teacher in every step."""
    model, optimizer = student(_rows(teacher)), keras.optimizers.Adam()

    @tf.function(reduce_retracing=True)
    def step(x, y):
        targets = tf.nn.softmax(teacher.model(x, training=False)["logits"] / 2.0)
        with tf.GradientTape() as tape:
            logits = model(x, training=True)["logits"]
            soft = tf.nn.softmax_cross_entropy_with_logits(targets, logits / 2.0)
            hard = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_mean(0.5 * hard + 0.5 * 4.0 * soft)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    start = time.perf_counter()
    for epoch in range(EPOCHS):
        order = np.random.default_rng(epoch).permutation(len(ids))
        for at in range(0, len(ids), BATCH):
            rows = order[at : at + BATCH]
            x = arrays([ids[row] for row in rows], max(len(ids[row]) for row in rows))
            step(tf.nest.map_structure(tf.constant, x), tf.constant(labels[rows]))
    return time.perf_counter() - start


WAYS = {"stored": stored, "keras.distillation": keras_distillation, "live loop": live_loop}


def measure(teacher, texts, labels, length: int, ways=tuple(WAYS)) -> dict:
    """Seconds of each of `ways`, and how many times the store's."""
    teacher.encoder.max_length = length
    ids = teacher.encoder.encode_many(texts)
    took = {}
    for name in ways:
        took[name] = WAYS[name](teacher, ids, labels, length)
        print(f"  {name}: {took[name]:.0f} s", flush=True)
    return {
        "texts": len(ids),
        "length": length,
        **{f"{name}, s": round(each, 1) for name, each in took.items()},
        **{f"times stored: {n}": round(e / took["stored"], 2) for n, e in took.items()},
    }


def _rows(teacher) -> int:
    return teacher.encoder.vocab_size
