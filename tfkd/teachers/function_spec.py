"""`python:MODULE:NAME`: a function by where it is defined, so that every process finds it."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import sys
import textwrap
from collections.abc import Callable
from functools import reduce
from typing import Any

from ..errors import UserError
from ..store.fingerprint import digest_of

KIND = "python"


def name_function(function: Callable[..., Any]) -> str:
    """Return the spec of a function, by which a later process finds it again.

    Args:
        function: Defined at the top of a module, of the script that runs, or of a notebook.

    Raises:
        UserError: Nothing is found by its name: a lambda, or a function within another one.

    >>> name_function(name_function)
    'python:tfkd.teachers.function_spec:name_function'
    """
    name = f"{getattr(function, '__module__', '')}:{getattr(function, '__qualname__', '')}"
    try:
        found = find_function(name)
    except UserError:
        found = None
    if found is not function:
        raise UserError(
            f"the teacher is {function!r:.80}, which no other process finds by its name: define it "
            "by def at the top of a module, or write such a function that calls it."
        )
    return f"{KIND}:{name}"


def find_function(path: str) -> Callable[..., Any]:
    """Return the function that a spec names, from what is installed or the current directory.

    Args:
        path: `MODULE:NAME`.

    Raises:
        UserError: There is none, or its module cannot be imported.
    """
    module, _, name = path.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = reduce(getattr, name.split("."), importlib.import_module(module))
    # A stranger's module may raise anything.
    except Exception as error:
        raise UserError(
            f"there is no teacher {KIND}:{path} ({type(error).__name__}: {error}): write "
            f"{KIND}:package.module:function."
        ) from error
    if not callable(found):
        raise UserError(
            f"the teacher {KIND}:{path} is of {type(found).__name__} and no function: write "
            f"{KIND}:package.module:function."
        )
    return found


def digest_function(function: Callable[..., Any]) -> str:
    """Return what tells a function from others: its own mark, else its name and its code.

    Comments do not count, nor does what it calls.

    Args:
        function: A function, whose attribute `fingerprint` is its mark, or an object of a class.
    """
    mark = getattr(function, "fingerprint", None)
    if mark is not None:
        return digest_of(str(mark))
    named = function if hasattr(function, "__qualname__") else type(function)
    name = f"{named.__module__}.{named.__qualname__}"
    try:
        code = ast.dump(ast.parse(textwrap.dedent(inspect.getsource(named))))
    except (OSError, TypeError, SyntaxError):
        code = ""
    return digest_of([name, code])
