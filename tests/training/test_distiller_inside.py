"""Students that learn from more than the teacher's last layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_bert import checkpoint, texts

from tfkd import (
    Attention,
    Contrastive,
    Cosine,
    Distiller,
    EmbeddingMatch,
    HardLabels,
    Hint,
    PatientHint,
    Relational,
    Relations,
    Similarity,
    SoftTargets,
    store,
    students,
    tap,
)
from tfkd.errors import UserError

IDS = np.concatenate([texts(4, 11, seed) for seed in (1, 2, 3)])
LABELS = np.arange(12) % 2
EVERY = (
    Hint(),
    Cosine(),
    PatientHint(layers="final"),
    EmbeddingMatch(),
    Attention(),
    Attention(of="attention_scores", kind="kl"),
    Relations(),
    Relational(),
    Similarity(),
    Contrastive(width=8),
)


def transformer(layers=1, width=8, seed=0):
    settings = {"layers": layers, "width": width, "heads": 2, "max_length": 16, "dropout": 0.0}
    return students.build("transformer", 31, 2, "tiny", seed=seed, **settings)


@pytest.fixture(scope="module")
def teacher():
    return transformer(layers=2, width=16, seed=1)


def distilled(teacher, objective, data=(IDS, LABELS), student=None, epochs=1, **options):
    student = transformer() if student is None else student
    distiller = Distiller(student=student, teacher=teacher, objective=objective)
    keras.utils.set_random_seed(5)
    distiller.compile(keras.optimizers.Adam(1e-2), **options)
    history = distiller.fit(*data, epochs=epochs, batch_size=4, shuffle=False, verbose=0).history
    return distiller, history


@pytest.mark.slow_but_one
@pytest.mark.parametrize("loss", EVERY, ids=lambda loss: type(loss).__name__)
def test_every_loss_goes_down(teacher, loss):
    """A loss that is computed, logged, and has no way to the student's weights."""
    _, history = distilled(teacher, 0.1 * HardLabels() + loss, epochs=8)
    name = next(key for key in history if key not in ("loss", "hard_labels"))
    assert history[name][-1] < history[name][0]


def test_equals_the_losses_by_hand(teacher):
    """The numbers in the logs are those of the layers that were meant."""
    student = transformer()
    objective = HardLabels() + Hint(layers=((0, 0), (1, 2)), projection="never")
    same = transformer(layers=2, width=8, seed=3)
    distiller = Distiller(student=student, teacher=same, objective=objective)
    distiller.compile("adam", teacher_in_evaluate=True)
    logs = distiller.evaluate(IDS, LABELS, batch_size=5, verbose=0, return_dict=True)
    sides = (tap(each)(IDS, ("logits", "hidden_states")) for each in (student, same))
    mine, theirs = (each["hidden_states"] for each in sides)
    there = IDS != 0
    want = []
    for row in range(len(IDS)):
        pairs = ((mine[0], theirs[0]), (mine[1], theirs[2]))
        squares = [np.square((a - b)[row][there[row]]).mean() for a, b in pairs]
        want.append(np.mean(squares))
    np.testing.assert_allclose(logs["hint"], np.mean(want), rtol=1e-5)


