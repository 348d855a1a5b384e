"""What is said of models: the comparison, its table and verdict, and the page of plots.

It knows models and plain values, and no run: `comparing` scores and times models side by side,
`report` is the table, `verdict` says whether distillation helped. `sections` are the parts of the
page as plain values, `plots` and `page` show them.
"""

from .comparing import compare
from .report import Report

__all__ = ["Report", "compare"]
