"""Integer files that still compute what the student does; the smallest that passes; masks."""

import functools
import json
import random
from dataclasses import replace

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tfkd.errors import UserError
from tfkd.exporting import convert, export, gate, integer_quantisation, smallest
from tfkd.exporting.calling import signature_of
from tfkd.exporting.check_data import CheckData, TaskContext
from tfkd.exporting.export_request import ExportRequest, Storage
from tfkd.runtime import Classifier
from tfkd.runtime.quantisations import CALIBRATED, KINDS, QUANTIZE
from tfkd.students import build
from tfkd.text import learn
from tfkd.text.batching import pad

WORDS = "a good bad film story actor plot is was not never very and but the music"


def texts(count, seed):
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS.split(), k=rng.randint(2, 24))) for _ in range(count)]


SEEN, CHECKED = texts(60, 1), texts(120, 2)


@pytest.fixture(scope="module")
def encoder():
    return learn(SEEN, vocab_size=60, max_length=32)


@pytest.fixture(scope="module")
def student(encoder):
    """Students by name, each trained once: they have learnt which of two words comes more often."""

    @functools.cache
    def train(name):
        model = build(name, encoder.vocab_size, 3, "tiny", seed=3)
        lines = texts(300, 3)
        labels = np.sign([line.count("good") - line.count("bad") for line in lines]) + 1
        fitted(model, encoder, lines, labels, epochs=8)
        return model

    return train


@pytest.mark.slow_but_one
@pytest.mark.parametrize("name", ["text_cnn", "transformer"])
def test_each_integer_kind_computes_what_the_student_does(name, student, encoder, tmp_path):
    """Ranges read off nothing, logits left as raw integers, a mask of -1e9 in 8 bits."""
    pytest.importorskip("ai_edge_quantizer")
    model, sizes = student(name), {}
    for kind in ("float32", *CALIBRATED, "int4"):
        path = tmp_path / f"{kind}.tflite"
        made = export(model, path, quantize=kind, encoder=encoder, check=CHECKED, calibration=SEEN)
        sizes[kind] = made.bytes
        assert (made.quantize, made.checked) == (kind, len(CHECKED))
        assert Classifier(path).quantize == kind
    assert sizes["int4"] < sizes["float32"]
    assert sizes["full-int8"] < sizes["float32"]


def test_loops_are_told(encoder, tmp_path):
    """A null pointer that the converter is blamed for."""
    pytest.importorskip("ai_edge_quantizer")
    model = build("bilstm", encoder.vocab_size, 3, "tiny", seed=3)
    given = {"encoder": encoder, "check": CHECKED, "calibration": SEEN}
    with pytest.raises(UserError, match="takes no model with loops"):
        export(model, tmp_path / "a.tflite", quantize="full-int8", **given)
    assert list(tmp_path.iterdir()) == []


def test_an_unbounded_mask_would_not_have_passed(student, encoder, tmp_path, monkeypatch):
    """One step of 8 bits between -1e9 and 0: attention to everything alike."""
    pytest.importorskip("ai_edge_quantizer")
    monkeypatch.setattr(convert, "bound_masks", lambda folder: None)
    with pytest.raises(gate.Differs, match='quantize="int8" passes') as refused:
        export(
            student("transformer"),
            tmp_path / "a.tflite",
            quantize="full-int8",
            encoder=encoder,
            check=CHECKED,
            calibration=SEEN,
        )
    assert refused.value.instead == "int8"
    assert list(tmp_path.iterdir()) == []


def test_only_masks_are_bounded(student, tmp_path):
    """A weight of -2000, or a file of floats that no longer says what the student does."""
    x = keras.Input((2,), name="x")
    y = keras.layers.Dense(2)(x) + keras.ops.array([[0.0, -2e3]])
    model = keras.Model(x, y)
    for folder, wanted in (("dense", 0), ("transformer", 1)):
        made = model if folder == "dense" else student("transformer")
        convert.write_saved_model(signature_of(made), tmp_path / folder)
        assert convert.bound_masks(tmp_path / folder) == wanted


@pytest.mark.parametrize("name", ["a.tflite", "int8.tflite", "float32.tflite"])
def test_auto_keeps_the_smallest_that_passes(encoder, tmp_path, monkeypatch, name):
    """The first that passes, the smallest of all whatever it answers, or none of its own name."""
    sizes = {kind: 100 - 10 * at for at, kind in enumerate(QUANTIZE)}
    failing = {"int4", "int4-32", "full-int8"}

    def write(request, path):
        kind = request.storage.kind.name
        if kind in failing:
            raise gate.Differs("it differs")
        path.write_bytes(b"x" * sizes[kind])
        return kind

    storage = Storage(calibration=CheckData())
    request = ExportRequest(None, None, TaskContext(), CheckData(), storage)
    monkeypatch.setattr(integer_quantisation, "is_available", lambda: True)
    assert smallest.write_smallest(write, request, tmp_path / name) == ("int8", "int8")
    assert (tmp_path / name).stat().st_size == sizes["int8"]
    assert [each.name for each in tmp_path.iterdir()] == [name]
    failing |= set(QUANTIZE)
    with pytest.raises(gate.Differs):
        smallest.write_smallest(write, request, tmp_path / "b.tflite")


