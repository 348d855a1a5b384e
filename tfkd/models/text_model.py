"""A model with the tokenizer it reads and the names of its classes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UserError
from ..progress import logger
from ..tasks import EMBEDDING
from ..text import Encoder, TextEncoder
from ..text.batching import by_length, pad_rows, take_row
from ..text.pair_encoding import Pair
from ..text.row_encoding import encode_rows
from ..text.words import WORD_STARTS, count_units
from .input_names import (
    DECODER_IDS,
    IDS,
    SEGMENTS,
    feed,
    names_in_row,
    takes_dict,
    text_input_names,
)
from .padding import depends_on_padding
from .tracing import as_array, as_float32, is_symbolic, spec_of
from .trial import Shapes, match_shapes, refuse_softmax_of_one, try_shapes

if TYPE_CHECKING:
    import tensorflow as tf

    from ..text.decoding import Decoding, Hypothesis, NextTokens

Arrays = dict[str, Any]
FIRST = "first"
_FAMILIES = (IDS[0], DECODER_IDS[0])
CLASSIFIER: Shapes = {"logits": (0,)}
"""One logit for each of any number of classes."""


@dataclass
class TextModel:
    """A model with its tokenizer: padded ids in, outputs by name, as NumPy arrays.

    Args:
        model: A callable of ids, or a Keras model of ids or of a dict with the names that Hugging
            Face, KerasHub or TF Hub use.
        encoder: Its tokenizer.
        labels: The class names; empty where the model names none.
        origin: What error messages call it.
        order: The model's own class ids in the order of `labels`, where that is another.
        shapes: The shape of each output for one row, `None` for the number of words where rows know
            theirs, else of tokens; `check` finds them out. By default one row of logits is taken as
            it comes.
        problem: What its logits stand for, as Hugging Face names it: `regression`,
            `multi_label_classification`, or empty for one class a text.
        length: How many tokens each text is cut or padded to: by default what the model declares,
            such as `Input((64,))`. `check` sets it for a model whose answers depend on the padding.
        two_of_one: Whether its one logit is that of the second of two classes.
        reads_segments: Whether it is told which text of a pair each id is of, where it has an input
            for that. RoBERTa has one, and was trained with zeros.
        pieces: Which of a word's pieces answer for it, of a model that answers for each token: the
            `first` one, or their `mean`.

    Raises:
        UserError: `model` is neither a model nor a function.
    """

    model: Any
    encoder: Encoder
    labels: tuple[str, ...] = ()
    origin: str = "given"
    order: list[int] | None = None
    shapes: Shapes = field(default_factory=lambda: CLASSIFIER)
    length: int | None = None
    problem: str = ""
    two_of_one: bool = False
    reads_segments: bool = True
    pieces: str = FIRST

    def __post_init__(self) -> None:
        from .callables import as_teacher
        from .lengths import cut_at, declared_length

        self.length = self.length or declared_length(self.model)
        if self.length and self.encoder.max_length > self.length:
            # The tokenizer knows what to keep of a longer text.
            self.encoder = cut_at(self.encoder, self.length)
        self._names = text_input_names(self.model)
        self._teacher = as_teacher(self.model)
        self._graphs: dict[tuple, Any] = {}
        self._writer: NextTokens | None = None

    def check(
        self, shapes: Shapes = CLASSIFIER, *, two_of_one: bool = False, pieces: str = FIRST
    ) -> TextModel:
        """Run the model on a two-token text to learn its output shapes.

        A model that declares `output_shapes` is believed.

        Args:
            shapes: The expected shape of each output for one row: `None` is the number of tokens,
                and 0 any number.
            two_of_one: Whether a single logit is that of the second of two classes.
            pieces: Which of a word's pieces answer for it, `first` or `mean`.

        Returns:
            The model itself, which knows its shapes now.

        Raises:
            UserError: The model reads other inputs than ids, returns outputs of other names or
                ranks, or has another number of classes than of names for them.
        """
        declared = getattr(self.model, "output_shapes", None)
        actual = self._try_lengths(tuple(shapes)) if declared is None else declared
        if EMBEDDING in shapes and EMBEDDING not in actual and "logits" in actual:
            actual = {**actual, EMBEDDING: actual["logits"]}
        self.shapes, self.pieces = match_shapes(actual, shapes, self.origin), pieces
        if two_of_one and self.shapes.get("logits") == (1,):
            self._split_logit()
        if self.labels and "logits" in self.shapes and len(self.labels) != self.classes:
            raise UserError(
                f"{self.origin} has {self.classes} classes and {len(self.labels)} names for them "
                f"({', '.join(self.labels[:4])}): give one name a class, in the order of their ids."
            )
        free = declared is None and not self.length
        if free and depends_on_padding(self.encoder, self._outputs_of_row):
            self._fix_length()
        return self

    def _outputs_of_row(self, ids: list[int], length: int) -> Arrays:
        tensors = self._outputs_of_ids(np.array([ids], "int32"), tuple(self.shapes))
        arrays = {name: tensors[name].numpy() for name in self.shapes}
        return take_row(arrays, 0, self.shapes, length)

    def _outputs_of_ids(self, ids: np.ndarray, reads: tuple[str, ...]) -> dict[str, tf.Tensor]:
        """Run the model on ids alone; one that writes gets the same ids as what it has written."""
        writes = any(name in DECODER_IDS for name in self._names)
        return self.outputs({IDS[0]: ids, DECODER_IDS[0]: ids} if writes else ids, reads)

    def _try_lengths(self, reads: tuple[str, ...]) -> Shapes:
        """Return the shapes for two tokens; of a model that needs more, for as many as it reads.

        Before that for a text of its tokenizer: a T5 that classifies looks for the end token.
        """
        try:
            return try_shapes(self._outputs_of_ids, reads, self.origin)
        except UserError as error:
            if error.__cause__ is None:
                raise
            if isinstance(self.encoder, TextEncoder):
                with suppress(UserError):
                    own = self.encoder.encode("a film")
                    return try_shapes(self._outputs_of_ids, reads, self.origin, own)
            if self.length:
                raise
            self._fix_length()
            try:
                return try_shapes(self._outputs_of_ids, reads, self.origin)
            except UserError:
                raise error from error.__cause__

    def _split_logit(self) -> None:
        """Take the only logit as that of the second of two classes, from now on."""
        ids = np.array([[2, 3]] if self.length is None else [[2, 3, *[0] * (self.length - 2)]])
        if not hasattr(self.model, "output_shapes"):
            refuse_softmax_of_one(self._teacher, self._feed(ids.astype("int32")), self.origin)
        self.two_of_one, self.shapes = True, {**self.shapes, "logits": (2,)}
        self._graphs = {}

    def _fix_length(self) -> None:
        """Give each text as many tokens as the tokenizer has at most, from now on."""
        self.length = self.encoder.max_length
        self._graphs = {}
        logger.warning(
            f"{self.origin} answers otherwise where a text is padded, so every text is padded to "
            f"{self.length} tokens: give max_length (--teacher-max-length) if it was trained with "
            "another length."
        )

    @property
    def pad_id(self) -> int:
        """The id that fills up the shorter texts of a batch."""
        return getattr(self.encoder, "pad_id", 0)

    @property
    def classes(self) -> int:
        """How many classes the logits have; before `check`, how many names."""
        return self.shapes.get("logits", (0,))[-1] or len(self.labels)

    def __call__(self, ids: Any) -> Any:
        """Return the logits of padded ids, in inference mode; a tensor where a graph is made."""
        if is_symbolic(ids):
            return self.in_graph(ids)["logits"]
        return self.outputs(ids, ("logits",))["logits"].numpy()

    def logits(self, texts: Sequence[str | Pair]) -> np.ndarray:
        """Return logits `[texts, classes]` in the order given; similar lengths run together.

        Args:
            texts: Texts, or tuples of two for a model of pairs.
        """
        rows = encode_rows(self.encoder, list(texts))
        outputs = [row["logits"] for row in self.run(rows)]
        return np.array(outputs or np.zeros((0, self.classes)), "float32")

    def run(
        self, rows: Sequence[Arrays], *, advance: Callable[[int], None] = lambda done: None
    ) -> list[Arrays]:
        """Return the outputs of each row by name, without padding.

        Args:
            rows: Arrays by name, without padding; `input_ids` among them. Names that the model
                does not read are passed over. Where `word_starts` says where words are, outputs of
                tokens become outputs of words.
            advance: Is called with the number of rows done, after each batch.
        """
        longest = [max(len(row[name]) for name in _FAMILIES if name in row) for row in rows]
        lengths = np.array(longest, "int64")
        units = [count_units(row) for row in rows]
        outputs: list[Arrays] = [{}] * len(rows)
        by_token = any(None in shape for shape in self.shapes.values())
        names = names_in_row(self._names, rows[0], by_token=by_token) if rows else ()
        for places in by_length(np.maximum(lengths, self.length or 0)):
            batch = pad_rows([rows[place] for place in places], names, {IDS[0]: self.pad_id})
            inputs = batch if len(names) > 1 else batch[names[0]]
            tensors = self.outputs(inputs, tuple(self.shapes))
            arrays = {name: tensors[name].numpy() for name in self.shapes}
            for i, place in enumerate(places):
                outputs[place] = take_row(arrays, i, self.shapes, units[place])
            advance(len(places))
        return outputs

    def write(
        self,
        rows: Sequence[Arrays],
        decoding: Decoding,
        *,
        advance: Callable[[int], None] = lambda done: None,
    ) -> list[list[Hypothesis]]:
        """Return the texts that the model writes for each row, the best first.

        Args:
            rows: Arrays by name, as for `run`; what is to be written is not read.
            decoding: How.
            advance: Is called with the number of rows done, after each batch.

        Raises:
            UserError: The tokenizer has no tokens that start and end a text.
        """
        from .writing_texts import next_tokens_of, write_rows

        encoder: Any = self.encoder
        if self._writer is None:
            self._writer = next_tokens_of(self.model, encoder, self.run, inputs=self._names)
        return write_rows(self._writer, rows, decoding, encoder.decode, advance=advance)

    def outputs(self, inputs: Any, reads: tuple[str, ...]) -> dict[str, tf.Tensor]:
        """Return the outputs by name, as tensors.

        Args:
            inputs: Padded ids, or a dict of padded arrays by name.
            reads: The names of the outputs; `logits` come along where there are any.
        """
        import tensorflow as tf

        if isinstance(inputs, Mapping):
            inputs = {name: as_array(value) for name, value in inputs.items()}
            key = (reads, *inputs)
        else:
            inputs, key = as_array(inputs), (reads,)
        if key not in self._graphs:
            self._graphs[key] = tf.function(
                lambda inputs: self.in_graph(inputs, reads),
                input_signature=[tf.nest.map_structure(spec_of, inputs)],
                autograph=False,
            )
        return self._graphs[key](inputs)

    def in_graph(self, inputs: Any, reads: tuple[str, ...] = ("logits",)) -> dict[str, tf.Tensor]:
        """Return the outputs by name, within a graph; for a teacher of `Distiller`.

        Args:
            inputs: Padded ids, or a dict of the inputs that the model has; `word_starts` gives
                outputs for each word in place of those for each token.
            reads: The names of the outputs.
        """
        import tensorflow as tf

        from .word_gathering import gather_by_word

        outputs = self._run_at_length(self._feed(inputs), reads)
        if EMBEDDING in reads and EMBEDDING not in outputs and "logits" in outputs:
            # A model of one nameless output.
            outputs = {**outputs, EMBEDDING: outputs["logits"]}
        if isinstance(inputs, Mapping) and WORD_STARTS in set(inputs) - set(self._names):
            outputs = gather_by_word(outputs, inputs, self.shapes, self.pieces)
        found = {name: outputs[name] for name in reads if name in outputs}
        if "logits" not in outputs:
            # Of several heads: each has classes of its own.
            return tf.nest.map_structure(as_float32, found)
        logits = tf.cast(outputs["logits"], tf.float32)
        if self.two_of_one:
            # A sigmoid is a softmax next to a logit of zero.
            logits = tf.concat([tf.zeros_like(logits), logits], axis=-1)
        logits = logits if self.order is None else tf.gather(logits, self.order, axis=-1)
        return {**tf.nest.map_structure(as_float32, found), "logits": logits}

    def _run_at_length(self, inputs: Any, reads: tuple[str, ...]) -> Arrays:
        from .lengths import run_at_length

        if not self.length:
            return self._teacher(inputs, reads)
        run = functools.partial(self._teacher, reads=reads)
        return run_at_length(run, inputs, self.length, self.encoder)

    def _feed(self, inputs: Any) -> Any:
        """Return the inputs that the model has, made of ids or of a dict with other names."""
        if isinstance(inputs, Mapping) and not self.reads_segments:
            inputs = {name: value for name, value in inputs.items() if name not in SEGMENTS}
        inputs = feed(self._names, inputs, self.pad_id)
        # A model that takes a dict of a single input warns of anything else.
        single = len(self._names) == 1 and takes_dict(self.model)
        return {self._names[0]: inputs} if single else inputs

    def reordered(self, order: list[int]) -> TextModel:
        """Return the same model with its classes in another order."""
        labels = tuple(self.labels[i] for i in order) if self.labels else ()
        order = order if self.order is None else [self.order[i] for i in order]
        return dataclasses.replace(self, labels=labels, order=order)

    def in_own_order(self) -> TextModel:
        """Return the same model with its classes in its own order, as a store holds them."""
        if self.order is None:
            return self
        places = {own: place for place, own in enumerate(self.order)}
        labels = tuple(self.labels[places[own]] for own in sorted(places)) if self.labels else ()
        return dataclasses.replace(self, labels=labels, order=None)

    def with_model(self, model: Any) -> TextModel:
        """Return the same tokenizer, names and order with another model of the same outputs."""
        return dataclasses.replace(self, model=model)

    @property
    def jit(self) -> bool:
        """Whether XLA can compile the model."""
        return getattr(self._teacher, "jit", True)

    @property
    def parameters(self) -> int | None:
        """How many weights the model has, where it can tell."""
        count = getattr(getattr(self.model, "model", self.model), "count_params", None)
        return int(count()) if count else None
