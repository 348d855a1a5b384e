"""The heads that Hugging Face's models have: which one a folder holds, and which is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UserError

CLASSES = "ForSequenceClassification"
TOKENS = "ForTokenClassification"
ANSWERS = "ForQuestionAnswering"
VECTORS = "Model"
"""An encoder without a head, of whose tokens one vector a text is made; any folder has one."""
GIVES = {
    CLASSES: "classes of a whole text",
    TOKENS: "a class for each word",
    ANSWERS: "the start and the end of an answer",
}
"""What models give, by the end of their class's name."""
_NAMES = {CLASSES: "classification head", TOKENS: "head for words", ANSWERS: "head for answers"}


def check_head(path: str | Path, config: dict[str, Any], architecture: str) -> None:
    """Refuse a folder whose model has another head than the one that is wanted.

    The weights alone do not tell: a BERT for texts and one for words both have a `classifier`.

    Args:
        path: The folder.
        config: Its settings.
        architecture: The end of the class's name that is wanted; empty where there is none.

    Raises:
        UserError: It names another class, or no class of Hugging Face does what is wanted.
    """
    taught = f"fine-tune this one (tfkd teach, or train:hf:{path} in tfkd distill)"
    if architecture == VECTORS:
        return
    if not architecture:
        raise UserError(f"no model of Hugging Face's has the outputs of this task: {taught}.")
    stated = config.get("architectures")
    names = [name for name in stated if isinstance(name, str)] if isinstance(stated, list) else []
    if any(architecture in name for name in names):
        return
    for name in names:
        for other, gives in GIVES.items():
            if other in name:
                wanted = GIVES.get(architecture, "something else")
                raise UserError(
                    f"{path} is a {name}, which gives {gives}, and this task asks for {wanted}: "
                    f"take a ...{architecture} checkpoint, or {taught}."
                )


def headless(path: str | Path, missing: str, architecture: str) -> UserError:
    """Return the error for a model without the head that is wanted.

    Args:
        path: The folder.
        missing: The weight that it lacks.
        architecture: The end of the class's name that is wanted.
    """
    head = _NAMES.get(architecture, "head")
    return UserError(
        f"{path} has no {head} (no {missing}): it is an encoder; fine-tune it first (tfkd teach, "
        f"or train:hf:{path} in tfkd distill), or take a ...{architecture} checkpoint."
    )
