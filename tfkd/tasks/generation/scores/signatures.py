"""What was counted exactly, so that others can count it again: sacrebleu's signatures."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .bleu import open_bleu


def sign_scores(keys: Collection[str], references: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the signature of each score that has one, called `signature of ...`.

    Args:
        keys: Names of scores, such as "bleu", "chrf" and "rougeL".
        references: What would have been right for each text.

    >>> sign_scores(["bleu"], [["a man"]])["signature of BLEU"].partition("|version")[0]
    'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp'
    """
    numbers = {len(each) for each in references}
    # Sacrebleu's word for "not all have the same number".
    count = numbers.pop() if len(numbers) == 1 else -1
    signed = {}
    if "bleu" in keys:
        metric = open_bleu(references)
        metric.num_refs = count
        signed["signature of BLEU"] = str(metric.get_signature())
    if "chrf" in keys:
        signed["signature of chrF"] = (
            f"nrefs:{'var' if count < 0 else count}|case:mixed|eff:yes|nc:6|nw:0|space:no"
            "|as sacrebleu 2"
        )
    if any(key.startswith("rouge") for key in keys):
        signed["signature of ROUGE"] = "F1, best reference, no stemmer, as rouge-score 0.1.2"
    return signed
