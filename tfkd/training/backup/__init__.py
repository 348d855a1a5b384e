"""What `fit` keeps, so that a killed process goes on where it was.

`Backup` loads on first use: a command that trains nothing wants `preemption` alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._backup import Backup

__all__ = ["Backup"]


def __getattr__(name: str) -> Any:
    if name != "Backup":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._backup import Backup

    return Backup
