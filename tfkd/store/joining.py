"""`join`: a dataset with a teacher's stored outputs; `StoredTeacher`: a store as a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..training.batches import unpack
from ..training.input_checksum import input_checksum
from .computing import Computer
from .keys import Example, examples_of, name_inputs
from .manifest import split_name
from .ragged_tensors import fill_of
from .reading import Store, refuse_missing
from .row_lengths import Lengths, batch_lengths

if TYPE_CHECKING:
    import tensorflow as tf

MISSING = ("error", "compute")


def join(
    path: str | Path,
    dataset: Any,
    *,
    teacher: Any = None,
    missing: str = "error",
    check: bool = True,
) -> tf.data.Dataset:
    """Add the stored outputs of the teacher to the batches of a `tf.data.Dataset`.

    `x` becomes `{"student": x, "targets": {"logits": ...}, "checksum": ...}`, as `Distiller.fit`
    takes it; of `{"student": ..., "teacher": ...}` the teacher's inputs find the outputs and are
    left out. What shuffles, repeats, selects or batches may come before or after; what changes the
    texts must come before the store is written.

    Args:
        path: The folder of a store.
        dataset: A `tf.data.Dataset` of batches, as for `fit`.
        teacher: Where given, the store must be this teacher's.
        missing: `"error"`, or `"compute"` to run `teacher` on what the store lacks.
        check: Go through the dataset once now, to count what the store lacks.

    Raises:
        UserError: Examples that the store lacks, with their number; another teacher's store.

    ```python
    data = tfkd.store.join("targets", tf.data.Dataset.from_tensor_slices((x, y)).batch(32))
    tfkd.Distiller(student=small).fit(data)
    ```
    """
    import tensorflow as tf

    stored = StoredTeacher(path, teacher=teacher, missing=missing)
    if not isinstance(dataset, tf.data.Dataset):
        raise UserError(
            f"join got a {type(dataset).__name__}: give a tf.data.Dataset of batches, e.g. "
            "tf.data.Dataset.from_tensor_slices((x, y)).batch(32)."
        )
    if check and missing == "error" and dataset.cardinality() != tf.data.INFINITE_CARDINALITY:
        stored.store.rows_of(dataset)

    def add_targets(*element: Any) -> Any:
        inputs, labels, weight = unpack(element)
        x = {
            "student": inputs.student,
            "targets": stored(inputs.teacher),
            "checksum": input_checksum(inputs.student),
        }
        return (x, labels, weight)[: max(len(element), 1)] if len(element) > 1 else x

    return dataset.map(add_targets, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)


class StoredTeacher:
    """A store as the teacher of a `Distiller`: `(inputs, reads) -> outputs`, by content.

    It looks up in Python within the step, so XLA cannot compile it; `join` looks up ahead of it.

    Args:
        path: The folder of a store.
        teacher: Where given, the store must be this teacher's.
        missing: `"error"`, or `"compute"` to run `teacher` on what the store lacks.
    """

    jit = False

    def __init__(self, path: str | Path, *, teacher: Any = None, missing: str = "error") -> None:
        if missing not in MISSING or (missing == "compute" and teacher is None):
            raise UserError(
                f"missing={missing!r}"
                + (" needs teacher=..." if missing in MISSING else ": write 'error' or 'compute'.")
            )
        self.store = Store(path, teacher=teacher)
        self._missing, self._teacher = missing, teacher
        self._computer: Computer | None = None

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the teacher whose outputs these are."""
        return str(self.store.manifest.fingerprint.get("teacher"))

    def __call__(self, inputs: Any, reads: tuple[str, ...] = ()) -> dict[str, Any]:
        """Look up the stored outputs for a batch: tensors with the batch as first axis."""
        import tensorflow as tf

        self._check_reads(reads)
        by_name = name_inputs(inputs)
        names, tensors = list(by_name), list(by_name.values())
        form = type(inputs) if isinstance(inputs, (tuple, list, dict)) else object
        outputs = self._specs()

        def find(*arrays: np.ndarray) -> list[np.ndarray]:
            return self._find(dict(zip(names, arrays, strict=True)), form, outputs)

        kinds = [dtype for dtype, _ in outputs.values()]
        if tf.executing_eagerly():
            stored = [tf.convert_to_tensor(array) for array in find(*map(np.asarray, tensors))]
        else:
            stored = tf.numpy_function(find, tensors, kinds, stateful=False)
        for tensor, (_, shape) in zip(stored, outputs.values(), strict=True):
            tensor.set_shape((None, *shape))
        return _nest(dict(zip(outputs, stored, strict=True)))

    def _specs(self) -> dict[str, tuple[Any, tuple]]:
        """Return dtype and shape of each output by name. Logits are whole and float32."""
        outputs = self.store.manifest.outputs
        return {
            name: (np.float32 if name == "logits" else np.dtype(outputs[name].dtype), shape)
            for name, shape in self.store.shapes.items()
        }

    def _find(
        self, arrays: dict[str, np.ndarray], form: type, outputs: dict[str, Any]
    ) -> list[np.ndarray]:
        examples = examples_of(arrays)
        rows = self.store.find_examples(examples)
        lost = np.flatnonzero(rows < 0)
        if len(lost) and self._missing == "error":
            refuse_missing(len(lost), len(rows), self.store.path)
        widths = batch_lengths(arrays)
        stored = _flatten(self.store.take(np.maximum(rows, 0), *widths))
        if len(lost):
            self._fill(stored, lost, [examples[i] for i in lost], form, widths)
        return [np.asarray(stored[name], dtype) for name, (dtype, _) in outputs.items()]

    def _fill(
        self, stored: dict, lost: np.ndarray, examples: list[Example], form: type, widths: Lengths
    ) -> None:
        if self._computer is None:
            reads = self.store.reads
            self._computer = Computer(self._teacher, reads, form, examples, widths=widths)
        for place, row in zip(lost, self._computer(examples), strict=True):
            for name, array in row.items():
                stored[name][place] = self._padding(name)
                stored[name][place][tuple(map(slice, array.shape))] = array

    def _padding(self, name: str) -> float:
        output = self.store.manifest.outputs.get(name)
        return 0.0 if output is None else fill_of(output)

    def _check_reads(self, reads: tuple[str, ...]) -> None:
        missing = [name for name in reads if name not in self.store.reads]
        if missing:
            wanted = (*self.store.reads, *missing)
            raise UserError(
                f"{self.store.path} holds {', '.join(self.store.reads)} and the objective reads "
                f"{', '.join(missing)} too: write another with reads={wanted!r}."
            )


def _flatten(outputs: dict[str, Any]) -> dict[str, np.ndarray]:
    flat: dict[str, np.ndarray] = {}
    for name, value in outputs.items():
        if isinstance(value, tuple):
            flat |= {f"{name}.{i}": np.array(part) for i, part in enumerate(value)}
        else:
            flat[name] = np.array(value)
    return flat


def _nest(tensors: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, tensor in tensors.items():
        plain, part = split_name(name)
        nested[plain] = (*nested.get(plain, ()), tensor) if part else tensor
    return nested
