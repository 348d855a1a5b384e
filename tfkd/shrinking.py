"""`shrink`: a student made of some of its teacher's own layers."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .errors import UserError
from .names import IDS, MASKS, SEGMENTS
from .text_model import TextModel, input_names


def shrink(teacher, *, layers: int | Sequence[int]):
    """A copy of a transformer with fewer layers, with the weights of those that it keeps.

    Embeddings, pooler and head are copied; the student is independent of the teacher, and
    trainable.

    Args:
        teacher: A KerasHub encoder, task, or Keras 3 model around one (what `load_teacher` gives
            for `hf:` and `hub:`); a Hugging Face TensorFlow model; a `TextModel` of either.
        layers: How many layers, spread evenly over the teacher's with its first and its last
            among them (one layer is the first); or the teacher's layers by number, from 0.

    Returns:
        A model of the same kind; of a `TextModel`, a `TextModel` with the same tokenizer.

    Raises:
        UserError: a model without layers of that kind, layers that it does not have.

    Source: Sanh et al. 2019 (DistilBERT), arXiv:1910.01108, section 3: "one layer out of two".

    ```python
    teacher = tfkd.load_teacher("hf:bert-base-uncased-imdb")
    student = tfkd.shrink(teacher, layers=3)  # a TextModel
    tfkd.Distiller(student=student.model, teacher=teacher.model)
    ```
    """
    if isinstance(teacher, TextModel):
        small = shrink(teacher.model, layers=layers)
        return TextModel(small, teacher.encoder, teacher.labels, "shrunk", teacher.order)
    if hasattr(teacher, "config") and hasattr(teacher, "save_pretrained"):
        return _hugging_face(teacher, layers)
    return _keras(teacher, layers)


def of_ids(teacher: TextModel, layers: int | Sequence[int]):
    """The same as a Keras 3 model of padded ids alone, its classes in the teacher's order."""
    import keras

    small = shrink(teacher.model, layers=layers)
    ids = keras.Input((None,), dtype="int32", name="input_ids")
    names = input_names(small)
    mask = keras.ops.cast(keras.ops.not_equal(ids, 0), "int32")
    made = {**dict.fromkeys(IDS, ids), **dict.fromkeys(MASKS, mask)}
    made |= dict.fromkeys(SEGMENTS, keras.ops.zeros_like(ids))
    value = small({name: made[name] for name in names} if len(names) > 1 else ids)
    logits = value["logits"] if isinstance(value, dict) else value
    if teacher.order is not None:
        logits = keras.ops.take(logits, teacher.order, axis=-1)
    return keras.Model(ids, logits, name="shrunk")


def chosen(layers: int | Sequence[int], count: int) -> tuple[int, ...]:
    """Which of `count` layers are kept.

    >>> chosen(3, 6), chosen(6, 12), chosen((0, 2), 4)
    ((0, 2, 5), (0, 2, 4, 6, 8, 11), (0, 2))
    """
    if isinstance(layers, int):
        if not 1 <= layers <= count:
            raise UserError(f"layers={layers} of a model of {count}: write 1 to {count}.")
        step = (count - 1) / max(layers - 1, 1)
        return tuple(int(step * number) for number in range(layers))
    numbers = tuple(layers)
    if not numbers or any(not isinstance(n, int) or not 0 <= n < count for n in numbers):
        raise UserError(
            f"layers={layers!r} of a model of {count}: write numbers from 0 to {count - 1}."
        )
    return numbers


def _keras(teacher, layers):
    """Change the number of layers in the config, and copy the weights by name."""
    found = [each for each in _configs(teacher.get_config()) if "num_layers" in each]
    if len(found) != 1:
        raise UserError(
            f"shrink found {len(found)} encoders in {teacher.name!r}: give a KerasHub encoder or "
            "classifier, or a Hugging Face TensorFlow model."
        )
    keep = chosen(layers, found[0]["num_layers"])
    config = copy.deepcopy(teacher.get_config())
    next(each for each in _configs(config) if "num_layers" in each)["num_layers"] = len(keep)
    small = type(teacher).from_config(config)
    _copy(teacher, small, keep)
    return small


def _configs(value: Any) -> Iterator[dict]:
    """Every dict inside a config, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _configs(each)


def _copy(teacher, small, keep: tuple[int, ...]) -> None:
    """The weights of each layer by its name, of a block from the block it stands for."""
    theirs = dict(_leaves(teacher))
    for path, layer in _leaves(small):
        path = re.sub(
            r"(transformer_layer_)(\d+)", lambda found: f"{found[1]}{keep[int(found[2])]}", path
        )
        layer.set_weights(theirs[path].get_weights())


def _leaves(model, path: str = "") -> Iterator[tuple[str, Any]]:
    """The layers with weights of their own, each once; a block is one."""
    for layer in model._flatten_layers(recursive=False, include_self=False):
        own = f"{path}/{layer.name}"
        inside = list(layer._flatten_layers(recursive=False, include_self=False))
        if inside and not layer.name.startswith("transformer_layer_"):
            yield from _leaves(layer, own)
        elif layer.weights:
            yield own, layer


def _hugging_face(teacher, layers):
    """A model of the same class with fewer layers, its weights found by name."""
    config = copy.deepcopy(teacher.config)
    name = "n_layers" if hasattr(config, "n_layers") else "num_hidden_layers"
    keep = chosen(layers, getattr(config, name))
    setattr(config, name, len(keep))
    small = type(teacher)(config)
    small.build_in_name_scope()
    theirs = {_plain(each.name): each for each in teacher.weights}
    for weight in small.weights:
        own = re.sub(r"(layer_\._)(\d+)", lambda f: f"{f[1]}{keep[int(f[2])]}", _plain(weight.name))
        weight.assign(theirs[own])
    return small


def _plain(name: str) -> str:
    """A weight's name without that of its model, which is numbered."""
    return name.partition("/")[2]
