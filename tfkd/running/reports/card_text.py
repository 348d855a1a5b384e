"""What a model card says, in Hugging Face's form: data, teacher, objective, scores and limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...reporting.report import Report, Row, load
from ...text.augmentation import Augmentation
from .. import config as configs
from ..config import RunConfig

HUB = {"imdb": "stanfordnlp/imdb"}  # data sets by their name there


def text(folder: Path) -> str:
    """The card of a finished run.

    Raises:
        UserError: the folder holds no finished run.
    """
    report, config = load(folder), configs.read(folder / "config.toml")
    data, versions = (_read(folder / f"{name}.json") for name in ("data", "environment"))
    name, length = folder.resolve().name, _read(folder / "preprocessing.json")["max_length"]
    parts = [
        front_matter(name, config, data, report),
        f"# {name}\n",
        f"A small text classifier ({_classes(data)}), distilled with tfkd "
        f"{versions.get('tfkd')} from a larger one. `student.tflite` is one file with vocabulary "
        "and class names inside; `student.keras` is the same as a Keras model.\n",
        "## Use\n",
        '```python\nfrom tfkd.runtime import Classifier\n\nClassifier("student.tflite")'
        '.predict(["a text"])\n```\n',
        "## Data\n",
        _data(config, data),
        "## Teacher, student and objective\n",
        _training(config, length),
        "## Scores\n",
        f"On {data['counts'].get('test', 0):,} test texts. Times are of the machine that the run "
        "was made on, without the tokenizer.\n",
        report.table(),
        *[f"{line}\n" for line in report.words],
        "## Limits\n",
        _limits(length),
        *_sources(config),
    ]
    return "\n".join(parts)


def front_matter(name: str, config: RunConfig, data: dict, report: Report) -> str:
    """What the hub reads; JSON, which is YAML too, so that no name can break it."""
    row = report.rows[-1]
    known: dict[str, Any] = {
        "library_name": "litert",
        "pipeline_tag": "text-classification",
        "tags": ["knowledge-distillation", "text-classification", "tflite", "keras", "tfkd"],
    }
    if config.data in HUB:
        known["datasets"] = [HUB[config.data]]
    if config.teacher.startswith("hf:") and not _is_local(config.teacher[3:]):
        known["base_model"] = config.teacher[3:]
    known["model-index"] = [{"name": name, "results": [_result(config, data, row)]}]
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in known.items()]
    return "\n".join(["---", *lines, "---\n"])


def _result(config: RunConfig, data: dict, row: Row) -> dict:
    kind = HUB.get(config.data, data["name"])
    metrics = (("accuracy", "accuracy", row.accuracy), ("f1", "macro F1", row.macro_f1))
    return {
        "task": {"type": "text-classification"},
        "dataset": {"name": data["name"], "type": kind, "split": "test"},
        "metrics": [{"type": t, "name": name, "value": value} for t, name, value in metrics],
    }


def _classes(data: dict) -> str:
    names = ", ".join(f"`{each}`" for each in data["labels"][:20])
    return f"{len(data['labels'])} classes: {names}{', …' if len(data['labels']) > 20 else ''}"


def _data(config: RunConfig, data: dict) -> str:
    counts = ", ".join(f"{split} {count:,}" for split, count in data["counts"].items())
    lines = [f"* `{data['name']}`: {counts} texts"]
    if data["synthetic"]:
        lines.append("* The texts are synthetic: the scores say nothing about real texts.")
    if config.labelled:
        lines.append(f"* The student was given {config.labelled:,} labels, the rest as texts only.")
    if config.augment:
        lines.append(f"* {config.augment} made-up texts for each training text, without labels.")
    return "\n".join(lines) + "\n"


def _training(config: RunConfig, length: int) -> str:
    from ..stages import stages_of

    lines = [
        f"* Teacher: `{without_paths(config.teacher)}`",
        f"* Student: `{config.student}`, which reads {length} word pieces of a text",
    ]
    if config.assistant:
        lines.append(f"* In between: `{config.assistant}`")
    for stage in stages_of(config):
        lines.append(f"* Objective of `{stage.name}`: {_spelt(stage.objective.get_config())}")
    return "\n".join(lines) + "\n"


def _spelt(objective: dict) -> str:
    """The terms of an objective, as they are written in Python."""
    terms = []
    for term in objective["terms"]:
        settings = {k: v for k, v in term.items() if k not in ("loss", "weight")}
        inside = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        terms.append(f"`{term['weight']} * {term['loss'].rpartition(':')[2]}({inside})`")
    return " + ".join(terms)


def _limits(length: int) -> str:
    lines = [
        "* The scores hold for texts like the test texts; other kinds, languages and times were "
        "not measured.",
        "* A student takes over what its teacher gets wrong and whom it treats unequally; "
        "`tfkd compare --html` shows some of it.",
        "* Its probabilities are as far from the share of right answers as the calibration error "
        "(ECE) above says.",
        f"* Of a text longer than {length} word pieces it reads the head and the tail.",
        "* No licence is given here: it follows from the data and from the teacher.",
    ]
    return "\n".join(lines) + "\n"


def _sources(config: RunConfig) -> list[str]:
    from ..stages import stages_of

    losses = [loss for s in stages_of(config) for _, _, loss in s.objective.named()]
    sources = {type(loss).__name__: loss.citation for loss in losses if loss.citation}
    found = [f"{name}: {source}" for name, source in sources.items()]
    found += [f"augmentation: {Augmentation.citation}"] * bool(config.augment)
    return ["## Sources of the losses\n", "\n".join(f"* {each}" for each in found) + "\n"] * bool(
        found
    )


def without_paths(spec: str) -> str:
    """A teacher without the folders of the machine; names of a hub stay whole.

    >>> without_paths("hf:/home/me/minilm + hf:some/model"), without_paths("train:text_cnn")
    ('hf:minilm + hf:some/model', 'train:text_cnn')
    """
    parts = (each.strip().partition(":") for each in spec.split(" + "))
    return " + ".join(
        f"{kind}{colon}{Path(path).name if _is_local(path) else path}"
        for kind, colon, path in parts
    )


def _is_local(path: str) -> bool:
    return path.startswith(("~", ".")) or Path(path).is_absolute() or Path(path).exists()


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}): give the folder of a finished run."
        ) from error
