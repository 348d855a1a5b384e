"""The batches of a stage: of which texts, as they are or changed, and with which targets."""

from __future__ import annotations

import numpy as np

from ..data.encoded import Encoded
from ..data.feeding import Feed
from ..progress import logger
from .answer_filter import kept_rows
from .perturbed_texts import perturb_texts
from .stages import Stage
from .teacher import RunTeacher
from .texts import RunTexts


def make_feed(
    stage: Stage, encoded: Encoded, *, steps: int, texts: RunTexts, teacher: RunTeacher
) -> Feed:
    """Return the batches of a stage: with labels, stored logits or the teacher's tokens.

    Args:
        stage: What is learnt.
        encoded: The rows that the student reads.
        steps: Batches in an epoch.
        texts: The texts of the run.
        teacher: The teacher of the run, and its stored outputs.
    """
    context, reads = texts.context, stage.objective.reads
    training, task = context.config.training, context.task
    known = kept_rows(context) if reads else None
    if not reads or (task.writes and set(reads) <= set(task.outputs)):
        # Of a text that is written, only positions with a label count, whoever teaches them.
        known = np.flatnonzero(encoded.has_labels())
        if reads and len(known) < len(encoded):
            logger.warning(
                f"{len(encoded) - len(known):,} of {len(encoded):,} training texts have no target, "
                "and nothing is learnt of them word by word: --task-set level=both has the teacher "
                "write one."
            )
    feed = Feed(encoded, training.batch_size, training.seed, steps=steps, only=known)
    if stage.perturbation.changes:
        feed.reread = perturb_texts(texts, encoded, stage.perturbation.changes)
    if not reads:
        return feed
    if context.config.teacher.cache and set(reads) <= set(task.outputs):
        feed.targets = teacher.targets(texts.learnt)
    else:
        feed.teacher = teacher.encode(texts.learnt)
    return feed
