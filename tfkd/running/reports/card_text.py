"""What a model card says, in Hugging Face's form: data, teacher, objective, scores and limits.

The words are in `card.md`; the front matter is written, and checked, by `huggingface_hub`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ...reporting.report import Report, load
from ...tasks import find
from ...text.augmentation import Augmentation
from .. import config as configs
from ..config import RunConfig

if TYPE_CHECKING:
    from ...tasks import Task
    from ..stages import Stage

_HUB_NAMES = {"imdb": "stanfordnlp/imdb"}
"""What our data sets are called on the hub."""
_MOST_CLASSES = 20
_OF_LESSONS = {"level": "Level", "lessons": "Lessons"}
_OF_FILE = {"file": "The file"}
"""Facts of the report on models that write, as the card calls them."""
_CUT = "* Of a text longer than {} tokens it reads the head and the tail."


def card_text(folder: Path) -> str:
    """Return the card of a finished run.

    Raises:
        UserError: The folder holds no finished run.
    """
    from ..kept_examples import recall_data_schema
    from ..stages import read_stages

    report, config = load(folder), configs.read_config(folder / "config.toml")
    data, versions = (_read_json(folder / f"{name}.json") for name in ("data", "environment"))
    length = _read_json(folder / "preprocessing.json").get("max_length")
    name = folder.resolve().name
    stages = read_stages(config, recall_data_schema(folder))
    task = find(config.task.name, config.task_settings)
    calibration = (
        "* Its probabilities are as far from the share of right answers as the calibration error "
        "(ECE) above says."
    )
    template = Template((Path(__file__).parent / "card.md").read_text(encoding="utf-8"))
    body = template.substitute(
        name=name,
        task=task.name.rpartition(":")[2].replace("-", " "),
        example=_write_example(task),
        classes=_list_classes(data["labels"]),
        inside="vocabulary and class names" if data["labels"] else "what it needs",
        version=versions.get("tfkd"),
        things=task.things,
        data=_describe_data(config, data, task.things),
        training=_describe_training(config, stages, length) + _list_facts(report, _OF_LESSONS),
        test=f"{data['counts'].get('test', 0):,}",
        table=report.table(),
        words="\n\n".join([*report.words, *_list_signatures(report)])
        + _list_facts(report, _OF_FILE),
        limits="\n".join(
            [
                *([_CUT.format(length)] if length else []),
                "* No licence is given here: it follows from the data and from the teacher.",
                *([calibration] if "ece" in report.measures else []),
            ]
        ),
        sources=_list_sources(config, stages),
    )
    return front_matter(name, config, data, report, task) + body.rstrip() + "\n"


def front_matter(
    name: str, config: RunConfig, data: dict[str, Any], report: Report, task: Task
) -> str:
    """Return the YAML that the hub reads: what the model is for, and the scores of its file."""
    from huggingface_hub import EvalResult, ModelCardData

    dataset = _HUB_NAMES.get(config.data.source)
    scores = report.rows[-1].scores
    results = [
        EvalResult(
            task_type=task.hub or task.name,
            dataset_type=dataset or data["name"],
            dataset_name=data["name"],
            dataset_split="test",
            metric_type=measure.hub,
            metric_name=measure.title,
            # The hub has BLEU and its like from 0 to 100, and shares from 0 to 1.
            metric_value=scores[key] * (100 if measure.unit == "points" else 1),
        )
        for key, measure in report.measures.items()
        if measure.hub and key in scores
    ]
    # The hub knows its own tasks; others are named by the path of their class.
    tags = [] if ":" in task.name else [task.hub or task.name]
    is_hub_model = config.teacher.source.startswith("hf:") and not _is_local(
        config.teacher.source[3:]
    )
    card = ModelCardData(
        library_name="litert",
        pipeline_tag=tags[0] if tags else None,
        tags=["knowledge-distillation", *tags, "tflite", "keras", "tfkd"],
        datasets=[dataset] if dataset else None,
        base_model=config.teacher.source[3:] if is_hub_model else None,
        model_name=name,
        eval_results=results or None,
    )
    return f"---\n{card.to_yaml()}\n---\n\n"


def _list_signatures(report: Report) -> list[str]:
    """Return what was counted exactly, a line for each score that has a signature."""
    signed = {name: what for name, what in report.facts.items() if name.startswith("signature of")}
    return ["\n".join(f"* {name}: `{what}`" for name, what in signed.items())] if signed else []


def _list_facts(report: Report, names: dict[str, str]) -> str:
    """Return further lines of a list, one for each of these facts that the report has."""
    known = {words: report.facts[name] for name, words in names.items() if name in report.facts}
    return "".join(f"\n* {words}: {what}" for words, what in known.items())


def _list_classes(labels: list[str]) -> str:
    if not labels:
        return ""
    names = ", ".join(f"`{label}`" for label in labels[:_MOST_CLASSES])
    return f" ({len(labels)} classes: {names}{', …' if len(labels) > _MOST_CLASSES else ''})"


def _write_example(task: Task) -> str:
    """Return an example of the task as Python code: a text, or a dict by role."""
    roles = {
        role: column.kind
        for role, column in task.columns.items()
        if column.required and not column.optional
    }
    if list(roles.values()) == ["text"]:
        return '"a text"'
    values = ", ".join(f'"{role}": ...' for role in roles)
    return f"{{{values}}}"


def _describe_data(config: RunConfig, data: dict[str, Any], things: str) -> str:
    counts = ", ".join(f"{split} {count:,}" for split, count in data["counts"].items())
    lines = [f"* `{data['name']}`: {counts} {things}"]
    if data["synthetic"]:
        lines.append("* The texts are synthetic: the scores say nothing about real texts.")
    if config.data.labelled:
        lines.append(
            f"* The student was given {config.data.labelled:,} labels, the rest as {things} only."
        )
    if config.data.augment:
        lines.append(
            f"* {config.data.augment} augmented texts for each training text, without labels."
        )
    return "\n".join(lines)


def _describe_training(config: RunConfig, stages: list[Stage], length: int | None) -> str:
    tokens = f", which reads {length} tokens of a text" if length else ""
    lines = [
        f"* Teacher: `{remove_paths(config.teacher.source)}`",
        f"* Student: `{config.student.source}`{tokens}",
    ]
    if config.student.assistant:
        lines.append(f"* In between: `{config.student.assistant}`")
    for stage in stages:
        lines.append(f"* Objective of `{stage.name}`: {_spell(stage.objective.get_config())}")
    return "\n".join(lines)


def _spell(objective: dict[str, Any]) -> str:
    """Return the terms of an objective, as they are written in Python."""
    terms = []
    for term in objective["terms"]:
        settings = {k: v for k, v in term.items() if k not in ("loss", "weight")}
        arguments = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        weight = term["weight"]
        # Of numbers, weights are divided by their variance.
        weight = float(f"{weight:.4g}") if isinstance(weight, float) else weight
        terms.append(f"`{weight} * {term['loss'].rpartition(':')[2]}({arguments})`")
    return " + ".join(terms)


def _list_sources(config: RunConfig, stages: list[Stage]) -> str:
    """Return the section on where the losses come from, each once; empty where nobody is cited."""
    losses = [loss for stage in stages for _, _, loss in stage.objective.named()]
    cited = {type(loss).__name__: loss.citation for loss in losses if loss.citation}
    if config.data.augment:
        cited["augmentation"] = Augmentation.citation
    lines = [f"* {name}: {source}" for name, source in cited.items()]
    return "\n".join(["\n## Sources of the losses\n", *lines]) if lines else ""


def remove_paths(spec: str) -> str:
    """Return a teacher without the folders of the machine; names of a hub stay whole.

    >>> remove_paths("hf:/home/me/minilm + hf:some/model"), remove_paths("train:text_cnn")
    ('hf:minilm + hf:some/model', 'train:text_cnn')
    >>> remove_paths("few:contrastive:hf:/home/me/minilm")
    'few:contrastive:hf:minilm'
    """
    parts = (
        re.fullmatch(r"((?:[\w=-]+:)*)(.*)", part.strip(), re.DOTALL) for part in spec.split(" + ")
    )
    return " + ".join(
        f"{part[1]}{Path(part[2]).name if _is_local(part[2]) else part[2]}"
        for part in parts
        if part
    )


def _is_local(path: str) -> bool:
    return path.startswith(("~", ".")) or Path(path).is_absolute() or Path(path).exists()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}): give the folder of a finished run."
        ) from error
