"""The test examples of a run with a column that the run itself does not read."""

from __future__ import annotations

from ..data import Example
from ..data.columns import KEPT
from ..data.opening import peek_row
from ..errors import UserError
from .context import RunContext
from .run_data import open_run_data


def read_test_with(context: RunContext, column: str) -> list[Example]:
    """Return the test examples of a run, each with its value of a column as `KEPT`.

    Args:
        context: The context of the run.
        column: A column of the data.

    Raises:
        UserError: No test example has it.
    """
    data = open_run_data(context.config, context.task, kept=column)
    examples = list(data.read("test"))
    if all(example.get(KEPT) is None for example in examples):
        source = context.config.data.source
        known = ", ".join(peek_row(source)) or "none that can be told"
        raise UserError(
            f"no test text of {source} has a column {column!r}: write the name of one of its "
            f"columns ({known})."
        )
    return examples
