"""What labels give without a neural network: TF-IDF with a linear model, or a nearest text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..data import Example
from ..reporting.scoring import TestSet, stored_run
from ..tasks import Task
from .baseline_setting import NAMES, TFIDF
from .context import RunContext
from .labelled_draw import draw_labelled

if TYPE_CHECKING:
    from ..reporting.report import ScoreRow


def baseline_row(
    context: RunContext, test: TestSet, teacher: Sequence[Any] | None = None
) -> ScoreRow:
    """Return the row of what needs no network.

    Args:
        context: The context of the run.
        test: The test examples.
        teacher: The teacher's answers to them, to agree with.
    """
    kind = context.config.training.baseline
    name = NAMES[kind]
    with context.progress(f"{name} on the labelled texts", 1, "model") as advance:
        train = labelled_examples(context)
        if test.task.writes:
            answers = _answer_simply(kind, test, train)
        else:
            test, answers = _answer_linearly(context, test, train)
        advance(1)
    return test.row(name, answers, teacher)


def _answer_simply(kind: str, test: TestSet, train: list[Example]) -> list[Any]:
    vectors = None
    if kind == TFIDF:
        features = TfidfFeatures(test.task, train)
        vectors = (features.transform(test.examples), features.transform(train))
    return test.task.answer_simply(kind, test.examples, train, vectors)


def _answer_linearly(
    context: RunContext, test: TestSet, train: list[Example]
) -> tuple[TestSet, list[Any]]:
    """Fit a linear model; return its answers, and the test set as it was tuned for them."""
    task, features = test.task, TfidfFeatures(test.task, train)
    model = task.fit_linear(features.transform(train), train, test.schema)
    if task.tunes:
        validation = list(context.data.read("validation"))
        known = test.answer(
            stored_run(model(features.transform(validation))), [[{}] for _ in validation]
        )
        test = test.tuned(task.tune(known, validation, test.schema))
    outputs = model(features.transform(test.examples))
    return test, test.answer(stored_run(outputs), [[{}] for _ in test.examples])


def labelled_examples(context: RunContext) -> list[Example]:
    """Return the training examples whose labels the student uses, with `--labelled` the same."""
    return draw_labelled(context.config, context.task, context.data)


class TfidfFeatures:
    """Words and pairs of words of a text, weighted by TF-IDF; of two texts, what they share too.

    Args:
        task: Knows which roles are texts.
        examples: The texts that the words and their weights are taken from.
    """

    def __init__(self, task: Task, examples: Sequence[Example]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = [text for example in examples for text in task.texts(example)]
        self._task = task
        # Words of one letter, and of languages without blanks, are words too.
        pattern = r"(?u)[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+"
        least = 2 if len(examples) > 200 else 1
        self._vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), min_df=least, sublinear_tf=True, token_pattern=pattern
        ).fit(texts)

    def transform(self, examples: Sequence[Example]) -> Any:
        """Return the features, a sparse matrix `[examples, features]`."""
        from scipy.sparse import hstack

        by_example = [self._task.texts(example) for example in examples]
        sides = [self._vectorizer.transform(texts) for texts in zip(*by_example, strict=True)]
        if len(sides) != 2:
            return hstack(sides, format="csr")
        return hstack([*sides, sides[0].multiply(sides[1])], format="csr")
