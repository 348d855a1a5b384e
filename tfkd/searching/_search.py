"""A search from data and a budget to the best student, its file and a report."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..progress import Progress, format_duration, log_progress, logger, print_log
from ..running.config import RunConfig, make_config
from ..running.folder import ENVIRONMENT
from . import locks
from .beginning import CLAIM, Search, open_search, pay_teacher
from .candidates import REFUSED, RUNNING, Candidate, find_best, read_candidates
from .finals import WINNER, Finalist, run_finals
from .fits import fit_default, measure_file, measure_untrained, smallest
from .ground import Ground
from .importances import find_importances
from .journal import JOURNAL, open_study
from .options import SearchOptions, make_options
from .result_page import write_page
from .results import JSON, FinalScores, SearchResult, load_result
from .space import Space
from .telling import Teller, say_plan
from .trial_loop import TrialLoop
from .workshop import StudentWorkshop

_VOCABULARIES = "vocabularies"


def search_students(
    *,
    data: str | Path,
    verbose: int | str = "auto",
    progress: Progress = log_progress,
    **settings: Any,
) -> SearchResult | None:
    """Find the best student within a budget of megabytes and milliseconds.

    Args:
        data: A data set: its name, or a file or a folder of texts.
        verbose: As Keras's: 0 prints nothing. What is printed is logged under the name "tfkd" too.
        progress: Shows how far long steps are in another way, see `tfkd.progress.Progress`.
        **settings: `max_mb` and `max_ms`, the budget; those of
            `tfkd.searching.options.SearchOptions`; and those of `tfkd.distill`, which all trials
            have, and which are not searched.

    Returns:
        What was found; None where other processes still carry out trials of this search.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings, and
            for a budget that no student fits.

    ```python
    found = tfkd.search_students(
        data="imdb", teacher="hf:teachers/imdb-minilm", max_mb=1, trials=40
    )
    found.show()
    ```
    """
    options, own = make_options(settings)
    config = make_config({"data": str(data), **own})
    with print_log(verbose):
        return run_search(config, options, own, progress)


def run_search(
    config: RunConfig,
    options: SearchOptions,
    fixed: Collection[str],
    progress: Progress = log_progress,
) -> SearchResult | None:
    """Carry out a search, or what is left of it, in its folder.

    Several processes may do so at once.

    Args:
        config: The settings of the default, which is the first trial.
        options: What is asked for.
        fixed: The settings that the user gave, which are not searched.
        progress: Shows how far long steps are, see `tfkd.progress.Progress`.

    Returns:
        What was found; None where other processes still carry out trials of this search.

    Raises:
        UserError: With one sentence, for whatever is wrong with data, teacher or settings, and
            for a budget that no student fits.
    """
    search = open_search(config, options, fixed, progress)
    if (search.folder / JSON).is_file():
        logger.info(f"{search.folder} is complete; this is what it found.")
        return load_result(search.folder)
    ground = Ground.open(search.config, search.folder / _VOCABULARIES, progress)
    _refuse_small_budget(search, ground)
    say_plan(search)
    search, given = pay_teacher(search)
    ground = replace(ground, config=search.config)
    loop = _make_loop(search, ground)
    with locks.hold(search.folder, "asking"):
        measure = partial(measure_untrained, ground=ground)
        loop.begin(partial(fit_default, loop.space, options.budget, measure))
    done = sum(each.state not in (REFUSED, RUNNING) for each in read_candidates(loop.study))
    with progress("trials", options.trials, "trials") as advance:
        advance(done)
        workshop = StudentWorkshop(search, ground, given, advance)
        teller = Teller(search, advance)
        is_over = replace(loop, workshop=workshop, tell=teller.tell).run()
    if not is_over:
        logger.info("others    still carry out trials; the last of them ends the search.")
        return None
    return _end(search, loop, ground)


def _make_loop(search: Search, ground: Ground) -> TrialLoop:
    options, higher = search.options, search.measure.higher_is_better
    return TrialLoop(
        study=open_study(
            search.folder,
            sampler=options.sampler,
            seed=search.config.training.seed,
            higher_is_better=higher,
        ),
        folder=search.folder,
        space=_space(search, ground),
        options=options,
        metric=search.metric,
        higher_is_better=higher,
        rungs=search.rungs,
        workshop=StudentWorkshop(search, ground, None, lambda count: None),
        tell=lambda candidate: None,
    )


def _space(search: Search, ground: Ground) -> Space:
    return Space.of(search.config, search.options.also, search.fixed, texts=ground.texts)


def _refuse_small_budget(search: Search, ground: Ground) -> None:
    """Refuse a budget that no candidate fits, and leave nothing of a search that has not begun.

    Raises:
        UserError: It says what the smallest candidate takes.
    """
    if (search.folder / JOURNAL).is_file():
        return
    measure = partial(measure_untrained, ground=ground)
    try:
        reason = smallest(_space(search, ground), search.options.budget, measure)
    except UserError as error:
        reason = str(error)
    if reason:
        shutil.rmtree(ground.folder, ignore_errors=True)
        for name in (CLAIM, ENVIRONMENT):
            (search.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            # Where it was there before, it may hold something.
            search.folder.rmdir()
        raise UserError(reason)


def _end(search: Search, loop: TrialLoop, ground: Ground) -> SearchResult | None:
    """Score the winner and the default on the test split, and write what was found.

    Raises:
        UserError: No candidate could be trained.
    """
    lock = locks.try_to_hold(search.folder, "end")
    if lock is None:
        logger.info("others    another process ends the search.")
        return None
    try:
        if (search.folder / JSON).is_file():
            return load_result(search.folder)
        known = read_candidates(loop.study)
        winner = find_best(known, higher_is_better=search.measure.higher_is_better)
        if winner is None:
            raise UserError(
                f"none of {len(known)} candidates could be trained; the last one: "
                f"{known[-1].sentence} Allow more megabytes or milliseconds, or more trials."
            )
        measure = partial(measure_file, ground=ground)
        finalists = run_finals(search, winner, search.progress, measure)
        found = _describe(search, loop, winner, finalists)
        write_page(found, finalists)
        found.save()
        return found
    finally:
        lock.release()


def _describe(
    search: Search, loop: TrialLoop, winner: Candidate, finalists: dict[str, Finalist]
) -> SearchResult:
    known, options, data = read_candidates(loop.study), search.options, search.context.data
    finals = []
    for name, finalist in finalists.items():
        for row, title in (("exported", name), ("alone", f"{name} alone")):
            scores = tuple(
                each.scores[search.metric]
                for report in finalist.reports
                for each in report.rows
                if each.name.startswith(row)
            )
            if scores and (row == "exported" or name == WINNER):
                measured = finalist.measured if row == "exported" else None
                finals.append(FinalScores(title, scores, measured))
    facts = {
        "limit": options.limit,
        "sampler": options.sampler,
        "trained on": ", then ".join(rung.spell() for rung in search.rungs),
        "time of the trials": format_duration(sum(each.seconds for each in known)),
        "teacher": search.config.teacher.source,
        "seed": search.config.training.seed,
        "examples": ", ".join(f"{split} {count:,}" for split, count in data.counts.items()),
        "ms": "median of an answer to one validation example with its tokenizer, on one thread",
    }
    return SearchResult(
        folder=search.folder,
        title=f"{data.name}: the best of {len(known)} students",
        measure=search.measure,
        budget=options.budget,
        candidates=tuple(known),
        winner=winner.number,
        finals=tuple(finals),
        importances=find_importances(loop.study),
        facts=facts,
    )
