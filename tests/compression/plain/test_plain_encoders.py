"""Encoders of Hugging Face folders and classes, taken apart."""

import keras
import numpy as np
import pytest
from tiny_bert import checkpoint, texts, to_fine_tune

from tfkd import UserError, load_teacher, shrink
from tfkd.compression.plain import as_plain
from tfkd.models.input_names import text_input_names
from tfkd.models.saving import save_keras
from tfkd.students.shrinking import as_model_of_ids

IDS = texts(6, 11)
INPUTS = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}
TINY = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24}
SMALL = {"vocab_size": 31, "num_labels": 3, "initializer_range": 0.5, "num_hidden_layers": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("bert"), classes=2)


def test_a_shrunk_teacher_and_one_to_fine_tune(folder, tmp_path):
    shrunk = as_model_of_ids(shrink(load_teacher(f"hub:{folder}"), layers=1))
    for model in (shrunk, to_fine_tune(folder, 3)):
        plain = as_plain(model)
        np.testing.assert_allclose(plain(IDS), model(IDS), atol=1e-5)
        assert plain.name == model.name
        assert plain.output_names == model.output_names
        assert not [each for each in plain.layers if "keras_hub" in type(each).__module__]
        rates = [each.rate for each in plain.layers if isinstance(each, keras.layers.Dropout)]
        assert len(rates) > 3
    save_keras(plain, tmp_path / "plain.keras")
    again = keras.models.load_model(tmp_path / "plain.keras")
    np.testing.assert_allclose(again(IDS), model(IDS), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("BertForSequenceClassification", {**TINY, "hidden_act": "gelu_new"}),
        ("RobertaForTokenClassification", TINY),
        ("RobertaForSequenceClassification", TINY),
        (
            "DistilBertForQuestionAnswering",
            {"dim": 16, "n_heads": 2, "hidden_dim": 24, "num_labels": 2},
        ),
        ("DistilBertForSequenceClassification", {"dim": 16, "n_heads": 2, "hidden_dim": 24}),
        ("BertModel", TINY),
    ],
)
def test_encoders_of_transformers(kind, settings):
    transformers = pytest.importorskip("transformers")
    name = kind.partition("For")[0].removesuffix("Model")
    config = getattr(transformers, f"{name}Config")(**{**SMALL, **settings})
    model = getattr(transformers, f"TF{kind}")(config)
    model.build_in_name_scope()
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(weight + rng.normal(0, 0.1, weight.shape).astype("float32"))
    plain = as_plain(model)
    inputs = dict(INPUTS)
    if "token_type_ids" in plain.input:
        inputs["token_type_ids"] = IDS % 2
        assert set(text_input_names(model)) == set(inputs)
    before, after = model(inputs), plain(inputs)
    there = IDS != 0
    for output, value in after.items():
        wanted, got = np.asarray(before[output]), np.asarray(value)
        if wanted.shape[:2] == there.shape:
            wanted, got = wanted[there], got[there]
        np.testing.assert_allclose(wanted, got, atol=1e-4)
    names = {layer.name for layer in plain.layers}
    assert {"embeddings_dropout", "transformer_layer_0_attention_query"} <= names


def test_a_model_of_transformers_of_another_kind():
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(**SMALL, **TINY)
    with pytest.raises(UserError, match="take a BERT, RoBERTa or DistilBERT"):
        as_plain(transformers.TFBertForMaskedLM(config))
    with pytest.raises(UserError, match="hidden_act='gelu_fast'"):
        as_plain(
            transformers.TFBertForSequenceClassification(
                transformers.BertConfig(**SMALL, **TINY, hidden_act="gelu_fast")
            )
        )
