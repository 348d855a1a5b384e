"""A student that writes, in one LiteRT file: verified by its steps and by what it writes."""

import json
import zipfile

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")

import tfkd
from tfkd import runtime, tasks
from tfkd.exporting import formats
from tfkd.exporting.writing import written_texts
from tfkd.runtime.file_steps import FileSteps
from tfkd.runtime.interpreter import LiteRT
from tfkd.text.decoding import Decoding

SETTINGS = {"longest": 20}


def examples(pairs):
    return [{"text": pair["source"], "label": pair["target"]} for pair in pairs]


def write(toy_writer, path, quantize, **options):
    options = {"check": examples(toy_writer.test), "task": tasks.find("translation")} | options
    options["task"] = type(options["task"])(SETTINGS)
    return tfkd.export(
        toy_writer.model, path, quantize=quantize, encoder=toy_writer.encoder, **options
    )


def settings_of(path):
    with zipfile.ZipFile(path) as inside:
        return json.loads(inside.read("tfkd.json"))


@pytest.fixture(scope="module")
def files(toy_writer, tmp_path_factory):
    """What was exported by each kind of numbers."""
    folder = tmp_path_factory.mktemp("writers")
    return {
        kind: write(toy_writer, folder / f"{kind}.tflite", kind) for kind in ("float32", "int8")
    }


@pytest.mark.slow
def test_the_file_of_float32_writes_what_its_student_writes(files, toy_writer):
    exported = files["float32"]
    assert (exported.written, exported.same_texts) == (60, 1.0)
    assert exported.agreement == 1.0
    assert exported.score == exported.keras_score > 0.9
    assert exported.max_difference < 1e-3
    assert exported.step_difference < 1e-3
    assert "of 60 texts it writes 100.00 % token for token" in exported.spell_writing()
    assert f"BLEU {100 * exported.score:.2f} against" in exported.spell_writing()


@pytest.mark.slow
def test_the_file_of_int8_says_how_near_it_is(files):
    exported = files["int8"]
    assert exported.written == 60
    assert exported.same_texts > 0.9
    assert exported.agreement > 0.98
    assert exported.score > 0.9
    assert exported.bytes < 0.6 * files["float32"].bytes


@pytest.mark.slow
@pytest.mark.parametrize("beams", [1, 3])
def test_the_runtime_writes_what_keras_writes(files, toy_writer, beams):
    rows = [{"input_ids": row["input_ids"]} for row in toy_writer.rows(toy_writer.test[:12])]
    wanted = toy_writer.text_model.write(rows, Decoding(beams=beams, longest=20))
    predictor = runtime.load(files["float32"].path)
    got = predictor.predict([pair["source"] for pair in toy_writer.test[:12]], beams=beams)
    assert [answer.text for answer in got] == [first.text for first, *_ in wanted]


@pytest.mark.slow
def test_the_file_says_how_it_writes(files, toy_writer):
    settings, encoder = settings_of(files["float32"].path), toy_writer.encoder
    assert settings["decoding"] == {
        "encode": True,
        "start_id": encoder.start_id,
        "end_id": encoder.end_id,
        "longest": 20,
        "longest_source": 32,
    }
    file = LiteRT(files["float32"].path)
    assert file.signature("encode").inputs["input_ids"][0] == (None, None)
    assert file.signature("step").inputs["tokens"][0] == (None, 1)


@pytest.fixture
def converted(files, monkeypatch):
    """What the converter gave before; converting again takes seconds."""
    path = files["float32"].path
    content = path.read_bytes()[: settings_of(path)["model"]["bytes"]]
    monkeypatch.setattr(formats, "flatbuffer", lambda *arguments: content)


class WritesOtherwise(FileSteps):
    """Takes the next best token each time."""

    def step(self, state, tokens):
        logits, state = super().step(state, tokens)
        return np.where(logits == logits.max(-1, keepdims=True), -100.0, logits), state


@pytest.mark.usefixtures("converted")
def test_a_file_that_writes_otherwise_is_refused(toy_writer, tmp_path, monkeypatch):
    monkeypatch.setattr(written_texts, "FileSteps", WritesOtherwise)
    path = tmp_path / "a.tflite"
    with pytest.raises(tfkd.UserError, match="60 of 60 texts are written otherwise") as refused:
        write(toy_writer, path, "float32")
    assert "a step differs from the pass over the whole text by" in str(refused.value)
    assert not path.exists()


def test_ranges_of_several_signatures_are_not_measured(toy_writer, tmp_path):
    with pytest.raises(tfkd.UserError, match="has several, which share their weights"):
        write(toy_writer, tmp_path / "a.tflite", "full-int8")


def test_a_model_without_our_layers_is_refused_in_a_sentence(toy_writer, tmp_path):
    source, target = (keras.Input((None,), dtype="int32", name=n) for n in toy_writer.model.input)
    other = keras.Model(
        {"input_ids": source, "decoder_input_ids": target},
        keras.layers.Embedding(toy_writer.encoder.vocab_size, 522)(target),
    )
    with pytest.raises(tfkd.UserError, match="a step a token, without which no file writes"):
        tfkd.export(
            other,
            tmp_path / "a.tflite",
            encoder=toy_writer.encoder,
            task=tasks.find("translation"),
            check=examples(toy_writer.test[:4]),
        )


@pytest.mark.usefixtures("converted")
def test_nothing_of_the_check_is_needed(toy_writer, tmp_path):
    exported = write(toy_writer, tmp_path / "a.tflite", None, check=None)
    assert exported.written == exported.checked == 8
    assert exported.score is None
    assert np.isfinite(exported.step_difference)


def test_a_keras_file_is_compared_along_its_targets(toy_writer, tmp_path):
    exported = write(toy_writer, tmp_path / "a.keras", None)
    assert exported.agreement == 1.0
    assert exported.written == 0
    assert exported.spell_writing() == ""
