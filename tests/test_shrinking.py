"""A student made of its teacher's layers computes what those layers compute."""

import keras
import numpy as np
import pytest
from tiny_bert import checkpoint, texts

from tfkd import Cosine, Distiller, HardLabels, SoftTargets, load_teacher, shrink, tap
from tfkd.errors import UserError
from tfkd.saving import save_keras
from tfkd.shrinking import chosen

IDS = texts(6, 11)
INPUTS = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("bert"), classes=2, num_hidden_layers=2)


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_all_layers_are_the_teacher(folder, kind):
    """A layer left at random, a head that was not copied."""
    teacher = load_teacher(f"{kind}:{folder}")
    same = shrink(teacher, layers=2)
    atol = 2e-2 if kind == "hub" else 1e-5  # KerasHub's own GELU in the student
    np.testing.assert_allclose(same(IDS), teacher(IDS), atol=atol)
    assert same.encoder is teacher.encoder
    assert same.labels == teacher.labels


@pytest.mark.parametrize("kind", ["hub", "tf"])
@pytest.mark.parametrize("keep", [0, 1])
def test_one_layer_is_that_layer(folder, kind, keep):
    """The weights of another layer, or of the same place in a deeper model."""
    teacher = load_teacher(f"{kind}:{folder}").model
    small = shrink(teacher, layers=(keep,))
    mine, theirs = (tap(each)(INPUTS, ("logits", "hidden_states")) for each in (small, teacher))
    assert len(mine["hidden_states"]) == 2
    there = INPUTS["attention_mask"] > 0
    np.testing.assert_allclose(
        mine["hidden_states"][0][there], theirs["hidden_states"][0][there], atol=1e-5
    )
    if keep == 0:
        np.testing.assert_allclose(
            mine["hidden_states"][1][there], theirs["hidden_states"][1][there], atol=2e-2
        )
    assert small.count_params() < teacher.count_params()


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_the_student_is_its_own(folder, kind):
    """A student that trains its teacher with it."""
    teacher = load_teacher(f"{kind}:{folder}")
    student = shrink(teacher, layers=1).model
    before = [each.numpy() for each in teacher.model.weights]
    objective = HardLabels() + SoftTargets() + Cosine(layers=((-1, -1),))
    distiller = Distiller(student=student, teacher=teacher.model, objective=objective)
    distiller.compile("adam")
    start = [each.numpy() for each in student.weights]
    distiller.fit(INPUTS, np.arange(6) % 2, verbose=0)
    moved = [np.abs(a - b.numpy()).max() for a, b in zip(start, student.weights, strict=True)]
    assert np.mean(np.array(moved) > 1e-6) > 0.8
    for old, new in zip(before, teacher.model.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


def test_a_shrunk_student_is_saved_without_tfkd(folder, tmp_path):
    """A file that needs the library that made it."""
    student = shrink(load_teacher(f"hub:{folder}"), layers=1).model
    save_keras(student, tmp_path / "student.keras")
    again = keras.models.load_model(tmp_path / "student.keras")
    np.testing.assert_allclose(again(INPUTS)["logits"], student(INPUTS)["logits"], atol=1e-6)


def test_a_hugging_face_student_goes_back_to_hugging_face(folder, tmp_path):
    """`save_pretrained`, and plain transformers reads it."""
    import transformers

    student = shrink(load_teacher(f"tf:{folder}"), layers=1).model
    student.save_pretrained(tmp_path / "small")
    again = transformers.TFBertForSequenceClassification.from_pretrained(str(tmp_path / "small"))
    np.testing.assert_allclose(again(INPUTS).logits, student(INPUTS).logits, atol=1e-6)
    assert again.config.num_hidden_layers == 1


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (0, "layers=0 of a model of 2: write 1 to 2"),
        (3, "write 1 to 2"),
        ((0, 2), "write numbers from 0 to 1"),
        ((), "write numbers from 0"),
    ],
)
def test_layers_that_are_not_there(folder, layers, words):
    """A student of the wrong layers."""
    with pytest.raises(UserError, match=words):
        shrink(load_teacher(f"hub:{folder}"), layers=layers)


def test_a_model_without_an_encoder():
    """Nothing to take layers from."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(UserError, match="shrink found 0 encoders"):
        shrink(model, layers=1)


def test_evenly():
    """First and last, and what lies between."""
    assert [chosen(n, 6) for n in (1, 2, 3, 6)] == [(0,), (0, 5), (0, 2, 5), (0, 1, 2, 3, 4, 5)]
