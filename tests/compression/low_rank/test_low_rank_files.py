"""Files of models of low rank: smaller than before, and read by LiteRT alone."""

import numpy as np
import pytest

import tfkd
from tfkd import students
from tfkd.compression import Evidence, parse
from tfkd.runtime import Classifier
from tfkd.text import learn

TEXTS = ["a good film and a bad film", "the acting was not good but the story is"] * 20


@pytest.mark.parametrize(
    ("name", "quantize", "width"), [("text_cnn", "float32", 4), ("transformer", "int8", 1)]
)
def test_a_file_is_smaller_than_the_weights_before(name, quantize, width, tmp_path):
    encoder = learn(TEXTS, vocab_size=80, max_length=32)
    student = getattr(students, name)(encoder.vocab_size, 2, "tiny", seed=1, width=256)
    ids = np.asarray([encoder.encode(text) for text in TEXTS[:1] * 4])
    small = parse("low_rank:0.6").apply(student, Evidence(lambda: [ids]))
    file = tmp_path / "small.tflite"
    # Compared with the Keras model before it is written.
    tfkd.export(small, file, encoder=encoder, labels=["bad", "good"], quantize=quantize)
    assert file.stat().st_size < 0.7 * width * student.count_params()
    assert Classifier(file).predict(TEXTS[:1])[0].label in ("bad", "good")
