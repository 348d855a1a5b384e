"""KerasHub's models that write: their logits along a text, what they write, and what is refused."""

import numpy as np
import pytest
from folders_that_write import SOURCES, GoingOn, Rewriting

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.store.fingerprint import fingerprint
from tfkd.text.decoding import Decoding

# What KerasHub's own T5 says when it is made and saved.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
    pytest.mark.filterwarnings("ignore:.*unbuilt state"),
    pytest.mark.filterwarnings("ignore:.*was passed an input with a mask"),
    pytest.mark.filterwarnings("ignore:unclosed file"),
]
hub = pytest.importorskip("keras_hub")
_MERGES = ["Ġ t", "h e", "Ġt he", "Ġ f", "i l", "Ġf il", "Ġfil m"]
_LENGTHS = {"encoder_sequence_length": 32, "decoder_sequence_length": 32}
_SIZE = {"num_layers": 1, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}


def pieces(special):
    letters = [*special, *"abcdefghijklmnopqrstuvwxyz.,Ġ", *(m.replace(" ", "") for m in _MERGES)]
    return {piece: number for number, piece in enumerate(letters)}


def make_bart():
    words = pieces(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    own = {"vocabulary_size": len(words) + 2, "max_sequence_length": 48}
    tokenizer = hub.models.BartTokenizer(vocabulary=words, merges=_MERGES)
    return hub.models.BartSeq2SeqLM(
        hub.models.BartBackbone(**own, **_SIZE),
        hub.models.BartSeq2SeqLMPreprocessor(tokenizer, **_LENGTHS),
    )


def make_gpt2(**settings):
    words = pieces(["<|endoftext|>"])
    own = {**_SIZE, "vocabulary_size": len(words), "max_sequence_length": 64, **settings}
    tokenizer = hub.models.GPT2Tokenizer(vocabulary=words, merges=_MERGES)
    return hub.models.GPT2CausalLM(
        hub.models.GPT2Backbone(**own), hub.models.GPT2CausalLMPreprocessor(tokenizer)
    )


def make_t5(folder):
    import sentencepiece

    pytest.importorskip("transformers")
    settings = {"vocab_size": 28, "pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SOURCES * 9), model_prefix=str(folder / "t5"), **settings
    )
    tokenizer = hub.models.T5Tokenizer(str(folder / "t5.model"))
    backbone = hub.models.T5Backbone(vocabulary_size=28, key_value_dim=8, **_SIZE)
    return hub.models.T5Seq2SeqLM(
        backbone, hub.models.T5Seq2SeqLMPreprocessor(tokenizer, **_LENGTHS)
    )


@pytest.fixture(scope="module", params=["bart", "t5", "gpt2"])
def made(request, tmp_path_factory):
    import keras

    keras.utils.set_random_seed(1)
    if request.param == "t5":
        model = make_t5(tmp_path_factory.mktemp("t5"))
    else:
        model = {"bart": make_bart, "gpt2": make_gpt2}[request.param]()
    # Sharp answers, so that few are near ties.
    for weight in model.trainable_weights:
        weight.assign(weight * (1.0 if "norm" in weight.path else 4.0))
    return model, GoingOn() if request.param == "gpt2" else Rewriting()


def row_of(teacher, task, source, target):
    ids = teacher.encoder.encode(source)
    if "decoder_input_ids" not in task.inputs:
        return {"input_ids": np.array([teacher.encoder.start_id, *ids])}
    (written,) = teacher.encoder.encode_targets([target], 20)
    start = [teacher.encoder.start_id, *written]
    return {"input_ids": np.array(ids), "decoder_input_ids": np.array(start)}


def test_logits_are_those_of_its_own_preprocessing(made):
    """Of texts of two lengths beside each other, as its own tokenizer and packers feed them."""
    model, task = made
    teacher = load_teacher(model, task=task)
    pairs = [("the film was good", "a film"), ("a bad film, or so", "the acting was bad")]
    rows = [row_of(teacher, task, *pair) for pair in pairs]
    own = getattr(teacher.model, "_own", np.arange(teacher.classes))
    for pair, row, output in zip(pairs, rows, teacher.run(rows), strict=True):
        if "decoder_input_ids" in row:
            fed, *_ = model.preprocessor({"encoder_text": [pair[0]], "decoder_text": [pair[1]]})
            skip = len(teacher.model.writing.begins) - 1 if hasattr(teacher.model, "writing") else 0
            skip = 1 if "Bart" in type(model).__name__ else skip
        else:
            fed, skip = model.preprocessor.generate_preprocess([pair[0]], sequence_length=40), 0
        theirs = np.asarray(model(fed))[0][skip:][: len(output["logits"])]
        np.testing.assert_allclose(output["logits"], theirs[:, own], rtol=1e-4, atol=1e-4)


def test_it_writes_what_its_own_greedy_sampler_writes(made):
    model, task = made
    teacher = load_teacher(model, task=task)
    source = "the film was good"
    model.compile(sampler="greedy")
    row = row_of(teacher, task, source, "")
    (found,) = teacher.write([row], Decoding(longest=6, beams=1))
    assert len(teacher.write([row], Decoding(longest=4, beams=3))[0]) == 3
    if task.features == "decoder":
        begins = 2 if "Bart" in type(model).__name__ else 1
        theirs = model.generate([source], max_length=begins + 6)[0]
        assert found[0].text.strip() == theirs.strip()


@pytest.mark.slow_but_one
def test_saved_models_are_the_same_teacher(made, tmp_path):
    model, task = made
    mark = fingerprint(load_teacher(model, task=task))
    model.save_to_preset(str(tmp_path / "preset"))
    model.save(tmp_path / "model.keras")
    for spec in (f"hub:{tmp_path / 'preset'}", f"keras:{tmp_path / 'model.keras'}"):
        teacher = load_teacher(spec, task=task)
        assert fingerprint(teacher) == mark
        assert teacher.origin == spec


def test_other_heads_of_the_same_weights_are_another_teacher():
    """A store of other outputs, whose teacher has the same numbers."""
    import keras

    marks = []
    for heads in (2, 4):
        keras.utils.set_random_seed(1)
        model = make_gpt2(num_heads=heads)
        marks.append(fingerprint(load_teacher(model, task=GoingOn()))["teacher"])
    assert marks[0] != marks[1]


def test_what_cannot_write_is_refused(tmp_path):
    bart = make_bart()
    with pytest.raises(
        UserError, match=r"is a BartSeq2SeqLM, and the task going-on asks for a Cau"
    ):
        load_teacher(bart, task=GoingOn())
    with pytest.raises(UserError, match=r"a model of its own outputs"):
        load_teacher(bart)
    bare = hub.models.BartSeq2SeqLM(bart.backbone)
    with pytest.raises(UserError, match=r"without a tokenizer: make it with preprocessor="):
        load_teacher(bare, task=Rewriting())
    with pytest.raises(UserError, match=r"is no preset of KerasHub with a task\.json: write hf:"):
        load_teacher(f"hub:{tmp_path}", task=Rewriting())
    teacher = load_teacher(bart, task=Rewriting())
    with pytest.raises(UserError, match=r"longest is 80, and the model has positions for"):
        teacher.write([row_of(teacher, Rewriting(), "a", "")], Decoding(longest=80))


def test_other_models_of_the_library_are_refused_with_a_way_out():
    class LlamaCausalLM(hub.models.CausalLM):
        def __init__(self):
            self.preprocessor = None

    LlamaCausalLM.__module__ = "keras_hub.models"
    with pytest.raises(UserError, match=r"is a LlamaCausalLM .*function of texts that calls its"):
        load_teacher(LlamaCausalLM.__new__(LlamaCausalLM), task=GoingOn())
