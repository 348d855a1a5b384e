"""What `tfkd list` prints."""

from __future__ import annotations

import dataclasses

from ..running.config import RunConfig

DATA = {
    "imdb": "50,000 film reviews and 50,000 unlabelled (TensorFlow Datasets, --data-dir)",
    "sample[:SIZE]": "built-in synthetic film reviews",
    "FILE": ".jsonl, .csv or .tsv, each also .gz, with text and label",
    "FOLDER": "train.jsonl, test.jsonl, ... or train/CLASS/*.txt",
}
MORE_TEACHERS = {
    "A + B": "the mean of several, each with its own tokenizer",
    "train": "an ensemble, trained on the spot",
    "train:STUDENT[:SIZE]": "one model of the kinds below, trained on the spot",
}


def listing() -> str:
    """Data, teachers, students with the settings of each size, and the settings of a run."""
    from ..students import SIZES, STUDENTS, sizes_of
    from ..teachers import KINDS

    teachers = {kind.pattern: kind.description for kind in KINDS.values()}
    parts = [_block("data", DATA), _block("teachers", teachers | MORE_TEACHERS)]
    students = {}
    for name in STUDENTS:
        for size in SIZES:
            settings = ", ".join(f"{k}={v}" for k, v in sizes_of(name)[size].items())
            students[f"{name}:{size}"] = settings
    parts.append(_block("students", students))
    fields = {f.name: f.metadata["help"] for f in dataclasses.fields(RunConfig)}
    parts.append(_block("settings (flags with -, TOML with _)", fields))
    return "\n\n".join(parts)


def _block(title: str, lines: dict[str, str]) -> str:
    width = max(map(len, lines))
    return "\n".join([title, *[f"  {name:{width}}  {says}" for name, says in lines.items()]])
