"""The student's tokenizer: given, its teacher's own, or learnt from the texts to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .. import text
from ..data import Data
from ..models.text_model import TextModel
from ..progress import Progress
from ..tasks import Task
from .config import RunConfig
from .context import RunContext
from .shrink_setting import shrinks

_LAST_FILE = "preprocessing.json"  # of a tokenizer: where it is, all is there
_PASSES = 2  # of `text.learn` over the texts


@dataclass(frozen=True)
class _Texts:
    """The training texts, read again each time they are gone through."""

    data: Data
    task: Task
    advance: Callable[[int], None]

    def __iter__(self) -> Iterator[str]:
        for example in self.data.read("train"):
            self.advance(1)
            for each in self.task.learnt_texts(example):
                for piece in self.task.pieces:
                    each = each.replace(piece, " ")
                yield each


def learn_encoder(
    config: RunConfig, data: Data, task: Task, progress: Progress
) -> text.TextEncoder:
    """Learn a vocabulary from the training texts, of the size that the settings name."""
    with progress("vocabulary", data.counts["train"]) as advance:
        learnt = text.learn(
            _Texts(data, task, _every(_PASSES, advance)),
            kind=task.tokenizer_kind,
            vocab_size=max(1, config.student.vocab_size - len(task.pieces)),
            max_length=config.student.max_length,
            lowercase=config.student.lowercase,
        )
    return text.with_pieces(learnt, task.pieces)


def _every(passes: int, advance: Callable[[int], None]) -> Callable[[int], None]:
    """Return what counts a text once that is read several times, in equal parts of each pass."""
    read = 0

    def advance_by_parts(count: int) -> None:
        nonlocal read
        before, read = read // passes, read + count
        if read // passes > before:
            advance(read // passes - before)

    return advance_by_parts


def check_tokenizer(config: RunConfig) -> None:
    """Refuse a tokenizer that cannot be read.

    Raises:
        UserError: There is none, or it is damaged.
    """
    if config.student.tokenizer:
        text.load(config.student.tokenizer, config.student.max_length)


def renumber(given: text.TextEncoder, task: Task) -> text.TextEncoder:
    """Return a tokenizer with the ids that students of a task read: most take 0 for padding."""
    return text.with_padding_first(given) if task.zero_is_padding else given


def open_encoder(context: RunContext) -> text.Encoder:
    """Load the tokenizer of a run that is trained already, or what stands for it.

    Raises:
        UserError: The run has not come so far, or the tokenizer is damaged.
    """
    context.require_files(_LAST_FILE)
    config, own = context.config, context.task.own_encoder()
    if own is not None:
        return own
    return text.load(context.folder, None if shrinks(config) else config.student.max_length)


def prepare_encoder(context: RunContext, shrunk: TextModel | None = None) -> text.Encoder:
    """Load the student's tokenizer from the run's folder; make and save it where it is missing.

    Args:
        context: The context of the run.
        shrunk: The student that was made of its teacher's layers, whose tokenizer it brings.
    """
    if (context.folder / _LAST_FILE).is_file():
        return open_encoder(context)
    config, own = context.config, context.task.own_encoder()
    encoder: text.Encoder
    if own is not None:
        encoder = own
    elif shrunk is not None:
        # Its teacher brought a tokenizer: no layers are taken of one that only has answers.
        encoder = shrunk.encoder
    elif config.student.tokenizer:
        given = text.load(config.student.tokenizer, config.student.max_length)
        encoder = text.with_pieces(renumber(given, context.task), context.task.pieces)
    else:
        encoder = learn_encoder(config, context.data, context.task, context.progress)
    encoder.save(context.folder)
    return encoder
