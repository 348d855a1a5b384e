"""The data set that a language model labelled, and the store of its answers: their files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import store
from ..data import Data
from ..files import replace_when_whole
from ..progress import Progress, logger
from ..tasks import Task
from ..teachers import PromptedTeacher
from . import folder as run_folder
from .audit import Audit, audit_teacher
from .config import RunConfig

SUMMARY, STORE, NAMES = "labelling.json", "store", "labels.txt"
SENT, KEPT = ("train", "unlabelled"), ("validation", "test")


@dataclass(frozen=True)
class Labelling:
    """What a language model is asked about, and where its answers go.

    Attributes:
        config: The settings.
        task: The task.
        data: The data set, with the classes of the guide.
        teacher: The language model.
        folder: Where everything is written.
        progress: Shows how far it is.
    """

    config: RunConfig
    task: Task
    data: Data
    teacher: PromptedTeacher
    folder: Path
    progress: Progress

    def asked(self) -> list[str]:
        """Return the texts that the language model is asked for, each once."""
        return self.texts(*self.sent)

    def audit(self) -> Audit | None:
        """Compare the language model with labels, where that was asked for.

        Raises:
            UserError: It is not right often enough.
        """
        settings = self.config.prompts
        return audit_teacher(self.teacher, self.task, self.data, settings, self.progress)

    def write(self, known: dict[str, np.ndarray], audit: Audit | None) -> None:
        """Write the data with the answers to the texts, and a store of these.

        Args:
            known: The answers by text.
            audit: What the audit found, if there was one.
        """
        write_labelled(self, known, audit)

    @property
    def has_labels(self) -> bool:
        """Whether some of the texts have a label of their own."""
        return any(map(self.task.is_labelled, self.data.read("train")))

    def texts(self, *splits: str) -> list[str]:
        """Return the texts of splits, each once."""
        examples = (example for split in splits for example in self.data.read(split))
        return list(dict.fromkeys(example["text"] for example in examples))

    @property
    def sent(self) -> tuple[str, ...]:
        """The splits whose texts are sent."""
        more = self.config.prompts.ask_test and self.data.counts.get("test")
        return (*SENT, "test") if more else SENT


def notes_on_labels(source: str) -> list[str]:
    """Return what a reader of scores must know of data that a language model labelled.

    Args:
        source: The data of a run.
    """
    path = Path(source) / SUMMARY
    if not source or not path.is_file():
        return []
    facts = json.loads(path.read_text(encoding="utf-8"))
    notes = [
        f"The teacher is {facts['model']}, asked for {facts['texts']:,} texts"
        + (f"; {facts['missing']:,} without an answer are left out" if facts["missing"] else "")
        + (
            f"; {facts['outside']:.1%} of its probability is on no class"
            if "outside" in facts
            else ""
        )
        + facts.get("parts", "")
        + "."
    ]
    if facts["labels"] == "teacher":
        notes.append(
            "No test text has a label of its own: the labels are the teacher's, so scores say how "
            "well its answers are imitated, and not how right they are."
        )
    return [*notes, *([facts["audit"]] if facts["audit"] else [])]


def write_labelled(work: Labelling, known: dict[str, np.ndarray], audit: Audit | None) -> None:
    """Write the data with their answers; what says that all is there is written last.

    Args:
        work: What was asked.
        known: The answers by text.
        audit: What the audit found, if there was one.
    """
    labelled = work.has_labels
    logits = {text: np.log(answer) for text, answer in known.items()}

    def teacher(inputs: Any, reads: tuple[str, ...]) -> dict[str, np.ndarray]:
        texts = [text.decode("utf-8", "surrogatepass") for text in inputs["text"].numpy()]
        return {"logits": np.array([logits[text] for text in texts], "float32")}

    teacher.fingerprint = work.teacher.fingerprint  # type: ignore[attr-defined]
    store.write(work.folder / STORE, teacher, list(logits), dtype="float32", verbose=0)
    with replace_when_whole(work.folder / STORE / NAMES) as part:
        part.write_text("".join(f"{name}\n" for name in work.data.labels), encoding="utf-8")
    left_out = 0
    for split in (*SENT, *KEPT):
        rows = list(_rows(work, split, known, labelled))
        left_out += work.data.counts.get(split, 0) - len(rows)
        write_rows(work.folder / f"{split}.jsonl", rows)
    spending, teacher_says = work.teacher.spending, "" if audit is None else audit.describe()
    facts = {
        "model": work.teacher.address.model,
        "texts": len(known),
        "missing": left_out,
        "outside": round(work.teacher.outside, 6),
        "mode": work.teacher.asker.mode,
        "calls": spending.calls,
        "cost": round(spending.cost, 6),
        "labels": "data" if labelled or work.data.counts.get("test") else "teacher",
        "audit": teacher_says,
    }
    run_folder.write_json(work.folder / SUMMARY, facts)
    if left_out:
        reasons = list(work.teacher.missing.values())
        logger.warning(f"{left_out:,} texts have no answer and are left out, first: {reasons[0]}.")
    logger.info(
        f"answered  {len(known):,} texts by {spending.calls:,} calls"
        + (f", {spending.cost:,.4f} spent" if spending.cost else "")
        + f"; {facts['outside']:.1%} of the probability is on no class"
    )


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write a file of rows, or remove that of data that have changed since.

    Args:
        path: The file.
        rows: Its rows; none for no file.
    """
    if not rows:
        path.unlink(missing_ok=True)
        return
    with replace_when_whole(path) as part:
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _rows(
    work: Labelling, split: str, known: dict[str, np.ndarray], labelled: bool
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a split: of one that was sent, those with an answer."""
    names = work.data.labels
    for example in work.data.read(split):
        text, label = example["text"], example.get("label", -100)
        if split in work.sent and text not in known:
            continue
        if not labelled and split in SENT:
            label = int(np.argmax(known[text]))
        row = {"text": text}
        yield {**row, "label": names[label]} if label >= 0 else row
