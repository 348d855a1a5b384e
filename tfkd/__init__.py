"""Knowledge distillation for Keras and TensorFlow: big models in, small verified LiteRT files out.

Names load on first use, so that `import tfkd` imports no TensorFlow (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import UserError
from .losses import LOSSES

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import distribution, losses, store
    from .exporting import Exported, export
    from .losses import *
    from .losses._base import Objective
    from .losses._batch import Batch
    from .losses.hinton import hinton
    from .losses.schedules import Schedule
    from .models import tap
    from .models.text_model import TextModel
    from .reporting import Report, compare
    from .running._run import distill
    from .running.certifying import certify
    from .running.compressing import compress
    from .running.config import RunConfig
    from .running.cross_validation import cross_validate
    from .running.part_runs import distill_parts
    from .running.reports.page_files import PageOptions, write_page
    from .running.texts import load_neighbours
    from .searching import search_students
    from .selecting import select
    from .students.shrinking import shrink
    from .tasks.masked_language.masking import mask_tokens, masked_batches
    from .teachers import load_teacher
    from .teachers.ensemble import Ensemble, weights_by_score
    from .text.augmentation import Augmentation, count_words
    from .text.batching import padded
    from .text.neighbours import Neighbours
    from .training.backup import Backup
    from .training.distiller import Distiller

_HOME = {
    **dict.fromkeys(LOSSES, "losses"),
    "Objective": "losses._base",
    "Batch": "losses._batch",
    "hinton": "losses.hinton",
    "Schedule": "losses.schedules",
    "Augmentation": "text.augmentation",
    "count_words": "text.augmentation",
    "padded": "text.batching",
    "Neighbours": "text.neighbours",
    "mask_tokens": "tasks.masked_language.masking",
    "masked_batches": "tasks.masked_language.masking",
    "tap": "models",
    "TextModel": "models.text_model",
    "Backup": "training.backup",
    "Distiller": "training.distiller",
    "shrink": "students.shrinking",
    "Exported": "exporting",
    "export": "exporting",
    "Report": "reporting",
    "compare": "reporting",
    "load_teacher": "teachers",
    "Ensemble": "teachers.ensemble",
    "weights_by_score": "teachers.ensemble",
    "certify": "running.certifying",
    "compress": "running.compressing",
    "select": "selecting",
    "distill": "running._run",
    "cross_validate": "running.cross_validation",
    "distill_parts": "running.part_runs",
    "RunConfig": "running.config",
    "PageOptions": "running.reports.page_files",
    "write_page": "running.reports.page_files",
    "load_neighbours": "running.texts",
    "search_students": "searching",
}

_ROOMS = ("distribution", "losses", "store")

__all__ = ["UserError", "__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'tfkd' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS])
