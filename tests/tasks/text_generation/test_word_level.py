"""What a student learns of each token of its teacher, against a loop that is written out."""

import keras
import numpy as np
import pytest

from tfkd import Distiller, UserError
from tfkd.models.masks import labelled_positions
from tfkd.students import causal
from tfkd.tasks.text_generation import TextGeneration

VOCABULARY = 12
# A code that is given, two texts of unlike lengths, and padding.
IDS = np.array([[2, 5, 7, 8, 9, 4], [2, 6, 7, 0, 0, 0]], "int32")
LABELS = np.array([[-100, 7, 8, 9, 4, 3], [6, 7, 3, -100, -100, -100]], "int32")
SOFT, TEMPERATURE = 0.7, 2.0


@pytest.fixture(scope="module")
def models():
    return [causal(VOCABULARY, "tiny", seed=seed, dropout=0.0) for seed in (1, 2)]


def shares(logits, temperature):
    """Probabilities, in a loop of Python."""
    powers = [np.exp(float(each) / temperature) for each in logits]
    return [power / sum(powers) for power in powers]


def expected(student, teacher, reverse):
    total, tokens = 0.0, 0
    for text, labels in enumerate(LABELS):
        for place, label in enumerate(labels):
            if label == -100:
                continue
            hard = -np.log(shares(student[text, place], 1.0)[label])
            p = shares(teacher[text, place], TEMPERATURE)
            q = shares(student[text, place], TEMPERATURE)
            if reverse:
                soft = sum(b * (np.log(b) - np.log(a)) for a, b in zip(p, q, strict=True))
            else:
                soft = sum(a * (np.log(a) - np.log(b)) for a, b in zip(p, q, strict=True))
            total += (1 - SOFT) * hard + SOFT * TEMPERATURE**2 * soft
            tokens += 1
    return total / tokens


@pytest.mark.parametrize("divergence", ["kl", "reverse_kl"])
def test_the_loss_is_that_of_a_loop(models, divergence):
    """An example weighs as its tokens; padding and a code teach nothing."""
    student, teacher = models
    task = TextGeneration({"divergence": divergence})
    objective = task.objective(temperature=TEMPERATURE, soft_weight=SOFT)
    distiller = Distiller(
        student=student, teacher=teacher, objective=objective, mask=labelled_positions
    )
    distiller.compile(keras.optimizers.SGD(0.0))
    history = distiller.fit(IDS, LABELS, batch_size=2, epochs=1, verbose=0)
    logits = (model(IDS).numpy() for model in models)
    wanted = expected(*logits, reverse=divergence == "reverse_kl")
    assert history.history["loss"][0] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"divergence": "js"}, "divergence is 'js'"), ({"level": "sequence"}, "level is 'sequence'")],
)
def test_what_a_language_model_does_not_learn_is_refused(settings, says):
    with pytest.raises(UserError, match=says):
        TextGeneration(settings)


@pytest.mark.usefixtures("workplace")
@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--labelled", "5"), "each text is its own label"),
        (("--baseline", "tfidf"), "has none"),
        (("--augment", "2"), "leave it out"),
        (("--student", "text_cnn:tiny"), "write one of causal"),
        (("--task-set", "level=both"), "level is 'both'"),
        (("--teacher", "train:text_cnn:tiny"), "causal"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused_first(refused, tmp_path, flags, says):
    """A setting that fits no language model would fail after its training, or do nothing."""
    lines = (f'{{"text": "a small dog {number}"}}\n' for number in range(60))
    (tmp_path / "texts.jsonl").write_text("".join(lines))
    own = ("--task", "text-generation", "--student", "causal:tiny", "--to", "run")
    assert says in refused("distill", "texts.jsonl", *own, *flags)
    assert not (tmp_path / "run").exists()
