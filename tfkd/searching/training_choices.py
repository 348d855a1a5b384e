"""How a student may be trained: losses, rate, epochs, batches, augmented texts."""

from __future__ import annotations

from typing import Any

from .. import losses, students
from ..running.config import RunConfig
from ..running.fitting import choose_epochs
from ..running.stages import read_objective, read_optimizer
from ..tasks import Task
from .choice import Ask, Choice

_TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_SOFT_WEIGHTS = (0.25, 0.5, 0.75, 0.9, 1.0)
_RATES = (0.25, 0.5, 1.0, 2.0, 4.0)
_EPOCHS = (0.5, 1.0, 2.0, 3.0)
_BATCHES = (32, 64, 128, 256)
_SOFT = "SoftTargets"
_IN_ITS_PLACE = ("ReverseKL", "JensenShannon", "LogitError")
AUGMENT = "augment"
_COPIES = 2
_CHANGES: tuple[list[str], ...] = ([], ["drop:0.1"], ["fgm:1.0"])


def choose_losses(config: RunConfig, ask: Ask) -> dict[str, Any]:
    """Return the settings of the objective, by flat name; none where losses are written out.

    Args:
        config: The settings of the default.
        ask: Returns a value of a choice.
    """
    training, chosen = config.training, dict[str, Any]()
    for name, values in (("temperature", _TEMPERATURES), ("soft_weight", _SOFT_WEIGHTS)):
        if _matters(config, name, values):
            value = ask(Choice.of(name, values, getattr(training, name)))
            chosen |= {name: value} if value != getattr(training, name) else {}
    objective = read_objective(config.replaced(**chosen))
    terms = objective.get_config()["terms"]
    soft = [number for number, term in enumerate(terms) if term["loss"] == _SOFT]
    written = training.objective or training.stage
    if len(soft) != 1 or written or objective.average != "examples":
        return chosen
    own = terms[soft[0]]
    known = [name for name in _IN_ITS_PLACE if own["form"] in getattr(losses, name).forms]
    kind = ask(Choice.of("loss", (_SOFT, *known), _SOFT, "objective"))
    if kind != _SOFT:
        kept = ("weight", "form", *(["temperature"] if _has_temperature(kind) else []))
        terms[soft[0]] = {"loss": kind, **{name: own[name] for name in kept}}
        # As people write them: 1 - 0.9 is 0.1.
        terms = [{**term, "weight": round(term["weight"], 6)} for term in terms]
        chosen["objective"] = terms
    return chosen


def choose_training(config: RunConfig, ask: Ask, *, source: str, texts: int) -> dict[str, Any]:
    """Return the settings of the training itself, by flat name.

    Args:
        config: The settings of the default.
        ask: Returns a value of a choice.
        source: The student, whose kind says how fast it learns.
        texts: How many texts are learnt from, with augmented ones; 0 where that is not known.
    """
    training = config.training
    batch = ask(Choice.of("batch_size", _BATCHES, training.batch_size))
    rate = ask(Choice.of("rate", _RATES, 1.0, "learning_rate"))
    chosen: dict[str, Any] = {"batch_size": batch} if batch != training.batch_size else {}
    # A rate that was given is one for the own student.
    given = training.learning_rate if source == config.student.source else 0.0
    if rate != 1:
        usual = given or read_optimizer(config).choose_rate(students.rate_of(source))
        chosen["learning_rate"] = float(f"{rate * usual:.3g}")
    elif given != training.learning_rate:
        chosen["learning_rate"] = given
    if texts or training.epochs:
        share = ask(Choice.of("share_of_epochs", _EPOCHS, 1.0, "epochs"))
        if share != 1:
            steps = -(-texts // batch)
            chosen["epochs"] = max(1, round(share * choose_epochs(steps, training.epochs)))
    return chosen


def choose_augmentation(config: RunConfig, task: Task, ask: Ask, *, wanted: bool) -> dict[str, Any]:
    """Return how many augmented texts are added, and how all are changed, by flat name.

    The teacher has to be asked for these, so they are tried where the user wants them. What it need
    not read are texts that are changed while the student is trained.

    Args:
        config: The settings of the default.
        task: What the student is for.
        ask: Returns a value of a choice.
        wanted: Whether they are tried though the default has none.
    """
    own, chosen = config.data.augment, dict[str, Any]()
    if not (task.reads_texts and task.perturbable) or task.writes:
        return chosen
    hidden = set(read_objective(config).reads) - set(task.outputs)
    if not (config.training.stage or hidden):
        changes = ask(Choice.of("perturb", _CHANGES, config.training.perturb))
        chosen |= {"perturb": changes} if changes != config.training.perturb else {}
    if own or wanted:
        copies = ask(Choice.of(AUGMENT, (0, own or _COPIES), own))
        without = {} if copies else {"augment_model": ""}
        chosen |= {AUGMENT: copies, **without} if copies != own else {}
    return chosen


def _matters(config: RunConfig, name: str, values: tuple[float, ...]) -> bool:
    """Return whether the losses of a run depend on a setting."""
    found = [read_objective(config.replaced(**{name: value})).get_config() for value in values[:2]]
    return found[0] != found[1] and not config.training.objective


def _has_temperature(kind: str) -> bool:
    return "temperature" in getattr(losses, kind)().get_config()
