"""What `fit` keeps, so that a killed process goes on where it was."""

from ._backup import Backup

__all__ = ["Backup"]
