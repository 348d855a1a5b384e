"""A flag that would say nothing is refused in a sentence that names it."""

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--verify", "a", "--repair", "b"), "--verify and --repair are two commands"),
        (("imdb", "--verify", "a"), "no use for imdb"),
        (("--verify", "a", "--top-k", "3"), "no use for --top-k"),
        (("--repair", "a", "--task-set", "x=1"), "no use for --task-set"),
        (("--repair", "a", "--dtype", "float32"), "no use for --dtype"),
        (("--repair", "a", "--runner", "beam"), "no use for --runner"),
        (("sample", "--parts", "3"), "--parts is for Apache Beam"),
        (("sample", "--beam=--x=y"), "--beam is for Apache Beam"),
        (("sample", "--runner", "beam", "--shard", "1/2"), "--shard is for writers without Beam"),
    ],
    ids=str,
)
def test_flags_of_another_way_to_store(refused, arguments, words):
    """A store that is not written as was asked for."""
    assert words in refused("cache", *arguments)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file that learnt nothing and reads images, and one of these."""
    pytest.importorskip("keras")
    import tfkd
    from tfkd.students import image_cnn

    folder = tmp_path_factory.mktemp("images")
    some = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 1)).astype("uint8")
    np.save(folder / "image.npy", some[0])
    model, file = image_cnn(some.shape[1:], 2, "tiny", seed=0), folder / "images.tflite"
    tfkd.export(model, file, task="image-classification", labels=["a", "b"], check=some)
    return file, folder / "image.npy"


def test_texts_for_a_file_of_images(images, refused, monkeypatch, tmp_path):
    """An answer to something else, or a time of it."""
    file, image = images
    (tmp_path / "texts.txt").write_text("a film\n")
    assert "--pair gives two texts" in refused("predict", file, image, "--pair", "a", "b")
    assert "--texts has texts" in refused("bench", file, "--texts", "texts.txt")
    assert "--header is about the rows" in refused("predict", file, image, "--header", "a,b")
    monkeypatch.setattr("sys.stdin", iter(["{}"]))
    said = refused("predict", file, "--jsonl", "--text-column", "review")
    assert "reads image: name the column of each with --column ROLE=NAME" in said
