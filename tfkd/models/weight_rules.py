"""What a training keeps a student's weights to: zeros that stay, numbers of a quantiser's grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from ..distribution import assign_on_replicas
from ..errors import UserError
from .keras_internals import give_losses


class WeightRule:
    """A rule for some variables of a Keras 3 model while it is trained.

    Subclasses override one of the two methods, both of which may be compiled into a step.
    """

    def __init__(self, variables: Iterable[Any]) -> None:
        self.variables = list(variables)

    def read(self, variable: Any) -> tf.Tensor | None:
        """Return what layers read in place of a variable, with a gradient; None: its own value."""
        return None

    def keep(self, before: Sequence[tf.Tensor], step: tf.Tensor) -> Sequence[tf.Tensor | None]:
        """Return what the updated variables are set to, None for those that stay as they are.

        Every replica is asked, with the same values, and has to say the same.

        Args:
            before: The values of `variables` before the update, in their order. The variables hold
                the new ones.
            step: How many updates there were, this one among them.
        """
        return [None] * len(self.variables)


def check_rules(rules: Sequence[WeightRule], model: Any) -> None:
    """Refuse rules for variables that a student does not have, or that are not Keras 3's.

    Raises:
        UserError: Such a rule.
    """
    # A model that is not built yet cannot be asked for its variables.
    own = {id(variable) for variable in model.variables} if rules else set()
    for rule in rules:
        foreign = [each for each in rule.variables if id(each) not in own]
        if foreign or not isinstance(model, keras.Model):
            title = type(rule).__name__
            raise UserError(
                f"the rule {title} is for {len(foreign) or 'some'} variables that the student "
                f"{model.name!r} does not have: make it of the Keras 3 model that is trained."
            )


@contextmanager
def reading(rules: Sequence[WeightRule], model: Any) -> Iterator[None]:
    """Have the layers of a model read what the rules say, while the block runs.

    Args:
        rules: The rules; without any nothing happens.
        model: A Keras 3 model. What its layers update, such as states of random numbers and
            moving means, is updated after the block; the losses that they add are its own.
    """
    found = [(variable, rule.read(variable)) for rule in rules for variable in rule.variables]
    pairs = [(variable, value) for variable, value in found if value is not None]
    if not pairs:
        yield
        return
    with keras.StatelessScope(state_mapping=pairs, collect_losses=True) as scope:
        yield
    give_losses(model, scope.losses)
    for variable in model.non_trainable_variables:
        value = scope.get_current_value(variable)
        if value is not None:
            variable.assign(value)


class Keeper:
    """Sets variables to what the rules keep of them, after an update.

    Args:
        rules: The rules. It has to be made before the update, since it remembers all values.
    """

    def __init__(self, rules: Sequence[WeightRule]) -> None:
        self._before = [
            (rule, [tf.identity(tf.convert_to_tensor(v.value)) for v in rule.variables])
            for rule in rules
            if type(rule).keep is not WeightRule.keep
        ]

    def keep(self, optimizer: Any) -> None:
        """Set the variables.

        Args:
            optimizer: Its iterations are the updates so far.
        """
        for rule, before in self._before:
            kept = rule.keep(before, tf.convert_to_tensor(optimizer.iterations))
            pairs = zip(rule.variables, kept, strict=True)
            assign_on_replicas([(v.value, value) for v, value in pairs if value is not None])
