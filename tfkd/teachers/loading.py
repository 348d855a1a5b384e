"""`load_teacher`: a model with its tokenizer from a spec such as `hf:FOLDER` or `keras:FOLDER`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from .. import tasks
from ..errors import UserError
from ..models.text_model import TextModel
from ..tasks import Task
from . import other_files, pretrained
from .few_labels.class_fitting import fit_teacher
from .few_labels.few_labels import FewLabels
from .few_labels.fit_spec import FEW, NLI, SIMILAR
from .function_spec import KIND, name_function
from .function_texts import load_function
from .keras_files import load_keras
from .keras_hub_texts import is_writer, wrap_writer
from .request import Request


@dataclass(frozen=True)
class TeacherKind:
    """A kind of teacher that a spec may name.

    Attributes:
        pattern: What the spec looks like.
        description: What it is, in one line.
        load: Reads it: `(path, request) -> TextModel`.
        shrinkable: Whether `shrink:N` makes students of its layers.
        reads_arrays: Whether it may read an image or another array in place of texts.
        writes: Whether it may write texts.
    """

    pattern: str
    description: str
    load: Callable[[str, Request], TextModel]
    shrinkable: bool = False
    reads_arrays: bool = False
    writes: bool = False


def _refuse_to_load(path: str, request: Request) -> NoReturn:
    """Raise `UserError`: what a language model says of texts is asked once, and looked up.

    Args:
        path: `MODEL@ADDRESS`.
        request: What it would be loaded for.

    Raises:
        UserError: Always.
    """
    raise UserError(
        f"the teacher openai:{path} is a language model behind an address, which `tfkd label` asks "
        "once for each text: give what it answered, as --teacher store:FOLDER/store."
    )


def _fit(kind: str, path: str, request: Request) -> TextModel:
    """Load a model and fit it to the classes of a data set.

    Args:
        kind: What its spec begins with.
        path: The spec of the model.
        request: What it is loaded for, and what it is fitted to.
    """

    def load(spec: str, task: Task) -> TextModel:
        return load_teacher(spec, max_length=request.max_length, task=task)

    return fit_teacher(f"{kind}:{path}", request.few, load)


KINDS = {
    kind.pattern.partition(":")[0]: kind
    for kind in (
        TeacherKind(
            "keras:PATH",
            "a .keras file, vocab.txt or tokenizer.json in it or next to it",
            load_keras,
            shrinkable=True,
            reads_arrays=True,
            writes=True,
        ),
        TeacherKind(
            "hf:PATH_OR_NAME",
            "a Hugging Face BERT, DeBERTa, ..., or a T5, GPT-2, ... that writes (extra hub or hf)",
            pretrained.load_hf,
            shrinkable=True,
            writes=True,
        ),
        TeacherKind(
            "hub:PATH",
            "a BERT or RoBERTa by KerasHub, or a KerasHub preset (extra hub)",
            pretrained.load_hub,
            shrinkable=True,
            writes=True,
        ),
        TeacherKind(
            "tf:PATH",
            "a Hugging Face classifier by transformers' TensorFlow models (extra hf)",
            pretrained.load_tf,
            writes=True,
        ),
        TeacherKind(
            "torch:PATH",
            "the same by PyTorch, and ModernBERT and others (extra torch)",
            pretrained.load_torch,
            writes=True,
        ),
        TeacherKind(
            "saved_model:PATH",
            "a SavedModel, PATH#SIGNATURE for one of several",
            other_files.load_saved_model,
        ),
        TeacherKind("tflite:PATH", "a .tflite file", other_files.load_tflite),
        TeacherKind(
            "store:PATH",
            "a store of texts: answers that were computed elsewhere",
            other_files.load_store,
        ),
        TeacherKind(
            f"{KIND}:MODULE:NAME",
            "a Python function that writes texts: a list of texts in, one for each out",
            load_function,
            writes=True,
        ),
        TeacherKind(
            "openai:MODEL@ADDRESS",
            "a language model behind an OpenAI-compatible address, asked for classes (extra api)",
            _refuse_to_load,
        ),
        TeacherKind(
            f"{SIMILAR}:ENCODER",
            "an encoder (hf:, keras:, ...) that compares texts with what --classes says of classes",
            partial(_fit, SIMILAR),
        ),
        TeacherKind(
            f"{FEW}:ENCODER",
            "a linear model of an encoder's vectors, from a few labelled texts; "
            f"{FEW}:contrastive:ENCODER tunes them first (extra baseline)",
            partial(_fit, FEW),
        ),
        TeacherKind(
            f"{NLI}:FOLDER",
            "a model of entailment (hf:, ...) that says whether a text is about a class of "
            "--classes",
            partial(_fit, NLI),
        ),
    )
}
"""The kinds of teachers, by what their specs begin with."""


def load_teacher(
    spec: str | Callable[..., Any],
    *,
    max_length: int | None = None,
    task: Task | None = None,
    few: FewLabels | None = None,
) -> TextModel:
    """Return a teacher with its tokenizer, ready to be called with ids.

    | spec | what |
    | --- | --- |
    | `keras:PATH` | a `.keras` file, or its folder |
    | `hf:PATH_OR_NAME` | a Hugging Face folder (or a name on its hub) by the fastest library |
    | `hub:PATH` | a Hugging Face BERT or RoBERTa by KerasHub, or a preset of KerasHub's own |
    | `tf:PATH` | a Hugging Face folder by transformers' TensorFlow models |
    | `torch:PATH` | a Hugging Face folder by PyTorch |
    | `saved_model:PATH` | a SavedModel by `serving_default`, or `PATH#SIGNATURE` |
    | `tflite:PATH` | a `.tflite` file, of tfkd's with its vocabulary inside |
    | `store:PATH` | a store written from texts, such as a black box's answers |
    | `python:MODULE:NAME` | a function of texts, for tasks that write; or the function itself |
    | `openai:MODEL@ADDRESS` | a language model, asked once by `tfkd label` or in a run |
    | `similar:ENCODER` | vectors compared with descriptions of classes, with `few` |
    | `few:ENCODER` | a linear model of vectors, from a few labels, with `few` |
    | `nli:FOLDER` | entailment of descriptions of classes, with `few` |
    | `SPEC + SPEC` | the mean of the probabilities of several, each with its own tokenizer |

    `hf:` takes KerasHub for BERT and transformers' TensorFlow models for others. The tokenizer
    is `vocab.txt` or `tokenizer.json` in the folder, or next to the file.

    Args:
        spec: One of the above; or a function of texts, or a `Seq2SeqLM` or `CausalLM` of KerasHub.
        max_length: How many tokens it reads, by default what the folder says or 256.
        task: One of `tfkd.tasks`, whose outputs the teacher must have; by default those of a text
            classifier.
        few: The classes that a teacher is fitted to, what they mean, and texts with labels.

    Raises:
        UserError: No such kind or folder, files that are missing, a tokenizer with more ids than
            the model has rows, outputs of another task.

    ```python
    teacher = load_teacher("hf:bert-base-uncased-imdb")
    teacher.labels, teacher.parameters
    ```
    """
    if is_writer(spec):
        task = task or tasks.find(tasks.DEFAULT)
        return wrap_writer(spec, Request(task, max_length), f"the {type(spec).__name__}")
    spec = name_function(spec) if callable(spec) else spec
    if task is not None:
        check_reads(spec, task)
        check_writes(spec, task)
    if " + " in str(spec):
        from .joined import join_teachers

        parts = [part.strip() for part in str(spec).split(" + ")]
        models = [load_teacher(part, max_length=max_length, task=task, few=few) for part in parts]
        return join_teachers(models, **({} if task is None else {"form": task.form}))
    check_spec(spec)
    kind, _, path = str(spec).partition(":")
    task = tasks.find(tasks.DEFAULT) if task is None else task
    return KINDS[kind].load(path, Request(task, max_length, few))


def check_reads(spec: str, task: Task) -> None:
    """Refuse a kind of teacher that reads texts alone for a task that has none.

    Raises:
        UserError: It is one, or several that are joined.
    """
    kind = spec.partition(":")[0]
    if task.reads_texts or (kind in KINDS and KINDS[kind].reads_arrays and " + " not in spec):
        return
    arrays = " or ".join(known.pattern for known in KINDS.values() if known.reads_arrays)
    raise UserError(
        f"the teacher is {spec!r}, and the task {task.name} reads {task.things}: write {arrays}, "
        "or train."
    )


def check_writes(spec: str, task: Task) -> None:
    """Refuse a kind of teacher that writes no texts for a task whose answers are texts.

    Raises:
        UserError: It is one, or several that are joined.
    """
    kind = spec.partition(":")[0]
    if not task.writes or kind not in KINDS or (KINDS[kind].writes and " + " not in spec):
        return
    kinds = " or ".join(known.pattern for known in KINDS.values() if known.writes)
    raise UserError(
        f"the teacher is {spec!r}, and the task {task.name} asks for one model that writes texts: "
        f"write {kinds}, or train."
    )


def check_spec(spec: str) -> None:
    """Raise `UserError` where a teacher is of no known kind."""
    for part in str(spec).split(" + "):
        kind, _, path = part.strip().partition(":")
        if kind not in KINDS or not path:
            patterns = ", ".join(f"`{known.pattern}`" for known in KINDS.values())
            raise UserError(
                f"unknown teacher {spec!r}: write {patterns}, several joined by ` + `, or `train`."
            )
