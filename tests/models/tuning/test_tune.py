"""Few weights of a model: which move, that nothing changes before, and a plain file afterwards."""

import re

import keras
import numpy as np
import pytest
import tf_keras

pytest.importorskip("keras_hub")
from tiny_bert import checkpoint, texts, to_fine_tune

from tfkd import Distiller, HardLabels, UserError, export, shrink
from tfkd.models.freezing import TrainableFlags
from tfkd.models.layers import walk
from tfkd.models.saving import save_keras
from tfkd.models.tuning import parse_way, slow_lower_layers, tune
from tfkd.students import build

IDS, LABELS = texts(8), np.arange(8) % 3
WAYS = ("head", "top:1", "bitfit", "lora:4", "adapter:8", "prompt:5")
_BACKBONE = re.compile(r"(bert_backbone\w*/)?")
HEAD = {"pooled_dense/kernel", "pooled_dense/bias", "logits/kernel", "logits/bias"}


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """An encoder with a head for three classes; not to be changed."""
    folder = checkpoint(tmp_path_factory.mktemp("tune") / "bert", classes=3)
    return to_fine_tune(folder, 3)


@pytest.fixture(scope="module")
def copies(bert):
    """Make a copy of the encoder, faster than to read it again."""

    def copy():
        made = type(bert).from_config(bert.get_config())
        made.set_weights(bert.get_weights())
        return made

    return copy


@pytest.fixture
def model(copies):
    return copies()


@pytest.fixture(scope="module")
def tuned(copies):
    """Each way, trained for two steps: outputs before and after, what moved, and the model."""
    return {way: train(copies(), way) for way in WAYS}


def run(model):
    return model(IDS, training=False).numpy()


def train(model, way):
    before, at_first = values(model), run(model)
    tuning = tune(model, way, seed=3)
    start = run(tuning.model)
    distiller = Distiller(student=tuning.model, objective=HardLabels())
    # To trace it takes longer than its two steps.
    distiller.compile(keras.optimizers.Adam(1e-2), run_eagerly=True)
    distiller.fit(IDS, LABELS, batch_size=4, verbose=0, shuffle=False)
    trained, counts = run(tuning.model), (tuning.trained, tuning.total)
    made = tuning.finish()
    after = values(made)
    return {
        "counts": counts,
        "start": np.abs(start - at_first).max(),
        "moved": {name for name, value in before.items() if (after[name] != value).any()},
        "new": set(after) - set(before),
        "trained": trained,
        "model": made,
    }


def values(model):
    """Return all weights by the path of their layer; random states of dropouts are none."""
    return {
        f"{path.removeprefix(_BACKBONE.match(path)[0])}/{weight.name}": weight.numpy()
        for path, layer in walk(model)
        if not list(walk(layer))
        for weight in layer.weights
    }


@pytest.mark.parametrize("way", WAYS[:-1])
def test_nothing_changes_before_the_training(way, tuned):
    """A rank that is not 0 at the start, an adapter that forgets what passes around it."""
    assert tuned[way]["start"] == 0


def test_a_prompt_is_read_by_every_block(tuned):
    """Vectors that are put in front and masked away."""
    assert tuned["prompt:5"]["start"] > 0.1


@pytest.mark.parametrize(
    ("way", "beginnings", "ends"),
    [
        ("head", (), ()),
        ("top:1", ("transformer_layer_1/",), ()),
        ("bitfit", (), ("/bias", "/beta")),
        ("lora:4", (), ("/query/kernel", "/value/kernel")),
        ("adapter:8", (), ("norm/gamma", "norm/beta")),
        ("prompt:5", (), ()),
    ],
)
def test_only_these_move(way, beginnings, ends, tuned):
    """Weights that are trained in addition, or that stay although they were chosen."""
    moved, every = tuned[way]["moved"], set(values(tuned["head"]["model"]))
    expected = {
        name
        for name in every
        if name in HEAD or name.startswith(beginnings or "-") or name.endswith(ends or "-")
    }
    # The bias of keys does nothing: a softmax has it in every score.
    assert moved | {n for n in expected if n.endswith("/key/bias")} == expected


