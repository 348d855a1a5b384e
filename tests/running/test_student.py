"""The student of a run: the same start each time, and a damaged file is named."""

import numpy as np
import pytest

from tfkd import UserError
from tfkd.progress import log_progress
from tfkd.running.config import make_config
from tfkd.running.context import make_context
from tfkd.running.encoders import prepare_encoder
from tfkd.running.student import build_student, load_student

SETTINGS = {
    "data": "sample:60",
    "teacher": "train:bag_of_ngrams:tiny",
    "student": "text_cnn:tiny",
    "vocab_size": 200,
    "max_length": 16,
    "to": "run",
}


@pytest.fixture
def context(tmp_path):
    """The context of a run whose folder is there."""
    (tmp_path / "run").mkdir()
    return make_context(make_config(SETTINGS), log_progress)


def test_distilled_and_alone_start_alike(context):
    """A gain that is one of initial weights."""
    encoder = prepare_encoder(context)
    one, other = (build_student(context, encoder, None) for _ in range(2))
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert prepare_encoder(context).fingerprint() == encoder.fingerprint()


def test_a_damaged_student_is_named(context):
    """A traceback of Keras after a copy that broke off."""
    (context.folder / "student.keras").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"student\.keras is damaged"):
        load_student(context, prepare_encoder(context))
