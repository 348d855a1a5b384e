"""What griffe cannot see by itself for the API pages: doctests, and losses as names of the root."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"^( *)>>> .*(?:\n.+)*", re.MULTILINE)


class LazyNames(griffe.Extension):
    """Add the losses to the root package, whose names are computed."""

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Add an alias for each name that `tfkd.losses` imports."""
        for name, member in pkg["losses"].members.items():
            if member.is_alias and name not in pkg.members:
                pkg.set_member(name, griffe.Alias(name, f"{pkg.path}.losses.{name}", parent=pkg))


class Doctests(griffe.Extension):
    """Put each paragraph that begins with `>>>` into a fence; griffe does so in sections only."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Change the docstring of a module, class, function or attribute."""
        if obj.docstring and "Examples:" not in obj.docstring.value:
            fenced = EXAMPLE.sub(r"\1```pycon\n\g<0>\n\1```", obj.docstring.value)
            obj.docstring.value = fenced
