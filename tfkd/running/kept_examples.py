"""The examples that a run's files are checked on, kept in its folder.

So that its student is exported again in any working folder, and after its data went elsewhere.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Data, Example, Schema
from ..progress import log_progress
from ..runtime.quantisations import DRAWN
from . import config as configs
from . import folder as run_folder
from .context import RunContext, open_run
from .task_choice import choose_task

_ARRAY = "array"
CHECKED = 500
"Validation texts on which an export is verified."


def keep_examples(context: RunContext) -> None:
    """Write the examples of a run's exports into its folder, unless they are there."""
    if (context.folder / run_folder.KEPT).is_file():
        return
    data = context.data
    chosen = {"validation": checked_examples(context), "train": calibration_examples(context)}
    examples = {split: list(map(_packed, rows)) for split, rows in chosen.items()}
    facts = {"name": data.name, "schema": data.schema.to_json(), "examples": examples}
    run_folder.write_json(context.folder / run_folder.KEPT, facts)


def recall_data_schema(folder: Path) -> Schema | None:
    """Return what the training split of a run fixed, None where it kept no examples."""
    if not (folder / run_folder.KEPT).is_file():
        return None
    return Schema.from_json(run_folder.read_json(folder / run_folder.KEPT)["schema"])


def open_to_export(folder: Path) -> RunContext:
    """Open a run to export its student: with the examples that it kept, else with its data.

    Raises:
        UserError: No run there, or one that kept no examples and whose data are missing.
    """
    if not (folder / run_folder.KEPT).is_file() or not run_folder.has_begun(folder):
        return open_run(folder)
    import tensorflow as tf

    config = configs.read_config(folder / run_folder.CONFIG).replaced(to=str(folder))
    task, _ = choose_task(config)
    data = _read(run_folder.read_json(folder / run_folder.KEPT))
    strategy = tf.distribute.get_strategy()
    return RunContext(config, task, data, folder, progress=log_progress, strategy=strategy)


def checked_examples(context: RunContext) -> list[Example]:
    """Return the labelled validation examples that a run's exports are verified on."""
    labelled = filter(context.task.can_test, context.data.read("validation"))
    return list(itertools.islice(labelled, CHECKED))


def calibration_examples(context: RunContext) -> list[Example]:
    """Return the training examples that ranges of numbers are read off.

    They are drawn by the run's seed, of all parts of the file.
    """
    data, seed = context.data, context.config.training.seed
    rows = np.random.default_rng(seed).permutation(data.counts["train"])[:DRAWN]
    chosen = set(rows.tolist())
    train = enumerate(data.read("train"))
    return [context.task.served_example(each) for row, each in train if row in chosen]


def _packed(example: Example) -> dict[str, Any]:
    """Return an example as JSON holds it: arrays, such as images, as their bytes."""
    return {
        role: {
            _ARRAY: value.dtype.str,
            "shape": list(value.shape),
            "bytes": base64.b64encode(value.tobytes()).decode(),
        }
        if isinstance(value, np.ndarray)
        else value
        for role, value in example.items()
    }


def _unpacked(values: dict[str, Any]) -> Example:
    """Return the example that `_packed` took apart."""
    return Example(
        {
            role: np.frombuffer(base64.b64decode(value["bytes"]), value[_ARRAY]).reshape(
                value["shape"]
            )
            if isinstance(value, dict) and _ARRAY in value
            else value
            for role, value in values.items()
        }
    )


def _read(facts: dict[str, Any]) -> Data:
    """Return the examples that were kept as data of two splits."""
    schema = Schema.from_json(facts["schema"])

    def stream(split: str) -> Iterator[Example]:
        return map(_unpacked, facts["examples"][split])

    return Data(
        facts["name"],
        schema.labels,
        {split: len(rows) for split, rows in facts["examples"].items()},
        settings=schema.settings,
        streams={split: partial(stream, split) for split in facts["examples"]},
    )
