"""Files of students with several labels, or a number: they answer as the student was trained."""

import keras
import numpy as np
import pytest

import tfkd
from tfkd import Distiller, HardLabels, SoftTargets, UserError, export
from tfkd.data import Schema
from tfkd.losses import LogitError
from tfkd.runtime import Classifier, load
from tfkd.students import build
from tfkd.text import learn

TEXTS = ["a good film and a long one", "the plot is bad", "good music", "no plot, no music at all"]
LABELS = ["plot", "acting", "music"]


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS * 9, vocab_size=120, max_length=16)


def student(outputs=3, activation=None, seed=3):
    """Whatever pads a text changes none of its logits, which are neither tiny nor huge."""
    model = build("text_cnn", 120, outputs, "tiny", seed=seed)
    model.layers[-1].kernel.assign(model.layers[-1].kernel * 20)
    last = keras.layers.Activation(activation or "linear")
    return keras.Model(model.input, last(model.output))


def ids_of(encoder):
    rows = encoder.encode_many(TEXTS)
    width = max(map(len, rows))
    return np.array([[*row, *[0] * (width - len(row))] for row in rows], "int32")


def sigmoids(model, predictor):
    rows = predictor.encoder.encode_many(TEXTS)
    values = np.array([np.asarray(model(np.array([row])))[0] for row in rows], "float64")
    return 1 / (1 + np.exp(-values))


def test_the_form_of_the_losses_is_that_of_the_file(encoder, tmp_path):
    """A softmax over labels that do not exclude each other gives them shares of one."""
    model, path = student(), tmp_path / "labels.tflite"
    distiller = Distiller(student=model, objective=HardLabels(form="multilabel"))
    distiller.compile("adam")
    distiller.fit(ids_of(encoder), np.eye(4, 3, dtype="int32"), epochs=1, verbose=0)
    export(model, path, encoder=encoder, labels=LABELS, check=[(t, ["plot"]) for t in TEXTS])
    predictor = Classifier(path)
    answers = predictor.predict(TEXTS)
    likely = sigmoids(model, predictor)
    np.testing.assert_allclose(
        [list(answer.probabilities.values()) for answer in answers], likely, atol=1e-5
    )
    assert [answer.labels for answer in answers] == [
        tuple(name for name, p in zip(LABELS, row, strict=True) if p > 0.5) for row in likely
    ]


def test_a_tapped_student_keeps_its_form_too(encoder, tmp_path):
    model = student()
    objective = HardLabels(form="multilabel") + SoftTargets(form="multilabel")
    Distiller(student=tfkd.tap(model), teacher=student(), objective=objective)
    export(model, tmp_path / "a.tflite", encoder=encoder)
    assert load(tmp_path / "a.tflite").task.form == "multilabel"


@pytest.mark.parametrize(
    ("trained", "form", "outputs"),
    [("multilabel", "multiclass", 3), ("multiclass", "multilabel", 3), ("binary", "regression", 1)],
)
def test_another_form_than_that_of_the_losses_is_refused(trained, form, outputs, encoder, tmp_path):
    model, path = student(outputs), tmp_path / "a.tflite"
    Distiller(student=model, objective=HardLabels(form=trained))
    with pytest.raises(UserError, match=f"trained with losses of form='{trained}'"):
        export(model, path, encoder=encoder, form=form)
    assert not path.exists()


def test_a_task_of_another_form_is_refused(encoder, tmp_path):
    with pytest.raises(UserError, match="the task text-regression of form='regression'"):
        export(
            student(),
            tmp_path / "a.tflite",
            encoder=encoder,
            form="multilabel",
            task="text-regression",
        )


def test_a_final_sigmoid_is_read_as_one(encoder, tmp_path):
    model, path = student(activation="sigmoid"), tmp_path / "labels.tflite"
    export(model, path, encoder=encoder, labels=LABELS, form="multilabel")
    found = [list(each.probabilities.values()) for each in load(path).predict(TEXTS)]
    rows = load(path).encoder.encode_many(TEXTS)
    wanted = [np.asarray(model(np.array([row])))[0] for row in rows]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_thresholds_of_the_schema_travel_in_the_file(encoder, tmp_path):
    schema = Schema(tuple(LABELS), {"thresholds": [1.0, 0.0, 1.0]})
    path = tmp_path / "labels.tflite"
    export(student(), path, encoder=encoder, form="multilabel", schema=schema)
    assert {answer.labels for answer in load(path).predict(TEXTS)} == {("acting",)}


