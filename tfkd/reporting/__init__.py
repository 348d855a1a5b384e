"""The report that people look at: a page of tables and plots, its figures as JSON, a model card.

`figures` gathers plain values and knows no HTML; `plots` and `page` show what it found and know no
model. `write` does both; `card` writes a run's `README.md`.
"""

from .writing import check, write

__all__ = ["check", "write"]
