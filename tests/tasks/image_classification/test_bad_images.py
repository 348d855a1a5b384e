"""What is wrong with images is one sentence, before any work."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data import Example, Schema, open_data
from tfkd.tasks import find, infer_by_files
from tfkd.tasks.image_classification.image_files import read_image
from tfkd.tasks.image_classification.pixels import as_pixels, parse_size

TASK = "image-classification"
X = np.random.default_rng(0).integers(0, 256, (40, 5, 6), "uint8")
Y = np.arange(40) % 2


def opened(folder, settings=None, **arrays):
    np.savez(folder / "a.npz", **{"x_train": X, "y_train": Y, **arrays})
    return open_data(folder / "a.npz", reader=find(TASK, settings))


def test_pixels_are_bytes_however_they_are_given():
    for value in (X[0], X[0] / 255, X[0].astype("float32"), X[0].astype("int64"), X[0][..., None]):
        assert as_pixels(value, "it").dtype == np.uint8
        np.testing.assert_array_equal(as_pixels(value, "it")[..., 0], X[0])
    np.testing.assert_array_equal(as_pixels(X[0] > 127, "it")[..., 0], (X[0] > 127) * 255)


def test_grey_and_rgb_become_each_other():
    rgb = as_pixels(X[0], "it", channels=3)
    assert rgb.shape == (5, 6, 3)
    np.testing.assert_array_equal(as_pixels(rgb, "it", channels=1)[..., 0], X[0])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (np.zeros((5, 6, 4)), "4 channels"),
        (np.zeros((5, 6, 2)), "expected 1 or 3 channels"),
        (np.zeros(5), "expected \\[height, width\\]"),
        (np.zeros((0, 6)), "expected \\[height, width\\]"),
        (np.full((2, 2), 256), "from 256 to 256"),
        (np.full((2, 2), -1.0), "from -1 to -1"),
        (np.full((2, 2), 7.5), "whole numbers from 0 to 255"),
        (np.full((2, 2), np.nan), "nan"),
        (np.array([["a"]]), "no image"),
    ],
)
def test_what_is_no_image_is_refused(value, says):
    with pytest.raises(UserError, match=says):
        as_pixels(value, "image 3")


def test_a_data_set_of_images_is_opened_and_cut(tmp_path):
    data = opened(tmp_path)
    assert data.labels == ("0", "1")
    assert data.settings["shape"] == [5, 6, 1]
    assert set(data.counts) == {"train", "validation", "test"}
    train = list(data.read("train"))
    assert {example.label for example in train} == {0, 1}
    assert infer_by_files(tmp_path / "a.npz") == TASK
    assert infer_by_files(tmp_path) == ""


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"y_train": Y[:39]}, "40 examples and 39 labels"),
        ({"y_train": Y * 0}, "one class only"),
        ({"x_test": X[:, :4], "y_test": Y}, "is 4 x 6 grey, and .* is 5 x 6 grey"),
        ({"x_test": X.repeat(4).reshape(40, 5, 6, 4), "y_test": Y}, "4 channels"),
        ({"x_test": X, "y_test": Y + 1}, "unknown label '2'"),
        ({"x_test": X}, "no label"),
        ({"x_train": X + 200.5}, "pixels from"),
    ],
)
def test_a_data_set_that_is_wrong_is_refused(arrays, says, tmp_path):
    with pytest.raises(UserError, match=says):
        opened(tmp_path, **arrays)


def test_sizes_that_differ_become_one_where_that_is_asked_for(tmp_path):
    pytest.importorskip("PIL.Image")
    arrays = {"x_test": X[:, :4], "y_test": Y}
    data = opened(tmp_path, {"size": "5x6", "channels": 3}, **arrays)
    assert {example.image.shape for example in data.read("test")} == {(5, 6, 3)}


def test_pictures_that_are_none_are_named_and_may_be_left_out(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for i, pixels in enumerate(X):
        (tmp_path / "all" / str(i % 2)).mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels).save(tmp_path / "all" / str(i % 2) / f"{i}.png")
    (tmp_path / "all" / "1" / "broken.png").write_text("no picture")
    with pytest.raises(UserError, match=r"broken.png is no picture .* --skip-bad"):
        open_data(tmp_path / "all", reader=find(TASK))
    data = open_data(tmp_path / "all", reader=find(TASK), skip_bad=True)
    assert sum(data.counts.values()) == 40


def test_texts_are_refused_and_the_files_that_are_known_named(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\na,b\n")
    for path in (tmp_path, tmp_path / "train.csv"):
        with pytest.raises(UserError, match="holds no images: give the idx files"):
            open_data(path, reader=find(TASK))


@pytest.mark.parametrize("settings", [{"size": "28"}, {"size": "0x5"}, {"channels": 4}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(UserError, match=next(iter(settings))):
        find(TASK, settings)
    assert parse_size("5x6") == (5, 6)


def test_an_image_of_another_shape_than_the_model_reads_is_refused():
    schema = Schema(("a", "b"), {"shape": [5, 6, 1]})
    with pytest.raises(UserError, match="5 x 7 grey, and those that the model was trained on are"):
        find(TASK).encode([Example(image=np.zeros((5, 7, 1), "uint8"))], None, schema)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--max-length", "64"), "max_length is 64, and the task .* reads images"),
        (("--augment", "2"), "augment is 2"),
        (("--baseline", "tfidf"), "leave it out"),
        (("--student", "text_cnn:tiny"), "text_cnn is no student for image-classification"),
        (("--student", "shrink:2"), "copies layers of a model of texts"),
        (("--teacher", "hf:somewhere"), "reads images: write keras:PATH"),
        (("--teacher", "keras:nowhere"), "there is no nowhere"),
        (("--task", "text-classification"), "a.npz"),
        (("--column", "text=a"), "no column plays the role 'text'"),
    ],
)
@pytest.mark.usefixtures("workplace")
def test_settings_of_texts_are_refused(flags, says, refused, tmp_path):
    """A setting without effect is one that somebody relies on."""
    import re

    pytest.importorskip("keras")
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y)
    assert re.search(says, refused("distill", "a.npz", *flags))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("text", ["a film " * 60, f"{'a film ' * 60}#0", "no such file.png"])
def test_a_text_is_no_picture(text):
    """A traceback of the file system: the name is too long."""
    with pytest.raises(UserError, match=r"no picture|there is no|holds no array"):
        read_image(text)
