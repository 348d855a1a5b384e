"""Few of a model's weights are trained: some of its own, or some that are added to it.

`ways` reads what is asked for, `transformer_parts` tells embeddings, blocks and head apart, `tune`
begins and ends a training, `lora` and `insertion` add weights, `layer_rates` slows the lower blocks
down.
"""

from .layer_rates import slow_lower_layers
from .tune import Tuning, tune
from .ways import INSERTED, WAYS, Way, parse_way

__all__ = ["INSERTED", "WAYS", "Tuning", "Way", "parse_way", "slow_lower_layers", "tune"]
