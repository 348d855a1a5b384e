"""A TensorFlow SavedModel by one of its signatures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from ..errors import UserError, first_line
from ..models.input_names import IDS, SEGMENTS, feed
from ..models.probabilities import to_logits
from ..store.fingerprint import digest_of, digest_of_files
from ..text.affixes import OF_WORDS
from .final_operation import READINGS, final_operation


class SavedModel:
    """A SavedModel's signature as a function of padded ids: `{"logits": [batch, classes]}`.

    `signature` is by default `serve`, `serving_default`, or the only one. A model of one input
    gets the ids; one of several, ids, mask and segments by the names that libraries give them. The
    mask leaves out `pad_id`, which its tokenizer pads with. `length` is the number of tokens that
    it reads, where its signature fixes it. Of a final softmax or sigmoid, the logits are its
    logarithm or log odds.

    Raises:
        UserError: No SavedModel there, no such signature, outputs of which none is the logits.
    """

    def __init__(self, path: str | Path, signature: str = "", *, pad_id: int = 0) -> None:
        self._path, self._pad_id = Path(path), pad_id
        if not (self._path / "saved_model.pb").is_file():
            raise UserError(f"{path} is no SavedModel: it has no saved_model.pb.")
        try:
            # Held, since it owns the variables.
            self._loaded = tf.saved_model.load(str(path))
        except Exception as error:
            raise UserError(
                f"the SavedModel {path} cannot be loaded ({first_line(error)})."
            ) from error
        self._signature = _find_signature(self._loaded.signatures, signature, path)
        self._call = self._loaded.signatures[self._signature]
        self._specs = self._call.structured_input_signature[1]
        known = self._specs.items()
        shapes = [s.shape for name, s in known if s.dtype != tf.string and name not in OF_WORDS]
        lengths = {shape[1] for shape in shapes if shape.rank == 2}
        self.length: int | None = lengths.pop() if len(lengths) == 1 else None
        outputs = self._call.structured_outputs
        if "logits" not in outputs and len(outputs) > 1:
            raise UserError(
                f"{path} returns {', '.join(outputs)} and no 'logits': name that output so when "
                "you export it, or export it alone."
            )
        self._output = "logits" if "logits" in outputs else next(iter(outputs))
        # Keras hands on no logits through a file.
        self._reading = READINGS.get(final_operation(self._call, self._output), "logits")

    @property
    def text_inputs(self) -> tuple[str, ...]:
        """Ids, and what else the signature has inputs for: segments, and what is known of words."""
        segments = SEGMENTS[:1] if set(SEGMENTS) & set(self._specs) else ()
        return (IDS[0], *segments, *sorted(set(OF_WORDS) & set(self._specs)))

    def __call__(self, inputs: Any) -> dict[str, tf.Tensor]:
        """Return the logits of ids `[batch, length]`, padded.

        Args:
            inputs: Ids, or a dict of ids, segments and what is known of words.
        """
        names = tuple(self._specs)
        inputs = feed(names, inputs, self._pad_id)
        inputs = inputs if isinstance(inputs, dict) else {names[0]: inputs}
        cast = {name: tf.cast(value, self._specs[name].dtype) for name, value in inputs.items()}
        return {"logits": to_logits(self._call(**cast)[self._output], self._reading)}

    @property
    def fingerprint(self) -> str:
        """A digest of its files and the signature, for a store."""
        facts = [digest_of_files(self._path), self._signature, self._output]
        return digest_of(facts if self._reading == "logits" else [*facts, self._reading])


def _find_signature(signatures: Mapping[str, Any], name: str, path: str | Path) -> str:
    for known in (name,) if name else ("serve", "serving_default", *signatures):
        if known in signatures:
            return known
    names = ", ".join(signatures) or "none"
    raise UserError(f"{path} has the signatures {names}{f' and not {name!r}' if name else ''}.")
