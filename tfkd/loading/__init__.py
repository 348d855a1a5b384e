"""A teacher from a spec such as `hf:FOLDER` or `keras:FOLDER`, and one saved for it."""

from ._load import check_spec, load_teacher
from .fingerprint import fingerprint
from .keras_files import LABELS, MODEL, save

__all__ = ["LABELS", "MODEL", "check_spec", "fingerprint", "load_teacher", "save"]
