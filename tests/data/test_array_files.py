"""Data sets of arrays: idx files and NumPy's, whole, damaged and misnamed."""

import gzip
import struct

import numpy as np
import pytest

from tfkd import UserError
from tfkd.data.array_files import find_arrays
from tfkd.data.idx_files import read_idx

IMAGES = np.arange(24, dtype="uint8").reshape(4, 2, 3)
LABELS = np.array([1, 0, 1, 0], "uint8")


def idx(array, kind=8):
    return (
        bytes([0, 0, kind, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def write_idx(folder, split="train", images=IMAGES, labels=LABELS):
    (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / f"{split}-labels-idx1-ubyte").write_bytes(idx(labels))
    return folder


def test_idx_files_are_read_packed_or_not(tmp_path):
    parts = find_arrays(write_idx(write_idx(tmp_path), "t10k"))
    assert sorted(parts) == ["test", "train"]
    images, labels = parts["test"].load()
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    alone = find_arrays(tmp_path / "t10k-images-idx3-ubyte.gz")
    assert list(alone) == ["train"]


def test_numbers_of_an_idx_file_are_big_endian(tmp_path):
    """Read the wrong way round, the label 1 is 16,777,216."""
    array = np.array([1, -2], ">i4")
    (tmp_path / "a").write_bytes(idx(array, 0x0C))
    assert read_idx(tmp_path / "a").tolist() == [1, -2]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\r\n", "is no idx file"),
        (b"", "is no idx file"),
        (idx(IMAGES)[:10], "its header is cut off"),
        (idx(IMAGES)[:-1], "24 bytes belong behind its header, and 23"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], "is damaged"),
        (b"\x1f\x8bnot gzip at all", "is damaged"),
    ],
)
def test_a_damaged_idx_file_is_refused(content, says, tmp_path):
    """Half of an image set that was copied halfway."""
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError, match=says):
        read_idx(tmp_path / "a")


def test_archives_and_folders_of_numpy(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES, names=["b", "a"])
    parts = find_arrays(tmp_path / "a.npz")
    assert sorted(parts) == ["test", "train"]
    assert parts["train"].names == ("b", "a")
    assert parts["test"].load()[1] is None
    np.save(tmp_path / "x_train.npy", IMAGES)
    np.save(tmp_path / "y_train.npy", LABELS[:, None])
    images, labels = find_arrays(tmp_path)["train"].load()
    assert labels.tolist() == LABELS.tolist()
    assert len(images) == 4


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"x_train": IMAGES, "y_train": LABELS[:3]}, "4 examples and 3 labels"),
        ({"x_train": IMAGES, "y_train": np.eye(4)}, "one class for each"),
        ({"images": IMAGES}, "holds images: expected arrays called x_train"),
        ({"x_train": np.zeros(3)}, "expected \\[examples"),
        ({"x_train": np.array([None, {}], object)}, "cannot be read"),
    ],
)
def test_an_archive_that_is_no_data_set_is_refused(arrays, says, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=says):
        find_arrays(tmp_path / "a.npz")["train"].load()


def test_what_is_no_file_of_numpy_is_refused(tmp_path):
    (tmp_path / "a.npz").write_text("no archive")
    (tmp_path / "x.npy").write_text("no array")
    with pytest.raises(UserError, match="is no file of NumPy"):
        find_arrays(tmp_path / "a.npz")
    with pytest.raises(UserError, match="is no file of NumPy"):
        find_arrays(tmp_path / "x.npy")["train"].load()


def test_other_files_are_none_of_arrays(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\n")
    assert find_arrays(tmp_path) == {} == find_arrays(tmp_path / "train.csv")
