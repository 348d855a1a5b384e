"""Settings of a task that a language model answers, a stub, in words of JSON."""

import json

from tfkd.running.config import make_config


def make_settings(stub, folder, task, rows, write, *, classes="", **changes):
    """Settings for rows of a task, all answered by one function of the text, or alike."""
    stub.write = write if callable(write) else lambda text: write
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    own = {"data": str(folder / "rows.jsonl"), "to": str(folder / "asked"), "task": task}
    own["teacher"] = f"openai:org/small@{stub.url}"
    if classes:
        (folder / "classes.toml").write_text(classes)
        own["classes"] = str(folder / "classes.toml")
    return make_config({**own, **changes})


def rows_of(folder, split="train"):
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]


def facts_of(folder):
    return json.loads((folder / "labelling.json").read_text())
