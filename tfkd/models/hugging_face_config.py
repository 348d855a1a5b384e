"""What `config.json` of a Hugging Face folder says of its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import UserError

# Their positions are counted from the padding's id on.
_POSITIONS_AFTER_PADDING = {"camembert", "data2vec-text", "longformer", "mpnet", "roberta"}
_POSITIONS_AFTER_PADDING |= {"roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"}
# Of no consequence to outputs in inference.
_NO_COMPUTATION = {"architectures", "dtype", "finetuning_task", "gradient_checkpointing"}
_NO_COMPUTATION |= {"id2label", "initializer_range", "label2id", "output_attentions"}
_NO_COMPUTATION |= {"output_hidden_states", "problem_type", "return_dict", "task_specific_params"}
_NO_COMPUTATION |= {"tokenizer_class", "torch_dtype", "transformers_version", "use_cache"}


def read_config(path: Path) -> dict[str, Any]:
    """Read `config.json` of a Hugging Face folder."""
    file = path / "config.json"
    if not file.is_file():
        raise UserError(
            f"{path} is no Hugging Face model folder: expected a folder with config.json, "
            "weights and vocab.txt or tokenizer.json."
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    # Not JSON, or not UTF-8.
    except ValueError as error:
        raise UserError(f"{file} is not JSON ({error}): copy it again.") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} holds no settings of a model: copy it again.")
    return config


def label_names(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the class names of a config, in order of their ids; none where it names none.

    >>> label_names({"id2label": {"1": 5, "0": 1}}), label_names({"label2id": {"b": 1, "a": 0}})
    (('1', '5'), ('a', 'b'))

    Raises:
        UserError: Ids that are no numbers.
    """
    names: Any = config.get("id2label") or {}
    if not names and isinstance(config.get("label2id"), dict):
        names = {i: name for name, i in config["label2id"].items()}
    if isinstance(names, list):
        return tuple(map(str, names))
    try:
        return tuple(str(names[key]) for key in sorted(names, key=int))
    except (TypeError, ValueError):
        raise UserError(
            f"id2label in config.json is {names!r:.60}: expected names by number, such as "
            '{"0": "bad", "1": "good"}.'
        ) from None


def problem_of(config: dict[str, Any]) -> str:
    """Return what the logits stand for, as Hugging Face names it; empty for one class a text.

    >>> problem_of({"problem_type": "multi_label_classification"})
    'multi_label_classification'
    >>> problem_of({"id2label": {"0": "LABEL_0"}})
    'regression'
    """
    stated = str(config.get("problem_type") or "")
    if not stated and len(label_names(config)) == 1:
        return "regression"
    return "" if stated == "single_label_classification" else stated


def describe_computation(model: Any) -> str:
    """Return those settings of a model of transformers that its outputs depend on, as JSON.

    Only what differs from the library's defaults, so that another version of it that knows more
    settings says the same; empty of a model of another library.

    Args:
        model: Of PyTorch or TensorFlow.
    """
    config: Any = getattr(model, "config", None)
    if not hasattr(config, "to_diff_dict"):
        return ""
    facts = {
        name: value
        for name, value in config.to_diff_dict().items()
        if name not in _NO_COMPUTATION and not name.startswith("_") and "drop" not in name
    }
    return json.dumps(facts, sort_keys=True, default=str)


def most_tokens(config: dict[str, Any], pad_id: int) -> int | None:
    """Return how many tokens a model can read; `None` where it counts no positions.

    Args:
        config: The settings of the model.
        pad_id: What it is padded with, after which some models count.
    """
    most = config.get("max_position_embeddings") or config.get("n_positions")
    if not isinstance(most, int) or most < 1 or config.get("model_type") in ("t5", "mt5"):
        return None
    if config.get("model_type") in _POSITIONS_AFTER_PADDING:
        start = config.get("pad_token_id")
        most -= 1 + (start if isinstance(start, int) else pad_id)
    return most
