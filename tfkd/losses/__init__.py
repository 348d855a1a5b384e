"""The losses, one file per idea: pure functions of named tensors, which know no model.

They are loaded on first use, so that their names can be listed without TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._base import DistillationLoss
    from ._logits import FORMS, LogitLoss
    from .attention import Attention
    from .contrastive import Contrastive
    from .correlation import Correlation
    from .cosine import Cosine
    from .decoupled import Decoupled
    from .embedding_match import EmbeddingMatch
    from .for_head import ForHead
    from .gram import Gram
    from .hard_labels import HardLabels
    from .hard_targets import HardTargets
    from .hint import Hint
    from .jensen_shannon import JensenShannon
    from .logit_error import LogitError
    from .margin_error import MarginError
    from .pair_contrast import PairContrast
    from .pair_score import PairScore
    from .patient_hint import PatientHint
    from .probability_error import ProbabilityError
    from .relational import Relational
    from .relations import Relations
    from .reverse_kl import ReverseKL
    from .similarity import Similarity
    from .similarity_distribution import SimilarityDistribution
    from .soft_targets import SoftTargets
    from .standardized_logits import StandardizedLogits
    from .total_variation import TotalVariation
    from .vector_error import VectorError

# The home of each loss. Names of `tfkd` itself and of a run's config are read from here.
LOSSES = {
    "Attention": "attention",
    "Contrastive": "contrastive",
    "Correlation": "correlation",
    "Cosine": "cosine",
    "Decoupled": "decoupled",
    "DistillationLoss": "_base",
    "EmbeddingMatch": "embedding_match",
    "ForHead": "for_head",
    "Gram": "gram",
    "HardLabels": "hard_labels",
    "HardTargets": "hard_targets",
    "Hint": "hint",
    "JensenShannon": "jensen_shannon",
    "LogitError": "logit_error",
    "MarginError": "margin_error",
    "PairContrast": "pair_contrast",
    "PairScore": "pair_score",
    "PatientHint": "patient_hint",
    "ProbabilityError": "probability_error",
    "Relational": "relational",
    "Relations": "relations",
    "ReverseKL": "reverse_kl",
    "Similarity": "similarity",
    "SimilarityDistribution": "similarity_distribution",
    "SoftTargets": "soft_targets",
    "StandardizedLogits": "standardized_logits",
    "TotalVariation": "total_variation",
    "VectorError": "vector_error",
}
_HOME = {**LOSSES, "FORMS": "_logits", "LogitLoss": "_logits"}

__all__ = [*sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tfkd.losses' has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
