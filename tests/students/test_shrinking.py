"""A student made of its teacher's layers computes what those layers compute."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from hugging_face_folders import model as folder_of
from tiny_bert import checkpoint, texts, to_fine_tune
from tokenizers import Tokenizer, processors

from tfkd import (
    Cosine,
    Distiller,
    HardLabels,
    SoftTargets,
    load_teacher,
    shrink,
    students,
    tap,
    text,
)
from tfkd.data import Schema
from tfkd.errors import UserError
from tfkd.models.hugging_face_encoders import load_encoder
from tfkd.models.saving import save_keras
from tfkd.models.text_model import TextModel
from tfkd.students.shrinking import as_model_of_ids
from tfkd.students.shrinking.layer_choice import choose_layers
from tfkd.students.shrinking.vocabulary import cut_vocabulary
from tfkd.tasks import Task
from tfkd.teachers import save
from tfkd.text import TextEncoder, learn

IDS = texts(6, 11)
INPUTS = {"input_ids": IDS, "attention_mask": (IDS != 0).astype("int32")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("bert"), classes=2, num_hidden_layers=2)


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_all_layers_are_the_teacher(folder, kind):
    """A layer left at random, a head that was not copied."""
    teacher = load_teacher(f"{kind}:{folder}")
    same = shrink(teacher, layers=2)
    atol = 2e-2 if kind == "hub" else 1e-5  # KerasHub's own GELU in the student
    np.testing.assert_allclose(same(IDS), teacher(IDS), atol=atol)
    assert same.encoder is teacher.encoder
    assert same.labels == teacher.labels


@pytest.mark.parametrize("kind", ["hub", "tf"])
@pytest.mark.parametrize("keep", [0, 1])
def test_one_layer_is_that_layer(folder, kind, keep):
    """The weights of another layer, or of the same place in a deeper model."""
    teacher = load_teacher(f"{kind}:{folder}").model
    small = shrink(teacher, layers=(keep,))
    mine, theirs = (tap(each)(INPUTS, ("logits", "hidden_states")) for each in (small, teacher))
    assert len(mine["hidden_states"]) == 2
    there = INPUTS["attention_mask"] > 0
    np.testing.assert_allclose(
        mine["hidden_states"][0][there], theirs["hidden_states"][0][there], atol=1e-5
    )
    if keep == 0:
        np.testing.assert_allclose(
            mine["hidden_states"][1][there], theirs["hidden_states"][1][there], atol=2e-2
        )
    assert small.count_params() < teacher.count_params()


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_the_student_is_its_own(folder, kind):
    """A student that trains its teacher with it."""
    teacher = load_teacher(f"{kind}:{folder}")
    student = shrink(teacher, layers=1).model
    before = [each.numpy() for each in teacher.model.weights]
    objective = HardLabels() + SoftTargets() + Cosine(layers=((-1, -1),))
    distiller = Distiller(student=student, teacher=teacher.model, objective=objective)
    distiller.compile("adam")
    start = [each.numpy() for each in student.weights]
    distiller.fit(INPUTS, np.arange(6) % 2, verbose=0)
    moved = [np.abs(a - b.numpy()).max() for a, b in zip(start, student.weights, strict=True)]
    assert np.mean(np.array(moved) > 1e-6) > 0.8
    for old, new in zip(before, teacher.model.weights, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


@pytest.mark.parametrize("part", ["all", "encoder"])
def test_a_frozen_teacher_has_a_student_that_learns(part):
    """A student that trains its head alone, as the teacher did."""
    hub = pytest.importorskip("keras_hub")
    sizes = {"num_layers": 3, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32}
    encoder = hub.models.BertBackbone(vocabulary_size=60, max_sequence_length=32, **sizes)
    teacher = hub.models.BertTextClassifier(encoder, num_classes=2, preprocessor=None)
    (teacher if part == "all" else teacher.backbone).trainable = False
    before = len(teacher.trainable_weights)
    student = shrink(teacher, layers=2)
    assert len(student.trainable_weights) == len(student.weights) == 41
    assert len(teacher.trainable_weights) == before


def test_a_shrunk_student_is_saved_without_tfkd(folder, tmp_path):
    """A file that needs the library that made it."""
    student = shrink(load_teacher(f"hub:{folder}"), layers=1).model
    save_keras(student, tmp_path / "student.keras")
    again = keras.models.load_model(tmp_path / "student.keras")
    np.testing.assert_allclose(again(INPUTS)["logits"], student(INPUTS)["logits"], atol=1e-6)


def test_a_hugging_face_student_goes_back_to_hugging_face(folder, tmp_path):
    """`save_pretrained`, and plain transformers reads it."""
    import transformers

    student = shrink(load_teacher(f"tf:{folder}"), layers=1).model
    student.save_pretrained(tmp_path / "small")
    again = transformers.TFBertForSequenceClassification.from_pretrained(str(tmp_path / "small"))
    np.testing.assert_allclose(again(INPUTS).logits, student(INPUTS).logits, atol=1e-6)
    assert again.config.num_hidden_layers == 1


SMALL = {"n_head": 2, "n_positions": 32, "vocab_size": 60}
WRITERS = {
    # Class, config, and a weight of a layer by its number.
    "TFGPT2LMHeadModel": ("GPT2", {"n_embd": 16, "n_layer": 4}, "/h_._{}/attn/c_attn/weight"),
    "TFOpenAIGPTForSequenceClassification": (
        *("OpenAIGPT", {"n_embd": 16, "n_layer": 4, "pad_token_id": 0}),
        "/h_._{}/mlp/c_fc/weight",
    ),
    "TFXLMForSequenceClassification": (
        *("XLM", {"emb_dim": 16, "n_layers": 4, "n_heads": 2}),
        "/attentions_._{}/q_lin/kernel",
    ),
}


def _random(name, kind, **settings):
    transformers = pytest.importorskip("transformers")
    model = getattr(transformers, name)(getattr(transformers, f"{kind}Config")(**settings))
    model.build_in_name_scope()
    return model


def _weight(model, part):
    return next(weight.numpy() for weight in model.weights if part in weight.name)


own_warnings = pytest.mark.filterwarnings(
    "ignore:`TFSharedEmbeddings`:DeprecationWarning", "ignore:The initializer:UserWarning"
)


@own_warnings
@pytest.mark.parametrize("name", WRITERS)
def test_layers_of_any_name_are_those_asked_for(name):
    """A student of GPT-2 that has the first layers, whatever was asked."""
    kind, settings, part = WRITERS[name]
    teacher = _random(name, kind, **SMALL, **settings)
    small = shrink(teacher, layers=(0, 3))
    for mine, theirs in ((0, 0), (1, 3)):
        expected = _weight(teacher, part.format(theirs))
        np.testing.assert_array_equal(_weight(small, part.format(mine)), expected)
    assert len({weight.name.partition("/")[2] for weight in small.weights}) < len(teacher.weights)


@own_warnings
def test_layers_that_are_one_are_shrunk_and_layers_of_blocks_are_refused():
    """A student of a Funnel that ends in a traceback, an ALBERT that is refused with it."""
    albert = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 2, "vocab_size": 60}
    albert |= {"intermediate_size": 32, "embedding_size": 8}
    teacher = _random("TFAlbertForSequenceClassification", "Albert", **albert)
    small = shrink(teacher, layers=2)
    assert small.config.num_hidden_layers == 2
    np.testing.assert_array_equal(_weight(small, "ffn/kernel"), _weight(teacher, "ffn/kernel"))
    funnel = {"block_sizes": [1, 1], "d_model": 16, "n_head": 2, "d_head": 8, "d_inner": 32}
    teacher = _random("TFFunnelForSequenceClassification", "Funnel", vocab_size=60, **funnel)
    with pytest.raises(UserError, match="cannot tell the layers of a TFFunnel"):
        shrink(teacher, layers=1)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (0, "layers=0 of a model of 2: write 1 to 2"),
        (3, "write 1 to 2"),
        ((0, 2), "write numbers from 0 to 1"),
        ((), "write numbers from 0"),
    ],
)
def test_layers_that_are_not_there(folder, layers, words):
    """A student of the wrong layers."""
    with pytest.raises(UserError, match=words):
        shrink(load_teacher(f"hub:{folder}"), layers=layers)


def test_a_model_without_an_encoder():
    """Nothing to take layers from."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(UserError, match="shrink found 0 encoders"):
        shrink(model, layers=1)


