"""Students from Hugging Face: trained, saved, read by plain transformers, and on a phone."""

import numpy as np
import pytest
from tiny_bert import checkpoint, texts

from tfkd import Attention, Cosine, Distiller, HardLabels, Hint, SoftTargets, export, load_teacher
from tfkd.errors import UserError
from tfkd.models import tap
from tfkd.runtime import Classifier

IDS = np.concatenate([texts(4, 11, seed) for seed in (1, 2)])
INPUTS = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}
LABELS = np.arange(8) % 2


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A BERT teacher and a DistilBERT student, both of tf_keras."""
    root = tmp_path_factory.mktemp("models")
    return tuple(
        load_teacher(f"tf:{checkpoint(root / kind, kind, classes=2)}")
        for kind in ("bert", "distilbert")
    )


@pytest.mark.slow
def test_distilbert_under_bert(models, tmp_path):
    """DistilBERT's own recipe, and its file is Hugging Face's."""
    import transformers

    teacher, student = models
    objective = 5.0 * SoftTargets() + 2.0 * HardLabels() + Cosine() + Hint() + Attention(kind="kl")
    distiller = Distiller(student=student.model, teacher=teacher.model, objective=objective)
    distiller.compile("adam")
    before = student.model.get_weights()
    history = distiller.fit(INPUTS, LABELS, epochs=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    moved = [np.abs(a - b).max() for a, b in zip(before, student.model.get_weights(), strict=True)]
    assert np.mean(np.array(moved) > 1e-6) > 0.9

    student.model.save_pretrained(tmp_path / "small")
    kind = transformers.TFDistilBertForSequenceClassification
    again = kind.from_pretrained(str(tmp_path / "small"))
    np.testing.assert_allclose(again(INPUTS).logits, student.model(INPUTS).logits, atol=1e-6)


@pytest.mark.parametrize("quantize", [pytest.param("float32", marks=pytest.mark.slow), "int8"])
def test_on_a_phone(models, tmp_path, quantize):
    """A `.tflite` that needs no transformers, and answers what the model does."""
    _, student = models
    file, some = tmp_path / "small.tflite", ["abc def", "a text", "of letters"]
    made = export(
        student.model,
        file,
        quantize=quantize,
        encoder=student.encoder,
        labels=student.labels,
        check=some,
    )
    assert made.agreement == 1.0
    atol = 1e-4 if quantize == "float32" else 0.1
    np.testing.assert_allclose(Classifier(file).logits(some), student.logits(some), atol=atol)
    with pytest.raises(UserError, match=r"is written by its save_pretrained\(folder\)"):
        export(student.model, tmp_path / "small.keras")


@pytest.mark.slow_but_one
@pytest.mark.parametrize("loss", [Hint(), Cosine(), Attention(kind="kl"), SoftTargets()])
def test_both_flavours_take_the_same_step(tmp_path, loss):
    """One checkpoint as Keras 3 and as tf_keras under one teacher: one loss, one gradient."""
    teacher = load_teacher(f"tf:{checkpoint(tmp_path / 'large', classes=2)}").model
    for weight in teacher.weights:  # else the student is its own teacher
        weight.assign(
            weight
            + 0.05 * np.cos(np.arange(weight.shape.num_elements() or 1)).reshape(weight.shape)
        )
    folder = checkpoint(tmp_path / "small", classes=2)
    logs, logits = [], []
    for kind in ("hub", "tf"):
        student = load_teacher(f"{kind}:{folder}").model
        distiller = Distiller(student=student, teacher=teacher, objective=HardLabels() + loss)
        optimizer = distiller.keras.optimizers.SGD(1e-3)
        distiller.compile(optimizer, teacher_in_evaluate=True)
        logs.append(distiller.evaluate(INPUTS, LABELS, verbose=0, return_dict=True))
        logits.append(tap(student)(INPUTS, ("logits",))["logits"])
    np.testing.assert_allclose(*logits, atol=1e-4)
    assert logs[0].keys() == logs[1].keys()
    for name, value in logs[0].items():
        np.testing.assert_allclose(value, logs[1][name], rtol=1e-3)
        assert value > 1e-4
