"""Models of other libraries that write texts: what they may write next, and how they begin."""

from .finding import find_generator
from .generate_settings import WritingSettings, read_generate_settings, settings_of_model

__all__ = ["WritingSettings", "find_generator", "read_generate_settings", "settings_of_model"]