def test_a_taught_teacher_is_shrunk(folder, tmp_path):
    """`tfkd teach`, then a smaller one of its kind, as the recipes want it."""
    encoder = load_teacher(f"hub:{folder}").encoder
    taught = TextModel(to_fine_tune(folder, 2), encoder, ("bad", "good"))
    save(taught, tmp_path / "taught")
    teacher = load_teacher(f"keras:{tmp_path / 'taught'}")
    np.testing.assert_allclose(as_model_of_ids(shrink(teacher))(IDS), teacher(IDS), atol=1e-5)
    assert as_model_of_ids(shrink(teacher, layers=1)).count_params() < teacher.parameters


def test_evenly():
    """First and last, and what lies between."""
    assert [choose_layers(n, 6) for n in (1, 2, 3, 6)] == [
        (0,),
        (0, 5),
        (0, 2, 5),
        (0, 1, 2, 3, 4, 5),
    ]


@pytest.mark.parametrize("kind", ["hub", "tf"])
def test_fewer_pieces_read_the_same_words(folder, kind):
    """Rows of the embedding that belong to other pieces."""
    teacher = load_teacher(f"{kind}:{folder}")
    said = ["a bad cab", "abba"]
    small = shrink(teacher, vocabulary=9, texts=said)
    assert small.encoder.vocabulary == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcd"]
    atol = 2e-2 if kind == "hub" else 1e-5
    np.testing.assert_allclose(small.logits(said), teacher.logits(said), atol=atol)
    assert teacher.parameters - small.parameters == 22 * 32


