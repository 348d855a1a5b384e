"""Teachers: any callable `(inputs, reads) -> outputs`, held where Keras does not see it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Protocol

from ..errors import UserError
from ..losses._batch import Outputs
from .lengths import declared_length, reads_tokens, set_length
from .outputs import as_outputs
from .tapped import Tapped, as_tapped


class Teacher(Protocol):
    """What a `Distiller` asks of a teacher; a lambda will do.

    `reads` names the outputs that the objective wants. A teacher that cannot be compiled by XLA
    carries `jit = False`.
    """

    def __call__(self, inputs: dict, reads: tuple[str, ...]) -> Outputs:
        """Return the outputs for one batch."""


class Model:
    """A Keras model of either flavour as a teacher: always in inference mode, never touched.

    A plain object, so that the student's checkpoint, `summary()` and variables lack it.
    """

    def __init__(self, model: Any, *, reading: str = "auto") -> None:
        self._taps = as_tapped(model)
        self.model = self._taps.model
        self._reading = reading
        self._length = declared_length(self.model) if reads_tokens(self.model) else None
        self.jit = self._taps.jit

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the model's outputs by name."""
        return as_outputs(self.raw(inputs, reads), "teacher", self._reading)

    def raw(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Any:
        """Return what the model returns, as it returns it, and what is read inside it."""
        if self._length:
            # Keras refuses another length only where it is known when the graph is made.
            inputs = set_length(inputs, self._length)
        return self._taps.raw(inputs, reads)


class Function:
    """A callable of `(inputs)` or `(inputs, reads)` as a teacher.

    It can be compiled by XLA unless it says `jit = False`, or a model that it calls does.
    """

    def __init__(self, function: Callable[..., Any], *, reading: str = "auto") -> None:
        self._function = function
        self._reading = reading
        self._takes_reads = _takes_two(function)
        self.jit = all(getattr(each, "jit", True) for each in (function, *models_within(function)))

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Outputs:
        """Return the callable's outputs by name."""
        return as_outputs(self.raw(inputs, reads), "teacher", self._reading)

    @property
    def fingerprint(self) -> str:
        """Identify the callable in a store: its own mark or, without one, its name."""
        mark = getattr(self._function, "fingerprint", None)
        if mark is not None:
            return str(mark)
        kind = type(self._function)
        name = getattr(self._function, "__qualname__", kind.__qualname__)
        return f"{getattr(self._function, '__module__', kind.__module__)}.{name}"

    def raw(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> Any:
        """Return what the callable returns, as it returns it."""
        return self._function(inputs, reads) if self._takes_reads else self._function(inputs)


def models_within(function: Any) -> list[Any]:
    """Return the models that a function calls by their names, such as `lambda x: teacher(x)`."""
    while isinstance(function, functools.partial):
        function = function.func
    owner = getattr(function, "__self__", None)
    try:
        names = inspect.getclosurevars(function)
    except (TypeError, ValueError):
        return [] if owner is None else [owner]
    found = [*names.nonlocals.values(), *names.globals.values()]
    models = [each for each in found if callable(each) and not inspect.isroutine(each)]
    return [each for each in models if not inspect.isclass(each)] + ([owner] if owner else [])


def _takes_two(function: Callable[..., Any]) -> bool:
    # What tf.function wraps.
    function = getattr(function, "python_function", function)
    # A Keras model's signature is (*args, **kwargs).
    if hasattr(function, "count_params"):
        return False
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    many = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return many or sum(p.kind in positional for p in parameters) > 1


def as_teacher(teacher: Any, reading: str = "auto") -> Any:
    """Return a teacher made of a Keras model or a callable, or `None` for `None`.

    Args:
        teacher: A Keras model of either flavour, a callable of `(inputs)` or `(inputs, reads)`, or
            a model with its tokenizer.
        reading: What it returns: `"logits"`, `"softmax"`, `"sigmoid"`, or `"auto"`.

    Raises:
        UserError: It is none of these.
    """
    if teacher is None or isinstance(teacher, (Model, Function)):
        return teacher
    if isinstance(teacher, Tapped):
        return Model(teacher, reading=reading)
    # Of an unbuilt model of tf_keras the weights themselves raise.
    if hasattr(type(teacher), "trainable_weights") and hasattr(teacher, "count_params"):
        return Model(teacher, reading=reading)
    # Of a model with its tokenizer.
    in_graph = getattr(teacher, "in_graph", None)
    if in_graph is not None:
        return Function(in_graph, reading=reading)
    if callable(teacher):
        return Function(teacher, reading=reading)
    raise UserError(
        f"the teacher is {teacher!r}: give a Keras model or a callable (inputs, reads) -> outputs."
    )
