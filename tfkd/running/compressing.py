"""Make a student smaller: in Python by `tfkd.compress`, and before a stage of a run."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ..compression import Compression, Evidence, parse
from ..errors import UserError
from ..models.saving import save_keras
from ..training.base_distiller import BaseDistiller
from ..training.batches import map_arrays, unpack
from ..training.loss_gradients import loss_gradients

if TYPE_CHECKING:
    import keras

COMPRESSED = "compressed.keras"
"""The student that a stage trains, in its folder."""
BATCHES = 32
_ROWS = 32


def compress(model: Any, spec: str, data: Any = None, batches: int = BATCHES) -> keras.Model:
    """Make a model smaller; train what is returned, which heals what was broken.

    Args:
        model: A Keras 3 model, which is not changed; or a `tfkd.Distiller` with a student, by
            whose loss a compression tells what matters.
        spec: The compression, such as `prune:0.4`, `low_rank:0.5`, `sparse:0.8` or `grid:int8`.
            What a run does step by step is done at once, also where zeros come by a schedule.
        data: What a compression may look at: arrays or batches, as `fit` takes them. Some do
            without.
        batches: So many batches of it, the first ones.

    Returns:
        A plain Keras model, that loads and exports without tfkd. For zeros or a grid that a
        training has to keep, give `Distiller(rules=[...])` what `tfkd.compression.parse(spec)`
        says: its `rule(model, steps)` before the training, and `finish(model)` after it. The rule
        of a student that is not compressed yet makes its zeros bit by bit.

    Raises:
        UserError: An unknown compression, or one that this model or these data do not allow.

    ```python
    smaller = tfkd.compress(distiller, "prune:0.4", data=(x, y))
    tfkd.Distiller(student=smaller, teacher=teacher)  # compile and fit it, as ever
    ```
    """
    parts = parse(spec).parts()
    distiller = model if isinstance(model, BaseDistiller) else None
    student = model if distiller is None else distiller.student
    check_model(student, parts)
    shown = _first_batches(data, batches)
    if distiller is not None and shown and not distiller.is_checked:
        distiller.check_batch(shown[0])
    asked = (lambda: distiller) if distiller is not None and shown else None
    evidence = make_evidence(lambda: shown, asked)
    for part in parts:
        student = part.apply(student, evidence)
        # What some leave to a training, which has not to follow here.
        part.finish(student)
    return student


def check_model(model: Any, parts: Iterable[Compression]) -> None:
    """Refuse compressions that a model does not allow.

    Raises:
        UserError: The first of them; a model that is not Keras 3's.
    """
    import keras

    if not isinstance(model, keras.Model):
        kind = type(model)
        raise UserError(
            f"only a Keras 3 model can be compressed, and this is a {kind.__module__}."
            f"{kind.__name__}: give a keras.Model, or a Distiller with one as its student."
        )
    for part in parts:
        part.check(model)


def make_evidence(
    batches: Callable[[], Iterable[Any]], make_distiller: Callable[[], Any] | None
) -> Evidence:
    """Return what a compression may look at.

    Args:
        batches: Returns the same batches at every call.
        make_distiller: Makes what has the loss; None where there is no loss to ask.
    """

    def inputs() -> Iterable[Any]:
        for batch in batches():
            yield unpack(map_arrays(tf.convert_to_tensor, batch))[0].student

    if make_distiller is None:
        return Evidence(inputs)
    distiller = functools.cache(make_distiller)
    return Evidence(inputs, lambda model: loss_gradients(distiller(), model, batches()))


def apply_part(
    student: Any, part: Compression, evidence: Callable[[Any], Evidence], *, file: Path, seed: int
) -> None:
    """Make a student smaller, and write it: so a training that goes on has the same structure.

    Args:
        student: The student, whichever devices its weights are on.
        part: The compression.
        evidence: Returns what may be looked at of a copy of the student on one device.
        file: Where it goes, whole or not at all.
        seed: Of whatever is drawn.
    """
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / COMPRESSED
        save_keras(student, path)
        copy = keras.models.load_model(path, compile=False)
    keras.utils.set_random_seed(seed)
    smaller = part.apply(copy, evidence(copy))
    file.parent.mkdir(parents=True, exist_ok=True)
    save_keras(smaller, file)


def read_compressed(file: Path, strategy: tf.distribute.Strategy) -> keras.Model:
    """Read a student that was made smaller, and place it on the devices of a strategy.

    All workers call it, or it blocks.

    Raises:
        UserError: The file is damaged.
    """
    import keras

    try:
        with strategy.scope():
            return keras.models.load_model(file, compile=False)
    except tf.errors.OpError:
        # Another worker was lost: the file is as it was.
        raise
    except Exception as error:
        raise UserError(
            f"{file} is damaged ({type(error).__name__}): remove it, and the command that began "
            "the run makes it again."
        ) from error


def _first_batches(data: Any, count: int) -> list[Any]:
    """Return the first batches of arrays or of batches."""
    import keras

    if data is None:
        return []
    arrays = tf.nest.flatten(data) if isinstance(data, (tuple, dict)) else [data]
    if all(isinstance(each, (np.ndarray, tf.Tensor)) for each in arrays):
        data = tf.data.Dataset.from_tensor_slices(data).batch(_ROWS)
    if isinstance(data, keras.utils.PyDataset):
        return [data[number] for number in range(min(count, len(data)))]
    return list(islice(iter(data), count))
