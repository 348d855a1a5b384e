"""Every loss in every form, for the battery in `test_battery.py`: add a loss by adding lines here.

The references are plain loops over float64 numbers, written from the papers' equations.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from tfkd import (
    Correlation,
    Decoupled,
    HardLabels,
    HardTargets,
    JensenShannon,
    LogitError,
    MarginError,
    ProbabilityError,
    ReverseKL,
    SoftTargets,
    StandardizedLogits,
    TotalVariation,
)
from tfkd.losses import DistillationLoss


@dataclass(frozen=True)
class Case:
    """`reference(s, t, y)` is the loss at one position; `by_hand` is `(s, t, y, number)`."""

    name: str
    loss: DistillationLoss
    reference: Callable
    by_hand: tuple
    classes: int = 4
    labels: str = "none"  # or "id", "binary", "multilabel", "number"
    zero_when_equal: bool = True
    masked_classes: bool = True  # whether a logit of -inf has a meaning
    more: dict = field(default_factory=dict)

    def arrays(self, *lead: int, seed: int = 0):
        """Random student and teacher logits `[*lead, classes]`, and labels or None."""
        rng = np.random.default_rng(seed)
        student, teacher = rng.normal(0, 2, (2, *lead, self.classes)).astype("float32")
        wide = (*lead, self.classes)
        labels = {
            "none": lambda: None,
            "id": lambda: rng.integers(0, self.classes, lead).astype("int32"),
            "binary": lambda: rng.integers(0, 2, lead).astype("int32"),
            "multilabel": lambda: rng.integers(0, 2, wide).astype("int32"),
            "number": lambda: rng.normal(size=wide).astype("float32"),
        }[self.labels]()
        return student, teacher, labels


def softmax(x):
    e = [exp(v - max(x)) for v in x]
    return [v / sum(e) for v in e]


def sigmoid(v):
    return 1 / (1 + exp(-v))


def kl(p, q):
    return sum(a * log(a / b) for a, b in zip(p, q, strict=True))


def margins(s, t, y):
    others = [c for c in range(len(s)) if c != y]
    return sum(((s[y] - s[c]) - (t[y] - t[c])) ** 2 for c in others) / len(others)


def reverse_kl(p, q):
    return kl(q, p)


def jensen_shannon(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return (kl(p, m) + kl(q, m)) / 2


def total_variation(p, q):
    return sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2


def squared_differences(p, q):
    return sum((a - b) ** 2 for a, b in zip(p, q, strict=True))


def by_choice(of_label):
    """The same with the teacher's choice in the label's place."""

    def reference(s, t, y):
        if of_label is not None:
            return of_label(s, t, max(range(len(t)), key=lambda c: t[c]))
        return sigmoid_cross_entropy()(s, t, [int(v > 0) for v in t])

    return reference


def soft(T, between=kl, power=2):
    def reference(s, t, y):
        return T**power * between(softmax([v / T for v in t]), softmax([v / T for v in s]))

    return reference


def soft_by_confidence(T):
    def reference(s, t, y):
        own = 1 + (T - 1) * (len(t) * max(softmax(t)) - 1) / (len(t) - 1)
        return soft(own)(s, t, y)

    return reference


def soft_sigmoid(T, between=kl, power=2):
    def two(v):
        return sigmoid(v / T), 1 - sigmoid(v / T)

    def reference(s, t, y):
        values = [between(two(b), two(a)) for a, b in zip(s, t, strict=True)]
        return T**power * sum(values) / len(s)

    return reference


def divergences(loss, between, power, hand):
    """A divergence in its three forms; `hand` is the number of (3/4, 1/4) against (1/2, 1/2)."""
    name = loss.__name__
    one, two = soft_sigmoid(1.0, between, power), soft_sigmoid(3.0, between, power)
    return [
        Case(name, loss(temperature=1.0), soft(1.0, between, power), ([0, 0], [L3, 0], None, hand)),
        Case(
            f"{name}-T2",
            loss(temperature=2.0),
            soft(2.0, between, power),
            ([0, 0], [2 * L3, 0], None, 2**power * hand),
        ),
        Case(f"{name}-binary", loss("binary", 1.0), one, ([0], [L3], None, hand), classes=1),
        Case(
            f"{name}-multilabel",
            loss("multilabel", 3.0),
            two,
            ([0, 0], [3 * L3, 0], None, 3**power * hand / 2),
        ),
    ]


def standardized(T):
    def z(x):
        mean = sum(x) / len(x)
        deviation = (sum((v - mean) ** 2 for v in x) / len(x)) ** 0.5
        return [(v - mean) / deviation for v in x]

    return lambda s, t, y: soft(T)(z(s), z(t), y)


def decoupled(T, alpha, beta, by_teacher=False):
    def reference(s, t, y):
        y = max(range(len(t)), key=lambda c: t[c]) if by_teacher else int(y)
        p, q = softmax([v / T for v in t]), softmax([v / T for v in s])
        rest = [c for c in range(len(s)) if c != y]
        others = [softmax([x[c] / T for c in rest]) for x in (t, s)]
        right = kl((p[y], 1 - p[y]), (q[y], 1 - q[y]))
        return T * T * (alpha * right + beta * kl(*others))

    return reference


def pearson_distance(T, beta):
    def reference(s, t, y):
        p, q = softmax([v / T for v in t]), softmax([v / T for v in s])
        return T * T * beta * (1 - np.corrcoef(p, q)[0, 1])

    return reference


def cross_entropy(smoothing=0.0):
    def reference(s, t, y):
        target = [smoothing / len(s) + (1 - smoothing) * (c == y) for c in range(len(s))]
        return -sum(a * log(b) for a, b in zip(target, softmax(s), strict=True))

    return reference


def sigmoid_cross_entropy(smoothing=0.0):
    def one(v, y):
        y = y * (1 - smoothing) + smoothing / 2
        return -y * log(sigmoid(v)) - (1 - y) * log(1 - sigmoid(v))

    def reference(s, t, y):
        pairs = [(v, u) for v, u in zip(s, np.atleast_1d(y), strict=True) if u != -100]
        return sum(one(v, u) for v, u in pairs) / len(pairs)

    return reference


def distance(h, other):
    def reference(s, t, y):
        return sum(h(a - b) for a, b in zip(s, (t, y)[other], strict=True)) / len(s)

    return reference


def square(d):
    return d * d


def huber(delta):
    return lambda d: d * d / 2 if abs(d) <= delta else delta * (abs(d) - delta / 2)


L3 = log(3.0)  # sigmoid(ln 3) = 3/4, softmax([ln 3, 0]) = (3/4, 1/4)

CASES = [
    # p = (3/4, 1/4), q = (1/2, 1/2): 0.75 ln 1.5 + 0.25 ln 0.5 = 0.30410 - 0.17329
    Case("soft-T1", SoftTargets(temperature=1.0), soft(1.0), ([0, 0], [L3, 0], None, 0.13081)),
    # the same p and q, behind logits twice as large; times T² = 4
    Case("soft-T2", SoftTargets(temperature=2.0), soft(2.0), ([0, 0], [2 * L3, 0], None, 0.52325)),
    # sure by 3/4 of two classes: T = 1 + 2 (2 · 3/4 - 1) = 2; p = (0.63397, 0.36603)
    Case(
        "soft-sure",
        SoftTargets(temperature=3.0, soften="confidence"),
        soft_by_confidence(3.0),
        ([0, 0], [L3, 0], None, 0.14536),
    ),
    # one sigmoid of ln 3 against one of 0 is the first line again
    Case(
        "soft-binary-T1",
        SoftTargets("binary", 1.0),
        soft_sigmoid(1.0),
        ([0], [L3], None, 0.13081),
        classes=1,
    ),
    Case(
        "soft-binary-T2",
        SoftTargets("binary", 2.0),
        soft_sigmoid(2.0),
        ([0], [2 * L3], None, 0.52325),
        classes=1,
    ),
    # the mean over two classes, of which the second agrees: 0.13081 / 2
    Case(
        "soft-multilabel-T1",
        SoftTargets("multilabel", 1.0),
        soft_sigmoid(1.0),
        ([0, 0], [L3, 0], None, 0.06541),
    ),
    Case(
        "soft-multilabel-T3",
        SoftTargets("multilabel", 3.0),
        soft_sigmoid(3.0),
        ([0, 0], [3 * L3, 0], None, 9 * 0.06541),
    ),
    # KL the other way round: (ln 2/3 + ln 2) / 2
    *divergences(ReverseKL, reverse_kl, 2, 0.14384),
    # m = (5/8, 3/8): (0.75 ln 1.2 + 0.25 ln 2/3 + 0.5 ln 0.8 + 0.5 ln 4/3) / 2
    *divergences(JensenShannon, jensen_shannon, 2, 0.03382),
    # (1/4 + 1/4) / 2
    *divergences(TotalVariation, total_variation, 1, 0.25),
    # 1/16 + 1/16
    *divergences(ProbabilityError, squared_differences, 2, 0.125),
    # z = (sqrt 1.5, 0, -sqrt 1.5) and its reverse; p = (0.72455, 0.21290, 0.06256), and the
    # logarithms differ by (2.44949, 0, -2.44949)
    Case(
        "standardized",
        StandardizedLogits(temperature=1.0),
        standardized(1.0),
        ([1, 2, 3], [30, 20, 10], None, 1.62154),
    ),
    Case(
        "standardized-T2",
        StandardizedLogits(temperature=2.0),
        standardized(2.0),
        # half of z: 1.22474 (0.54469 - 0.16005), times 4
        ([1, 2, 3], [3, 2, 1], None, 1.88436),
    ),
    # of the target KL((3/5, 2/5) | (1/3, 2/3)) = 0.6 ln 1.8 + 0.4 ln 0.6; the others are equal
    Case(
        "decoupled",
        Decoupled(temperature=1.0),
        decoupled(1.0, 1.0, 8.0),
        ([0, 0, 0], [L3, 0, 0], 0, 0.14834),
        labels="id",
    ),
    # of the others alone: KL((3/4, 1/4) | (1/2, 1/2)), behind logits twice as large, times 4
    Case(
        "decoupled-others",
        Decoupled(temperature=2.0, target_weight=0.0, others_weight=2.0),
        decoupled(2.0, 0.0, 2.0),
        ([0, 0, 0], [5, 2 * L3, 0], 0, 8 * 0.13081),
        labels="id",
    ),
    # the teacher's first choice is the first again
    Case(
        "decoupled-teacher",
        Decoupled(temperature=1.0, target="teacher"),
        decoupled(1.0, 1.0, 8.0, by_teacher=True),
        ([0, 0, 0], [L3, 0, 0], None, 0.14834),
    ),
    # p = (3/5, 1/5, 1/5), q = (1/5, 3/5, 1/5): ρ = -1/2, and twice 3/2
    Case(
        "correlation",
        Correlation(intra_weight=0.0),
        pearson_distance(1.0, 2.0),
        ([0, L3, 0], [L3, 0, 0], None, 3.0),
    ),
    Case(
        "correlation-T2",
        Correlation(temperature=2.0, inter_weight=1.0, intra_weight=0.0),
        pearson_distance(2.0, 1.0),
        ([0, 2 * L3, 0], [2 * L3, 0, 0], None, 6.0),
    ),
    # -ln 1/4
    Case(
        "hard",
        HardLabels(),
        cross_entropy(),
        ([L3, 0], None, 1, 1.38629),
        labels="id",
        zero_when_equal=False,
    ),
    # targets (0.1, 0.9): 0.1 ln 4/3 + 0.9 ln 4 = 0.02877 + 1.24766
    Case(
        "hard-smooth",
        HardLabels(label_smoothing=0.2),
        cross_entropy(0.2),
        ([L3, 0], None, 1, 1.27643),
        labels="id",
        zero_when_equal=False,
    ),
    # -ln (1 - 3/4)
    Case(
        "hard-binary",
        HardLabels("binary"),
        sigmoid_cross_entropy(),
        ([L3], None, 0, 1.38629),
        classes=1,
        labels="binary",
        zero_when_equal=False,
    ),
    Case(
        "hard-binary-smooth",
        HardLabels("binary", label_smoothing=0.2),
        sigmoid_cross_entropy(0.2),
        ([L3], None, 0, 1.27643),
        classes=1,
        labels="binary",
        zero_when_equal=False,
    ),
    # (ln 4/3 + ln 4) / 2
    Case(
        "hard-multilabel",
        HardLabels("multilabel"),
        sigmoid_cross_entropy(),
        ([L3, L3], None, [1, 0], 0.83699),
        labels="multilabel",
        zero_when_equal=False,
    ),
    # the lines above, with the teacher's choice for a label
    Case(
        "hard-targets",
        HardTargets(),
        by_choice(cross_entropy()),
        ([L3, 0], [0, 1], None, 1.38629),
        zero_when_equal=False,
    ),
    Case(
        "hard-targets-smooth",
        HardTargets(label_smoothing=0.2),
        by_choice(cross_entropy(0.2)),
        ([L3, 0], [0, 1], None, 1.27643),
        zero_when_equal=False,
    ),
    Case(
        "hard-targets-binary",
        HardTargets("binary"),
        by_choice(None),
        ([L3], [-1], None, 1.38629),
        classes=1,
        zero_when_equal=False,
    ),
    Case(
        "hard-targets-multilabel",
        HardTargets("multilabel"),
        by_choice(None),
        ([L3, L3], [1, -1], None, 0.83699),
        zero_when_equal=False,
    ),
    # (2² + 1²) / 2
    Case(
        "hard-regression",
        HardLabels("regression"),
        distance(square, 1),
        ([3, 1], None, [1, 0], 2.5),
        labels="number",
        zero_when_equal=False,
        masked_classes=False,
    ),
    *(
        # (2² + 1²) / 2, or 2² alone for one logit
        Case(
            f"error-{form}",
            LogitError(form),
            distance(square, 0),
            ([3], [1], None, 4.0) if form == "binary" else ([3, 1], [1, 0], None, 2.5),
            classes=1 if form == "binary" else 4,
        )
        for form in LogitError.forms
    ),
    # (1 (2 - 1/2) + 1²/2) / 2
    Case(
        "error-huber",
        LogitError(kind="huber"),
        distance(huber(1.0), 0),
        ([3, 1], [1, 0], None, 1.0),
    ),
    # (0.5 (2 - 0.25) + 0.5 (1 - 0.25)) / 2
    Case(
        "error-huber-half",
        LogitError("regression", kind="huber", delta=0.5),
        distance(huber(0.5), 0),
        ([3, 1], [1, 0], None, 0.625),
    ),
    # The margins are 1 and 1 of the student, 2 and 1 of the teacher: (1² + 0²) / 2
    Case(
        "margins",
        MarginError(),
        margins,
        ([1, 0, 0], [3, 1, 2], 0, 0.5),
        labels="id",
    ),
]
