"""Small images of digits, and one teacher and one run for all tests of them."""

from pathlib import Path

import numpy as np
import pytest

from tests.run_fixtures import call, short_teachers


@pytest.fixture(scope="session")
def digits():
    """Images [images, 8, 8] of digits as bytes, and their classes."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = datasets.load_digits()
    return (found.images * 15.9).astype("uint8"), found.target.astype("uint8")


@pytest.fixture(scope="session")
def image_room(tmp_path_factory, digits) -> Path:
    """A folder with data, a teacher that was taught, and a finished run; not to be changed."""
    pytest.importorskip("keras")
    room = tmp_path_factory.mktemp("images")
    x, y = digits
    parts = {"train": slice(0, 500), "validation": slice(500, 600), "test": slice(600, 800)}
    arrays = {f"x_{name}": x[part] for name, part in parts.items()}
    labels = {f"y_{name}": y[part] for name, part in parts.items()}
    np.savez(room / "digits.npz", **arrays, **labels)
    with pytest.MonkeyPatch.context() as patch:
        short_teachers(patch)
        patch.chdir(room)
        teacher = ("--teacher", "train:image_cnn:small", "--epochs", "8")
        assert call("teach", "digits.npz", *teacher, "--to", "teacher") == 0
        student = ("--student", "image_cnn:tiny", "--epochs", "6", "--batch-size", "32")
        assert (
            call("distill", "digits.npz", "--teacher", "keras:teacher", *student, "--to", "run")
            == 0
        )
    return room