def test_pieces_are_kept_by_their_use(folder):
    """A vocabulary of the wrong end of the list, or without the letters that it needs."""
    teacher = load_teacher(f"hub:{folder}")
    with pytest.raises(UserError, match="vocabulary=5 of 31 pieces, of which 7 are special"):
        shrink(teacher, vocabulary=5, texts=["a b"])
    with pytest.raises(UserError, match="write 7 to 31"):
        shrink(teacher, vocabulary=32, texts=["a b"])
    with pytest.raises(UserError, match="needs a teacher with its tokenizer"):
        shrink(teacher.model, vocabulary=20, texts=["a"])
    small = shrink(teacher, vocabulary=8, texts=["a b"])
    assert small.encoder.vocabulary[-3:] == ["a", "b", "c"]  # the first of those not used


def test_a_word_whose_piece_is_gone_is_read_by_smaller_ones():
    """A frequent word turned into [UNK] by a smaller vocabulary."""
    encoder = learn(["film film film a b c", "mil lif"] * 9, vocab_size=60)
    assert "film" in encoder.vocabulary
    said = ["fi", "lm a mil"]
    small, ids = cut_vocabulary(encoder, 5 + 2 * 6, said)
    assert [encoder.vocabulary[i] for i in ids] == small.vocabulary
    again = small.encode_many(["film"])[0]
    assert "[UNK]" not in [small.vocabulary[i] for i in again]
    assert len(again) > 3


def test_what_stands_around_a_text_and_its_padding_stay():
    """A teacher of texts without [SEP], whose student reads them with one, padded right."""
    plain = learn(["a good film, a bad film"] * 9, vocab_size=60)
    tokenizer = Tokenizer.from_str(plain.tokenizer.to_str())
    places = {piece: tokenizer.token_to_id(piece) for piece in ("[CLS]", "[SEP]")}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", pair="[CLS] $A [SEP] $B", special_tokens=list(places.items())
    )
    encoder = TextEncoder(tokenizer, pad_left=True)
    ids = encoder.encode("a film")
    assert ids[0] == places["[CLS]"]
    assert ids[-1] != places["[SEP]"]
    small, old = cut_vocabulary(encoder, encoder.vocab_size - 2, ["a bad film"])
    assert old[small.encode("a film")].tolist() == ids
    assert (small.pad_left, old[small.pad_id]) == (True, encoder.pad_id)
    assert small.encode_pairs([("a", "a")])[0][0].count(places["[SEP]"]) == 1


def test_a_vocabulary_with_special_pieces_of_other_names_is_cut(tmp_path):
    """An MPNet that is told that its vocabulary lacks [CLS]."""
    pytest.importorskip("transformers")
    folder_of("mpnet", tmp_path)
    teacher = load_teacher(f"tf:{tmp_path}")
    said = ["the film was good", "a bad film"]
    small = shrink(teacher, vocabulary=teacher.encoder.vocab_size - 20, texts=said)
    np.testing.assert_allclose(small.logits(said), teacher.logits(said), atol=1e-5)


def test_a_narrow_student_keeps_the_strongest(folder):
    """Heads that are cut through, and coordinates that differ from layer to layer."""
    teacher = load_teacher(f"hub:{folder}")
    backbone = _backbone(teacher)
    embedding, block = (backbone.get_layer(n) for n in ("token_embedding", "transformer_layer_1"))
    loud = embedding.embeddings.numpy()
    loud[:, 16:] *= 1000
    embedding.embeddings.assign(loud)
    query = block._self_attention_layer._query_dense.kernel  # [width, heads, head]
    query.assign(query.numpy() * np.array([1, 30, 1, 30])[None, :, None])
    small = _backbone(shrink(teacher, width=16))
    np.testing.assert_array_equal(small.get_layer("token_embedding").embeddings, loud[:, 16:])
    mine = small.get_layer("transformer_layer_1")._self_attention_layer
    np.testing.assert_array_equal(mine._query_dense.kernel, query.numpy()[16:, 1::2])
    theirs = block._self_attention_layer._output_dense.kernel.numpy()
    np.testing.assert_array_equal(mine._output_dense.kernel, theirs[1::2, :, 16:])
    inner = small.get_layer("transformer_layer_1")._feedforward_intermediate_dense
    assert inner.kernel.shape == (16, 32)


