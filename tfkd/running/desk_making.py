"""Make a service desk of two finished runs: an index of the answers, and a threshold of confidence.

The table `[desk]` of a recipe says how:

* `intents`, `answers`: the parts that tell the intent, and that give vectors.
* `searched`, `shown`: the role of the texts whose vectors are compared with a question's, and of
  those that are given: answers may be found by themselves, or by the questions that they answered.
* `unknown`: the classes, where the data have some, of questions that no intent fits.
* `right`: the share of the given intents that has to be right, on validation questions.
* `kept`: the share of the validation questions with the right intent that stay answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import tasks
from ..errors import UserError
from ..progress import logger
from ..reporting.refusal import answered_above, coverage_at
from ..runtime import Index, load
from ..runtime.service_desk import DESK, FORMAT
from ..runtime.unsure_answers import write_ask_below
from . import folder as run_folder
from .context import RunContext
from .part_settings import RunParts

INDEX = "answers.index"
SHARE = 0.95
"""What `right` and `kept` are where the table leaves them out."""
_TEXTS, _SHARES = ("intents", "answers", "searched", "shown"), ("right", "kept")


def check_desk(parts: RunParts) -> None:
    """Refuse a table `[desk]` that nothing can be made of.

    Raises:
        UserError: A setting that does not exist or is missing, a part that does not, a share that
            is none, a task without vectors or with other texts than questions.
    """
    table = parts.desk
    if not table:
        return
    known = (*_TEXTS, *_SHARES, "unknown")
    for name in table:
        if name not in known:
            raise UserError(f"[desk] has no {name!r}: it has {', '.join(known)}.")
    for name in _TEXTS:
        if not isinstance(table.get(name), str):
            raise UserError(f'[desk] {name} is {table.get(name)!r}: write a text, {name} = "...".')
    for name in _SHARES:
        share = table.get(name, 0.5)
        if not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise UserError(f"[desk] {name} is {share!r}: write a share, such as 0.95.")
    for name in ("intents", "answers"):
        if table[name] not in parts.runs:
            raise UserError(
                f"[desk] {name} is {table[name]!r}: write a part, one of {', '.join(parts.runs)}."
            )


def check_parts_of_desk(parts: RunParts, contexts: Mapping[str, RunContext]) -> None:
    """Refuse parts whose tasks cannot do what a desk asks of them, before they are trained.

    Raises:
        UserError: A part without vectors, or texts that its task does not read.
    """
    if not parts.desk:
        return
    answers = contexts[parts.desk["answers"]]
    if tasks.EMBEDDING not in answers.task.outputs:
        raise UserError(
            f"[desk] answers is {parts.desk['answers']!r}, a part of the task "
            f"{answers.task.name}, which gives no vectors: name one that does."
        )
    roles = [role for role, column in answers.task.columns.items() if column.kind == "text"]
    for name in ("searched", "shown"):
        if parts.desk[name] not in roles:
            raise UserError(
                f"[desk] {name} is {parts.desk[name]!r}: write a role of the task "
                f"{answers.task.name}, one of {', '.join(roles)}."
            )


def write_desk(parts: RunParts, contexts: Mapping[str, RunContext]) -> Path:
    """Write the index and `desk.json`, unless they are there; return the latter's path.

    Args:
        parts: The finished runs.
        contexts: Their contexts, by the name of the part.

    Raises:
        UserError: A part of another task than a desk needs, no answer in the data.
    """
    folder, table = parts.folder, parts.desk
    path = folder / DESK
    if path.is_file():
        return path
    intents, answers = (contexts[table[name]] for name in ("intents", "answers"))
    files = {name: folder / table[name] / "student.tflite" for name in ("intents", "answers")}
    pairs = _gather_pairs(answers, table["searched"], table["shown"])
    texts, shown = ([pair[place] for pair in pairs] for place in (0, 1))
    index = Index.of(load(files["answers"]), texts, shown)
    index.save(folder / INDEX)
    logger.info(f"index     {folder / INDEX}: {len(pairs):,} texts")
    unknown = [name for name in table.get("unknown", []) if name in intents.data.labels]
    _write_threshold(files["intents"], intents, table, unknown)
    names = {name: file.relative_to(folder).as_posix() for name, file in files.items()}
    facts = {"format": FORMAT, **names, "index": INDEX, "unknown": unknown}
    run_folder.write_json(path, facts)
    return path


def _gather_pairs(context: RunContext, searched: str, shown: str) -> list[tuple[str, str]]:
    """Return what is searched and what is then shown, each pair once, of all splits."""
    found: dict[tuple[str, str], None] = {}
    for split in context.data.counts:
        for example in context.data.read(split):
            if example.get(searched) and example.get(shown):
                found[example[searched], example[shown]] = None
    if not found:
        raise UserError(f"{context.data.name} has no {shown} to give: name a column of answers.")
    return list(found)


def _write_threshold(
    file: Path, context: RunContext, table: Mapping[str, Any], unknown: list[str]
) -> None:
    """Write the confidence from which on intents are given into their file, unless it has one."""
    predictor, task = load(file), context.task
    if predictor.ask_below is not None:
        return
    examples = list(filter(task.is_labelled, context.data.read("validation")))
    answers = predictor.predict(examples)
    given = np.array([task.summarize(answer) not in unknown for answer in answers], bool)
    confidence = np.array([task.confidence(answer) for answer in answers], "float64")[given]
    right = task.per_example(answers, examples)[given] == 1 if examples else given
    if np.isnan(confidence).any() or not right.any():
        logger.info("refusal   no validation questions to choose a threshold by: none is refused")
        return
    shares = {"least_right": table.get("right", SHARE), "kept": table.get("kept", SHARE)}
    threshold = choose_threshold(confidence, right, **shares)
    found = answered_above(threshold, confidence, right)
    write_ask_below(file, {"confidence": threshold, "questions": len(confidence), **shares})
    logger.info(
        f"refusal   below a confidence of {threshold:.4f}: {found.share:.1%} of "
        f"{len(confidence):,} validation questions are given an intent, {found.accuracy:.1%} of "
        "these the right one"
    )


def choose_threshold(
    confidence: np.ndarray, right: np.ndarray, *, least_right: float, kept: float
) -> float:
    """Return the confidence from which on intents are given, told by questions that are known.

    It is the higher of two: the lowest one above which enough intents are right, and the one that
    all but a few of the right ones reach. The second refuses what is answered with less confidence
    than nearly all known questions, however many of these are right.

    Args:
        confidence: That in the intents of validation questions.
        right: Whether each intent is the right one; one is, at least.
        least_right: The share of the given intents that has to be right.
        kept: The share of the right ones that is given.

    >>> choose_threshold(np.array([0.9, 0.8, 0.7]), np.ones(3, bool), least_right=0.9, kept=0.5)
    0.8
    """
    least = coverage_at(least_right, confidence, right).threshold
    usual = float(np.quantile(confidence[right], 1 - kept, method="lower"))
    # Where not even the surest are right often enough, they are all that is given.
    return max(usual, least) if np.isfinite(least) else float(confidence.max())
