"""The losses, one file per idea."""

from ._base import DistillationLoss
from ._logits import FORMS, LogitLoss
from .attention import Attention
from .contrastive import Contrastive
from .correlation import Correlation
from .cosine import Cosine
from .decoupled import Decoupled
from .embedding_match import EmbeddingMatch
from .hard_labels import HardLabels
from .hint import Hint
from .jensen_shannon import JensenShannon
from .logit_error import LogitError
from .patient_hint import PatientHint
from .relational import Relational
from .relations import Relations
from .reverse_kl import ReverseKL
from .similarity import Similarity
from .soft_targets import SoftTargets
from .standardized_logits import StandardizedLogits
from .total_variation import TotalVariation

__all__ = [
    "FORMS",
    "Attention",
    "Contrastive",
    "Correlation",
    "Cosine",
    "Decoupled",
    "DistillationLoss",
    "EmbeddingMatch",
    "HardLabels",
    "Hint",
    "JensenShannon",
    "LogitError",
    "LogitLoss",
    "PatientHint",
    "Relational",
    "Relations",
    "ReverseKL",
    "Similarity",
    "SoftTargets",
    "StandardizedLogits",
    "TotalVariation",
]