@pytest.mark.parametrize(
    ("way", "count"),
    # The head has 33 * 32 + 33 * 3 = 1155; two blocks have two kernels of 32 x 4 x 8 each.
    [("head", 1155), ("lora:4", 1155 + 4 * (32 * 4 * 4 + 4 * 8)), ("prompt:5", 1155 + 5 * 32)],
)
def test_how_many_are_trained(way, count, tuned):
    trained, total = tuned[way]["counts"]
    assert trained == count
    assert total == tuned["head"]["model"].count_params() + (0 if way == "head" else count - 1155)


@pytest.mark.slow_but_one
@pytest.mark.parametrize("way", WAYS)
def test_the_file_is_plain_and_equal(way, tuned, tmp_path):
    """LoRA that is lost in the file, or still in it; a layer that only tfkd knows."""
    model = tuned[way]["model"]
    save_keras(model, tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(run(loaded), tuned[way]["trained"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(run(model), tuned[way]["trained"], rtol=0, atol=1e-6)
    names = [type(layer).__module__.partition(".")[0] for _, layer in walk(loaded)]
    assert set(names) == {"keras", "keras_hub"}
    assert not [weight for weight in loaded.weights if "lora" in weight.name]
    assert all(weight.trainable for weight in loaded.weights)
    assert all(weight.trainable for weight in model.weights)
    plain = len(tuned["head"]["model"].weights)
    assert len(loaded.weights) == plain + {"adapter:8": 8, "prompt:5": 1}.get(way, 0)


@pytest.mark.slow
def test_a_saved_adapter_needs_no_tfkd(tuned, python, tmp_path):
    """A file that whoever gets it cannot open."""
    save_keras(tuned["adapter:8"]["model"], tmp_path / "model.keras")
    np.save(tmp_path / "ids.npy", IDS)
    code = (
        "import sys, keras, numpy as np\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'tfkd': raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        f"model = keras.models.load_model({str(tmp_path / 'model.keras')!r})\n"
        f"out = model(np.load({str(tmp_path / 'ids.npy')!r}), training=False).numpy()\n"
        f"np.save({str(tmp_path / 'out.npy')!r}, out)\n"
    )
    python(code)
    expected = tuned["adapter:8"]["trained"]
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, rtol=0, atol=1e-6)


def test_padding_stays_without_effect(tuned):
    """A mask that is shorter than what it masks, and shifted."""
    model = tuned["prompt:5"]["model"]
    padded = np.pad(IDS, ((0, 0), (0, 4)))
    np.testing.assert_allclose(run(model), model(padded, training=False).numpy(), atol=1e-5)


def test_lora_by_names_of_layers(model):
    tuning = tune(model, "lora:2,target=feedforward_output_dense+query")
    found = {weight.path.split("/")[-2] for weight in tuning.model.trainable_variables}
    tuning.finish()
    assert found == {"feedforward_output_dense", "query", "pooled_dense", "logits"}


def test_each_layer_has_the_rate_of_its_block():
    """A share of the step, of every block another one, with decay of the weights too."""
    settings = {"layers": 2, "width": 16, "heads": 2, "dropout": 0.0}
    model = build("transformer", 40, 3, "tiny", seed=1, **settings)
    steps, before, weights = {}, values(model), model.get_weights()
    for decay in (1.0, 0.5):
        model.set_weights(weights)
        rules = slow_lower_layers(model, decay)
        distiller = Distiller(student=model, objective=HardLabels(), rules=rules)
        distiller.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.1), run_eagerly=True)
        distiller.fit(IDS, LABELS, batch_size=8, verbose=0, shuffle=False)
        steps[decay] = {name: value - before[name] for name, value in values(model).items()}
    for name, share in (
        ("logits/kernel", 1),
        ("block_1_inner/kernel", 0.5),
        ("block_0_inner/kernel", 0.25),
        ("token_embedding/embeddings", 0.125),
    ):
        np.testing.assert_allclose(steps[0.5][name], share * steps[1.0][name], atol=2e-7)
        assert np.abs(steps[1.0][name]).max() > 1e-4


