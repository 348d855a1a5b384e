"""What a report says of language models: scores, agreement, and answers in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...data import Example
from ..generation.writes_tokens import WritesTokens
from ..generation.written_answer import Written
from .language_scores import perplexity_of_some, score_texts
from .likelihood import Likelihood
from .sample_section import show_samples

NEAR = 0.02
"Nats a token within which two models say the same of a text."


class LanguageReport(WritesTokens):
    """The part of a language model's task that scores and compares answers, and spells them."""

    def score(self, answers: Sequence[Likelihood], examples: Sequence[Example]) -> dict[str, float]:
        """Return perplexities by token, word and byte, bits per byte, and the share that is right.

        Raises:
            UserError: There is no text.
        """
        return score_texts(answers, [example["text"] for example in examples])

    def headline(
        self, answers: Sequence[Likelihood], examples: Sequence[Example]
    ) -> Callable[[np.ndarray], float]:
        """Return the perplexity by token as a function of the positions that count."""
        return perplexity_of_some(answers)

    def per_example(self, answers: Sequence[Likelihood], examples: Sequence[Example]) -> np.ndarray:
        """Return the share of tokens that were the likeliest."""
        return np.array([answer.right / max(1, answer.tokens) for answer in answers])

    def same(self, answers: Sequence[Likelihood], others: Sequence[Likelihood]) -> np.ndarray:
        """Return whether texts are as likely to both, within 0.02 nats a token."""
        apart = self._apart(answers, others)
        return apart <= NEAR

    def agreement(self, answers: Sequence[Likelihood], others: Sequence[Likelihood]) -> float:
        """Return the share of tokens at which both hold the same one for the likeliest.

        Of models that cut texts into other tokens, or where no text has a token, the share of texts
        that are as likely to both.
        """
        pairs = list(zip(answers, others, strict=True))
        # Texts without a token have none that is the likeliest.
        if not any(one.tokens for one in answers) or any(a.tokens != b.tokens for a, b in pairs):
            return super().agreement(answers, others) if pairs else 1.0
        equal = [
            np.array(one.likeliest, "int64") == np.array(other.likeliest, "int64")
            for one, other in pairs
        ]
        return float(np.mean(np.concatenate(equal)))

    def distances(self, answers: Sequence[Likelihood], others: Sequence[Likelihood]) -> np.ndarray:
        """Return the difference in nats a token, at most 1."""
        return np.minimum(self._apart(answers, others), 1.0)

    def _apart(self, answers: Sequence[Likelihood], others: Sequence[Likelihood]) -> np.ndarray:
        ours, theirs = (
            np.array([answer.nats_per_token for answer in each]) for each in (answers, others)
        )
        return np.abs(ours - theirs)

    def sections(self) -> Mapping[str, Callable[..., dict[str, Any]]]:
        """Return what the models write."""
        return {"samples": show_samples}

    def summarize(self, answer: Likelihood | Written) -> str:
        """Return the perplexity of a text, or what was written."""
        if isinstance(answer, Written):
            return answer.text
        return f"perplexity {np.exp(min(answer.nats_per_token, 700.0)):.2f}"

    def summary(self, answer: Likelihood | Written) -> str:
        """Return the perplexity of a text, or what was written."""
        return self.summarize(answer)

    def line(self, answer: Likelihood | Written, example: Example) -> str:
        """Return a text with what a model wrote behind it, or with its perplexity, as one line."""
        if isinstance(answer, Written):
            return " ".join(f"{example['text']}{answer.text}".split())
        return super().line(answer, example)

    def to_json(self, answer: Likelihood | Written) -> dict[str, Any]:
        """Return what was written, or the negative log-probability of a text with its tokens."""
        if isinstance(answer, Written):
            return {"text": answer.text, "score": answer.score}
        return {"nats": answer.nats, "tokens": answer.tokens}
