"""`certify`: the confidence below which the file of a finished run asks, written into that file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import Progress, log_progress
from ..reporting.certificate import (
    LEVEL,
    Certificate,
    certify_threshold,
    check_risk,
    choose_thresholds,
    count_texts_needed,
    upper_bound,
)
from ..runtime import Predictor, load
from ..runtime.unsure_answers import refuse_clients_file, write_ask_below
from .context import RunContext, open_run
from .folder import CERTIFICATE, write_json
from .held_out import AGAINST, Judge, Judged, find_unseen, read_file, read_split
from .lock import hold_folder

SHOWN = (0.01, 0.02, 0.05)
"""The risks that are told beside the one that is asked for."""
_PART = 5
"""Of a file of further texts one in so many chooses what the others test."""
_WAIT = 60.0  # seconds, for another process that exports or measures the same run


@dataclass(frozen=True)
class Certified:
    """What was certified, and written.

    Attributes:
        file: The file, which asks now.
        against: What a wrong answer differs from: "teacher" or "labels".
        certificate: That of the threshold in the file.
        shown: Those of other risks, each for itself.
        left_out: Texts that the run was trained or tuned on, which were not used.
    """

    file: Path
    against: str
    certificate: Certificate
    shown: tuple[Certificate, ...]
    left_out: int = 0

    def summary(self) -> str:
        """Return what holds now, in one sentence."""
        found = self.certificate
        return (
            f"{self.file} asks below a confidence of {found.threshold:.4f}: it answers "
            f"{found.share:.2%} of {found.texts:,} held-out texts, and of what it answers at most "
            f"{_percent(found.risk)} differs from the {self.against}, with 95 % confidence "
            f"({found.wrong} of {found.answered:,} here)."
        )

    def table(self) -> str:
        """Return each risk with its threshold and the share that is answered, as Markdown."""
        heading = "agreement" if self.against == "teacher" else "right"
        lines = [
            f"| {heading} at least | confidence from | answered | of these wrong | at most |",
            "| ---: | ---: | ---: | ---: | ---: |",
        ]
        for each in self.shown:
            cells = ["none passed", "0.00 %", "", ""]
            if each.threshold is not None:
                wrong = f"{each.wrong} of {each.answered:,}"
                cells = [f"{each.threshold:.4f}", f"{100 * each.share:.2f} %", wrong]
                cells.append(f"{100 * each.bound:.2f} %")
            lines.append(f"| {' | '.join([_percent(1 - each.risk), *cells])} |")
        return "\n".join(lines)


def certify(
    run: str | Path,
    *,
    risk: float = 2.0,
    against: str = "teacher",
    data: str | Path | None = None,
    file: str | Path | None = None,
    progress: Progress = log_progress,
) -> Certified:
    """Find the confidence above which a run's file differs seldom, and let it ask below.

    The test split decides, or the texts of `data`; what the run was trained or tuned on is left
    out. Thresholds are chosen on other texts: the validation split, or a fifth of `data`.

    Args:
        run: The folder of a finished run.
        risk: How many of 100 answers may differ, with 95 % confidence.
        against: What an answer must not differ from: "teacher" or "labels".
        data: A file of texts in place of the test split; with labels where they are needed.
        file: A `.tflite` of the run in place of its `student.tflite`.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Raises:
        UserError: No such run or texts, too few of them, or no threshold that passes. Nothing is
            written then.
    """
    folder, share = Path(run), risk / 100
    check_risk(share)
    if against not in AGAINST:
        raise UserError(f"against is {against!r}: write {' or '.join(AGAINST)}.")
    path = Path(file) if file else folder / "student.tflite"
    if file and not path.is_file():
        raise UserError(f"there is no file {path}: give a .tflite that the run exported.")
    context = open_run(folder, progress)
    context.require_files(*(() if file else ("student.tflite",)))
    refuse_clients_file(path)
    fresh = not context.work.exists()
    with hold_folder(folder, wait=_WAIT):
        try:
            return _certify(context, load(path, task=context.task), path, share, (against, data))
        finally:
            if fresh:
                context.remove_work()


def _certify(
    context: RunContext,
    predictor: Predictor,
    path: Path,
    risk: float,
    texts: tuple[str, str | Path | None],
) -> Certified:
    against, data = texts
    judge = Judge(context, predictor, against)
    others, held_out, left_out = _judge(judge, data)
    _refuse_few(held_out, risk, left_out)
    found = {
        each: certify_threshold(
            held_out.confidence,
            held_out.wrong,
            choose_thresholds(others.confidence, others.wrong, count=len(held_out), risk=each),
            each,
        )
        for each in sorted({risk, *SHOWN})
    }
    certificate = found[risk]
    _refuse_failure(certificate, against)
    certified = Certified(path, against, certificate, tuple(found.values()), left_out)
    facts: dict[str, Any] = {"against": against, "level": LEVEL}
    facts["data"] = Path(data).name if data else "test split"
    known = {k: v for k, v in dataclasses.asdict(certificate).items() if k != "threshold"}
    ask_below = {"confidence": certificate.threshold, **known, **facts}
    write_ask_below(path, ask_below)
    shown = [each.to_dict() for each in certified.shown]
    rest = {"file": path.name, "ask_below": ask_below, "left_out": left_out, "shown": shown}
    write_json(context.folder / CERTIFICATE, rest)
    return certified


def _judge(judge: Judge, data: str | Path | None) -> tuple[Judged, Judged, int]:
    """Return the texts that choose thresholds, those that test them, and how many are left out."""
    context = judge.context
    if data is not None:
        given = read_file(context, str(data), judge.against)
        unseen = find_unseen(context, given)
        kept = [given[place] for place in unseen]
        return *judge.judge(kept).split(_PART), len(given) - len(kept)
    given = read_split(context, "test")
    unseen = find_unseen(context, given)
    judged = judge.judge(given, "test")
    if len(judged) == len(given):
        judged = judged.take(unseen)
    validation = read_split(context, "validation")
    left_out = len(given) - len(unseen)
    if not validation:
        return *judged.split(_PART), left_out
    return judge.judge(validation, "validation"), judged, left_out


def _refuse_few(held_out: Judged, risk: float, left_out: int) -> None:
    """Refuse texts that prove nothing, even if all answers are right.

    Raises:
        UserError: There are too few.
    """
    needed, count = count_texts_needed(risk), len(held_out)
    if count >= needed:
        return
    seen = f" ({left_out:,} more were trained or tuned on)" if left_out else ""
    least = f"--risk {100 * upper_bound(0, count):.1f} or more, or " if count else ""
    raise UserError(
        f"{count:,} held-out texts{seen} are too few for a risk of {_percent(risk)}: even without "
        f"one wrong answer it takes {needed:,}; give {least}more texts with --data FILE."
    )


def _refuse_failure(found: Certificate, against: str) -> None:
    """Refuse a file that no threshold makes good enough.

    Raises:
        UserError: None passed.
    """
    if found.threshold is not None:
        return
    raise UserError(
        f"no threshold keeps a risk of {_percent(found.risk)}: above the strictest one that was "
        f"tested, {found.wrong} of {found.answered:,} answers differ from the {against}, which may "
        f"be {_percent(found.bound)} of all; give a larger --risk, or more texts with --data FILE."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
