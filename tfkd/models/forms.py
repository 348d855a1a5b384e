"""What the logits of a student mean, remembered from its training until it is exported."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

_FORMS: WeakKeyDictionary = WeakKeyDictionary()


def remember_form(model: Any, form: str | None) -> None:
    """Remember the form of the losses that a model is trained with; None changes nothing.

    Args:
        model: The model itself, without taps.
        form: As the losses call it, such as `multilabel`.
    """
    if form is not None:
        _FORMS[model] = form


def form_of(model: Any) -> str | None:
    """Return the form that a model was last trained with in this process, if any.

    >>> form_of(object) is None
    True
    """
    try:
        return _FORMS.get(model)
    except TypeError:
        return None
