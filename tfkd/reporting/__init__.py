"""Models compared: their scores, size and speed, the verdict in words, and the page of plots.

It knows models, tasks and plain values, and no run. `scoring` scores answers, `report` is the
table, `verdict` says whether distillation helped. `sections` turn answers into figures of plain
values, which `charts` and `page` show.
"""

from .comparing import compare
from .report import Report

__all__ = ["Report", "compare"]
