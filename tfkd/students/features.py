"""What a student's body gives, and what is known of each kind of student."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from ..errors import UserError
from ..models.weight_rules import WeightRule
from ..text.pair_encoding import IDS
from ..text.words import WORD_ENDS, WORD_STARTS
from ._parts import present
from .word_vectors import gather_words

Pool = Callable[[keras.KerasTensor, keras.KerasTensor], keras.KerasTensor]
"""One vector a text, of `[batch, length, width]` and 1 where there is a token."""


@dataclass(frozen=True)
class Features:
    """The body of a student, without outputs.

    Attributes:
        name: The student's name, which becomes the model's.
        ids: The symbolic input, `[batch, length]`; of a student that reads no texts, its array.
        hidden: One vector for each text, `[batch, width]`, or for each token or word,
            `[batch, length, width]`, as the task asked for.
        dropout: The rate of the dropout before each output.
        seed: Of that dropout.
        segments: The second symbolic input of a student of pairs: which text each id is of.
        words: The symbolic inputs by name that have a number for each word, such as `word_starts`,
            of a student that answers by word.
        tokens: One vector for each token, `[batch, length, width]`, where `hidden` is pooled and
            each token has seen the whole text.
        pool: Makes one vector of those of all tokens and their mask, where it can.
        before: The vectors of the tokens, where `hidden` are those of words.
        table: The layer that reads tokens, of a body that writes; it gives their logits too.
    """

    name: str
    ids: keras.KerasTensor
    hidden: keras.KerasTensor
    dropout: float
    seed: int | None = None
    segments: keras.KerasTensor | None = None
    words: Mapping[str, keras.KerasTensor] = field(default_factory=dict)
    pool: Pool | None = None
    tokens: keras.KerasTensor | None = field(default=None, kw_only=True)
    before: keras.KerasTensor | None = None
    table: keras.layers.Layer | None = None

    def as_pooled(self) -> Features:
        """Return the same body, which gives a vector for each token or word, with one for all.

        Raises:
            UserError: A body that cannot.
        """
        if self.pool is None:
            raise UserError(f"{self.name} has no vector for a text beside those of its words.")
        tokens = self.hidden if self.before is None else self.before
        return replace(self, hidden=self.pool(tokens, present(self.ids)))

    def layer_name(self, name: str) -> str:
        """Return what a layer of a head is called, so that all names of a model differ."""
        return name

    def by_word(
        self, words: Mapping[str, keras.KerasTensor], joined: Sequence[keras.KerasTensor] = ()
    ) -> Features:
        """Return the same body with a vector for each word in place of one for each token.

        Args:
            words: Symbolic inputs by name; `word_starts` among them.
            joined: Vectors of each word to join to its own.
        """
        hidden = gather_words(self.hidden, words[WORD_STARTS], words.get(WORD_ENDS))
        if joined:
            hidden = keras.layers.Concatenate(name="word_vectors")([hidden, *joined])
        return replace(self, hidden=hidden, words=dict(words), before=self.hidden)

    def project(self, units: int, name: str) -> keras.KerasTensor:
        """Return `units` numbers for each text, token or word: dropout, then a dense layer.

        Args:
            units: How many, such as the number of classes.
            name: The layer's name, which the exported output has too.
        """
        hidden = keras.layers.Dropout(self.dropout, seed=self.seed)(self.hidden)
        # float32 under mixed precision too
        return keras.layers.Dense(units, dtype="float32", name=name)(hidden)

    def next_tokens(self, vocabulary: int | None = None) -> keras.KerasTensor:
        """Return the logits of the token after each of a text that is written.

        The table that tokens are read with gives them (Press and Wolf 2017, arXiv:1608.05859).

        Args:
            vocabulary: How many tokens there are, where that is known.

        Raises:
            UserError: A body that writes nothing, or one of another number of tokens.
        """
        if self.table is None:
            raise UserError(f"{self.name} does not write texts.")
        if vocabulary not in (None, 0, self.table.input_dim):
            raise UserError(
                f"{self.name} knows {self.table.input_dim} tokens and its task {vocabulary}: give "
                "both one vocabulary."
            )
        logits = self.table(self.hidden, reverse=True)
        # By this name the output is known in a file; float32 under mixed precision too.
        return keras.layers.Activation("linear", dtype="float32", name="logits")(logits)

    def embed(self, units: int, name: str) -> keras.KerasTensor:
        """Return a vector of `units` numbers for each text, before it is given unit length.

        Args:
            units: How many numbers.
            name: Of the layer.
        """
        return self.project(units, name)

    def model(self, outputs: Mapping[str, keras.KerasTensor]) -> keras.Model:
        """Return the whole student; a single output called `logits` is a plain tensor."""
        single = list(outputs) == ["logits"]
        segments = () if self.segments is None else (self.segments,)
        inputs = {tensor.name: tensor for tensor in (self.ids, *segments, *self.words.values())}
        if len(inputs) == 1:
            inputs = self.ids
        return keras.Model(inputs, outputs["logits"] if single else dict(outputs), name=self.name)

    def classifier(self, classes: int) -> keras.Model:
        """Return the student as a classifier: ids to logits."""
        return self.model({"logits": self.project(classes, "logits")})


Body = Callable[[Any, Mapping[str, Any], "int | None", str], Features]


@dataclass(frozen=True)
class Architecture:
    """A kind of student.

    Attributes:
        name: What `--student NAME:SIZE` calls it.
        sizes: The settings of each size.
        body: Makes `Features` from the number of ids, settings, a seed and what the task needs.
        gives: What its body can give: `"pooled"`, `"tokens"`, from which follow words, and of
            students that write `"decoder"`, from a source, or `"causal"`, going on with a text.
        learning_rate: The highest rate of Adam, after a warm-up, that it learnt well with.
        pair_body: The same for pairs of texts; by default both are read by one `body` and compared.
        pair_tokens: Gives a vector for each token of both texts; None if it cannot.
        has_table: Whether a `PieceTable` can be its start.
        reads: The array of a row that it reads. One that reads no token ids gets the shape of that
            array in place of the number of ids.
        pairs: Whether it can read pairs of texts.
        rule: Makes of a student and its settings what a training keeps its weights to, if anything.
    """

    name: str
    sizes: dict[str, dict[str, Any]]
    body: Body
    gives: tuple[str, ...] = ("pooled",)
    learning_rate: float = 1e-3
    pair_body: Body | None = None
    pair_tokens: Body | None = None
    has_table: bool = False
    reads: str = IDS
    pairs: bool = True
    rule: Callable[[Any, Mapping[str, Any]], WeightRule | None] | None = None
