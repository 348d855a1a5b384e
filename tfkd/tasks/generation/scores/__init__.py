"""How good texts are that a model wrote, beside what was wanted; scores from 0 to 1.

A reference is a list of texts, each of which would have been right. What is a word is the same for
all scores but BLEU, whose words are those of sacrebleu: Chinese and Japanese count by characters.
"""

from .bleu import bleu, count_bleu, require_sacrebleu
from .chrf import chrf, count_chrf, sentence_chrf
from .counted_words import split_units
from .diversity import distinct, length_ratio
from .perplexity import perplexity, reference_losses
from .rouge import rouge, rouge_by_text
from .signatures import sign_scores
from .summed_counts import SummedCounts
from .text_faults import FAULTS, faults, find_faults

__all__ = [
    "FAULTS",
    "SummedCounts",
    "bleu",
    "chrf",
    "count_bleu",
    "count_chrf",
    "distinct",
    "faults",
    "find_faults",
    "length_ratio",
    "perplexity",
    "reference_losses",
    "require_sacrebleu",
    "rouge",
    "rouge_by_text",
    "sentence_chrf",
    "sign_scores",
    "split_units",
]
