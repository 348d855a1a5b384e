"""Fit a teacher to classes: the model is loaded, fitted once, and what was fitted is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ... import tasks
from ...errors import UserError
from ...models.text_model import TextModel
from ...store.fingerprint import digest_of, fingerprint
from ...tasks import Task
from ...text.row_encoding import encode_rows
from ..known_texts import read_texts
from . import entailment
from .entailment import Entailment, add_sentences, find_entailment
from .few_labels import FewLabels
from .fit_spec import FEW, NLI, FitSpec, read_fit_spec
from .fitted_model import FittedTeacher
from .kept_fit import keep_fit, recall_fit
from .logistic import check_every_class, check_scikit_learn, fit_logistic
from .pair_tuning import tune_encoder
from .similar import fit_similar
from .temperature import fit_factor
from .vector_classes import VectorClasses, unit_vectors

Load = Callable[[str, Task], TextModel]


def fit_teacher(spec: str, few: FewLabels | None, load: Load) -> FittedTeacher:
    """Load a model, and fit it to classes.

    Args:
        spec: `similar:ENCODER`, `few:ENCODER`, `few:contrastive:ENCODER` or `nli:FOLDER`.
        few: The classes, what they mean, and texts with labels.
        load: Loads a model for a task.

    Raises:
        UserError: No classes, none that are described, or a model that does not serve.
    """
    wanted = read_fit_spec(spec)
    if few is None:
        raise UserError(
            f"the teacher {spec} is fitted to the classes of one data set: give it to tfkd distill "
            "or tfkd cache for a task with one class a text, without a head."
        )
    if wanted.needs_guide and few.guide is None:
        raise needs_guide(spec)
    if wanted.kind == NLI:
        return _fit_entailment(spec, few, load(wanted.inner, _pairs()))
    if wanted.kind == FEW:
        check_scikit_learn()
        check_every_class(few.labelled()[1], few.labels, spec)
    return _fit_vectors(spec, wanted, few, load(wanted.inner, tasks.of_vectors()))


def needs_guide(spec: str) -> UserError:
    """Return the error for a teacher that is not told what the classes mean."""
    return UserError(
        f"the teacher {spec} needs a file that says what the classes mean: give --classes "
        'classes.toml, with a table [classes] of NAME = "DESCRIPTION".'
    )


def _pairs() -> Task:
    return tasks.find(tasks.DEFAULT, {"pair": True})


def _fit_vectors(spec: str, wanted: FitSpec, few: FewLabels, reader: TextModel) -> FittedTeacher:
    """Return an encoder with a layer of classes, from its file where it was fitted before."""
    mark = digest_of([wanted.kind, wanted.contrastive, fingerprint(reader), few.digest])
    file = _file_of(few, mark)
    fitted = recall_fit(file)
    if fitted is None:
        fitted = _fit_layer(spec, wanted, few, reader)
        # Another process may have fitted the same: its file counts then.
        fitted = recall_fit(file) or keep_fit(file, fitted)
    moved = [fitted[f"moved_{i}"] for i in range(len(fitted) - 3)]
    if moved:
        reader.model.set_weights(moved)
        mark = digest_of([mark, fingerprint(reader)])
    model = VectorClasses(reader, fitted["weights"], fitted["bias"], mark=mark)
    return _as_teacher(model, reader.encoder, few, spec, str(fitted["note"]))


def _fit_layer(
    spec: str, wanted: FitSpec, few: FewLabels, reader: TextModel
) -> dict[str, np.ndarray]:
    def read(texts: Sequence[str]) -> np.ndarray:
        with few.progress(f"{wanted.kind}: vectors of labelled texts", len(texts)) as advance:
            return read_texts(partial(reader.run, advance=advance), reader, texts)

    moved: list[np.ndarray] = []
    if wanted.kind != FEW:
        weights, bias, note = fit_similar(read, few)
    else:
        texts, ids = few.labelled()
        before = ""
        if wanted.contrastive:
            before = tune_encoder(reader, texts, ids, spec=spec, progress=few.progress)
            moved = reader.model.get_weights()
        vectors = unit_vectors(read(texts))
        weights, bias, note = fit_logistic(vectors, ids, len(few.labels))
        note = f"{note}; {before}" if before else note
    fitted = {"weights": weights, "bias": bias, "note": np.array(note)}
    return fitted | {f"moved_{i}": array for i, array in enumerate(moved)}


def _fit_entailment(spec: str, few: FewLabels, reader: TextModel) -> FittedTeacher:
    """Return a model of entailment as a teacher, its temperature from a file where it is known."""
    entails = find_entailment(reader.labels, reader.origin)
    sentences, shares = few.sentences()
    ids, segments, encoder = add_sentences(reader, sentences)
    mark = digest_of([NLI, fingerprint(reader), few.digest])
    model = Entailment(reader, entails, tails=(ids, segments), shares=shares, mark=mark)
    file = _file_of(few, mark)
    fitted = recall_fit(file)
    if fitted is None:
        factor, how = _fit_factor(_as_teacher(model, encoder, few, spec, ""), few)
        weights = np.array([factor])
        fitted = {"weights": weights, "bias": np.zeros(1), "note": np.array(f"entailment, {how}")}
        keep_fit(file, fitted)
    # Before its graph is made.
    model.factor = float(fitted["weights"][0])
    return _as_teacher(model, encoder, few, spec, str(fitted["note"]))


def _fit_factor(teacher: TextModel, few: FewLabels) -> tuple[float, str]:
    texts, labels = few.some(entailment.MOST)
    scores = np.zeros((0, len(few.labels)))
    if texts:
        with few.progress("nli: labelled texts", len(texts)) as advance:
            outputs = teacher.run(encode_rows(teacher.encoder, texts), advance=advance)
        scores = np.array([row["logits"] for row in outputs])
    bounds, default = entailment.BOUNDS, entailment.FACTOR
    return fit_factor(scores, labels, bounds=bounds, default=default)


def _file_of(few: FewLabels, mark: str) -> Path | None:
    return None if few.folder is None else few.folder / f"fit-{mark}.npz"


def _as_teacher(model: Any, encoder: Any, few: FewLabels, spec: str, note: str) -> FittedTeacher:
    """Return a fitted model as a teacher, whose classes are the data's."""
    shapes = model.output_shapes
    words = f"The teacher {spec.partition(':')[0]}: {note}."
    return FittedTeacher(model, encoder, few.labels, spec, shapes=shapes, note=words)
