"""MediaPipe's own image classifier against `tfkd.runtime`, on the same file and images."""

import numpy as np
import pytest
from mediapipe_client import answers_to_images

keras = pytest.importorskip("keras")

import tfkd
from tfkd import runtime
from tfkd.data import Schema
from tfkd.students import image_cnn

pytestmark = pytest.mark.slow
NAMES = list(map(str, range(10)))


@pytest.fixture(scope="module")
def digits():
    """Images [images, 16, 16, 1] of digits as bytes, and their classes."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = datasets.load_digits()
    images = (found.images * 15.9).astype("uint8")
    return images.repeat(2, axis=1).repeat(2, axis=2)[..., None], found.target


def trained(images, labels):
    keras.utils.set_random_seed(0)
    model = image_cnn(images.shape[1:], 10, "tiny", seed=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
    model.fit(images.astype("float32"), labels, epochs=4, batch_size=32, verbose=0)
    return model


@pytest.mark.parametrize(("quantize", "channels"), [("float32", 1), ("full-int8", 1), ("int8", 3)])
def test_the_client_agrees_on_every_image(quantize, channels, digits, tmp_path):
    """A mean that the client takes off again, or a channel order, changes every answer a little."""
    images, labels = digits
    images = images.repeat(channels, axis=-1)
    if channels == 3:
        # Colours that say something: the red channel alone holds the digit.
        images[..., 1:] = np.random.default_rng(0).integers(0, 256, images[..., 1:].shape)
    train, test = slice(0, 1000), slice(1000, 1200)
    path = tmp_path / "digits.tflite"
    made = tfkd.export(
        trained(images[train], labels[train]),
        path,
        quantize=quantize,
        task="image-classification",
        labels=NAMES,
        check=(images[test], labels[test]),
        calibration=images[train],
        client="mediapipe",
    )
    assert made.checked == 200
    np.save(tmp_path / "images.npy", images[test].repeat(3 // channels, axis=-1))
    theirs = answers_to_images(path, tmp_path / "images.npy")
    ours = runtime.load(path).predict(images[test])
    for mine, other in zip(ours, theirs, strict=True):
        # A softmax in bytes has steps of 1/256, which the runtime scales to a sum of 1.
        close = 2 / 256 if quantize == "full-int8" else 1e-4
        assert other == pytest.approx(mine.probabilities, abs=close)
    right = [int(answer.label) == label for answer, label in zip(ours, labels[test], strict=True)]
    assert np.mean(right) > 0.7, "a student that learnt nothing agrees with everything"


def test_a_student_of_images_of_any_size_is_refused(tmp_path):
    """The client would scale each image to nothing that the file names."""
    layers = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((None, None, 3), name="image"), *layers])
    with pytest.raises(tfkd.UserError, match="one size"):
        tfkd.export(
            model,
            tmp_path / "any.tflite",
            task="image-classification",
            schema=Schema(tuple(NAMES), {"shape": [16, 16, 3]}),
            client="mediapipe",
        )