@pytest.mark.slow
def test_a_student_of_ours(tmp_path):
    """Blocks of several layers: an adapter at their ends, LoRA inside an attention."""
    for way, moves in (
        ("top:1", ("block_1_", "final_norm", "logits")),
        ("lora:2", ("query/kernel", "value/kernel", "final_norm", "logits")),
        ("adapter:4", ("norm", "logits")),
    ):
        student = build("transformer", 40, 3, "tiny", seed=1, layers=2, width=16, heads=2)
        result = train(student, way)
        assert result["start"] == 0
        for part in moves:
            assert any(part in name for name in result["moved"]), (way, part)
        for name in result["moved"]:
            assert any(part in name for part in moves), (way, name)
        save_keras(result["model"], tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
        np.testing.assert_allclose(run(loaded), result["trained"], rtol=0, atol=1e-6)


@pytest.mark.slow
def test_a_file_for_a_device(tuned, tmp_path):
    """Operations that LiteRT does not have: the export compares the file with the model."""
    made = export(tuned["prompt:5"]["model"], tmp_path / "model.tflite", check=IDS)
    assert made.path.is_file()


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("lora:0", "'0' for the rank: write a whole number from 1"),
        ("lora:9", r"'query' is a matrix of 128 x 8: write a rank up to 8|is a matrix of"),
        ("lora", "write all, head, top:2"),
        ("lora:4,target=nothing", "no layer 'nothing' below its head.*one of token_embedding"),
        ("lora:4,rank=2", "'rank=2' is no setting of lora"),
        ("top:99", "has 2 blocks: write top:2 at most"),
        ("top:-1", "'-1' for blocks"),
        ("head:2", "write all, head"),
        ("everything", "tune is 'everything': write all, head"),
    ],
)
def test_ways_that_cannot_be(way, words, model):
    """Refused before any work, with the model as it was."""
    before = [weight.trainable for weight in model.weights]
    with pytest.raises(UserError, match=words):
        tune(model, way)
    assert [weight.trainable for weight in model.weights] == before


@pytest.mark.parametrize("way", ["adapter:8", "prompt:5"])
def test_what_was_put_between_layers(way, tuned):
    """Layers of one name, or copies of blocks that were not made for what is between them."""
    model = tuned[way]["model"]
    with pytest.raises(UserError, match="already, so it was tuned in this way before: write all"):
        tune(model, way)
    assert all(weight.trainable for weight in model.weights)
    with pytest.raises(UserError, match="tuned by adapter or prompt is none any more"):
        shrink(model, layers=1)


def test_a_frozen_layer_has_no_lora(model):
    """A rank that is learnt where its owner wanted nothing to change."""
    flags = TrainableFlags(model)
    values_of = {path: layer for path, layer in walk(model) if path.endswith("/value")}
    next(layer for path, layer in values_of.items() if "layer_1" in path).trainable = False
    with pytest.raises(UserError, match="the layer 'value' of 'encoder' is frozen"):
        tune(model, "lora:4")
    flags.restore()
    assert not [weight for weight in model.weights if "lora" in weight.name]


def test_frozen_and_tuned_contradict(model):
    with pytest.raises(UserError, match="and embeddings frozen: the first says already"):
        tune(model, "bitfit", frozen=["embeddings"])


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("lora:4", "no layer 'query' below its head"),
        ("top:1", "counts the blocks of a transformer"),
        ("adapter:8", "counts the blocks of a transformer"),
        ("prompt:3", "counts the blocks of a transformer"),
    ],
)
def test_models_without_such_layers(way, words):
    with pytest.raises(UserError, match=words):
        tune(build("text_cnn", 40, 3, "tiny", seed=1), way)


def test_prompts_need_blocks_that_read_a_mask():
    student = build("transformer", 40, 3, "tiny", seed=1)
    with pytest.raises(UserError, match="prompts are for encoders of KerasHub"):
        tune(student, "prompt:3")


def test_no_keras_3():
    """Layers without LoRA, and variables whose flag cannot be set."""
    model = tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Dense(2)])
    with pytest.raises(UserError, match="is no Keras 3 model: load it by KerasHub, hub:FOLDER"):
        tune(model, "lora:2")
    assert tune(model).model is model


def test_a_way_is_written_as_it_is_read():
    for spec in ("all", "top:2", "lora:8", "lora:8,target=inner+outer"):
        assert str(parse_way(spec)) == spec
    assert parse_way("").name == "all"
