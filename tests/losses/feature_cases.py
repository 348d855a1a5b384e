"""Every loss on the inside of models, for the battery in `test_features.py`.

The references are loops over float64 numbers of one example, written from the papers' equations,
that see the real tokens only; those of a whole batch say so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from tfkd.losses import (
    Attention,
    Contrastive,
    Cosine,
    DistillationLoss,
    EmbeddingMatch,
    Gram,
    Hint,
    PatientHint,
    Relational,
    Relations,
    Similarity,
)

LENGTHS = (4, 2, 1, 3)
TOKENS, WIDTH, HEADS = 4, 6, 2


@dataclass(frozen=True)
class Case:
    """`reference(student, teacher, weights)` of lists of tensors without padding.

    It returns the loss of an example, or of each where `batchwise`.
    """

    name: str
    loss: DistillationLoss
    reference: Callable
    width: int = WIDTH  # the teacher's
    student_layers: int = 2
    teacher_layers: int = 4
    batchwise: bool = False
    zero_when_equal: bool = True
    moves_with_length: bool = True  # whether twice the student's numbers are another loss

    def arrays(self, seed: int = 0, lengths=LENGTHS):
        """Outputs of student and teacher `{name: tuple}`, and the mask `[batch, tokens]`."""
        rng = np.random.default_rng(seed)
        mask = (np.arange(TOKENS) < np.array(lengths)[:, None]).astype("float32")
        student = self._side(rng, mask, self.student_layers, WIDTH)
        teacher = self._side(rng, mask, self.teacher_layers, self.width)
        return student, teacher, mask

    def _side(self, rng, mask, layers, width):
        batch = len(mask)
        made = {}
        for name in self.loss.reads:
            count = layers + 1 if name == "hidden_states" else layers
            if name == "attentions":
                tensors = [_probabilities(rng, mask) for _ in range(count)]
            elif name == "attention_scores":
                tensors = [rng.normal(size=(batch, HEADS, TOKENS, TOKENS)) for _ in range(count)]
            elif name in ("queries", "keys", "values"):
                shape = (batch, HEADS, TOKENS, width // HEADS)
                tensors = [rng.normal(size=shape) for _ in range(count)]
            else:
                tensors = [rng.normal(size=(batch, TOKENS, width)) for _ in range(count)]
            tensors = tuple(each.astype("float32") for each in tensors)
            made[name] = tensors[0] if name == "embeddings" else tensors
        return made

    def weights(self, student, teacher, seed: int = 1):
        """Random projections in the shapes that the loss asks for."""
        rng = np.random.default_rng(seed)
        shapes = self.loss.weights(student, teacher)
        return {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def _probabilities(rng, mask):
    scores = rng.normal(size=(len(mask), HEADS, TOKENS, TOKENS))
    raised = np.exp(scores) * mask[:, None, None, :]
    return raised / np.maximum(raised.sum(-1, keepdims=True), 1e-9)


def softmax(rows):
    raised = np.exp(rows - rows.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def kl(p, q):
    return sum(a * log(a / b) for a, b in zip(p, q, strict=True))


def mean_over(pairs, between, output="hidden_states"):
    """The mean over pairs of layers of a function of two layers and the pair's projection."""

    def reference(student, teacher, weights):
        values = []
        for s, t in pairs:
            w = weights.get(f"pair_{s}_{t}")
            x = student[output][s]
            values.append(between(x if w is None else x @ w, teacher[output][t]))
        return np.mean(values)

    return reference


def squared(x, y):
    return np.mean([(a - b) ** 2 for a, b in zip(x.ravel(), y.ravel(), strict=True)])


def cosine(x, y):
    rows = zip(x, y, strict=True)
    return np.mean([1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in rows])


def patient(pool):
    def between(x, y):
        a, b = pool(x), pool(y)
        return np.sum((a / np.linalg.norm(a) - b / np.linalg.norm(b)) ** 2)

    return between


def rows_kl(x, y):
    return np.mean([kl(b, a) for p, q in zip(x, y, strict=True) for a, b in zip(p, q, strict=True)])


def relations(kinds, heads):
    names = {"q": "queries", "k": "keys", "v": "values"}

    def cut(x):
        flat = np.concatenate(list(x), axis=-1)
        return np.stack(np.split(flat, heads, axis=-1))

    def relation(side, layer, kind):
        a, b = (cut(side[names[each]][layer]) for each in kind)
        return softmax(a @ np.swapaxes(b, -1, -2) / np.sqrt(a.shape[-1]))

    def reference(student, teacher, weights):
        return sum(rows_kl(relation(student, -1, k), relation(teacher, -1, k)) for k in kinds)

    return reference


def first(x):
    return x[0]


def mean(x):
    return x.mean(0)


def huber(d):
    return d * d / 2 if abs(d) <= 1 else abs(d) - 0.5


def of_batch(between, pool=mean):
    """A function of both sides' vectors `[batch, width]`, of the last layers."""

    def reference(students, teachers, weights):
        sides = (students, teachers)
        x, y = (np.stack([pool(each["hidden_states"][-1]) for each in side]) for side in sides)
        return between(x, y, weights)

    return reference


def distances(x, y, weights):
    def scaled(v):
        d = np.array([[np.linalg.norm(a - b) for b in v] for a in v])
        return d / (d.sum() / (len(v) * (len(v) - 1)))

    return [np.mean([huber(d) for d in row]) for row in scaled(x) - scaled(y)]


