"""The best student under a budget of megabytes and milliseconds, found by training candidates.

`budget` is what may not be exceeded, `space` what a candidate may be, and `fits` measures one
before it is trained: size and time do not depend on weights. `beginning` claims the folder of a
search and pays for its teacher, `trial_loop` goes through the candidates of a `journal`, `workshop`
trains them as runs on shares of texts and of epochs (`halving`), and `finals` scores the winner on
the test split. `_search` puts these together.
"""

from ._search import run_search, search_students
from .budget import Budget, Measured
from .options import SearchOptions
from .results import SearchResult

__all__ = [
    "Budget",
    "Measured",
    "SearchOptions",
    "SearchResult",
    "run_search",
    "search_students",
]
