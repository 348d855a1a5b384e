"""The losses, one file per idea."""

from ._base import FORMS, DistillationLoss, LogitLoss
from .hard_labels import HardLabels
from .logit_error import LogitError
from .soft_targets import SoftTargets

__all__ = ["FORMS", "DistillationLoss", "HardLabels", "LogitError", "LogitLoss", "SoftTargets"]
