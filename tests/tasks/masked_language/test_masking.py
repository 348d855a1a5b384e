"""Masked texts, and a masked language model distilled on texts alone."""

import numpy as np
import pytest
from tiny_bert import tensorflow_bert

from tfkd import Cosine, Distiller, HardLabels, SoftTargets, mask_tokens, masked_batches, shrink
from tfkd.errors import UserError
from tfkd.text import learn

TEXTS = [f"a {word} film of {who}" for word in ("good", "bad", "long") for who in ("ours", "you")]


@pytest.fixture(scope="module")
def encoder():
    return learn(TEXTS * 9, vocab_size=80)


def test_what_is_hidden(encoder):
    """Padding or [CLS] to be guessed; pieces that are hidden and not asked for."""
    texts = encoder.encode_many(["a good long film of you"] * 400)
    ids = np.zeros((400, 12), "int32")
    ids[:, : len(texts[0])] = texts
    hidden, labels = mask_tokens(ids, encoder, np.random.default_rng(0))
    there = np.zeros_like(ids, bool)
    there[:, 1 : len(texts[0]) - 1] = True
    chosen = labels != -100
    assert not chosen[~there].any()
    assert (chosen.sum(axis=1) >= 1).all()
    np.testing.assert_array_equal(labels[chosen], ids[chosen])
    np.testing.assert_array_equal(hidden[~chosen], ids[~chosen])
    mask = encoder.tokenizer.token_to_id("[MASK]")
    assert abs((hidden[chosen] == mask).mean() - 0.8) < 0.05
    assert abs((hidden[chosen] == ids[chosen]).mean() - 0.1) < 0.05
    assert 0.15 <= chosen[there].mean() < 0.25  # at least one of six is more than 15 %
    assert (hidden < encoder.vocab_size).all()


def test_a_text_of_nothing_is_left_alone(encoder):
    """A crash on the one empty line of a corpus."""
    ids = np.array([[2, 3, 0]], "int32")
    hidden, labels = mask_tokens(ids, encoder, np.random.default_rng(0))
    np.testing.assert_array_equal(hidden, ids)
    assert (labels == -100).all()


def test_batches_differ_by_epoch_and_not_by_run(encoder):
    """The same holes in each epoch, or others in each run."""
    one, other = (masked_batches(TEXTS, encoder, 4, seed=3) for _ in range(2))
    assert one.options().autotune.enabled is False  # see tests/data/test_feeding.py
    first, again = ([x["input_ids"] for x, _ in data.as_numpy_iterator()] for data in (one, other))
    second = [x["input_ids"] for x, _ in one.as_numpy_iterator()]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert sum(map(len, first)) == len(TEXTS)
    for inputs, labels in one.as_numpy_iterator():
        np.testing.assert_array_equal(inputs["attention_mask"] > 0, inputs["input_ids"] != 0)
        assert labels.shape == inputs["input_ids"].shape


def test_what_cannot_be_masked(encoder):
    """Epochs without texts, and rates that hide nothing."""
    with pytest.raises(UserError, match="can be read only once"):
        masked_batches(iter(TEXTS), encoder)
    with pytest.raises(UserError, match="rate=0: write a share"):
        masked_batches(TEXTS, encoder, rate=0)


@pytest.fixture(scope="module")
def teacher(encoder):
    """Not built yet."""
    size = encoder.vocab_size
    return tensorflow_bert("TFBertForMaskedLM", 0, vocab_size=size, num_hidden_layers=2)


def test_a_language_model_is_distilled_without_labels(teacher, encoder, tmp_path):
    """DistilBERT's three losses on texts alone; and plain transformers reads the student."""
    import tf_keras
    import transformers

    student = shrink(teacher, layers=1)
    objective = 2.0 * HardLabels() + 5.0 * SoftTargets(temperature=2.0)
    objective = objective + 1.0 * Cosine(layers=((-1, -1),))
    distiller = Distiller(student=student, teacher=teacher, objective=objective)
    distiller.compile(tf_keras.optimizers.Adam(3e-3))
    data = masked_batches(TEXTS * 4, encoder, batch_size=8)
    history = distiller.fit(data, epochs=6, verbose=0).history
    for name in ("hard_labels", "soft_targets", "cosine"):
        assert history[name][-1] < history[name][0], name
    student.save_pretrained(tmp_path / "small")
    kind = transformers.TFBertForSequenceClassification
    fine, facts = kind.from_pretrained(str(tmp_path / "small"), output_loading_info=True)
    assert all("classifier" in name or "pooler" in name for name in facts["missing_keys"])
    theirs, mine = (each.bert.embeddings.weight.numpy() for each in (fine, student))
    np.testing.assert_array_equal(theirs, mine)


def test_losses_of_a_language_model_by_numpy(teacher, encoder):
    """Every token guessed, or padding counted."""
    student = shrink(teacher, layers=1)
    ids = np.array([[2, 7, 4, 9, 3, 0], [2, 4, 3, 0, 0, 0]], "int32")
    labels = np.full_like(ids, -100)
    labels[0, 2], labels[1, 1] = 8, 11
    inputs = {"input_ids": ids, "attention_mask": (ids != 0).astype("int32")}
    distiller = Distiller(
        student=student, teacher=teacher, objective=HardLabels() + SoftTargets(temperature=1.0)
    )
    distiller.compile()
    found = distiller.test_on_batch(inputs, labels, return_dict=True)
    mine, theirs = (_log_softmax(each(inputs).logits.numpy()) for each in (student, teacher))
    hard = -(mine[0, 2, 8] + mine[1, 1, 11]) / 2
    np.testing.assert_allclose(found["hard_labels"], hard, rtol=1e-5)
    distiller.compile(teacher_in_evaluate=True)
    found = distiller.test_on_batch(inputs, labels, return_dict=True)
    kl = (np.exp(theirs) * (theirs - mine)).sum(-1)
    soft = (kl[0, :5].mean() + kl[1, :3].mean()) / 2
    np.testing.assert_allclose(found["soft_targets"], soft, rtol=1e-4)


def _log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))
