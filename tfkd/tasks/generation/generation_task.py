"""`GenerationTask`: a text for a text, which a model writes token by token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...data import Example, Schema
from ...errors import UserError
from ...text.words import DECODER_IDS, IDS
from .._base import Arrays, AskedModel
from .._prompted import Prompted
from .learnt_texts import LearnsTexts
from .prompted_text import PromptedText
from .references import REFERENCES, read_target, references_of
from .report_of_texts import ReportOfTexts
from .same_texts import refuse_copies
from .writing_rows import write_rows
from .writing_settings import (
    DEFAULTS,
    LEVEL,
    PAIRS,
    SMOOTHING,
    check_settings,
    decoding_of,
    greedily,
)
from .written_answer import Written, count_tokens

if TYPE_CHECKING:
    from ...losses._base import Objective
    from ...text import Encoder


class GenerationTask(ReportOfTexts, LearnsTexts):
    """A text for a text. A subclass names its columns and measures, and says what is scored.

    The roles are `text`, what is read, `label`, what is to be written, and `references`, further
    texts that would be right.
    """

    defaults: ClassVar[Mapping[str, Any]] = DEFAULTS
    inputs = (IDS, DECODER_IDS)
    features = "decoder"
    baselines = ("tfidf", "copy", "lead")
    prompted: ClassVar[type[Prompted] | None] = PromptedText
    own_kind: ClassVar[str] = ""
    "What files of this task look like, as `describe_other_kind` calls it."
    copies_are_wrong: ClassVar[bool] = True
    "Whether most targets of a file that equal their sources are a mistake."

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        super().__init__(settings)
        check_settings(self.settings)

    # -- data ------------------------------------------------------------------------------

    def example(self, fields: Mapping[str, Any], where: str) -> Example:
        """Return a text with its target, None where it has none, and further references.

        Raises:
            UserError: A target that is no text.
        """
        if "label" not in fields:
            return Example({"text": fields["text"]})
        return Example({"text": fields["text"], **read_target(fields, where)})

    def other_kind(self, fields: Mapping[str, Any]) -> str:
        """Return what a row looks like that is of another task, or nothing."""
        found = super().other_kind(fields)
        return "" if found == self.own_kind else found

    def texts(self, example: Example) -> tuple[str, ...]:
        """Return what is read: the source alone."""
        return (example["text"],)

    def learnt_texts(self, example: Example) -> tuple[str, ...]:
        """Return what the vocabulary is learnt from: the source, and what is to be written."""
        (references,) = references_of([example])
        return (example["text"], *references)

    def is_labelled(self, example: Example) -> bool:
        """Return whether what is to be written is known."""
        return example.get("label") is not None

    def label_keys(self, example: Example) -> tuple[str, ...]:
        """Return nothing: texts are no classes."""
        return ()

    def with_ids(self, example: Example, ids: Mapping[str, int]) -> Example:
        """Return the example as it is, with None where it has no target."""
        return Example({**example, "label": example.get("label")})

    def schema(self, labels: tuple[str, ...]) -> Schema:
        """Return the settings; there are no classes."""
        return Schema((), dict(self.settings))

    def complete_schema(self, schema: Schema, train: Iterable[Example]) -> Schema:
        """Return the schema with how many training examples have a target.

        Raises:
            UserError: Most targets are their sources: a column was named twice, say.
        """
        pairs = same = 0
        for example in filter(self.is_labelled, train):
            pairs += 1
            same += example["label"].strip() == example["text"].strip()
        if self.copies_are_wrong:
            refuse_copies(same, pairs)
        return Schema((), {**schema.settings, PAIRS: pairs})

    def describe_schema(self, schema: Schema) -> str:
        """Return how many texts have a target."""
        return f"{schema.settings.get(PAIRS, 0):,} training texts have a target"

    def quick_schema(self, schema: Schema) -> Schema:
        """Return the schema with which a model writes greedily, to score an epoch."""
        return Schema(schema.labels, greedily({**self.settings, **schema.settings}))

    def labelled_examples(self, labels: np.ndarray) -> list[Example]:
        """Refuse arrays: a target is a text.

        Raises:
            UserError: Always.
        """
        raise UserError(
            "labels of this task are texts: give examples with text and label, and no array."
        )

    def encode(
        self, examples: Sequence[Example], encoder: Encoder, schema: Schema
    ) -> list[list[Arrays]]:
        """Return one row an example: the source, the target so far, and its next tokens."""
        targets = [example.get("label") for example in examples]
        longest = decoding_of({**self.settings, **schema.settings}).longest
        return write_rows(encoder, [each["text"] for each in examples], targets, longest)

    def align(self, theirs: Schema, ours: Schema) -> list[int] | None:
        """Return None: there are no classes whose order could differ."""
        return None

    # -- network -----------------------------------------------------------------------------

    def objective(
        self,
        *,
        temperature: float,
        soft_weight: float,
        alone: bool = False,
        schema: Schema | None = None,
    ) -> Objective:
        """Return the error of each token, and the teacher's probabilities of it.

        Every token weighs the same, whatever example it is of.

        Args:
            temperature: Of the teacher's probabilities.
            soft_weight: Their weight; the targets have the rest.
            alone: Whether the student is trained without the teacher.
            schema: Its settings say what the student learns from, in place of the task's.
        """
        from ...losses.hard_labels import HardLabels
        from ...losses.soft_targets import SoftTargets

        settings = {**self.settings, **(schema.settings if schema else {})}
        hard = HardLabels(label_smoothing=settings[SMOOTHING])
        if alone or settings[LEVEL] == "sequence":
            return (1.0 * hard).averaged("tokens")
        soft = soft_weight * SoftTargets(temperature=temperature)
        return ((1.0 - soft_weight) * hard + soft).averaged("tokens")

    def objective_alone(self, schema: Schema | None = None) -> Objective | None:
        """Return the error of each token; None of sources alone, which say nothing by themselves.

        Args:
            schema: Says how many training examples have a target.
        """
        if schema is not None and schema.settings.get(PAIRS, 1) == 0:
            return None
        return super().objective_alone(schema)

    # -- answers ---------------------------------------------------------------------------

    def ask(self, model: AskedModel, rows: Sequence[list[Arrays]], schema: Schema) -> list[Written]:
        """Return what a model writes for each example.

        Args:
            model: The model, with its tokenizer.
            rows: The rows of each example, as this model reads them.
            schema: Its settings say how the text is decoded.

        Raises:
            UserError: The model cannot write.
        """
        if not hasattr(model, "write"):
            raise UserError(
                "the model gives outputs for whole rows and cannot write: give one of this task, "
                "such as a run, a file that was exported of one, or hf:FOLDER."
            )
        decoding = decoding_of({**self.settings, **schema.settings})
        found = model.write([row for row, *_ in rows], decoding)
        return [Written(best.text, best.score, count_tokens(best)) for best, *_ in found]

    def answer(self, outputs: Sequence[Arrays], rows: Sequence[Arrays], schema: Schema) -> Written:
        """Return the ids of the tokens that a model finds likeliest, each after the right ones.

        So outputs of two models are compared. What a model writes by itself, `ask` returns.
        """
        likeliest = np.asarray(outputs[0]["logits"]).argmax(axis=-1)
        return Written(" ".join(map(str, likeliest.tolist())))

    def headline(
        self, answers: Sequence[Written], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return the headline as a function of the positions that count, which only adds up."""
        return self.headline_of([answer.text for answer in answers], references_of(examples))

    def score(self, answers: Sequence[Written], examples: Sequence[Example]) -> dict[str, float]:
        """Return all measures of the texts.

        Raises:
            UserError: None of the examples has a target.
        """
        written = [a.text for a, e in zip(answers, examples, strict=True) if self.is_labelled(e)]
        if not written:
            raise UserError("none of the examples has a label: give texts to score against.")
        scores = self.score_texts(written, references_of(list(filter(self.is_labelled, examples))))
        return {name: scores[name] for name in self.measures if name in scores}

    def score_texts(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> dict[str, float]:
        """Return all measures by name.

        Args:
            written: What a model wrote.
            references: What would have been right for each.
        """
        raise NotImplementedError

    def headline_of(
        self, written: Sequence[str], references: Sequence[Sequence[str]]
    ) -> Callable[[np.ndarray], float]:
        """Return the headline as a function of positions.

        Args:
            written: What a model wrote.
            references: What would have been right for each.
        """
        raise NotImplementedError


__all__ = ["REFERENCES", "GenerationTask"]
