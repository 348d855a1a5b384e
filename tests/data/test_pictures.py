"""Pictures in folders of classes, and what is no picture."""

import numpy as np
import pytest

image = pytest.importorskip("PIL.Image")

from tfkd import UserError
from tfkd.data.class_folders import find_class_folders
from tfkd.data.pictures import read_picture, resize

PIXELS = np.arange(12, dtype="uint8").reshape(3, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "1", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_grey_or_rgb(mode, tmp_path):
    """A palette's numbers taken for grey, or an alpha channel for a fourth colour."""
    if mode == "I;16":
        picture = image.fromarray(PIXELS.astype("uint16") * 256)
    else:
        picture = image.fromarray(PIXELS).convert(mode)
    picture.save(tmp_path / "a.png")
    pixels = read_picture(tmp_path / "a.png")
    assert pixels.dtype == np.uint8
    assert pixels.shape == (3, 4, 1 if mode in ("L", "1", "LA", "I;16") else 3)
    if mode != "1":
        np.testing.assert_array_equal(pixels[..., 0], PIXELS)


def test_transparent_pixels_are_refused(tmp_path):
    """Behind them may stand anything: what a viewer shows is not what a model would see."""
    rgba = np.full((2, 2, 4), 128, "uint8")
    image.fromarray(rgba).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="transparent"):
        read_picture(tmp_path / "a.png")


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    (tmp_path / "b.png").write_bytes(b"")
    image.fromarray(PIXELS).save(tmp_path / "c.png")
    (tmp_path / "d.png").write_bytes((tmp_path / "c.png").read_bytes()[:50])
    for name in "abd":
        with pytest.raises(UserError, match="is no picture"):
            read_picture(tmp_path / f"{name}.png")
    with pytest.raises(UserError, match="there is no picture"):
        read_picture(tmp_path / "e.png")


def test_another_size_keeps_the_mean():
    made = resize(np.repeat(PIXELS[:2].repeat(2, 0)[..., None], 3, -1), 2, 2)
    assert made.shape == (2, 2, 3)
    assert resize(PIXELS[:2, :, None], 1, 2)[..., 0].tolist() == [[3, 5]]


def test_folders_of_classes_with_and_without_splits(tmp_path):
    for name in ("a/1.png", "b/2.PNG", "b/.hidden.png", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = find_class_folders(tmp_path, (".png",))
    assert [(path.name, label) for path, label in found["train"]] == [
        ("1.png", "a"),
        ("2.PNG", "b"),
    ]
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "c").mkdir()
    (tmp_path / "train" / "c" / "3.png").write_text("")
    (tmp_path / "unlabelled").mkdir()
    (tmp_path / "unlabelled" / "4.png").write_text("")
    found = find_class_folders(tmp_path, (".png",))
    assert [label for _, label in found["train"]] == ["c"]
    assert [label for _, label in found["unlabelled"]] == [None]


def test_an_empty_class_is_refused(tmp_path):
    """A class that no image has, and that no answer will ever name."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_text("")
    (tmp_path / "b").mkdir()
    with pytest.raises(UserError, match="of a class holds no"):
        find_class_folders(tmp_path, (".png",))
    assert find_class_folders(tmp_path / "b", (".png",)) == {}
