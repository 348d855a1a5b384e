"""Hidden states, attentions and embeddings of any model, read in its one forward pass."""

from .tapped import Tapped, as_tapped, tap

__all__ = ["Tapped", "as_tapped", "tap"]
