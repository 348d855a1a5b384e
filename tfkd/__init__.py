"""Knowledge distillation for Keras and TensorFlow: big models in, small verified LiteRT files out.

Names load on first use, so that `import tfkd` imports no TensorFlow (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ._version import __version__
from .errors import UserError

if TYPE_CHECKING:
    from . import distribution, losses, store
    from .backup import Backup
    from .comparing import compare
    from .config import RunConfig
    from .distiller import Distiller
    from .ensemble import Ensemble
    from .exporting import Exported, export
    from .loading import load_teacher
    from .losses import (
        Attention,
        Contrastive,
        Correlation,
        Cosine,
        Decoupled,
        DistillationLoss,
        EmbeddingMatch,
        HardLabels,
        Hint,
        JensenShannon,
        LogitError,
        PatientHint,
        Relational,
        Relations,
        ReverseKL,
        Similarity,
        SoftTargets,
        StandardizedLogits,
        TotalVariation,
    )
    from .objective import Objective, hinton
    from .report import Report
    from .run import distill
    from .schedules import Schedule
    from .shrinking import shrink
    from .taps import tap

_HOME = {
    "Backup": "backup",
    "compare": "comparing",
    "distill": "run",
    "load_teacher": "loading",
    "Report": "report",
    "RunConfig": "config",
    "Distiller": "distiller",
    "Ensemble": "ensemble",
    "Attention": "losses",
    "Contrastive": "losses",
    "Correlation": "losses",
    "Cosine": "losses",
    "Decoupled": "losses",
    "DistillationLoss": "losses",
    "EmbeddingMatch": "losses",
    "HardLabels": "losses",
    "Hint": "losses",
    "JensenShannon": "losses",
    "LogitError": "losses",
    "PatientHint": "losses",
    "Relational": "losses",
    "Relations": "losses",
    "ReverseKL": "losses",
    "Similarity": "losses",
    "SoftTargets": "losses",
    "StandardizedLogits": "losses",
    "TotalVariation": "losses",
    "mask_tokens": "masking",
    "masked_batches": "masking",
    "Objective": "objective",
    "hinton": "objective",
    "Exported": "exporting",
    "export": "exporting",
    "Schedule": "schedules",
    "shrink": "shrinking",
    "tap": "taps",
}

_ROOMS = ("distribution", "losses", "store")

__all__ = ["UserError", "__version__", *_HOME]


def __getattr__(name: str):
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'tfkd' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
