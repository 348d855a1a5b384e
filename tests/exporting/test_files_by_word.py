"""Files of students that answer by word: what is shipped says of each word what Keras says."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tests.students.test_build_for import drawn
from tests.tasks.toy_words import LABELS, Capitals
from tfkd import UserError, export
from tfkd.data import Example
from tfkd.models.text_model import TextModel
from tfkd.runtime import load
from tfkd.students import build_for
from tfkd.tasks import find
from tfkd.text import learn
from tfkd.text.batching import pad_rows

TEXTS = (
    "a good film about Anna",
    "\u200b",
    "Rome",
    "an Unheard name, and many words of Rome and Paris, so that windows are of use to Anna",
    "bad \u0000 film",
)
SMALL = {"ngram_cnn": {"bigrams": 600, "trigrams": 0, "filters": 4, "width": 4}}


@pytest.fixture(scope="module")
def encoder():
    return learn([*TEXTS, "so on"] * 9, vocab_size=40, max_length=24)


def task_of(**settings):
    task = Capitals(settings)
    return task, task.schema(LABELS)


def student_of(task, name, vocabulary, **settings):
    schema = task.schema(LABELS)
    settings = {**SMALL.get(name, {}), **settings}
    return drawn(build_for(task, schema, name, vocabulary, "tiny", **settings))


EXAMPLES = [Example({"text": text}) for text in TEXTS]


@pytest.mark.slow_but_one
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("text_cnn", {}),
        ("text_cnn", {"affixes": True, "pieces": "mean"}),
        ("ngram_cnn", {"affixes": True}),
        ("bilstm", {"pieces": "mean"}),
        ("transformer", {}),
    ],
)
def test_a_file_answers_each_word_as_its_student_does(name, settings, encoder, tmp_path):
    """Rows of unlike lengths together, one word, no word that the tokenizer knows, windows."""
    task, schema = task_of(**settings)
    model, path = student_of(task, name, encoder.vocab_size), tmp_path / "s.tflite"
    made = export(model, path, encoder=encoder, task=task, schema=schema, check=EXAMPLES)
    assert made.agreement == 1.0
    predictor = load(path, task=task)
    assert set(predictor._model.inputs) == set(task.inputs)
    rows = [row for rows in task.encode(EXAMPLES, encoder, schema) for row in rows]
    assert len(rows) > len(TEXTS)
    ours = TextModel(model, encoder, shapes=task.output_shapes(schema)).run(rows)
    for one, other, row in zip(ours, predictor.run(rows), rows, strict=True):
        assert other["logits"].shape == (len(row["word_starts"]), 2)
        np.testing.assert_allclose(other["logits"], one["logits"], rtol=1e-4, atol=1e-5)
    answers = predictor.predict(TEXTS)
    assert [len(answer) for answer in answers] == [5, 1, 1, 20, 3]
    assert answers == task.answers(predictor.run, task.encode(EXAMPLES, encoder, schema), schema)


@pytest.mark.parametrize("quantize", ["int8", "float16", "full-int8"])
def test_in_fewer_bits(quantize, encoder, tmp_path):
    """A gather by places that are rounded reads other words."""
    if quantize == "full-int8":
        pytest.importorskip("ai_edge_quantizer")
    task, schema = task_of()
    model, path = student_of(task, "text_cnn", encoder.vocab_size), tmp_path / "s.tflite"
    calibration = EXAMPLES if quantize == "full-int8" else None
    made = export(
        *(model, path),
        quantize=quantize,
        encoder=encoder,
        task=task,
        schema=schema,
        check=EXAMPLES,
        calibration=calibration,
        tolerance=0.2,
    )
    assert made.max_difference < 1.0
    assert len(load(path, task=task).predict(TEXTS)[3]) == 20


@pytest.mark.parametrize("suffix", [".keras", ".onnx", ""])
def test_other_formats(suffix, encoder, tmp_path):
    if suffix == ".onnx":
        pytest.importorskip("tf2onnx")
        pytest.importorskip("onnxruntime")
    task, schema = task_of(affixes=True)
    model = student_of(task, "text_cnn", encoder.vocab_size)
    made = export(model, tmp_path / f"s{suffix}", encoder=encoder, task=task, schema=schema)
    assert made.agreement == 1.0
    assert made.checked > 4


@pytest.mark.parametrize("pieces", ["first", "mean"])
def test_a_student_that_reads_no_affixes_of_a_task_with_such(pieces, encoder, tmp_path):
    """An encoder's layers, which were refused when all was trained."""
    task, schema = task_of(affixes=True, pieces=pieces)
    model = student_of(task_of(pieces=pieces)[0], "text_cnn", encoder.vocab_size)
    path = tmp_path / "s.tflite"
    made = export(model, path, encoder=encoder, task=task, schema=schema, check=EXAMPLES)
    assert made.agreement == 1.0
    predictor = load(path, task=task)
    assert "word_shape" in task.inputs
    assert "word_shape" not in predictor._model.inputs
    plain = TextModel(model, encoder, shapes=task.output_shapes(schema))
    rows = task.encode(EXAMPLES, encoder, schema)
    assert predictor.predict(TEXTS) == task.answers(plain.run, rows, schema)


def test_heads_that_read_no_affixes_of_tasks_with_such(encoder, tmp_path):
    """The same of several heads, of which one has words."""
    name = "tone=text-classification+parts=token-classification"
    plain, task = (find(name, {"parts.affixes": affixes}) for affixes in (False, True))
    schema = task.schema(("parts=B-X", "parts=I-X", "parts=O", "tone=bad", "tone=good"))
    model = build_for(plain, schema, "text_cnn", encoder.vocab_size, "tiny")
    made = export(model, tmp_path / "s.tflite", encoder=encoder, task=task, schema=schema)
    assert made.agreement == 1.0
    assert len(load(made.path).predict(["Anna is in Rome"])) == 1


