"""Students by their names: as classifiers, or with the outputs of any task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import keras

from ..data import Schema
from ..errors import UserError
from ..models.weight_rules import WeightRule
from ..tasks import Task
from ..text.pair_encoding import IDS, SEGMENTS
from ._parts import merge_settings, seeded
from .audio_cnn import AUDIO_CNN, audio_cnn
from .bag_of_ngrams import BAG_OF_NGRAMS, bag_of_ngrams
from .bilstm import BILSTM, bilstm
from .bottleneck import BOTTLENECK, bottleneck
from .by_word import by_word
from .causal import CAUSAL
from .features import Architecture, Body
from .gru_seq2seq import GRU_SEQ2SEQ
from .image_cnn import IMAGE_CNN, image_cnn
from .ngram_cnn import NGRAM_CNN, ngram_cnn
from .ngram_linear import NGRAM_LINEAR, ngram_linear
from .seq2seq import SEQ2SEQ
from .static import STATIC, static
from .text_cnn import TEXT_CNN, text_cnn
from .transformer import TRANSFORMER, transformer
from .two_texts import comparing

ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        *(
            NGRAM_CNN,
            BAG_OF_NGRAMS,
            TEXT_CNN,
            BILSTM,
            TRANSFORMER,
            BOTTLENECK,
            STATIC,
            NGRAM_LINEAR,
        ),
        # These read no texts.
        *(IMAGE_CNN, AUDIO_CNN),
        # These write.
        *(SEQ2SEQ, GRU_SEQ2SEQ, CAUSAL),
    )
}
STUDENTS = {
    student.__name__: student
    for student in (
        ngram_cnn,
        bag_of_ngrams,
        text_cnn,
        bilstm,
        transformer,
        bottleneck,
        static,
        ngram_linear,
    )
}
"""Classifiers of texts by their names."""
_BUILDERS: dict[str, Callable[..., keras.Model]] = {
    **STUDENTS,
    "image_cnn": image_cnn,
    "audio_cnn": audio_cnn,
}
NAMES = tuple(ARCHITECTURES)
"""All students, those that read no texts or write some too."""
LEARNING_RATES = {name: kind.learning_rate for name, kind in ARCHITECTURES.items()}
WITH_TABLE = tuple(name for name, kind in ARCHITECTURES.items() if kind.has_table)
WORDS = "words"
SHRUNK = 5e-5  # for layers that have been trained


def build(
    name: str, vocab_size: Any, classes: int, size: str = "small", **settings: Any
) -> keras.Model:
    """Return a classifier by name; `seed` and each student's own settings are keywords.

    Args:
        name: One of `NAMES`.
        vocab_size: Number of token ids, 0 for padding among them; the shape of the array for a
            student of images or sounds.
        classes: Number of classes.
        size: `"tiny"`, `"small"` or `"base"`.
        **settings: The `seed`, and the student's own settings.

    Returns:
        A model from token ids `[batch, tokens]` to logits `[batch, classes]`.

    Raises:
        UserError: An unknown name, size or setting, or one with an impossible value.

    >>> build("text_cnn", 100, 3, "tiny", filters=8).output.shape
    (None, 3)
    """
    _architecture(name)
    if name not in _BUILDERS:
        raise UserError(
            f"{name} writes texts and is no classifier: write tfkd.students.{name}(vocab_size)."
        )
    with _explaining(name, settings):
        return _BUILDERS[name](vocab_size, classes, size, **settings)


def build_for(
    task: Task,
    schema: Schema,
    name: str,
    vocab_size: int,
    size: str = "small",
    *,
    seed: int | None = None,
    **settings: Any,
) -> keras.Model:
    """Return a student with the outputs of a task.

    Args:
        task: Any of `tfkd.tasks`; its `head` puts the outputs on top of the body.
        schema: What the training split fixed, such as the class names.
        name: One of `names_for(task)`.
        vocab_size: How many ids the student's tokenizer has; of no meaning where it has none.
        size: `"tiny"`, `"small"` or `"base"`.
        seed: Of the initial weights and the dropouts.
        **settings: Settings of the student, in place of those of the size.

    Returns:
        A model of ids `[batch, length]`, or of a dict of them and of the task's other inputs:
        segments of pairs, places of words. One output called `logits` is a plain tensor;
        others are a dict by name.

    Raises:
        UserError: An unknown name, size or setting, or one with an impossible value; a student
            that does not give what the task needs.
    """
    architecture = _architecture(name)
    suitable = names_for(task)
    if name not in suitable:
        raise UserError(
            f"{name} is no student for {task.name}: write one of {', '.join(suitable)}."
        )
    with _explaining(name, settings), seeded(seed):
        known = {**task.student_settings(schema), **settings}
        options = merge_settings(architecture.sizes, size, known)
        body = architecture.body
        if SEGMENTS in task.inputs:
            body = _body_of_pairs(architecture, _needed(task))
        reads_texts = architecture.reads == IDS
        size_of_input = vocab_size if reads_texts else task.input_shapes(schema)[architecture.reads]
        features = body(size_of_input, options, seed, _needed(task))
        if task.features == WORDS:
            features = by_word(features, task.inputs)
        return features.model(task.head(features, schema))


def names_for(task: Task) -> tuple[str, ...]:
    """Return the names of the students that can learn a task, the default first."""
    wanted = task.students or NAMES
    needed = _needed(task)
    kinds = {name: ARCHITECTURES[name] for name in wanted}
    known = [n for n, kind in kinds.items() if needed in kind.gives and kind.reads in task.inputs]
    if SEGMENTS in task.inputs:
        known = [name for name in known if ARCHITECTURES[name].pairs]
    if SEGMENTS in task.inputs and needed == "tokens":
        known = [name for name in known if ARCHITECTURES[name].pair_tokens]
    return tuple(known)


def _needed(task: Task) -> str:
    """Return what a body has to give: words are read from tokens."""
    return "tokens" if task.features == WORDS else task.features


def _body_of_pairs(architecture: Architecture, needed: str) -> Body:
    if needed == "tokens":
        assert architecture.pair_tokens is not None
        return architecture.pair_tokens
    return architecture.pair_body or comparing(architecture.body)


def rate_of(spec: str) -> float:
    """Return the highest learning rate for a student `NAME:SIZE`, or one made of its teacher."""
    return LEARNING_RATES.get(spec.partition(":")[0], SHRUNK)


def rule_of(model: Any, spec: str, settings: Mapping[str, Any]) -> WeightRule | None:
    """Return what a training keeps the weights of a student to, if anything.

    Args:
        model: The student, or what compressions made of it.
        spec: `NAME:SIZE`, or a student made of its teacher.
        settings: Those in place of the size's.
    """
    name, _, size = spec.partition(":")
    architecture = ARCHITECTURES.get(name)
    if architecture is None or architecture.rule is None:
        return None
    return architecture.rule(model, merge_settings(architecture.sizes, size or "small", settings))


def has_table(spec: str) -> bool:
    """Return whether a student `NAME:SIZE` can start from vectors of single pieces."""
    return spec.partition(":")[0] in WITH_TABLE


def sizes_of(name: str) -> dict[str, dict]:
    """Return the settings of each size of a student."""
    return ARCHITECTURES[name].sizes


def _architecture(name: str) -> Architecture:
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(f"no student is called {name!r}{hint}; write one of {', '.join(NAMES)}.")
    return ARCHITECTURES[name]


@contextmanager
def _explaining(name: str, settings: Mapping[str, Any]) -> Iterator[None]:
    """Turn what Keras says of an impossible setting into a `UserError`."""
    try:
        yield
    except UserError:
        raise
    except (ValueError, TypeError, ArithmeticError) as error:
        spelled = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{name} cannot be built with {spelled}: {reason}") from error
