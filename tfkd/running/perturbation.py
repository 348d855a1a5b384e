"""What a stage does to its texts, or to their embeddings, so that the student answers alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..losses._base import Objective
from ..tasks import Task
from ..text.text_changes import CHANGES, TextChange, parse_change
from ..training.attacks import ATTACKS, Attack, check_attack, parse_attack

if TYPE_CHECKING:
    from ..training.distiller import Distiller


@dataclass(frozen=True)
class Perturbation:
    """The changes of the texts that a stage learns from.

    Attributes:
        changes: What is done to the words, one after the other.
        attack: What is done to the embeddings; None for nothing.
    """

    changes: tuple[TextChange, ...] = ()
    attack: Attack | None = None

    def check_student(self, student: Any, objective: Objective) -> None:
        """Refuse a student without embeddings to change, or losses that cannot be compared.

        Args:
            student: The Keras model.
            objective: What is minimised.

        Raises:
            UserError: Such a student.
        """
        if self.attack is not None:
            check_attack(self.attack, student, objective)

    def make_distiller(self, **options: Any) -> Distiller:
        """Return what trains a student under these changes of its embeddings.

        Args:
            **options: Those of a `Distiller`.
        """
        from ..training.adversarial_distiller import AdversarialDistiller
        from ..training.distiller import Distiller

        if self.attack is None:
            return Distiller(**options)
        return AdversarialDistiller(attack=self.attack, **options)


CLEAN = Perturbation()
"""Texts as they are."""


def parse_perturbation(specs: Sequence[str], title: str = "") -> Perturbation:
    """Read what is done to texts and embeddings, as settings write it.

    Args:
        specs: Each of one kind, such as `typos:0.1` or `fgm:1.0`.
        title: What to call the stage in an error.

    Raises:
        UserError: No such kind, a share or a size that cannot be, one kind twice, two attacks.

    >>> parse_perturbation(["typos:0.1"]).changes
    (TextChange(kind='typos', share=0.1),)
    """
    name = f"{title}: perturb" if title else "perturb"
    kinds = [spec.partition(":")[0] for spec in specs]
    for kind, spec in zip(kinds, specs, strict=True):
        if kind not in CHANGES and kind not in ATTACKS:
            known = ", ".join([*CHANGES, *ATTACKS])
            raise UserError(f"{name} has {spec!r}: write one of {known}, e.g. typos:0.1.")
        if kinds.count(kind) > 1:
            raise UserError(f"{name} has {kind} twice: write it once.")
    attacks = [spec for kind, spec in zip(kinds, specs, strict=True) if kind in ATTACKS]
    if len(attacks) > 1:
        raise UserError(f"{name} has {' and '.join(attacks)}: write one of them.")
    changes = [spec for kind, spec in zip(kinds, specs, strict=True) if kind in CHANGES]
    return Perturbation(
        tuple(map(parse_change, changes)), parse_attack(attacks[0]) if attacks else None
    )


def check_perturbations(stages: Iterable[Any], task: Task) -> None:
    """Refuse changes of texts that the task or a loss of the stage does not bear.

    Args:
        stages: Those of the run.
        task: What its examples are.

    Raises:
        UserError: A task whose answers are about each word, or a loss on hidden states.
    """
    for stage in stages:
        if not stage.perturbation.changes:
            continue
        kinds = ", ".join(change.kind for change in stage.perturbation.changes)
        if not task.perturbable:
            raise UserError(
                f"perturb has {kinds}, which changes words of texts, and the task {task.name} does "
                "not bear that: leave it out."
            )
        inside = sorted(set(stage.objective.reads) - set(task.outputs))
        if inside:
            raise UserError(
                f"perturb has {kinds}, and the stage {stage.name!r} compares {', '.join(inside)} "
                "token by token, of which a changed text has others than the teacher's clean one: "
                "write perturb = [] in this stage."
            )
