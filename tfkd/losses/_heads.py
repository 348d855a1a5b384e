"""What the losses of one head of a model read: its own outputs, labels and mask, by plain names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._batch import Batch, Outputs

ONLY = ""
"""The head of a model without names for its heads."""


def name_in_head(head: str, name: str) -> str:
    """Return what an output of a head is called beside those of other heads.

    >>> name_in_head("slots", "logits"), name_in_head(ONLY, "logits")
    ('slots.logits', 'logits')
    """
    return f"{head}.{name}" if head else name


def is_logits(name: str) -> bool:
    """Return whether an output is the logits of a model, or of one of its heads.

    >>> is_logits("logits"), is_logits("slots.logits"), is_logits("hidden_states")
    (True, True, False)
    """
    return name.rpartition(".")[2] == "logits"


def heads_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the heads that have logits among outputs of these names.

    >>> heads_of(["intent.logits", "slots.logits", "hidden_states"]), heads_of(["logits"])
    (('intent', 'slots'), ('',))
    """
    return tuple(name.rpartition(".")[0] for name in names if is_logits(name))


def outputs_of(head: str, outputs: Outputs) -> Outputs:
    """Return the outputs of a model as a head's losses read them: its own by their plain names.

    >>> outputs_of("slots", {"slots.logits": 1, "hidden_states": 2})["logits"]
    1
    """
    if not head:
        return outputs
    own = f"{head}."
    return {
        **outputs,
        **{name.removeprefix(own): v for name, v in outputs.items() if name.startswith(own)},
    }


def part_of(head: str, values: Any) -> Any:
    """Return a head's part of labels or masks, which are a dict where there are several heads.

    >>> part_of("slots", {"intent": 1, "slots": 2}), part_of("", 3)
    (2, 3)
    """
    return values.get(head) if head and isinstance(values, Mapping) else values


def batch_of(head: str, batch: Batch) -> Batch:
    """Return a batch with the labels and the mask of one head."""
    if not head:
        return batch
    return batch._replace(labels=part_of(head, batch.labels), mask=part_of(head, batch.mask))
