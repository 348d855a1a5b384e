"""One training for the tests of this folder, in a process of its own: `job.py WHERE CASES OUT`.

WHERE is `one`, `mirrored:2`, `mirrored:4`, or `multi_worker`, whose cluster `TF_CONFIG` names.
Writes weights, reported numbers and predictions as JSON. Devices are made before TensorFlow starts.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parents[1]))
WORDS, WIDTHS, CLASSES, LENGTH = 20, {"student": 6, "teacher": 8}, 3, 5


def place(where):
    """The strategy, before anything else touches TensorFlow."""
    from tfkd import distribution

    kind, _, count = where.partition(":")
    if kind == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        devices = [tf.config.LogicalDeviceConfiguration()] * int(count)
        tf.config.set_logical_device_configuration(cpu, devices)
        return tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(int(count))])
    return distribution.strategy(kind)


def model(keras, kind, seed):
    """Ids `[batch, time]` to logits `[batch, time, classes]`, with a layer to read in between."""
    width = WIDTHS[kind]
    ids = keras.Input((LENGTH,), dtype="int32", name="input_ids")
    mask = keras.Input((LENGTH,), dtype="int32", name="attention_mask")
    x = keras.layers.Embedding(WORDS, width)(ids)
    x = keras.layers.Dense(width, "tanh", name="inner")(x)
    x = keras.layers.Dense(CLASSES)(x)
    made = keras.Model({"input_ids": ids, "attention_mask": mask}, {"logits": x})
    rng = np.random.default_rng(seed)
    made.set_weights([0.5 * rng.normal(size=w.shape) for w in made.get_weights()])
    return made


def arrays(count):
    """Inputs with padding, tags of which some are unknown, and a weight for each example."""
    rng = np.random.default_rng(count)
    ids = rng.integers(1, WORDS, (count, LENGTH)).astype("int32")
    mask = (np.arange(LENGTH) < rng.integers(1, LENGTH + 1, count)[:, None]).astype("int32")
    tags = rng.integers(0, CLASSES, (count, LENGTH)).astype("int32")
    tags[rng.random((count, LENGTH)) < 0.2] = -100
    inputs = {"input_ids": ids, "attention_mask": mask}
    return inputs, tags, rng.uniform(0.1, 3, count).astype("float32")


def make_optimizer(keras, settings):
    """SGD with some settings, or the optimizer of a run with these."""
    if settings and "name" in settings:
        from tfkd.running.optimizers import OptimizerPlan

        return OptimizerPlan(**settings).make(0.01, 10)
    return keras.optimizers.SGD(**(settings or {"learning_rate": 0.1}))


def run(strategy, *, count, batch, epochs, stored=False, flavour="keras", optimizer=None):
    """Ten steps of training, an evaluation and a prediction."""
    import importlib

    import tfkd

    keras = importlib.import_module(flavour)
    x, tags, weight = arrays(count)
    with strategy.scope():
        student, teacher = model(keras, "student", 1), model(keras, "teacher", 2)
        reads = {} if stored else {"hidden_states": ["inner"]}
        hint = [] if stored else [1.5 * tfkd.Hint(layers=((0, 0),))]
        objective = 0.3 * tfkd.HardLabels() + 0.7 * tfkd.SoftTargets(temperature=4)
        for each in hint:
            objective = objective + each
        distiller = tfkd.Distiller(
            student=tfkd.tap(student, **reads) if reads else student,
            teacher=tfkd.tap(teacher, **reads) if reads else teacher,
            objective=objective,
            example=(x, tags),
        )
        rng = np.random.default_rng(3)
        for each in distiller.projection_variables:
            each.assign(rng.normal(size=each.shape))
        distiller.compile(
            make_optimizer(keras, optimizer),
            metrics=["accuracy"],
            weighted_metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True)],
        )
    if stored:
        x = {"student": x, "targets": {"logits": np.asarray(teacher(x)["logits"])}}
    data = tf.data.Dataset.from_tensor_slices((x, tags, weight)).batch(batch)
    fitted = distiller.fit(data, epochs=epochs, verbose=0, validation_data=data)
    return {
        "weights": [each.tolist() for each in student.get_weights()]
        + [np.asarray(each.numpy()).tolist() for each in distiller.projection_variables],
        "history": {k: [float(v) for v in each] for k, each in fitted.history.items()},
        "evaluated": distiller.evaluate(data, verbose=0, return_dict=True),
        "predicted": np.asarray(distiller.predict(data, verbose=0)["logits"]).tolist(),
    }


if __name__ == "__main__":
    where, cases, out = sys.argv[1:]
    strategy = place(where)
    found = [run(strategy, **case) for case in json.loads(cases)]
    Path(out).write_text(json.dumps(found))
