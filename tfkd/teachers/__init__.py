"""A teacher from a spec such as `hf:FOLDER` or `keras:FOLDER`, and one saved for it."""

from .file_digest import fingerprint
from .keras_files import LABELS, MODEL, save
from .loading import check_spec, load_teacher

__all__ = ["LABELS", "MODEL", "check_spec", "fingerprint", "load_teacher", "save"]
