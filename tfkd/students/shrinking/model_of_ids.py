"""A shrunk teacher as a student: a Keras model of the arrays that rows of its task have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from ...models.input_names import IDS, MASKS, SEGMENTS, text_input_names
from ...models.outputs import SPANS
from ...models.text_model import TextModel
from ...text.words import NO_CELL, WORD_ENDS, WORD_STARTS
from ..word_vectors import gather_words
from .writers import is_seq2seq

_READ = (IDS[0], SEGMENTS[0], WORD_STARTS, WORD_ENDS)
Tensors = dict[str, Any]


def as_model_of_ids(
    student: TextModel,
    inputs: Sequence[str] = IDS[:1],
    fit: Callable[[Tensors], Tensors] = lambda outputs: outputs,
) -> keras.Model:
    """Return a shrunk student as a Keras 3 model of padded arrays.

    Its outputs are those of `student.shapes`; a single one called `logits` is a plain tensor. The
    classes are in the order of `student.labels`. Where rows know their words, and the student has
    an output for each token, the model has one for each word. One that writes is such a model
    already.

    Args:
        student: What `shrink` returned.
        inputs: Names of the arrays that the task reads: ids, segments of pairs, places of words.
        fit: Makes the outputs those of the task, where the teacher's are others.
    """
    if is_seq2seq(student.model):
        return student.model
    names = [name for name in _READ if name in inputs]
    read = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    own = text_input_names(student.model)
    outputs = _outputs_of(student, read, own)
    if WORD_STARTS in read and WORD_STARTS not in own:
        outputs = {name: _by_word(outputs[name], name, student, read) for name in outputs}
    if student.order is not None and "logits" in outputs:
        outputs["logits"] = ops.take(outputs["logits"], student.order, axis=-1)
    outputs = fit(outputs)
    single = list(outputs) == ["logits"]
    reads = read if len(read) > 1 else read[IDS[0]]
    return keras.Model(reads, outputs["logits"] if single else outputs, name="shrunk")


def _outputs_of(student: TextModel, read: Mapping[str, Any], own: Sequence[str]) -> Tensors:
    """Return the outputs by name, as the student itself has them.

    Args:
        student: A model with its tokenizer.
        read: Symbolic inputs by name.
        own: The names of the model's own inputs.
    """
    ids = read[IDS[0]]
    mask = ops.cast(ops.not_equal(ids, student.pad_id), "int32")
    segments = read.get(SEGMENTS[0]) if student.reads_segments else None
    known = {**dict.fromkeys(IDS, ids), **dict.fromkeys(MASKS, mask), **read}
    known |= dict.fromkeys(SEGMENTS, ops.zeros_like(ids) if segments is None else segments)
    small = student.model
    value = small({name: known[name] for name in own} if len(own) > 1 else ids)
    outputs = dict(value) if isinstance(value, dict) else dict.fromkeys(student.shapes, value)
    if "logits" not in outputs and all(name in outputs for name in SPANS):
        outputs["logits"] = ops.stack([outputs[name] for name in SPANS], axis=1)
    outputs = {name: outputs[name] for name in student.shapes}
    if student.two_of_one:
        # One logit is that of the second of two classes.
        zero = ops.zeros_like(outputs["logits"])
        outputs["logits"] = ops.concatenate([zero, outputs["logits"]], axis=-1)
    return outputs


def _by_word(tensor: Any, name: str, student: TextModel, read: Mapping[str, Any]) -> Any:
    """Return an output of each token as one of each word; others as they are."""
    shape = student.shapes[name]
    starts, ends = read[WORD_STARTS], read.get(WORD_ENDS)
    if shape[:1] == (None,):
        return gather_words(tensor, starts, ends)
    if shape[1:] != (None,):
        return tensor
    # Of starts and ends of answers: an answer ends with the last piece of a word.
    places = [starts, starts if ends is None else ends - 1]
    rows = [
        gather_words(ops.expand_dims(tensor[:, row], -1), place)[..., 0]
        for row, place in enumerate(places)
    ]
    there = ops.expand_dims(ops.greater_equal(starts, 0), 1)
    return ops.where(there, ops.stack(rows, axis=1), NO_CELL)