def angles(x, y, weights):
    def cosines(v):
        n = len(v)
        out = np.zeros((n, n, n))
        for i, j, k in np.ndindex(n, n, n):
            if i not in (j, k):
                a, b = v[j] - v[i], v[k] - v[i]
                out[i, j, k] = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        return out

    return [np.mean([huber(d) for d in each.ravel()]) for each in cosines(x) - cosines(y)]


def similarity(x, y, weights):
    def likeness(v):
        g = v @ v.T
        return g / np.linalg.norm(g, axis=1, keepdims=True)

    return ((likeness(x) - likeness(y)) ** 2).mean(1)


def contrastive(temperature):
    def between(x, y, weights):
        name = next(iter(weights)).rpartition("_")[0]
        x, y = x @ weights[f"{name}_student"], y @ weights[f"{name}_teacher"]
        x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
        return -np.log(np.diag(softmax(x @ y.T / temperature)))

    return between


def both(student, teacher, weights):
    d, a = (of_batch(each)(student, teacher, weights) for each in (distances, angles))
    return 0.5 * np.array(d) + 3 * np.array(a)


def gram(x, y):
    return squared(x.T @ x / len(x), y.T @ y / len(y))


def flow(student, teacher, weights):
    """From the first pair of layers to the second."""
    (s, s2), (t, t2) = (
        [side["hidden_states"][i] for i in places]
        for side, places in ((student, (1, 2)), (teacher, (2, 4)))
    )
    return squared(s.T @ s2 / len(s), t.T @ t2 / len(t))


def pooled(x, y):
    """Two units of the teacher for one of the student."""
    return squared(x, (y[:, ::2] + y[:, 1::2]) / 2)


UNIFORM = ((1, 2), (2, 4))
CASES = [
    Case("hint", Hint(), mean_over(UNIFORM, squared)),
    Case("hint-pairs", Hint(layers=((0, 0), (-1, 3))), mean_over(((0, 0), (2, 3)), squared)),
    Case("hint-wider", Hint(), mean_over(UNIFORM, squared), width=10),
    Case(
        "hint-always",
        Hint(layers="last", projection="always"),
        mean_over(((1, 3),), squared),
        zero_when_equal=False,
    ),
    Case("hint-pool", Hint(projection="pool"), mean_over(UNIFORM, pooled), width=12),
    Case("gram", Gram(), mean_over(UNIFORM, gram)),
    Case("gram-wider", Gram(layers="final"), mean_over(((2, 4),), gram), width=8),
    Case("gram-next", Gram(between="next"), flow),
    Case("cosine", Cosine(), mean_over(((2, 4),), cosine), moves_with_length=False),
    Case(
        "cosine-wider",
        Cosine(layers="uniform"),
        mean_over(UNIFORM, cosine),
        width=8,
        moves_with_length=False,
    ),
    Case(
        "patient",
        PatientHint(),
        mean_over(((1, 2), (2, 4)), patient(first)),
        student_layers=3,
        teacher_layers=6,
        moves_with_length=False,
    ),
    Case(
        "patient-mean-wider",
        PatientHint(layers="last", pooling="mean"),
        mean_over(((1, 3),), patient(mean)),
        width=8,
        moves_with_length=False,
    ),
    Case(
        "embedding",
        EmbeddingMatch(),
        lambda s, t, w: squared(s["embeddings"], t["embeddings"]),
    ),
    Case(
        "embedding-wider",
        EmbeddingMatch(),
        lambda s, t, w: squared(s["embeddings"] @ w["pair_0_0"], t["embeddings"]),
        width=9,
    ),
    Case("attention", Attention(), mean_over(((0, 1), (1, 3)), squared, "attentions")),
    Case(
        "attention-kl",
        Attention(layers="final", kind="kl"),
        mean_over(((1, 3),), rows_kl, "attentions"),
        moves_with_length=False,
    ),
    Case(
        "attention-mean",
        Attention(heads="mean"),
        mean_over(((0, 1), (1, 3)), lambda x, y: squared(x.mean(0), y.mean(0)), "attentions"),
    ),
    Case(
        "attention-scores",
        Attention(of="attention_scores"),
        mean_over(((0, 1), (1, 3)), squared, "attention_scores"),
    ),
    Case(
        "attention-scores-kl",
        Attention(of="attention_scores", kind="kl"),
        mean_over(
            ((0, 1), (1, 3)), lambda x, y: rows_kl(softmax(x), softmax(y)), "attention_scores"
        ),
    ),
    Case("relations", Relations(), relations(("qq", "kk", "vv"), 2)),
    Case("relations-minilm", Relations(relations=("qk", "vv")), relations(("qk", "vv"), 2)),
    Case("relations-wider", Relations(heads=3), relations(("qq", "kk", "vv"), 3), width=12),
    Case(
        "relational-distance",
        Relational(angle_weight=0.0),
        of_batch(distances),
        width=9,
        batchwise=True,
        moves_with_length=False,
    ),
    Case(
        "relational-angle",
        Relational(distance_weight=0.0, angle_weight=1.0, pooling="first"),
        of_batch(angles, first),
        batchwise=True,
        moves_with_length=False,
    ),
    Case(
        "relational",
        Relational(distance_weight=0.5, angle_weight=3.0),
        both,
        batchwise=True,
        moves_with_length=False,
    ),
    Case(
        "similarity",
        Similarity(),
        of_batch(similarity),
        width=9,
        batchwise=True,
        moves_with_length=False,
    ),
    Case(
        "contrastive",
        Contrastive(width=5),
        of_batch(contrastive(0.07)),
        width=9,
        batchwise=True,
        zero_when_equal=False,
        moves_with_length=False,
    ),
]
