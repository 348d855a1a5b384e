"""Texts written by a file: those of its Keras student, token for token; and files that cannot."""

from types import SimpleNamespace

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("ai_edge_litert")

from tests.runtime import writing_files
from tests.runtime.writing_files import LONGEST, SOURCE_LENGTH, TEXTS, Writer
from tfkd.errors import UserError
from tfkd.models.text_model import TextModel
from tfkd.progress import logger
from tfkd.runtime import load
from tfkd.runtime.checks.writing_signatures import check_steps
from tfkd.runtime.file_steps import FileSteps
from tfkd.text.decoding import Decoding, write

LONG = "the small dog sees a big green house today and never forgets the old slow boat here"


@pytest.fixture(scope="module")
def encoder(writing_file):
    return writing_file.encoder


@pytest.fixture(scope="module")
def student(writing_file):
    return writing_file.student


@pytest.fixture(scope="module")
def model(writing_file):
    return writing_file.model


@pytest.fixture(scope="module")
def path(writing_file):
    return writing_file.path


@pytest.fixture(scope="module")
def predictor(path):
    return load(path, task=Writer())


@pytest.mark.parametrize("settings", [{}, {"beams": 4}, {"beams": 3, "no_repeat": 2}], ids=str)
def test_a_file_writes_what_its_student_writes(predictor, student, encoder, settings):
    how = Decoding(longest=12, **settings)
    rows = [row for (row,) in predictor.rows_of(TEXTS)]
    theirs = TextModel(student, encoder, shapes={"logits": (None, 0)}).write(rows, how)
    ours = predictor.write(rows, how)
    assert [[t.ids for t in texts] for texts in ours] == [[t.ids for t in x] for x in theirs]
    assert [[t.text for t in texts] for texts in ours] == [[t.text for t in x] for x in theirs]
    scores = [[t.score for texts in written for t in texts] for written in (ours, theirs)]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-3)
    assert len({texts[0].ids for texts in ours}) > 1


def test_whole_rows_are_read_as_well(predictor, student, encoder):
    """Reports and checks of files ask for the logits of a text that is given."""
    ids = encoder.encode(TEXTS[0])
    row = {"input_ids": ids, "decoder_input_ids": [2, *encoder.encode_targets(["la milan"], 9)[0]]}
    (output,) = predictor.run([row])
    whole = {name: np.array([value], "int32") for name, value in row.items()}
    np.testing.assert_allclose(output["logits"], student(whole)[0], rtol=0, atol=2e-3)


def test_how_a_text_is_written_is_said_where_it_is_asked_for(predictor):
    (usual,), (short,) = predictor.predict(TEXTS[:1]), predictor.predict(TEXTS[:1], longest=2)
    assert usual.startswith(short)
    assert len(short) < len(usual)
    beams = predictor.predict(TEXTS, beams=4)
    rows = [row for (row,) in predictor.rows_of(TEXTS)]
    assert beams == [texts[0].text for texts in predictor.write(rows, Decoding(4, 12))]
    drawn = [predictor.predict(TEXTS[:1], temperature=3.0, seed=seed)[0] for seed in range(3)]
    assert len(set(drawn)) > 1


def test_pieces_come_as_they_are_written(predictor):
    for settings in ({}, {"beams": 3}, {"temperature": 1.0, "longest": 5}):
        pieces = list(predictor.stream(TEXTS[0], **settings))
        assert "".join(pieces) == predictor.predict(TEXTS[:1], **settings)[0]
    assert len(list(predictor.stream(TEXTS[0]))) > 3


def test_the_time_of_a_text_is_that_of_writing(predictor):
    assert predictor.latency(TEXTS[:1], repeats=1)[0] > 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"top_k": 4}, "top_k is 4, and the temperature 0.*give a temperature too"),
        ({"longest": LONGEST + 1}, f"longest is {LONGEST + 1}, and .* writes at most {LONGEST}"),
        ({"beam": 4}, "there is no setting beam: write beams, longest"),
        ({"beams": 0}, "beams is 0"),
        ({"beams": 2, "temperature": 1.0}, "give one of them"),
    ],
)
def test_settings_that_cannot_be_are_refused(predictor, settings, told):
    with pytest.raises(UserError, match=told):
        predictor.predict(TEXTS[:1], **settings)
    with pytest.raises(UserError, match=told):
        predictor.stream(TEXTS[0], **settings)