def test_a_number_stays_a_number(encoder, tmp_path):
    """Numbers between 0 and 1 are no probabilities, and a softmax of one is 1."""
    model, path = student(1), tmp_path / "number.tflite"
    rescaled = keras.layers.Rescaling(1e-3, 0.5)(model.output)
    model = keras.Model(model.input, rescaled)
    objective = HardLabels(form="regression") + LogitError(form="regression")
    Distiller(student=model, teacher=student(1), objective=objective)
    checked = export(
        path=path, student=model, encoder=encoder, check=[*zip(TEXTS, (1, 2.5, 3, 4), strict=True)]
    )
    assert set(checked.scores) == {"pearson", "spearman", "mae"}
    rows = load(path).encoder.encode_many(TEXTS)
    wanted = [float(np.asarray(model(np.array([row])))[0, 0]) for row in rows]
    assert [each.value for each in load(path).predict(TEXTS)] == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(("form", "outputs"), [("regression", 1), ("multilabel", 4)])
def test_agreement_of_arrays_is_that_of_the_form(form, outputs, tmp_path):
    """All numbers have the same greatest place: an agreement of 100 % said nothing."""
    from tfkd.exporting.decisions import agreement

    draw = np.random.default_rng(0)
    wanted = draw.normal(size=(200, outputs))
    assert agreement(wanted, wanted + 1e-6, form) == 1.0
    assert agreement(wanted, -wanted, form) < 0.2
    model = keras.Sequential([keras.Input((8,), name="x"), keras.layers.Dense(outputs)])
    done = export(
        model, tmp_path / "a.tflite", form=form, check=draw.normal(size=(20, 8)).astype("float32")
    )
    assert done.agreement == 1.0


def test_models_of_both_forms_are_compared():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(60, 8)).astype("float32")
    labels = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3)])
    truth = (labels.predict(x, verbose=0) > 0).astype("int32")
    report = tfkd.compare(student=labels, data=(x, truth), form="multilabel")
    assert report["student"].scores["exact_match"] == 1.0
    number = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    values = number.predict(x, verbose=0)[:, 0] + 1
    report = tfkd.compare(student=number, data=(x, values), teacher=number, form="regression")
    assert report["student"].scores["mae"] == pytest.approx(1.0, abs=1e-5)
    assert report["student"].scores["pearson"] == pytest.approx(1.0)
    with pytest.raises(UserError, match='form="multilabel"'):
        tfkd.compare(student=labels, data=(x, truth))
    with pytest.raises(UserError, match="student returns 3 logits, and 1 are needed"):
        tfkd.compare(student=labels, data=(x, values), form="regression")


def test_arrays_with_labels_are_scored_by_the_form(tmp_path):
    draw = np.random.default_rng(0)
    x = draw.normal(size=(40, 8)).astype("float32")
    labels = keras.Sequential([keras.Input((8,), name="x"), keras.layers.Dense(3)])
    truth = (labels.predict(x, verbose=0) > 0).astype("int32")
    done = export(labels, tmp_path / "a.tflite", form="multilabel", check=(x, truth))
    assert done.scores["exact_match"] == done.score == 1.0
    number = keras.Sequential([keras.Input((8,), name="x"), keras.layers.Dense(1)])
    values = number.predict(x, verbose=0)[:, 0] + 2
    done = export(number, tmp_path / "b.tflite", form="regression", check=(x, values))
    assert done.scores["mae"] == pytest.approx(2.0, abs=1e-5)
    with pytest.raises(UserError, match=r"\[40, 3\] came for a student of 1 outputs"):
        export(number, tmp_path / "b.tflite", form="regression", check=(x, truth))