def test_without_a_task_words_are_tokens(encoder, tmp_path):
    """Random places beyond the tokens end the interpreter, and the process with it."""
    task, _ = task_of(affixes=True, pieces="mean")
    made = export(student_of(task, "text_cnn", encoder.vocab_size), tmp_path / "s.tflite")
    assert made.agreement == 1.0


def test_padding_does_not_count_as_agreement(encoder, tmp_path):
    """A thousand words of padding that agree hide one word that does not."""
    from tfkd.exporting.check_data import CheckData, TaskContext, checks_of
    from tfkd.exporting.verify import compare

    task, schema = task_of()
    context = TaskContext(encoder, task, schema)
    inputs = dict.fromkeys(task.inputs, ((None, None), "int32"))
    checks = checks_of(CheckData(tuple(EXAMPLES)), context, inputs, 40)

    def model(scale):
        def run(feed):
            starts = feed["word_starts"]
            logits = np.where(starts >= 0, scale, 1e4)
            return {"logits": np.stack([logits, 0 * logits], axis=-1).astype("float32")}

        return run

    figures = compare(model(1.0), model(1.5), checks)
    (difference,) = figures.differences
    assert (difference.scale, difference.max_difference) == (1.0, 0.5)
    assert difference.mean_difference == 0.25
    assert figures.agreement == 1.0
    assert compare(model(1.0), model(-1.0), checks).widest_flip == 1.0


def test_a_vocabulary_larger_than_that_of_the_student_is_refused(encoder, tmp_path):
    """The table of suffixes is larger than that of the words."""
    task, schema = task_of(affixes=True)
    model = student_of(task, "text_cnn", encoder.vocab_size - 4)
    with pytest.raises(UserError, match="has 42 ids and the embedding"):
        export(model, tmp_path / "s.tflite", encoder=encoder, task=task, schema=schema)


def test_padding_that_is_no_zero_is_noticed(tmp_path):
    """A student of words sees the padding of a tokenizer as a word of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    from tfkd.text import TextEncoder

    words = ["a", "film", "<pad>", "<unk>"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    task, schema = task_of()
    model = student_of(task, "bilstm", 4)
    with pytest.raises(UserError, match="takes id 2, which its tokenizer pads with, for a token"):
        export(
            model, tmp_path / "s.tflite", encoder=TextEncoder(tokenizer), task=task, schema=schema
        )


def test_shorter_rows_come_first_whatever_their_words(encoder):
    """Rows are batched by tokens: a hundred words without a piece make no row long."""
    task, schema = task_of()
    ((row,),) = task.encode([Example({"text": "a \u200b " * 6})], encoder, schema)
    assert len(row["word_starts"]) == 12
    batch = pad_rows([row], task.inputs)
    assert batch["input_ids"].shape[1] == 8


@pytest.mark.slow_but_one
@pytest.mark.parametrize("kind", ["tflite", "saved_model"])
def test_a_file_of_words_is_a_teacher(kind, encoder, tmp_path):
    """Ids in place of places are another word for each word, or none at all."""
    from tfkd.teachers.litert import LiteRTModel
    from tfkd.teachers.saved_model import SavedModel

    task, schema = task_of(affixes=True, pieces="mean")
    model, path = student_of(task, "bilstm", encoder.vocab_size), tmp_path / "s.tflite"
    path = path if kind == "tflite" else path.with_suffix("")
    export(model, path, encoder=encoder, task=task, schema=schema, check=EXAMPLES)
    read = LiteRTModel(path) if kind == "tflite" else SavedModel(path)
    shapes = task.output_shapes(schema)
    teacher = TextModel(read, encoder).check(shapes, pieces="mean")
    rows = [row for rows in task.encode(EXAMPLES, encoder, schema) for row in rows]
    ours = TextModel(model, encoder, shapes=shapes).run(rows)
    for one, other in zip(ours, teacher.run(rows), strict=True):
        np.testing.assert_allclose(other["logits"], one["logits"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("kind", "near"), [("int8", 0.05), ("onnx", 1e-5)])
def test_a_store_of_another_runtime_holds_words(encoder, kind, near):
    """A teacher of tokens, whose file gives one answer for each token."""
    from tfkd.store import precision
    from tfkd.store.teacher_function import as_function

    ids = keras.Input((None,), dtype="int32", name="input_ids")
    vectors = keras.layers.Embedding(encoder.vocab_size, 40)(ids)
    model = drawn(keras.Model(ids, keras.layers.Dense(2)(vectors)))
    task, schema = task_of()
    teacher = TextModel(model, encoder).check(task.output_shapes(schema))
    rows = [row for rows in task.encode(EXAMPLES, encoder, schema) for row in rows]
    batch = pad_rows(rows, task.inputs)
    sample = [{name: np.asarray(row[name]) for name in task.inputs} for row in rows]
    if kind == "onnx":
        pytest.importorskip("tf2onnx", reason="needs tf2onnx, in the extra onnx")
    run = precision.with_precision(
        kind,
        teacher,
        ("logits",),
        lambda lowered: as_function(lowered, ("logits",), dict, sample),
    )
    exact = teacher.outputs(batch, ("logits",))["logits"].numpy()
    found = np.asarray(run(batch)["logits"])
    assert found.shape == exact.shape
    np.testing.assert_allclose(found, exact, atol=near * np.abs(exact).max())
