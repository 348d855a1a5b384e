"""Any model called one way: inputs and names to read in, outputs by name out.

`outputs` names what a model returns, `probabilities` tells logits from what they are squashed to,
`tapped` reads hidden states, attentions and embeddings in the one forward pass; `callables` holds
a model or a function as a teacher, `text_model` a model with its tokenizer.
"""

from .tapped import Tapped, as_tapped, tap

__all__ = ["Tapped", "as_tapped", "tap"]
