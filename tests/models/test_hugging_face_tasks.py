"""Hugging Face models for tokens, answers and sequences as teachers and students."""

import numpy as np
import pytest
from tiny_bert import tensorflow_bert

from tfkd import Distiller, HardLabels, SoftTargets

IDS = np.array([[2, 7, 8, 9, 3, 0], [2, 5, 3, 0, 0, 0]], "int32")
MASK = (IDS != 0).astype("int32")
INPUTS = {"input_ids": IDS, "attention_mask": MASK}


def bert(kind, seed, **settings):
    return tensorflow_bert(kind, seed, vocab_size=20, num_hidden_layers=1, **settings)


def t5(seed):
    import tf_keras
    import transformers

    tf_keras.utils.set_random_seed(seed)
    config = transformers.T5Config(
        vocab_size=20, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, dropout_rate=0.0
    )
    model = transformers.TFT5ForConditionalGeneration(config)
    model.build_in_name_scope()
    return model


def losses(student, teacher, inputs, labels):
    objective = HardLabels() + SoftTargets(temperature=1.0)
    distiller = Distiller(student=student, teacher=teacher, objective=objective)
    distiller.compile(teacher_in_evaluate=True)
    found = distiller.test_on_batch(inputs, labels, return_dict=True)
    distiller.fit(inputs, labels, verbose=0)
    return found["hard_labels"], found["soft_targets"]


def log_softmax(x):
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def by_hand(mine, theirs, labels, there):
    """Cross-entropy where there is a label, KL where a position counts; mean within examples."""
    mine, theirs = log_softmax(mine), log_softmax(theirs)
    with np.errstate(invalid="ignore"):
        kl = np.nan_to_num(np.exp(theirs) * (theirs - mine)).sum(-1)
    right = -np.take_along_axis(mine, np.maximum(labels, 0)[..., None], -1)[..., 0]
    mean = [
        np.mean([v[ok].mean() for v, ok in zip(*each, strict=True)])
        for each in ((right, (labels != -100) & there), (kl, there))
    ]
    return tuple(mean)


def test_tokens():
    """Padding that is named like an entity."""
    pair = [bert("TFBertForTokenClassification", seed, num_labels=3) for seed in (0, 1)]
    labels = np.array([[-100, 1, 2, 0, -100, -100], [-100, 2, -100, -100, -100, -100]])
    mine, theirs = (each(INPUTS).logits.numpy() for each in pair)
    want = by_hand(mine, theirs, labels, MASK > 0)
    np.testing.assert_allclose(losses(*pair, INPUTS, labels), want, rtol=1e-4)


def test_answers():
    """Start and end among the tokens that are there; padding answers nothing."""
    pair = [bert("TFBertForQuestionAnswering", seed) for seed in (0, 1)]
    labels = np.array([[1, 3], [1, -100]])
    there = MASK[:, None] > 0
    mine, theirs = (
        np.where(there, np.stack([found.start_logits, found.end_logits], 1), -np.inf)
        for found in (each(INPUTS) for each in pair)
    )
    want = by_hand(mine, theirs, labels, np.ones((2, 2), bool))
    np.testing.assert_allclose(losses(*pair, INPUTS, labels), want, rtol=1e-4)


@pytest.mark.parametrize("masked", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_sequences(masked):
    """A decoder's logits under the encoder's mask."""
    pair = [t5(seed) for seed in (0, 1)]
    target = np.array([[0, 7, 8, 9], [0, 5, 0, 0]], "int32")
    inputs = {**INPUTS, "decoder_input_ids": target}
    labels = np.array([[7, 8, 9, 1], [5, 1, -100, -100]])
    if masked:
        inputs["decoder_attention_mask"] = (labels != -100).astype("int32")
    mine, theirs = (each(inputs).logits.numpy() for each in pair)
    want = by_hand(mine, theirs, labels, labels != -100)
    np.testing.assert_allclose(losses(*pair, inputs, labels), want, rtol=1e-4)
