"""A student made of its teacher's layers computes what those layers compute."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from tiny_bert import checkpoint, texts, to_fine_tune

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
from tfkd.text import learn

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
