"""Where the losses come from, for a model card."""

from __future__ import annotations

CITATIONS = {
    "SoftTargets": "Hinton, Vinyals, Dean 2015, arXiv:1503.02531",
    "LogitError": "Ba and Caruana 2014, arXiv:1312.6184",
    "ReverseKL": "Gu et al. 2024 (MiniLLM), arXiv:2306.08543",
    "JensenShannon": "Lin 1991, doi:10.1109/18.61115; Wen et al. 2023, arXiv:2307.15190",
    "TotalVariation": "Wen et al. 2023, arXiv:2307.15190",
    "StandardizedLogits": "Sun et al. 2024, arXiv:2403.01876",
    "Decoupled": "Zhao et al. 2022, arXiv:2203.08679",
    "Correlation": "Huang et al. 2022 (DIST), arXiv:2205.10536",
    "Hint": "Romero et al. 2015, arXiv:1412.6550; Jiao et al. 2020 (TinyBERT), arXiv:1909.10351",
    "Cosine": "Sanh et al. 2019 (DistilBERT), arXiv:1910.01108",
    "PatientHint": "Sun et al. 2019 (PKD), arXiv:1908.09355",
    "EmbeddingMatch": "Jiao et al. 2020 (TinyBERT), arXiv:1909.10351",
    "Attention": "Jiao et al. 2020 (TinyBERT), arXiv:1909.10351",
    "Relations": "Wang et al. 2021 (MiniLMv2), arXiv:2012.15828",
    "Relational": "Park et al. 2019 (RKD), arXiv:1904.05068",
    "Similarity": "Tung and Mori 2019 (SP), arXiv:1907.09682",
    "Contrastive": "Tian et al. 2020 (CRD), arXiv:1910.10699",
}
AUGMENTATION = "Tang et al. 2019, arXiv:1903.12136"


def cited(losses: list[str], augmented: bool) -> list[str]:
    """The sources of losses by name, each once, in their order.

    >>> cited(["HardLabels", "SoftTargets", "SoftTargets"], False)
    ['SoftTargets: Hinton, Vinyals, Dean 2015, arXiv:1503.02531']
    """
    used = [name for name in dict.fromkeys(losses) if name in CITATIONS]
    more = [f"augmentation: {AUGMENTATION}"] if augmented else []
    return [f"{name}: {CITATIONS[name]}" for name in used] + more
