"""`compare` from Python: whatever the data come as, the same table."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
import tensorflow as tf
from toys import data, linear

from tfkd import compare
from tfkd.errors import UserError
from tfkd.students import build
from tfkd.tasks.text_classification.scores import agreement, score

MEASURES = ("accuracy", "macro_f1", "log_loss", "ece")


def logits(model, x) -> np.ndarray:
    return np.array(model(x))


def teaching():
    """Features and the labels that a linear teacher is right on, all but a tenth."""
    x, _ = data(200)
    teacher = linear(seed=3)
    y = logits(teacher, x).argmax(axis=1)
    y[:20] = (y[:20] + 1) % 3
    return teacher, x, y


def measures(row) -> dict:
    return {name: row.scores[name] for name in MEASURES}


def test_arrays():
    """The scores are those of the models' logits; agreement is with the teacher."""
    teacher, x, y = teaching()
    student = linear(seed=4)
    found = compare(student=student, teacher=teacher, data=(x, y), title="toys")
    assert [row.name for row in found.rows] == ["teacher", "student"]
    for name, model in (("teacher", teacher), ("student", student)):
        assert measures(found[name]) == pytest.approx(score(logits(model, x), y), abs=1e-6)
    assert found["teacher"].scores["accuracy"] == 0.9
    assert found["teacher"].agreement is None
    assert found["student"].agreement == agreement(logits(student, x), logits(teacher, x))
    assert (found["student"].parameters, found["student"].megabytes) == (18, 72e-6)
    for row in found.rows:
        assert 0 < row.latency_p50 <= row.latency_p95
        assert row.texts_per_second > 0
    assert found.title == "toys"
    assert found.words == ()


@pytest.mark.parametrize(
    "labels", [lambda y: y[:, None], lambda y: y.astype("float32"), lambda y: y.tolist()]
)
def test_labels_as_keras_takes_them(labels):
    """A column of labels, broadcast against a row of predictions, is another accuracy."""
    _, x, y = teaching()
    student = linear(seed=4)
    found = compare(student=student, data=(x, labels(y)))
    assert measures(found["student"]) == pytest.approx(score(logits(student, x), y), abs=1e-6)


def batches_of_ids(*lengths):
    rng = np.random.default_rng(0)
    return [
        (rng.integers(1, 50, (5, n)).astype("int32"), rng.integers(0, 2, 5).astype("int32"))
        for n in lengths
    ]


def dataset(batches):
    spec = (tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int32))
    return tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)


def test_batches_of_different_length():
    """Texts in buckets; and one trace for all of them, not a second of waiting for each."""
    batches, traces = batches_of_ids(3, 7, 5, 12, 4, 9), []
    student = build("text_cnn", 50, 2, "tiny", seed=0)

    def counted(ids):
        traces.append(ids.shape)
        return student(ids, training=False)

    found = compare(student=counted, data=dataset(batches))
    expected = np.concatenate([logits(student, ids) for ids, _ in batches])
    labels = np.concatenate([y for _, y in batches])
    assert measures(found["student"]) == pytest.approx(score(expected, labels), abs=1e-5)
    assert found["student"].parameters is None
    assert len(traces) <= 3


def test_inputs_by_name():
    """Each model takes the entries that it has inputs for, and does not warn of the others."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    mask = keras.Input((None,), dtype="int32", name="attention_mask")
    table = keras.layers.Embedding(50, 3)
    x = table(ids) * keras.ops.cast(mask, "float32")[..., None]
    teacher = keras.Model([ids, mask], {"logits": keras.ops.sum(x, axis=1)})
    student = keras.Model({"input_ids": ids}, keras.ops.sum(table(ids), axis=1))
    rng = np.random.default_rng(0)
    given = {
        name: rng.integers(0, 2, (40, 6)).astype("int32")
        for name in ("input_ids", "attention_mask")
    }
    y = rng.integers(0, 3, 40)
    found = compare(student=student, teacher=teacher, data=(given, y))
    expected = score(np.array(teacher(given)["logits"]), y)
    assert measures(found["teacher"]) == pytest.approx(expected, abs=1e-6)
    expected = score(logits(student, {"input_ids": given["input_ids"]}), y)
    assert measures(found["student"]) == pytest.approx(expected, abs=1e-6)


def test_models_that_read_different_inputs():
    """Each has its own tokenizer; fed with the other's ids it answers, and answers wrong."""
    teacher, x, y = teaching()
    student = linear(seed=4)
    given = {"student": -x, "teacher": x}
    found = compare(student=student, teacher=teacher, baseline=student, data=(given, y))
    assert found["teacher"].scores["accuracy"] == 0.9
    expected = score(logits(student, -x), y)
    for name in ("student", "baseline"):
        assert measures(found[name]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("student", "baseline", "words"),
    [(3, 4, "Distillation helped: "), (4, 3, "Distillation HURT: "), (4, 4, "no clear difference")],
)
def test_against_the_same_student_alone(student, baseline, words):
    """Without the control, better than chance is taken for help."""
    _, x, y = teaching()
    found = compare(student=linear(seed=student), baseline=linear(seed=baseline), data=(x, y))
    assert [row.name for row in found.rows] == ["baseline", "student"]
    assert len(found.words) == 1
    assert words in found.words[0]


