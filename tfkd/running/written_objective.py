"""The losses of a run or a stage that its settings write out."""

from __future__ import annotations

from typing import Any

from ..errors import UserError
from ..losses._base import Objective
from ..losses._heads import name_in_head
from ..losses.for_head import ForHead
from ..losses.hard_labels import HardLabels
from ..tasks import Task


def read_losses(terms: Any, task: Task) -> Objective:
    """Return losses that are written out; those on logits have the task's form by default.

    Args:
        terms: A list of tables, one a loss.
        task: What the losses are for.

    Raises:
        UserError: Something else, a loss that does not exist, or one on no head of several.
    """
    if not isinstance(terms, list) or not all(isinstance(term, dict) for term in terms):
        raise UserError(
            f"the objective is {terms!r}: write a list of tables, e.g. "
            'objective = [{loss = "Hint", weight = 1.0}].'
        )
    if not task.heads:
        return Objective.from_config({"terms": terms}, form=task.form)
    forms = {head: task.form_of(name_in_head(head, "logits")) for head in task.heads}
    return _with_all_heads(Objective.from_config({"terms": terms}, form=forms), forms)


def _with_all_heads(objective: Objective, forms: dict[str, str]) -> Objective:
    """Return losses of which each is on a head, or on hidden layers; other heads weigh 0.

    Args:
        objective: The losses.
        forms: What the logits of each head are.

    Raises:
        UserError: A loss on logits without a head, or on one that is not there.
    """
    heads = [getattr(loss, "head", "") for _, loss in objective.terms]
    for head, (_, loss) in zip(heads, objective.terms, strict=True):
        if head not in forms and (head or "logits" in loss.student_reads):
            raise UserError(
                f"the loss {loss.log_name} is on {f'the head {head!r}' if head else 'no head'}: "
                f'write head = "NAME", one of {", ".join(forms)}.'
            )
    for head, form in forms.items():
        if head not in heads:
            objective = objective + 0.0 * ForHead(head, HardLabels(form=form))
    return objective
