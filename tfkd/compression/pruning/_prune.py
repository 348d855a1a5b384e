"""Structured pruning as a compression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import keras
import numpy as np

from ...errors import UserError
from ...models.copying import copy_model
from ..compression import Compression, read_settings
from ..evidence import Evidence
from ..plain import as_plain
from .axis_walk import walk_graph
from .blocks import find_blocks, leave_out, sum_of_blocks
from .choosing import cut_budget, cut_shares, share_of
from .cut_model import cut_sets, make_like
from .families import Prunable, WeightTally, find_families
from .found import BUDGET, LAYERS, SHARE, Found, check_kinds, describe
from .importance import Sum, score_by_gradient, score_by_norm, sum_of_sets
from .positions import KINDS

SCORES = ("gradient", "norm")
_SETTINGS = {
    SHARE: float,
    **dict.fromkeys((*KINDS[::-1], LAYERS), float),
    "score": str,
    "steps": int,
}


@dataclass(frozen=True)
class Pruning(Compression):
    """Cut what matters least out of a model, which is smaller and faster afterwards.

    Attributes:
        shares: How much is cut: of each layer's `heads`, `units`, `channels` or `width`, of the
            `layers`, or of the weights (`share`).
        score: `"gradient"`, gradient times weight on the distillation's loss, or `"norm"`.
        steps: In how many parts, each followed by a training.
        whole: What this is the first part of, and is checked for all parts.
        later: Whether it is a later part, which cuts what there still is to cut: the parts before
            it may have cut more than theirs, since no head is cut in half.
    """

    name: ClassVar[str] = "prune"
    shares: Mapping[str, float]
    score: str = "gradient"
    steps: int = 1
    whole: Pruning | None = None
    later: bool = False

    @classmethod
    def from_text(cls, text: str) -> Pruning:
        """Make the compression from what follows `prune:` in a spec.

        Args:
            text: A share of the weights, or shares by kind: `0.4`, `heads=0.5,units=0.7,steps=3`.

        Raises:
            UserError: A setting that does not exist, or a value that cannot be.
        """
        settings = read_settings(cls.name, text, _SETTINGS, SHARE)
        score, steps = settings.pop("score", "gradient"), settings.pop("steps", 1)
        spec = f"compress has prune:{text}"
        for key, share in settings.items():
            if not 0 <= share < 1:
                raise UserError(
                    f"{spec}, and {key} is {share}: write the share that is cut, at least 0 and "
                    "below 1, as 0.5 for a half."
                )
        if not settings or (SHARE in settings and len(settings) > 1):
            kinds = ", ".join(f"{key}=0.5" for key in _SETTINGS if key in (*KINDS, LAYERS))
            raise UserError(
                f"{spec}: write one share for all, as prune:0.4, or shares by kind, with any of "
                f"{kinds}."
            )
        if score not in SCORES:
            raise UserError(f"{spec}, and score is {score!r}: write one of {', '.join(SCORES)}.")
        if not 1 <= steps <= 100:
            raise UserError(f"{spec}, and steps is {steps}: write a number from 1 to 100.")
        return cls(settings, score, steps)

    def check(self, model: Any) -> None:
        """Refuse a model of which this cuts nothing, or less than was asked for.

        Args:
            model: A Keras 3 model.

        Raises:
            UserError: Why, and what can be cut.
        """
        if self.later or not any(self.shares.values()):
            return
        plain = _open(model)
        for each in (self, self.whole):
            if each is not None:
                _prune(plain, each, None)
        if self.whole is not None:
            _check_steps(plain, self.whole)

    def parts(self) -> Sequence[Pruning]:
        """Return the steps, which cut as much of the first model each."""
        # 0.6 in three steps: 0.2 of all, 0.2 of the 0.8 that are left, 0.2 of 0.6.
        if self.steps == 1:
            return [self]
        shares = [
            {key: share / (self.steps - share * number) for key, share in self.shares.items()}
            for number in range(self.steps)
        ]
        first, *later = (Pruning(each, self.score) for each in shares)
        return [replace(first, whole=self), *(replace(each, later=True) for each in later)]

    def untrained(self) -> Pruning:
        """Return the same compression, which cuts by the norm of weights."""
        return replace(self, score="norm")

    def apply(self, model: Any, evidence: Evidence) -> Any:
        """Return a smaller model, whose weights are those of the given one that were kept.

        Args:
            model: A functional Keras 3 model, which is not changed.
            evidence: Gives the gradients of the loss, unless the score is the norm.
        """
        if not any(self.shares.values()):
            return copy_model(model)
        return _prune(_open(model), self, evidence)


def _check_steps(plain: Any, whole: Pruning) -> None:
    """Refuse steps that, rounded one by one, cut other numbers than all at once would.

    Units and filters are so many that they differ by one or two.
    """
    counts = {(LAYERS, len(find_blocks(plain)))}
    counts |= {(each.kind, len(each.sets)) for each in find_families(walk_graph(plain))}
    for kind, count in sorted(counts):
        share = whole.shares.get(kind, 0.0) if kind in ("heads", LAYERS) else 0.0
        left = count
        for part in whole.parts() if share else ():
            left -= max(0, share_of(part.shares[kind], left))
        if share and left != count - max(0, share_of(share, count)):
            raise UserError(
                f"prune has {kind}={share:g} in {whole.steps} steps, which leave {left} of {count} "
                f"and not {count - max(0, share_of(share, count))}, since each step cuts a whole "
                "number: write fewer steps."
            )


def _open(model: Any) -> Any:
    """Return a functional model of plain layers."""
    plain = as_plain(model)
    if "input_layers" not in plain.get_config():
        # A sequential model, whose layers are shared.
        plain = keras.Model(plain.inputs, plain.outputs, name=plain.name)
    return plain


def _prune(plain: Any, pruning: Pruning, evidence: Evidence | None) -> Any:
    """Return a smaller model.

    Args:
        plain: A functional model of plain layers.
        pruning: What is cut.
        evidence: None to check the model by the norms of its weights.
    """
    blocks, shares = find_blocks(plain), pruning.shares
    gone = share_of(shares.get(LAYERS, 0.0), len(blocks))
    if gone > 0:
        scores = _score(plain, pruning, evidence, sum_of_blocks(blocks))
        order = np.argsort(scores, kind="stable")[:gone]
        # Those that the loss does not reach are sorted last.
        _check_reached(plain.name, not np.isnan(scores[order]).any())
        dropped = [blocks[number] for number in order]
        plain = make_like(leave_out(plain.get_config(), dropped), plain)
    graph = walk_graph(plain)
    families = find_families(graph)
    if evidence is None:
        check_kinds(plain.name, shares, Found(families, blocks, graph.unknown))
    kinds = BUDGET if SHARE in shares else [kind for kind, share in shares.items() if share]
    families = [each for each in families if each.kind in kinds]
    lasting = [each for each in find_families(graph, least=1) if each.kind in kinds]
    tally = WeightTally(graph, lasting)
    if families:
        scores = _score(plain, pruning, evidence, sum_of_sets(graph))
        families = [each for each in families if not np.isnan(scores[list(each.sets)]).any()]
        _check_reached(plain.name, bool(families))
        if SHARE in shares:
            _spend(tally, families, pruning, scores)
        else:
            cut_shares(tally, families, shares, scores)
    if evidence is None and not tally.cut and gone <= 0:
        raise UserError(
            f"prune cuts nothing of {plain.name!r}: of {describe(families, blocks)} that is less "
            "than one in each layer. Write larger shares, or fewer steps."
        )
    return cut_sets(plain, graph, tally.cut)


def _check_reached(name: str, reached: bool) -> None:
    """Refuse to cut what nothing is known of."""
    if not reached:
        raise UserError(
            f"prune scores by the gradient of a loss, which does not reach what is to be cut of "
            f"{name!r}, because it is frozen or no part of the loss: write score=norm, or set "
            "trainable = True."
        )


def _spend(
    tally: WeightTally, families: list[Prunable], pruning: Pruning, scores: np.ndarray
) -> None:
    total, share = tally.total, pruning.shares[SHARE]
    if not cut_budget(tally, families, share, scores) and not pruning.later:
        most = 1 - tally.weights / total
        raise UserError(
            f"prune has a share of {share:g}, and {most:.3g} is the most that can be cut where "
            "each layer keeps one head, unit or channel: write less."
        )


def _score(plain: Any, pruning: Pruning, evidence: Evidence | None, add_up: Sum) -> np.ndarray:
    if pruning.score == "norm" or evidence is None:
        return score_by_norm(plain, add_up)
    return score_by_gradient(plain, evidence, add_up)
