"""Show the doctests of a docstring as code on the API pages."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n.+)*", re.MULTILINE)


class Doctests(griffe.Extension):
    """Put each paragraph that begins with `>>>` into a fence; griffe does so in sections only."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Change the docstring of a module, class, function or attribute."""
        if obj.docstring and "Examples:" not in obj.docstring.value:
            fenced = EXAMPLE.sub(r"\1```pycon\n\g<0>\n\1```", obj.docstring.value)
            obj.docstring.value = fenced
