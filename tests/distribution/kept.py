"""A training with a backup, for tests that kill it: `kept.py FOLDER OUT`; prints each step."""

import json
import sys
from pathlib import Path

import numpy as np

EPOCHS = 4


def train(folder, out):
    """Train, or go on with it; weights and last numbers go to `out`, as JSON."""
    import tensorflow as tf

    from tfkd import Backup, Distiller, HardLabels, SoftTargets, distribution

    strategy = distribution.strategy()

    import keras
    from toys import data, linear, mlp

    class Tell(keras.callbacks.Callback):
        """Say where it is, so that it can be killed there."""

        def on_train_batch_end(self, batch, logs=None):
            """A line for each step."""
            print("step", int(self.model.optimizer.iterations.numpy()), flush=True)

    x, y = data(100)
    with strategy.scope():
        objective = 0.5 * HardLabels() + 0.5 * SoftTargets()
        distiller = Distiller(student=mlp(), teacher=linear(seed=7), objective=objective)
        distiller.compile(keras.optimizers.Adam(0.01), metrics=["accuracy"])
    batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(100, seed=1).batch(8)
    history = distiller.fit(
        batches,
        epochs=EPOCHS,
        verbose=2,
        callbacks=[Tell()],
        backup=Backup(folder, every=3),
        validation_data=(x, y),
    ).history
    found = [np.asarray(each).tolist() for each in distiller.student.get_weights()]
    last = {name: float(values[-1]) for name, values in history.items()}
    Path(out).write_text(json.dumps({"weights": found, "numbers": last}))


if __name__ == "__main__":
    train(*sys.argv[1:])