def test_a_teacher_at_chance_is_warned_of():
    """A random head, or the wrong tokenizer: nothing can be learnt from it."""
    _, x, _ = teaching()
    y = np.arange(200) % 3
    found = compare(student=linear(seed=4), teacher=linear(seed=3), data=(x, y))
    assert found.words[0].startswith("The teacher is near chance")


def test_an_exported_file(tmp_path):
    """The file is what runs on the phone: measured as it is, on what the student reads."""
    from tfkd import export

    teacher, x, y = teaching()
    student = linear(seed=4)
    export(student, tmp_path / "small.tflite", check=x[:8])
    given = {"student": x, "teacher": x}
    file = tmp_path / "small.tflite"
    found = compare(student=student, teacher=teacher, exported=file, data=(given, y))
    assert [row.name for row in found.rows] == ["teacher", "student", "exported"]
    assert measures(found["exported"]) == pytest.approx(measures(found["student"]), abs=1e-4)
    assert found["exported"].megabytes == file.stat().st_size / 1e6
    assert found["exported"].parameters is None
    with pytest.raises(UserError, match="no file nowhere"):
        compare(student=student, exported="nowhere.tflite", data=(x, y))


def test_an_exported_file_with_a_fixed_batch(tmp_path):
    """An LSTM takes one text at a time on the phone, and 32 came."""
    from tfkd import export

    student, batches = build("bilstm", 50, 2, "tiny", seed=0), batches_of_ids(9, 4)
    export(student, tmp_path / "small.tflite", check=batches[0][0])
    data = dataset(batches)
    found = compare(student=student, exported=tmp_path / "small.tflite", data=data)
    assert measures(found["exported"]) == pytest.approx(measures(found["student"]), abs=1e-4)


def test_the_last_rows_of_a_fixed_batch():
    """Seven examples in batches of four: one more is run, and left out."""
    from tfkd.reporting.comparing import _fill

    assert _fill(np.array([[5, 6], [7, 8]]), 3).tolist() == [[5, 6], [7, 8], [7, 8]]
    assert _fill(np.array([[5, 6]]), 1).tolist() == [[5, 6]]


def test_unlabelled_examples_are_left_out():
    """Partly labelled data are scored on what is labelled, not counted as errors."""
    _, x, y = teaching()
    some = np.where(np.arange(200) < 120, y, -100)
    found = compare(student=linear(seed=4), baseline=linear(seed=3), data=(x, some))
    alone = compare(student=linear(seed=4), baseline=linear(seed=3), data=(x[:120], y[:120]))
    assert measures(found["student"]) == measures(alone["student"])
    assert found.words == alone.words


X, Y = data(8)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (X, r"give \(x, y\), or a tf\.data\.Dataset"),
        ((X,), r"give \(x, y\), or a tf\.data\.Dataset"),
        (tf.data.Dataset.from_tensor_slices(X).batch(4), r"need labels: give \(x, y\) batches"),
        (tf.data.Dataset.from_tensor_slices((X, Y)).batch(4).take(0), "at least one"),
        ((X, np.full(8, -100)), "none of the examples has a label"),
        ((X, np.eye(3)[Y]), r"the labels are float64 \[8, 3\]: give class ids \[examples\]"),
        ((X, Y + 0.5), r"the labels are float64 \[8\]: give class ids"),
        ((X, np.array(["good"] * 8)), "give class ids"),
        ((X, Y + 3), "is none of the 3 classes"),
        ((X, Y[:5]), "x and y do not go together"),
    ],
)
def test_data_to_score_nothing_on(given, words):
    """One sentence, and not an index error from the middle of NumPy."""
    with pytest.raises(UserError, match=words):
        compare(student=linear(), data=given)


def test_logits_of_another_rank():
    with pytest.raises(UserError, match=r"student returns logits \(8, 2, 5\): expected"):
        compare(student=lambda x: tf.stack([x, x], axis=1), data=(X, Y))


def test_one_logit_is_two_outcomes():
    """The largest of one logit is the first: an accuracy that is the share of zeros."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4)).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[1.0], [0], [0], [0]]), np.zeros(1)])
    y = (x[:, 0] + 0.3 * x[:, 1] > 0).astype("int32")
    report = compare(student=model, teacher=model, data=(x, y), form="binary")
    assert report["student"].scores["accuracy"] == pytest.approx(((x[:, 0] > 0) == y).mean())
    p = 1 / (1 + np.exp(-x[:, 0]))
    loss = -np.log(np.where(y == 1, p, 1 - p)).mean()
    assert report["student"].scores["log_loss"] == pytest.approx(loss, rel=1e-4)
    with pytest.raises(UserError, match=r"student returns one logit.*form='binary'"):
        compare(student=model, data=(x, y))
    wide = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(UserError, match="student returns 3 logits, and form='binary' means one"):
        compare(student=wide, data=(x, y), form="binary")


def test_by_the_values_of_a_column():
    """Parts of the models' answers in another order than the values."""
    _, x, y = teaching()
    domains = np.where(x[:, 0] > 0, "high", "low")
    found = compare(student=linear(seed=4), data=(x, y), by={"domain": domains})
    right = logits(linear(seed=4), x).argmax(-1) == y
    for part in found.parts.parts:
        assert part.scores["student"] == pytest.approx(right[domains == part.name].mean())
    assert found.parts.table() in found.markdown()
    assert found.to_dict()["parts"]["by"] == "domain"
    with pytest.raises(UserError, match="give one name with its values"):
        compare(student=linear(seed=4), data=(x, y), by="domain")
