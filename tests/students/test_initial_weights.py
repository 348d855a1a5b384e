"""A student of a seed starts from the same weights in every version."""

import hashlib
import re

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.students import STUDENTS, build

IDS = np.array([[2, 5, 9, 7, 11, 3], [2, 8, 6, 3, 0, 0]], "int32")
NUMBERED = re.compile(r"^(conv1d|bidirectional)_\d+$")  # by Keras, in the order of making

EXPECTED = {
    ("ngram_cnn", 2): ("b8449859dc95", 1.3229, [[0.0143, -0.048], [0.039, -0.0244]]),
    ("ngram_cnn", 3): (
        "593e854d2038",
        3.8254,
        [[0.0323, -0.0711, 0.0005], [0.0314, -0.0274, -0.024]],
    ),
    ("bag_of_ngrams", 2): ("7d8bf6f42e9f", 2.4593, [[-0.001, -0.049], [0.059, 0.0135]]),
    ("bag_of_ngrams", 3): (
        "5f4029262959",
        1.6952,
        [[-0.04, 0.0356, 0.0768], [-0.0533, -0.0176, -0.0351]],
    ),
    ("text_cnn", 2): ("0d06a1ccd841", 3.273, [[0.0024, 0.0065], [-0.0254, -0.0098]]),
    ("text_cnn", 3): (
        "c16869a065b0",
        2.4518,
        [[-0.0388, -0.0393, -0.0066], [0.0317, -0.0583, -0.0039]],
    ),
    ("static", 2): ("dc1b7706ebb0", -0.9132, [[-0.1023, -0.0005], [-0.0045, 0.0419]]),
    ("static", 3): (
        "c4e7299857fc",
        -0.9695,
        [[-0.0241, 0.0667, 0.0389], [0.0031, -0.0332, 0.0535]],
    ),
    ("bilstm", 2): ("5c29b8106407", -0.7505, [[-0.0094, 0.0041], [0.0008, 0.0037]]),
    ("bilstm", 3): ("51785a70c8c5", 0.5085, [[-0.0039, -0.0059, 0.0032], [0.002, 0.0094, 0.0002]]),
    ("bottleneck", 2): ("00ce6855dd4e", -26.9926, [[1.1829, -0.7876], [0.6474, 1.1892]]),
    ("bottleneck", 3): (
        "9a434757aa37",
        -26.6113,
        [[0.3854, -1.3342, 0.9305], [0.1636, -2.1771, -0.7757]],
    ),
    ("transformer", 2): ("1dac51302475", 17.6304, [[0.5408, -1.3307], [-0.4388, -2.8594]]),
    ("transformer", 3): (
        "72379fc7c802",
        18.3137,
        [[-1.7232, 0.6484, 0.3992], [-0.0279, 1.003, 1.7076]],
    ),
}


def structure(model) -> str:
    """A digest of the names and shapes of what has weights, and of the seeds of dropouts."""
    layers = [NUMBERED.sub(r"\1", layer.name) for layer in model.layers if layer.weights]
    shapes = [tuple(weight.shape) for weight in model.weights]
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    seeds = [layer.seed_generator.state.value.numpy().tolist() for layer in dropouts]
    facts = (model.name, model.input.name, layers, shapes, seeds)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def mark(model) -> float:
    """One number of all weights in their order."""
    weights = np.concatenate([np.ravel(weight) for weight in model.get_weights()])
    return float(weights.astype("float64") @ np.cos(np.arange(len(weights))))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", [name for name in STUDENTS if name != "ngram_linear"])
def test_initial_weights(name, classes):
    """Layers drawn in another order are other weights, and another accuracy for each seed."""
    model = build(name, 60, classes, "tiny", seed=7)
    digest, weights, logits = EXPECTED[name, classes]
    assert structure(model) == digest
    assert mark(model) == pytest.approx(weights, abs=1e-3)
    np.testing.assert_allclose(np.array(model(IDS, training=False)), logits, atol=1e-4)
