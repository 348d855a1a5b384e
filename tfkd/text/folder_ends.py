"""The tokens that a Hugging Face model starts and ends the texts with that it writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .hugging_face_folder import read_object


def writing_ends(folder: Path) -> tuple[int, int]:
    """Return the ids of the start and of the end, -1 for what the folder does not say.

    Args:
        folder: What `save_pretrained` wrote, or a download.

    Raises:
        UserError: A file that is no JSON object.
    """
    generation, model = (
        read_object(folder / name) for name in ("generation_config.json", "config.json")
    )
    facts = {**model, **{name: value for name, value in generation.items() if value is not None}}
    start = facts.get("decoder_start_token_id")
    start = facts.get("bos_token_id") if start is None else start
    return _first(start), _first(facts.get("eos_token_id"))


def _first(value: Any) -> int:
    """Return an id, the first one of a list, or -1."""
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1