def test_auto_for_real(student, encoder, tmp_path):
    """A choice that is not written inside, or that lost its texts on the way."""
    path = tmp_path / "a.tflite"
    made = export(student("text_cnn"), path, quantize="auto", encoder=encoder, check=SEEN)
    assert made.quantize == Classifier(path).quantize
    # Without samples; the smaller one needs the quantizer.
    assert made.quantize == ("int4" if integer_quantisation.is_available() else "int8")
    assert [each.name for each in tmp_path.iterdir()] == ["a.tflite"]


def test_points_that_are_lost_close_the_gate(student, encoder, tmp_path):
    """A file within the tolerance that answers worse than anybody allowed."""
    model = student("text_cnn")
    classes = [int(c) for c in _classes(model, encoder)]
    check = list(zip(CHECKED, classes, strict=True))
    made = export(model, tmp_path / "a.tflite", encoder=encoder, check=check, max_drop=0)
    assert (made.score, made.keras_score) == (1.0, 1.0)
    assert made.calibration == pytest.approx(made.keras_calibration, abs=1e-4)
    with pytest.raises(gate.Differs, match="points of accuracy are lost, allowed -1"):
        export(model, tmp_path / "a.tflite", encoder=encoder, check=check, max_drop=-1)


def _classes(model, encoder):
    return [
        np.asarray(model(np.array([encoder.encode(text)], "int32"))).argmax() for text in CHECKED
    ]


def test_without_the_quantizer_its_name_is_told(tmp_path, monkeypatch):
    """ModuleNotFoundError behind minutes of training."""
    monkeypatch.setattr(integer_quantisation, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"pip install \"tfkd\[quantizer\]\""):
        export(None, tmp_path / "a.tflite", quantize="int4", calibration=SEEN)


@pytest.mark.slow
def test_a_transformer_survives_full_int8_on_real_reviews(shared, tmp_path, monkeypatch):
    """Within a point with the bounded mask; without it nothing that it learnt is left."""
    pytest.importorskip("ai_edge_quantizer")
    train, test = (
        reviews(shared, split, count) for split, count in (("train", 8_000), ("test", 2_000))
    )
    encoder = learn([text for text, _ in train], vocab_size=8_000, max_length=128)
    model = trained(train, encoder)
    order = {"encoder": encoder, "check": test, "calibration": [text for text, _ in train]}
    made = export(model, tmp_path / "a.tflite", quantize="full-int8", **order)
    assert made.keras_score > 0.75
    assert abs(made.keras_score - made.score) < 0.01
    monkeypatch.setattr(convert, "bound_masks", lambda folder: None)
    monkeypatch.setitem(KINDS, "full-int8", replace(KINDS["full-int8"], agreement=0.0))
    worse = export(model, tmp_path / "b.tflite", quantize="full-int8", tolerance=99, **order)
    assert worse.keras_score - worse.score > 0.1


def reviews(shared, split, count):
    """Texts and labels, drawn by a seed."""
    import gzip

    with gzip.open(shared / "data" / "imdb" / f"{split}.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    names = sorted({str(row["label"]) for row in rows})
    random.Random(0).shuffle(rows)
    return [(row["text"], names.index(str(row["label"]))) for row in rows[:count]]


def trained(rows, encoder):
    model = build("transformer", encoder.vocab_size, 2, "tiny", seed=0)
    lines, labels = zip(*rows, strict=True)
    fitted(model, encoder, list(lines), np.array(labels), epochs=2)
    return model


def fitted(model, encoder, lines, labels, epochs):
    """Train on labelled texts."""
    keras.utils.set_random_seed(0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss, jit_compile=False)
    ids = pad(encoder.encode_many(lines), encoder.max_length)
    model.fit(ids, labels, batch_size=32, epochs=epochs, verbose=0)


def test_logits_of_words_that_are_padding_are_bounded_closer(tmp_path):
    """They stand in the output itself, whose scale they would set."""
    import tensorflow as tf

    from tfkd.text.words import NO_CELL

    class Masked(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32)])
        def __call__(self, x):
            return tf.where(x > 0, x, NO_CELL), tf.where(x > 0, x, -1e9)

    tf.saved_model.save(Masked(), str(tmp_path))
    assert convert.bound_masks(tmp_path) == 2
    outputs = tf.saved_model.load(str(tmp_path))(tf.constant([-1.0]))
    assert [float(each[0]) for each in outputs] == [-20.0, -50.0]