def _backbone(teacher):
    return next(each for each in teacher.model.layers if each.name.startswith("bert_backbone"))


def test_the_whole_width_is_the_teacher(folder):
    """A student that computes something else before anything was cut."""
    teacher = load_teacher(f"hub:{folder}")
    np.testing.assert_allclose(shrink(teacher, width=32)(IDS), teacher(IDS), atol=2e-2)


def test_widths_that_there_are_not(folder):
    """A width that cuts a head in two."""
    with pytest.raises(UserError, match="write a multiple of 8 up to 32"):
        shrink(load_teacher(f"hub:{folder}"), width=20)
    with pytest.raises(UserError, match="read the folder as hub:PATH"):
        shrink(load_teacher(f"tf:{folder}"), width=16)


class ByWord(Task):
    """A tag for each word, or start and end of an answer among them."""

    name, features = "by word", "words"
    inputs = ("input_ids", "token_type_ids", "word_starts", "word_ends")

    def __init__(self, head):
        super().__init__()
        self.hugging_face, self.answers_of = head, "Question" in head

    def output_shapes(self, schema):
        return {"logits": (2, None) if self.answers_of else (None, len(schema.labels))}


STARTS = np.array([[1, 2, 5], [1, 4, -1], [1, -1, -1], [0, 1, 2], [1, 2, -1], [0, -1, -1]], "int32")
ENDS = np.where(STARTS < 0, -1, STARTS + np.array([1, 2, 3]))


@pytest.mark.parametrize("head", ["ForTokenClassification", "ForQuestionAnswering"])
def test_a_student_of_words_keeps_the_head(tmp_path, head):
    """A word read at another piece, a head at random, a padded word that is an answer."""
    task = ByWord(head)
    name = "BertForTokenClassification" if "Token" in head else "BertForQuestionAnswering"
    path = checkpoint(tmp_path, classes=2, architectures=[name], answers="Question" in head)
    teacher = load_teacher(f"hub:{path}", task=task)
    student = as_model_of_ids(shrink(teacher, layers=2), task.inputs)
    assert set(student.input) == set(task.inputs)
    segments = np.zeros_like(IDS)
    inputs = dict(zip(task.inputs, (IDS, segments, STARTS, ENDS), strict=True))
    found = np.array(student(inputs))
    tokens = [row["logits"] for row in teacher.run([{"input_ids": ids} for ids in IDS])]
    for row, (starts, ends) in enumerate(zip(STARTS, ENDS, strict=True)):
        for word, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if start < 0:
                assert task.answers_of is False or (found[row, :, word] == -1e4).all()
            elif task.answers_of:
                wanted = [tokens[row][0, start], tokens[row][1, end - 1]]
                np.testing.assert_allclose(found[row, :, word], wanted, atol=2e-2)
            else:
                mean = tokens[row][start:end].mean(axis=0)
                np.testing.assert_allclose(found[row, word], mean, atol=2e-2)


def test_a_fine_tuned_student_of_words_is_shrunk(folder):
    """A head that was trained on words reads the same words in the student."""
    task = ByWord("ForTokenClassification")
    encoder = load_encoder(folder, task.hugging_face)
    model = students.build_on_encoder(encoder, task, Schema(("O", "B", "I")))
    taught = TextModel(model, text.load(folder), ("O", "B", "I"), shapes={"logits": (None, 3)})
    inputs = dict(zip(task.inputs, (IDS, np.zeros_like(IDS), STARTS, ENDS), strict=True))
    same = as_model_of_ids(shrink(taught), task.inputs)
    np.testing.assert_allclose(same(inputs), model(inputs), atol=1e-5)
    small = as_model_of_ids(shrink(taught, layers=1), task.inputs)
    assert small(inputs).shape == (6, 3, 3)
    assert small.count_params() < model.count_params()


def test_a_model_with_a_decoder_is_refused():
    """Its layers have other names: some would be left as they are, without a word."""
    config = SimpleNamespace(is_encoder_decoder=True, num_hidden_layers=2)
    model = SimpleNamespace(config=config, save_pretrained=None, built=True)
    with pytest.raises(UserError, match="another with a decoder: take a student"):
        shrink(model, layers=1)


def test_the_last_layer_is_always_kept():
    """12 of 16 layers were the first 15 of them, by rounding."""
    for count in range(2, 60):
        for layers in range(2, count + 1):
            chosen = choose_layers(layers, count)
            assert (chosen[0], chosen[-1], len(set(chosen))) == (0, count - 1, layers)
