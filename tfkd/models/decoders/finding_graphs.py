"""Find the two graphs of a model, by the names of its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...text.decoding import NextTokens
from .parts_of_models import Graphs
from .transformer_layers import SPLIT, TABLE

_CROSS = "decoder_0_cross_query"
_CAUSAL = (TABLE, SPLIT, "decoder_0_self_query", "decoder_norm")
_GRU = (TABLE, SPLIT, "encoder_gru_0", "decoder_gru_0", "decoder_cross_query", "decoder_norm")
_SEQ2SEQ = (TABLE, SPLIT, "encoder_0", _CROSS, "decoder_norm")


def find_graphs(model: Any) -> Graphs | None:
    """Return the two graphs of a student that writes; None for any other model.

    Args:
        model: Any model, such as one that was loaded from a file.
    """
    from keras import Model

    model = getattr(model, "model", model)
    if not isinstance(model, Model):
        return None
    names = {layer.name for layer in model.layers}
    for marks, make in _kinds():
        # One that looks at a source never goes on with a text alone.
        if names.issuperset(marks) and not (marks is _CAUSAL and _CROSS in names):
            return make(model)
    return None


def open_decoder(model: Any, encoder: Any) -> NextTokens | None:
    """Return a student that writes as what says which token may come next; None for other models.

    Args:
        model: Any model.
        encoder: Its tokenizer, of which the tokens of start and end are taken.

    Raises:
        UserError: The tokenizer has no such tokens.
    """
    graphs = find_graphs(model)
    if graphs is None:
        return None
    if not graphs.encode_inputs:
        from .causal_graphs import open_causal

        return open_causal(graphs, encoder)
    from .stepping import Steps

    return Steps(graphs, encoder)


def _kinds() -> list[tuple[tuple[str, ...], Callable[[Any], Graphs]]]:
    from .causal_graphs import TransformerCausal
    from .recurrent_graphs import RecurrentSeq2Seq
    from .transformer_graphs import TransformerSeq2Seq

    # A decoder of a source has all that one without has, so it comes first.
    return [(_SEQ2SEQ, TransformerSeq2Seq), (_CAUSAL, TransformerCausal), (_GRU, RecurrentSeq2Seq)]
