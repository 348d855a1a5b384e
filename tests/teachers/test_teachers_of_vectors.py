"""Teachers that give a vector for each text: folders of encoders, Keras files, functions."""

import json

import numpy as np
import pytest
from tiny_bert import WIDTH, checkpoint

from tfkd import UserError, load_teacher, tasks
from tfkd.models.hugging_face_pooling import pool_arrays

TASK = tasks.find("sentence-similarity")
TEXTS = ["a cat", "the film was long and good", "no", "b c d e f g h i j k l"]
MODES = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
    "pooling_mode_max_tokens": "max",
}


def write_pooling(folder, *modes, steps=()):
    """The files of sentence-transformers beside an encoder."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", **dict(steps)}
    modules = [
        {"path": path, "type": f"sentence_transformers.models.{kind}"}
        for path, kind in kinds.items()
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    settings = {"word_embedding_dimension": WIDTH, **{mode: mode in modes for mode in MODES}}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """An encoder without a head, and without any word on its pooling."""
    folder = tmp_path_factory.mktemp("encoder")
    return checkpoint(folder, head=False, architectures=["BertModel"])


def vectors_of(teacher):
    rows = [{"input_ids": ids} for ids in teacher.encoder.encode_many(TEXTS)]
    return np.stack([row["embedding"] for row in teacher.run(rows)])


def states_of(folder, encoder):
    """The states of all tokens by transformers' own model."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("tf_keras")
    model = transformers.TFAutoModel.from_pretrained(str(folder))
    found = []
    for ids in encoder.encode_many(TEXTS):
        mask = np.ones((1, len(ids)), "int32")
        found.append(model(input_ids=np.array([ids], "int32"), attention_mask=mask)[0].numpy())
    return found


@pytest.mark.slow_but_one
@pytest.mark.parametrize("mode", list(MODES))
def test_both_libraries_pool_as_the_folder_says(bert, mode):
    """Padding that counts in a mean moves the vectors of all short texts of a batch."""
    write_pooling(bert, mode, steps={"2_Normalize": "Normalize"})
    teacher = load_teacher(f"hf:{bert}", task=TASK)
    assert teacher.shapes == {"embedding": (WIDTH,)}
    assert teacher.labels == ()
    got = vectors_of(teacher)
    wanted = [
        pool_arrays(states, np.ones(states.shape[:2]), MODES[mode])[0]
        for states in states_of(bert, teacher.encoder)
    ]
    np.testing.assert_allclose(got, wanted, atol=1e-4)
    by_other = load_teacher(f"tf:{bert}", task=TASK)
    np.testing.assert_allclose(vectors_of(by_other), wanted, atol=1e-4)


@pytest.mark.parametrize("head", [True, False])
def test_a_folder_that_says_nothing_takes_the_mean_and_says_so(tmp_path, caplog, head):
    """A classifier too: the mean over its tokens, not its classes."""
    caplog.set_level("INFO", logger="tfkd")
    names = {} if head else {"architectures": ["BertModel"]}
    folder = checkpoint(tmp_path / "bert", head=head, **names)
    teacher = load_teacher(f"hf:{folder}", task=TASK)
    assert teacher.shapes == {"embedding": (WIDTH,)}
    assert "the mean is taken" in caplog.text
    np.testing.assert_allclose(np.linalg.norm(vectors_of(teacher), axis=1), 1.0, atol=1e-5)


def test_an_encoder_reads_as_many_tokens_as_it_was_made_for(bert):
    (bert / "sentence_bert_config.json").write_text('{"max_seq_length": 7}')
    assert load_teacher(f"hf:{bert}", task=TASK).encoder.max_length == 7
    assert load_teacher(f"hf:{bert}", task=TASK, max_length=9).encoder.max_length == 9
    (bert / "sentence_bert_config.json").unlink()


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda folder: write_pooling(folder, *MODES), "pooling_mode_cls_token"),
        (lambda folder: write_pooling(folder), "no pooling"),
        (
            lambda folder: write_pooling(
                folder, "pooling_mode_cls_token", steps={"2_Dense": "Dense"}
            ),
            "a step Dense",
        ),
        (lambda folder: (folder / "modules.json").write_text("{"), "is not JSON"),
    ],
)
def test_pooling_that_is_not_known_is_refused(tmp_path, write, says):
    folder = checkpoint(tmp_path / "bert", head=False)
    write(folder)
    with pytest.raises(UserError, match=says):
        load_teacher(f"hf:{folder}", task=TASK)


def test_a_shrunk_encoder_gives_the_first_dimensions_with_length_one(bert):
    """What is left of a vector is scaled anew, else its cosines are too small."""
    from tfkd.students import shrinking

    write_pooling(bert, "pooling_mode_mean_tokens")
    teacher = load_teacher(f"hf:{bert}", task=TASK)
    shrunk = shrinking.shrink(teacher, layers=2)
    wanted = vectors_of(shrunk)

    def model_of(width):
        schema = tasks.find("sentence-similarity", {"dimensions": width}).complete_schema(
            TASK.schema(()), []
        )
        schema.settings["width"] = width
        return shrinking.as_model_of_ids(shrunk, fit=lambda out: TASK.fit_outputs(out, schema))

    ids = np.array([teacher.encoder.encode_many(TEXTS)[1]], "int32")
    got = np.array(model_of(8)(ids)["embedding"])[0]
    first = wanted[1, :8]
    np.testing.assert_allclose(got, first / np.linalg.norm(first), atol=1e-4)
    with pytest.raises(UserError, match=f"dimensions={WIDTH}"):
        model_of(WIDTH + 1)


def test_a_keras_model_of_one_nameless_output_gives_vectors(bert):
    import keras

    from tfkd.models.text_model import TextModel

    encoder = load_teacher(f"hf:{bert}", task=TASK).encoder
    ids = keras.Input((None,), dtype="int32")
    states = keras.layers.Embedding(encoder.vocab_size, 6)(ids)
    model = keras.Model(ids, keras.layers.GlobalAveragePooling1D()(states))
    teacher = TextModel(model, encoder).check(TASK.output_shapes(TASK.schema(())))
    assert teacher.shapes == {"embedding": (6,)}
    assert vectors_of(teacher).shape == (4, 6)


def test_a_store_of_vectors_from_elsewhere_is_a_teacher(tmp_path):
    from tfkd import store

    rng = np.random.default_rng(0)
    known = {text: rng.normal(size=5).astype("float32") for text in TEXTS}

    def service(inputs, reads):
        return {"embedding": np.stack([known[each.decode()] for each in inputs["text"].numpy()])}

    service.fingerprint = "service"
    store.write(tmp_path / "s", service, TEXTS, reads=("embedding",), dtype="float32", verbose=0)
    teacher = load_teacher(f"store:{tmp_path / 's'}", task=TASK)
    assert teacher.shapes == {"embedding": (5,)}
    np.testing.assert_allclose(vectors_of(teacher), [known[text] for text in TEXTS], atol=1e-6)
