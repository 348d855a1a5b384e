"""`shrink`: a student made of some of its teacher's own layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import UserError
from ...models.input_names import DECODER_IDS, text_input_names
from ...models.text_model import TextModel
from ...text import TextEncoder
from .cutting import VOCABULARY, Kept
from .keras_models import keras_student
from .transformers_models import transformers_student
from .vocabulary import cut_vocabulary
from .writers import OTHER_WRITER, is_seq2seq, writing_student


def shrink(
    teacher: Any,
    *,
    layers: int | Sequence[int] | None = None,
    width: int | None = None,
    vocabulary: int | None = None,
    texts: Iterable[str] | None = None,
) -> Any:
    """Copy a transformer with fewer layers, narrower ones, or fewer tokens.

    Embeddings, pooler and head are copied; the student is independent of the teacher, and
    trainable. What is kept keeps its weights.

    Args:
        teacher: A KerasHub encoder, task, or Keras 3 model around one (what `load_teacher` gives
            for `hf:`, `hub:` and `tfkd teach`); a Hugging Face TensorFlow model; a `seq2seq`; a
            `TextModel` of one of them.
        layers: How many layers, spread evenly over the teacher's with its first and its last
            among them (one layer is the first); or the teacher's layers by number, from 0. By
            default all. Of a `seq2seq` two of these: `(6, 2)` blocks of its encoder and decoder.
        width: The size of the hidden states, a multiple of that of a head: the coordinates, heads
            and inner units with the greatest weights are kept. Keras 3 models only. Below half of
            the teacher's little of what it knew is left: such a student learns from the start.
        vocabulary: How many word pieces, of a `TextModel` with `texts`: those that the texts use
            most, and every letter of theirs.
        texts: Texts of the kind that the student will read.

    Returns:
        A model of the same kind; of a `TextModel`, a `TextModel`, with the teacher's tokenizer or
        that of fewer pieces.

    Raises:
        UserError: a model without layers of that kind, layers, a width or a number of pieces that
            it cannot have.

    Source: Sanh et al. 2019 (DistilBERT), arXiv:1910.01108, section 3: "one layer out of two".
    Samragh et al. 2023 (Weight subcloning), arXiv:2312.09299, section 3, for the width.

    ```python
    teacher = tfkd.load_teacher("hf:bert-base-uncased-imdb")
    student = tfkd.shrink(teacher, layers=3, vocabulary=8_000, texts=reviews)  # a TextModel
    tfkd.Distiller(student=student.model, teacher=teacher.model)
    ```
    """
    if isinstance(teacher, TextModel):
        encoder, kept = teacher.encoder, {}
        if vocabulary is not None:
            if texts is None or not isinstance(encoder, TextEncoder):
                raise UserError(
                    f"vocabulary={vocabulary} needs texts=[...] to count the pieces of."
                )
            encoder, kept[VOCABULARY] = cut_vocabulary(encoder, vocabulary, texts)
        small = _smaller(teacher.model, layers, width, kept)
        return dataclasses.replace(teacher, model=small, encoder=encoder, origin="shrunk")
    if vocabulary is not None:
        raise UserError(
            f"vocabulary={vocabulary} needs a teacher with its tokenizer, as load_teacher gives it."
        )
    return _smaller(teacher, layers, width, {})


def _smaller(model: Any, layers: int | Sequence[int] | None, width: int | None, kept: Kept) -> Any:
    if hasattr(model, "config") and hasattr(model, "save_pretrained"):
        return transformers_student(model, layers, width, kept)
    if is_seq2seq(model):
        return writing_student(model, layers, cut=[*kept, *(["width"] if width else [])])
    if any(name in DECODER_IDS for name in text_input_names(model)):
        raise UserError(OTHER_WRITER)
    return keras_student(model, layers, width, kept)