def test_padding_counts_for_nothing(teacher):
    """The same texts in a wider array teach the same."""
    objective = HardLabels() + Hint() + Attention() + Relations() + PatientHint(layers="final")
    wide = np.pad(IDS, [[0, 0], [0, 5]])
    one, _ = distilled(teacher, objective)
    two, _ = distilled(teacher, objective, data=(wide, LABELS))
    for a, b in zip(one.trainable_weights, two.trainable_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


def test_projections_have_their_own_optimizer(teacher):
    """A projection at the student's small rate is still random when the student is done."""
    objective = HardLabels() + Hint()
    frozen, _ = distilled(teacher, objective, projection_optimizer=0.0)
    moved, _ = distilled(teacher, objective, projection_optimizer=keras.optimizers.SGD(0.1))

    def projection(distiller):
        return next(v for v in distiller.trainable_variables if v.name.startswith("hint_"))

    keras.utils.set_random_seed(0)
    start = Distiller(
        student=transformer(), teacher=teacher, objective=objective, example=(IDS, LABELS)
    )
    assert projection(start).shape == (8, 16)
    weights = [projection(each).numpy() for each in (frozen, moved)]
    assert not np.allclose(*weights)
    with_frozen = frozen.student.get_weights()
    assert any(
        not np.allclose(a, b) for a, b in zip(with_frozen, transformer().get_weights(), strict=True)
    )


def test_only_the_student_is_saved(teacher, tmp_path):
    """Projections in a file for a phone; a file that does not load without tfkd."""
    distiller, _ = distilled(teacher, HardLabels() + Hint() + Contrastive(width=4))
    distiller.save(tmp_path / "student.keras")
    again = keras.models.load_model(tmp_path / "student.keras")
    assert len(again.weights) == len(distiller.student.weights)
    np.testing.assert_allclose(again(IDS), distiller.student(IDS), atol=1e-6)


def test_layer_maps_are_printed(teacher, capsys):
    """A map that nobody has seen before the training is over."""
    student = transformer(layers=2)
    distiller = Distiller(student=student, teacher=teacher, objective=HardLabels() + Hint())
    distiller.compile("adam")
    distiller.fit(IDS, LABELS, verbose=2)
    assert "hint: student 1 from teacher 1, 2 from 2\n" in capsys.readouterr().out
    distiller.fit(IDS, LABELS, verbose=0)
    assert capsys.readouterr().out == ""
    assert distiller.layer_maps == {"hint": ((1, 1), (2, 2))}


def test_from_the_store(teacher, tmp_path):
    """Hidden states and attentions computed once: the student of live targets, to the rounding."""
    objective = 0.5 * SoftTargets() + Hint() + Attention() + Relations()
    reads = objective.reads
    store.write(tmp_path, teacher, IDS, reads=reads, dtype="float32", verbose=0)
    data = tf.data.Dataset.from_tensor_slices((IDS, LABELS)).batch(4)
    live, _ = distilled(teacher, objective, data=(data,))
    stored, _ = distilled(None, objective, data=(store.join(tmp_path, data),))
    for a, b in zip(live.trainable_weights, stored.trainable_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-4)


def test_named_layers_of_any_student(teacher):
    """A student that is no transformer learns the mean of the teacher's states."""
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    pieces = keras.layers.Embedding(31, 6)(ids)
    pooled = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(6, 3, padding="same")(pieces))
    inner = keras.layers.Dense(16, name="inner")(pooled)
    student = keras.Model(ids, keras.layers.Dense(2)(inner))
    objective = HardLabels() + PatientHint(layers=((0, -1),), pooling="mean")
    tapped = tap(student, hidden_states=["inner"])
    distiller, history = distilled(teacher, objective, student=tapped, epochs=3)
    assert distiller.student is student
    assert history["patient_hint"][-1] < history["patient_hint"][0]
    with pytest.raises(UserError, match="no hidden_states were found"):
        distilled(teacher, objective, student=student)


@pytest.mark.slow
def test_hugging_face_under_keras_and_the_other_way(tmp_path):
    """Both flavours of Keras, either of them as teacher, with the losses on the inside."""
    from tfkd.models import hugging_face

    folder = checkpoint(tmp_path, classes=2)
    inputs = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}
    hub = hugging_face.load_by_keras_hub(folder, "ForSequenceClassification")
    hf = hugging_face.load_by_transformers(folder, "ForSequenceClassification")
    objective = HardLabels() + Hint() + Attention(kind="kl") + Relations()
    logs = []
    for student, teacher in ((hub, hf), (hf, hub)):
        distiller = Distiller(student=student, teacher=teacher, objective=objective)
        distiller.compile("adam", teacher_in_evaluate=True)
        logs.append(distiller.evaluate(inputs, LABELS, verbose=0, return_dict=True))
    for found in logs:  # one checkpoint, read twice: the student is its own teacher
        for name in ("hint", "attention", "relations"):
            assert abs(found[name]) < 1e-4
    np.testing.assert_allclose(logs[0]["hard_labels"], logs[1]["hard_labels"], rtol=1e-4)
    distiller.fit(inputs, LABELS, verbose=0)
