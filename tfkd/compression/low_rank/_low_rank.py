"""`low_rank`: two thin layers in place of a large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ...errors import UserError
from ...progress import logger
from ..compression import Compression, read_settings
from ..evidence import Evidence
from ..plain import as_plain
from ..plain.plain_layers import PlainLayers
from .convolutions import ConvolutionMatrix
from .factors import Factors, split_matrix
from .matrix_layers import DenseMatrix, EinsumMatrix, MatrixLayer, TableMatrix
from .moments import read_moments
from .ranks import choose_ranks, count_weights, largest_rank
from .rebuilding import rebuild

_KINDS: tuple[type[MatrixLayer], ...] = (DenseMatrix, EinsumMatrix, ConvolutionMatrix, TableMatrix)
_SETTINGS = {"share": float, "rank": int, "tables": str, "error": str}
_YES = {"yes": True, "no": False}
_ERRORS = ("inputs", "weights")


@dataclass(frozen=True)
class LowRank(Compression):
    """Splits the weights of dense layers, convolutions and tables into two thin matrices.

    Attributes:
        share: The share of these layers' weights that is cut; their ranks follow from one budget.
        rank: The rank of each, in place of a share.
        tables: Whether embeddings are among them.
        error: What is kept as it was: what layers give for `"inputs"` of the data, or `"weights"`.
    """

    name: ClassVar[str] = "low_rank"
    share: float | None = None
    rank: int | None = None
    tables: bool = True
    error: str = "inputs"

    def __post_init__(self) -> None:
        if (self.share is None) == (self.rank is None):
            raise UserError(
                "low_rank needs either the share of weights to cut, such as low_rank:0.5, or one "
                "rank for all matrices, such as low_rank:rank=64."
            )
        if self.share is not None and not 0 <= self.share < 1:
            raise UserError(
                f"low_rank has {self.share:g} as the share of weights to cut: write 0 or more, and "
                "less than 1."
            )
        if self.rank is not None and self.rank < 1:
            raise UserError(f"low_rank has rank={self.rank}: write 1 or more.")
        if self.error not in _ERRORS:
            raise UserError(f"low_rank has error={self.error}: write inputs or weights.")

    @classmethod
    def from_text(cls, text: str) -> LowRank:
        """Make the compression from `0.5`, or from `rank=64,tables=no,error=weights`."""
        settings = read_settings(cls.name, text, _SETTINGS, "share")
        tables = settings.pop("tables", "yes")
        if tables not in _YES:
            raise UserError(f"low_rank has tables={tables}: write yes or no.")
        return cls(tables=_YES[tables], **settings)

    def check(self, model: Any) -> None:
        """Refuse a model without layers that become smaller so."""
        self._check_layers(find_layers(as_plain(model), self.tables), model.name)

    def untrained(self) -> LowRank:
        """Return the same compression, which keeps weights instead of what layers give."""
        return replace(self, error="weights")

    def apply(self, model: Any, evidence: Evidence) -> Any:
        """Return the model with two layers in place of some, or itself where nothing is cut."""
        if self.share == 0:
            return model
        model = as_plain(model)
        layers = find_layers(model, self.tables)
        self._check_layers(layers, model.name)
        if self.error == "inputs":
            moments = read_moments(model, layers, evidence.inputs())
        else:
            moments = [np.ones(each.shape[0]) for each in layers]
        factors = [
            split_matrix(each.matrix, own) for each, own in zip(layers, moments, strict=True)
        ]
        ranks = self._ranks(layers, factors)
        _log(layers, ranks)
        return split_layers(model, layers, factors, ranks)

    def _check_layers(self, layers: Sequence[MatrixLayer], name: str) -> None:
        if not layers:
            raise UserError(
                f"low_rank finds nothing to split in {name!r}: no Dense, EinsumDense, Conv1D or "
                "Conv2D"
                + (" or Embedding" if self.tables else "")
                + " of which two thinner layers would be smaller. Leave low_rank out."
            )
        largest = max(largest_rank(each.shape) for each in layers)
        if self.rank is not None and self.rank > largest:
            raise UserError(
                f"low_rank has rank={self.rank}, and no matrix of {name!r} becomes smaller beyond "
                f"rank {largest}: write 1 to {largest}."
            )
        whole, least = (
            sum(count_weights(each.shape, rank) for each in layers) for rank in (None, 1)
        )
        if self.share is not None and whole * (1 - self.share) < least:
            most = np.floor(1000 * (1 - least / whole)) / 1000
            raise UserError(
                f"low_rank:{self.share:g} leaves {name!r} fewer weights than rank 1 takes: write "
                f"at most {most:g}."
            )

    def _ranks(self, layers: Sequence[MatrixLayer], factors: Sequence[Factors]) -> list[int | None]:
        shapes = [each.shape for each in layers]
        if self.share is not None:
            whole = sum(count_weights(shape, None) for shape in shapes)
            energies = [each.energies for each in factors]
            return choose_ranks(shapes, energies, int(whole * (1 - self.share)))
        rank = self.rank or 0
        return [rank if rank <= largest_rank(shape) else None for shape in shapes]


def find_layers(model: Any, tables: bool) -> list[MatrixLayer]:
    """Return the layers of which factors can be smaller, in the model's order."""
    found = [
        kind(layer)
        for layer in model.layers
        for kind in _KINDS
        if kind.fits(layer) and (tables or not kind.is_table)
    ]
    return [each for each in found if largest_rank(each.shape)]


def split_layers(
    model: Any,
    layers: Sequence[MatrixLayer],
    factors: Sequence[Factors],
    ranks: Sequence[int | None],
) -> Any:
    """Return a copy of a model with two layers in place of those that have a rank.

    Args:
        model: It holds the layers.
        layers: Layers of it.
        factors: Of each layer's matrix.
        ranks: Of each layer; None leaves it whole.
    """
    pairs = {
        each.layer.name: each.pair(rank)
        for each, rank in zip(layers, ranks, strict=True)
        if rank is not None
    }
    names = PlainLayers()
    for layer in model.layers:
        names.name(layer.name)
    # A layer that was split before has one of that name.
    for first, _ in pairs.values():
        first.name = names.name(first.name)
    small = rebuild(model, pairs)
    for each, both, rank in zip(layers, factors, ranks, strict=True):
        if rank is not None:
            pair = pairs[each.layer.name]
            each.set_weights(pair, both.left[:, :rank], both.right[:rank])
    return small


def _log(layers: Sequence[MatrixLayer], ranks: Sequence[int | None]) -> None:
    """Say what became smaller, and whether it became slower."""
    before, after, time_before, time_after = 0, 0, 0, 0
    for each, rank in zip(layers, ranks, strict=True):
        whole, split = count_weights(each.shape, None), count_weights(each.shape, rank)
        before, after = before + whole, after + split
        # A look-up costs nothing, until its rows are factors.
        time_before += 0 if each.is_table else whole
        product = 0 if rank is None else rank * each.shape[1]
        time_after += product if each.is_table else split
    split = sum(rank is not None for rank in ranks)
    logger.info(
        "low_rank: %d of %d matrices are two now, %.3g to %.3g million weights, %.3g to %.3g "
        "million multiplications a position%s",
        *(split, len(layers), before / 1e6, after / 1e6, time_before / 1e6, time_after / 1e6),
        ""
        if time_after <= time_before
        else ": smaller, and slower, since rows of tables are products now (tables=no)",
    )
