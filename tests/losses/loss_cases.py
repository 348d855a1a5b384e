"""Every loss in every form, for the battery in `test_battery.py`: add a loss by adding lines here.

The references are plain loops over float64 numbers, written from the papers' equations.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from tfkd import HardLabels, LogitError, SoftTargets
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


def soft(T):
    return lambda s, t, y: T * T * kl(softmax([v / T for v in t]), softmax([v / T for v in s]))


def soft_sigmoid(T):
    def two(v):
        return sigmoid(v / T), 1 - sigmoid(v / T)

    return lambda s, t, y: (
        T * T * sum(kl(two(b), two(a)) for a, b in zip(s, t, strict=True)) / len(s)
    )


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
]
