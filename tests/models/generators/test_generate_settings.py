import numpy as np
import pytest

from tfkd.errors import UserError
from tfkd.models.generators.generate_settings import (
    WritingSettings,
    find_generate_settings,
    pad_before,
    without_tokens,
)
from tfkd.models.generators.heads_that_write import CAUSAL, SEQ2SEQ, check_writes

T5 = {"is_encoder_decoder": True, "decoder_start_token_id": 0, "eos_token_id": 1}
BART = {"is_encoder_decoder": True, "decoder_start_token_id": 2, "eos_token_id": 2}
BART |= {"bos_token_id": 0, "model_type": "bart", "max_position_embeddings": 64}


def test_a_barts_texts_begin_with_a_token_of_their_own_behind_the_start():
    assert find_generate_settings(T5, "it").begins == (0,)
    assert find_generate_settings(BART, "it").begins == (2,)
    # Its tokenizer says what it was trained on.
    assert find_generate_settings(BART, "it", before=(0,)).begins == (2, 0)
    assert find_generate_settings({**BART, "forced_bos_token_id": 7}, "it").begins == (2, 7)
    assert find_generate_settings(BART, "it").most == 64


def test_words_that_are_never_written_are_those_of_one_token():
    found = find_generate_settings({**T5, "bad_words_ids": [[5], [6, 7]]}, "it")
    assert found.never == (5,)
    logits = np.zeros((1, 8), "float32")
    assert without_tokens(logits, found.never)[0].tolist() == [*[0.0] * 5, -np.inf, 0.0, 0.0]
    assert not logits.any()


def test_tokens_that_a_model_suppresses_are_never_written():
    """A text of tokens that generation_config.json takes out."""
    settings = {"bad_words_ids": [[5], [6, 7]], "suppress_tokens": [3, -1]}
    assert find_generate_settings({**T5, **settings}, "it").never == (5, 3)
    # Of a larger vocabulary, from which they were taken over.
    assert find_generate_settings({**T5, **settings, "vocab_size": 5}, "it").never == (3,)


def test_every_end_token_ends_a_text():
    """A Llama that writes on to `longest`, since it ends its turns by the last of its ends."""
    found = find_generate_settings({"bos_token_id": 0, "eos_token_id": [2, 4]}, "it")
    assert (found.end, found.also_ends) == (2, (4,))
    logits = np.log(np.array([[0.3, 0.1, 0.2, 0.1, 0.3]], "float32"))
    chosen = found.choose_from(logits)
    assert chosen.argmax() == found.end
    np.testing.assert_allclose(np.exp(chosen), [[0.3, 0.1, 0.5, 0.1, 0.0]], atol=1e-6)
    one = WritingSettings((0,), 2)
    assert one.choose_from(logits) is logits
    # Stores of models of one end stay valid, and those of several know them apart.
    assert str(one) == "WritingSettings(begins=(0,), end=2, never=(), most=None)"
    assert str(found) != str(find_generate_settings({"bos_token_id": 0, "eos_token_id": 2}, "it"))


def test_padding_stands_before_beginnings():
    ids, mask = pad_before([np.array([], "int32"), np.array([6, 7])])
    assert ids.tolist() == [[0, 0], [6, 7]]
    assert mask.tolist() == [[0, 0], [1, 1]]


def test_a_language_model_begins_with_what_ends_a_text():
    assert find_generate_settings({"eos_token_id": [9, 8]}, "it").begins == (9,)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        ({**T5, "eos_token_id": None}, "has no end token"),
        ({**T5, "decoder_start_token_id": None}, "no token that starts a text"),
        ({**BART, "model_type": "mbart"}, "several languages"),
    ],
)
def test_what_cannot_write_says_what_is_missing(config, what):
    with pytest.raises(UserError, match=what):
        find_generate_settings(config, "it")


@pytest.mark.parametrize(
    ("architecture", "config", "names", "what"),
    [
        (SEQ2SEQ, {}, ["BertForMaskedLM"], "writes no texts"),
        (SEQ2SEQ, {}, ["GPT2LMHeadModel"], "goes on with a text"),
        (SEQ2SEQ, {"is_encoder_decoder": True}, ["BartForSequenceClassification"], "no texts"),
        (SEQ2SEQ, {"model_type": "bert"}, [], "bert model, which writes no texts"),
        (CAUSAL, {"is_encoder_decoder": True}, ["T5ForConditionalGeneration"], "from another one"),
        (CAUSAL, {"model_type": "bert"}, ["BertModel"], "writes no texts"),
    ],
)
def test_models_that_write_nothing_or_from_something_else_are_refused(
    architecture, config, names, what
):
    with pytest.raises(UserError, match=what):
        check_writes("folder", {**config, "architectures": names}, architecture)


@pytest.mark.parametrize(
    ("architecture", "config", "name"),
    [
        (SEQ2SEQ, {"is_encoder_decoder": True}, "MarianMTModel"),
        (SEQ2SEQ, {"is_encoder_decoder": True}, "BartForConditionalGeneration"),
        (CAUSAL, {}, "GPT2LMHeadModel"),
        (CAUSAL, {}, "LlamaForCausalLM"),
    ],
)
def test_models_that_write_are_taken(architecture, config, name):
    check_writes("folder", {**config, "architectures": [name]}, architecture)