def test_a_file_that_reads_writes_nothing(exported):
    reader = load(exported)
    for ask in (lambda: reader.predict(["a film"], beams=2), lambda: reader.stream("a film")):
        with pytest.raises(UserError, match="writes no texts"):
            ask()


def test_a_source_that_is_too_long_is_cut_and_that_is_told_once(path, monkeypatch):
    told = []
    monkeypatch.setattr(logger, "warning", lambda text, *values: told.append(text % values))
    predictor = load(path, task=Writer())
    predictor.predict(TEXTS)
    assert not told
    predictor.predict([LONG, *TEXTS, LONG])
    predictor.predict([LONG])
    assert told == [
        f"2 of 8 texts are longer than the {SOURCE_LENGTH} pieces that {path} reads of one: their "
        "middles are left out."
    ]


# -- files that cannot ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"encode": None}, "decoding is a wrong dict"),
        ({"encode": 1}, "decoding is a wrong dict"),
        ({"end_id": -1}, "decoding is a wrong dict"),
        ({"longest": 0}, "decoding is a wrong dict"),
        ({"longest": 10**9}, "decoding is a wrong dict"),
        ({"longest_source": None}, "decoding is a wrong dict"),
        ({"end_id": 4_000}, "end with a token that its tokenizer does not have"),
    ],
    ids=str,
)
def test_settings_of_a_file_that_cannot_be(model, encoder, tmp_path, changed, told):
    path = tmp_path / "a.tflite"
    decoding = writing_files.changed_decoding(encoder, **changed)
    path.write_bytes(writing_files.bundle(model, encoder, decoding=decoding))
    with pytest.raises(UserError, match=told) as refused:
        load(path, task=Writer())
    assert str(refused.value).startswith(str(path))


def test_a_file_that_does_not_say_how_it_writes(model, encoder, tmp_path):
    path = tmp_path / "a.tflite"
    path.write_bytes(writing_files.bundle(model, encoder, decoding=None))
    with pytest.raises(UserError, match="does not say how it writes"):
        load(path, task=Writer())


def test_a_model_that_only_reads(encoder, student, tmp_path):
    import tensorflow as tf

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), "int32", name=n) for n in Writer.inputs]
    )
    def serve(source, target):
        ids = tf.cast(source[:, :1] + target, "float32")
        return {"logits": tf.expand_dims(ids, 2) * tf.ones(encoder.vocab_size)}

    holder = tf.Module()
    holder.serve = serve
    tf.saved_model.save(holder, str(tmp_path / "saved"), signatures={"serve": serve})
    content = tf.lite.TFLiteConverter.from_saved_model(
        str(tmp_path / "saved"), signature_keys=["serve"]
    ).convert()
    path = tmp_path / "a.tflite"
    path.write_bytes(writing_files.bundle(content, encoder))
    with pytest.raises(UserError, match="has no signature encode"):
        load(path, task=Writer())


STATE = ((None, 2, None, 4), np.float32)
SIGNATURES = {
    "encode": (
        {"input_ids": ((None, None), np.int32)},
        {"memory_keys": STATE, "cache_start": ((None, 4), np.float32)},
    ),
    "step": (
        {
            "tokens": ((None, 1), np.int32),
            "memory_keys": STATE,
            "cache_keys": STATE,
            "cache_start": ((None, 4), np.float32),
        },
        {
            "logits": ((None, 9), np.float32),
            "cache_keys": STATE,
            "cache_start": ((None, 4), np.float32),
        },
    ),
}
SETTINGS = {"encode": True, "start_id": 2, "end_id": 3, "longest": 9, "longest_source": 8}


class Signature(SimpleNamespace):
    """A signature of a file without one: gives zeros, and what it is told to."""

    def __call__(self, feed):
        count, length = next(iter(feed.values())).shape
        sizes = iter([length] * 9)
        return {
            name: np.zeros([count, *(size or next(sizes) for size in shape[1:])], dtype)
            for name, (shape, dtype) in self.outputs.items()
        } | getattr(self, "given", {})


def steps_of(part=None, side=0, **changed):
    """Return the steps of made-up signatures, of one of which arrays are changed."""
    signatures = {name: [dict(s) for s in sides] for name, sides in SIGNATURES.items()}
    for name, array in changed.items():
        signatures[part][side].pop(name, None)
        if array is not None:
            signatures[part][side][name] = array
    made = {name: Signature(inputs=i, outputs=o) for name, (i, o) in signatures.items()}
    return FileSteps(SimpleNamespace(signature=made.get), SETTINGS, 0, "a.tflite")


