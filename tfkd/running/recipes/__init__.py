"""The recipes, each a short TOML of run settings: of papers, and of applications in parts."""

from ._read import names, read, settings, tables, title

__all__ = ["names", "read", "settings", "tables", "title"]
