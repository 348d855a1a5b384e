import json
from dataclasses import dataclass

import numpy as np
import pytest
import tensorflow as tf

from tfkd import DistillationLoss, HardLabels, LogitError, Objective, SoftTargets, UserError, hinton
from tfkd.losses._base import as_objective
from tfkd.losses._batch import Batch


@dataclass(frozen=True)
class Entropy(DistillationLoss):
    """A user's own loss."""

    scale: float = 2.0


def test_algebra():
    """A weight that lands on the wrong term is a silent change of recipe."""
    objective = 0.5 * (0.3 * HardLabels() + 0.7 * SoftTargets(temperature=4)) + LogitError()
    assert (HardLabels() * 0.3 + SoftTargets(temperature=4) * 0.7) * 0.5 + LogitError() == objective
    weights = [weight for weight, _ in objective.terms]
    np.testing.assert_allclose(weights, [0.15, 0.35, 1.0])
    assert [type(loss) for _, loss in objective.terms] == [HardLabels, SoftTargets, LogitError]
    assert (HardLabels() + SoftTargets()).terms == ((1.0, HardLabels()), (1.0, SoftTargets()))


def test_two_losses_of_one_name_are_numbered():
    """Two terms under one key of a dict: one of them vanishes."""
    objective = SoftTargets(temperature=1) + SoftTargets(temperature=4) + HardLabels()
    names = [name for name, _, _ in objective.named()]
    assert names == ["soft_targets", "soft_targets_2", "hard_labels"]


def test_numbers_stay_when_a_weight_is_zero():
    """A sweep over weights must not rename the curves."""
    objective = 0.0 * SoftTargets(temperature=1) + 1.0 * SoftTargets(temperature=4)
    assert [name for name, _, _ in objective.named()] == ["soft_targets_2"]


def test_a_term_of_weight_zero_is_not_computed():
    """0 * NaN is NaN, and a teacher that nobody listens to costs most of the step."""
    objective = 1.0 * HardLabels() + 0.0 * SoftTargets()
    assert objective.reads == ()
    student = {"logits": tf.zeros((1, 2))}
    assert list(objective(student, None, Batch(labels=tf.constant([0])), {})) == ["hard_labels"]


def test_unit_of_the_mean():
    """Hugging Face averages over tokens, most papers over examples: both, and by name."""
    objective = 1.0 * SoftTargets()
    mask = tf.constant([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    sides = {"logits": tf.zeros((3, 3, 2))}
    counts = [
        each(sides, sides, Batch(mask=mask), {})["soft_targets"][1].numpy().tolist()
        for each in (objective, objective.averaged("tokens"))
    ]
    assert counts == [[1.0, 1.0, 0.0], [3.0, 1.0, 0.0]]


def test_the_unit_survives_the_algebra():
    """`0.5 * objective` must not fall back to the default unit."""
    objective = 0.5 * (1.0 * SoftTargets()).averaged("tokens") + HardLabels()
    assert objective.average == "tokens"
    assert Objective.from_config(objective.get_config()).average == "tokens"


def test_config_round_trip_of_foreign_losses():
    """A user's loss must come back from its config too, by module and name."""
    objective = 0.5 * Entropy(3.0) + 0.5 * HardLabels(label_smoothing=0.1)
    config = json.loads(json.dumps(objective.get_config()))
    assert Objective.from_config(config) == objective
    assert as_objective(config) == objective


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ({"loss": "SoftTarget"}, "no loss 'SoftTarget': write one of .*SoftTargets"),
        ({"loss": "SoftTargets", "tau": 4}, "SoftTargets: .*tau"),
        ({"loss": "no_such_module:Loss"}, "no_such_module"),
        ({"weight": 1.0}, "no loss ''"),
    ],
)
def test_config_with_a_mistake(term, words):
    """A typo in a TOML file must not end in a traceback, still less in a default."""
    with pytest.raises(UserError, match=words):
        Objective.from_config({"terms": [term]})


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf"), "0.5"])
def test_weights_out_of_range(weight):
    """A negative weight makes the student flee its teacher."""
    with pytest.raises(UserError, match="weight of SoftTargets is"):
        Objective(((weight, SoftTargets()),))


def test_all_weights_zero():
    """Training on nothing takes as long as training on something."""
    with pytest.raises(UserError, match="weights are all zero"):
        (0.0 * HardLabels() + 0.0 * SoftTargets()).check()


@pytest.mark.parametrize("thing", ["kl_divergence", None, 0.5, tf.nn.softmax])
def test_what_is_no_objective(thing):
    """The string of a Keras loss is what the incumbent takes, and gets wrong."""
    with pytest.raises(UserError, match=r"the objective is .*write a loss or a sum"):
        as_objective(thing)


def test_a_term_that_is_no_loss():
    """A bare function has no name, no config and no mask."""
    with pytest.raises(UserError, match="is no loss"):
        Objective(((1.0, tf.nn.softmax),))


def test_unknown_unit():
    """A misspelt unit must not mean the default."""
    with pytest.raises(UserError, match="write 'examples' or 'tokens'"):
        (1.0 * SoftTargets()).averaged("token")


def test_hinton():
    """Half the field's alpha is the hard weight, half the soft one; ours has a name."""
    assert hinton(4.0, 0.9).terms == (
        (pytest.approx(0.1), HardLabels()),
        (0.9, SoftTargets(temperature=4.0)),
    )
    assert {loss.form for _, loss in hinton(form="binary").terms} == {"binary"}
    assert [name for name, _, _ in hinton(soft_weight=0).named()] == ["hard_labels"]


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_hinton_out_of_range(weight):
    """1 - 1.1 is a negative weight on the labels."""
    with pytest.raises(UserError, match="soft_weight is"):
        hinton(soft_weight=weight)


def test_form_is_shared_or_none():
    """What a model should end in depends on the form; two forms say nothing."""
    assert hinton(form="multilabel").form == "multilabel"
    assert (HardLabels() + LogitError("regression")).form is None
    assert (1.0 * Entropy()).form is None