ALL = {"decoding": SETTINGS, "vocab_size": 9}


def test_signatures_that_fit_are_taken():
    check_steps(steps_of(), ALL, "a.tflite")


@pytest.mark.parametrize(
    ("part", "side", "changed", "told"),
    [
        ("encode", 0, {"mask": ((None, None), np.int32)}, "`encode` takes input_ids"),
        ("encode", 0, {"input_ids": ((None, 9), np.int32)}, "where ids .batch, tokens. belong"),
        ("encode", 0, {"input_ids": ((None, None), np.float32)}, "where ids"),
        ("encode", 0, {"input_ids": ((None, None), np.int8)}, "where ids"),
        ("encode", 1, {"memory_keys": None}, "memory_keys .*which `encode` does not give"),
        ("encode", 1, {"memory_keys": ((None, 3, None, 4), np.float32)}, "does not give"),
        ("encode", 1, {"cache_start": ((None, 5), np.float32)}, "`encode` gives otherwise"),
        ("step", 0, {"tokens": None}, "`step` takes memory_keys"),
        ("step", 0, {"tokens": ((None, 3), np.int32)}, "where .batch, 1. belongs"),
        ("step", 0, {"tokens": ((4, 1), np.int32)}, "a fixed number of texts"),
        ("step", 0, {"secret": STATE}, "`step` takes"),
        ("step", 1, {"logits": ((None, 1, 9), np.float32)}, "where .batch, vocabulary. belongs"),
        ("step", 1, {"logits": ((None, 3), np.float32)}, "where .batch, vocabulary. belongs"),
        ("step", 1, {"logits": None}, "where .batch, vocabulary. belongs"),
        ("step", 1, {"cache_keys": None}, "and does not return it"),
        ("step", 1, {"cache_keys": ((None, 2, None, 4), np.float16)}, "and does not return it"),
    ],
)
def test_signatures_that_do_not_fit_are_refused(part, side, changed, told):
    with pytest.raises(UserError, match=f"a.tflite cannot write: .*{told}.*export it again"):
        check_steps(steps_of(part, side, **changed), ALL, "a.tflite")


@pytest.mark.parametrize(
    "given",
    [
        {"logits": np.full((1, 9), np.nan, np.float32)},
        {"logits": np.full((1, 9), np.inf, np.float32)},
        {"logits": np.zeros((2, 9), np.float32)},
        {"cache_keys": np.zeros((1, 2, 2**10, 4), np.float32)},
        {"cache_keys": np.zeros((1, 2, 4), np.float32)},
    ],
    ids=["nan", "inf", "rows", "growing", "rank"],
)
def test_what_no_step_gives_is_refused(given):
    steps = steps_of()
    steps.step_signature.given = given
    with pytest.raises(UserError, match=r"a.tflite answers 1 texts.*export it again"):
        write(steps, [{"input_ids": [2, 5, 3]}], Decoding(), str)


def test_a_prompt_is_read_at_once_and_then_token_by_token():
    seen = []
    step = Signature(
        inputs={"tokens": ((None, None), np.int32), "position": ((None,), np.int32)},
        outputs={"logits": ((None, 9), np.float32)},
    )

    def call(feed):
        seen.append({name: array.tolist() for name, array in feed.items()})
        return {"logits": np.eye(9, dtype=np.float32)[(feed["tokens"][:, -1] + 1) % 9]}

    signature = SimpleNamespace(inputs=step.inputs, outputs=step.outputs)
    model = SimpleNamespace(signature=lambda name: _Called(signature, call))
    steps = FileSteps(model, {"encode": False, "start_id": 7, "end_id": 8}, 0, "a.tflite")
    (text,) = write(steps, [{"input_ids": [1, 4, 5]}], Decoding(), str)[0]
    assert text.ids == (6, 7)
    assert seen[0] == {"tokens": [[1, 4]], "position": [0]}
    assert seen[1:3] == [
        {"tokens": [[5]], "position": [2]},
        {"tokens": [[6]], "position": [3]},
    ]


class _Called:
    def __init__(self, signature, call):
        self.inputs, self.outputs, self._call = signature.inputs, signature.outputs, call

    def __call__(self, feed):
        return self._call(feed)
