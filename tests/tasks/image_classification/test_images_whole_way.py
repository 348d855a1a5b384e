"""Images go the whole way, from files to answers, by the same commands as texts."""

import json
import shutil

import numpy as np
import pytest

# Runs `tfkd ARGUMENTS` with what a device has, without Pillow too.
BARE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {"tensorflow", "keras", "PIL", "scipy", "sklearn", "filelock"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
from tfkd import cli
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.fixture
def room(image_room, monkeypatch):
    """The folder of data and run, to read from."""
    monkeypatch.chdir(image_room)
    monkeypatch.setenv("COLUMNS", "120")
    return image_room


def test_the_run_of_images_has_its_report_and_card(room):
    """Models that learnt nothing, as of images whose labels have moved, pass every other test."""
    report = json.loads((room / "run" / "report.json").read_text())
    scores = {row["name"]: row["scores"]["accuracy"] for row in report["rows"]}
    assert scores["teacher"] > 0.8
    assert scores["distilled"] > 0.5
    assert scores["exported (int8)"] == pytest.approx(scores["distilled"], abs=0.02)
    card = (room / "run" / "README.md").read_text()
    assert "200 test images" in report["title"]
    assert "On 200 test images." in card
    assert "tokens" not in card
    assert json.loads((room / "run" / "data.json").read_text())["labels"] == list("0123456789")


def test_the_task_follows_from_the_files(room):
    """A first command that asks for a column of texts in an archive of images."""
    settings = (room / "run" / "config.toml").read_text()
    assert 'name = "image-classification"' in settings


def test_pictures_arrays_and_lines_get_the_same_answers(room, digits, tfkd, tmp_path):
    """What the shell hands over is what the model was trained on, however it is stored."""
    image = pytest.importorskip("PIL.Image")
    x, _ = digits
    picture, arrays = tmp_path / "seven.png", tmp_path / "some.npy"
    image.fromarray(x[700]).save(picture)
    np.save(arrays, x[700:703])
    code, printed, said = tfkd("predict", "run", picture)
    assert code == 0, said
    label, probability, name = printed.split()
    assert name == str(picture)
    lines = json.dumps({"image": str(picture), "id": 7}) + "\n"
    (tmp_path / "some.jsonl").write_text(lines)
    code, printed, _ = tfkd("predict", "run", "--json", arrays)
    assert code == 0
    answers = list(map(json.loads, printed.splitlines()))
    assert [answer["image"] for answer in answers] == [f"{arrays}#{i}" for i in range(3)]
    assert answers[0]["label"] == label
    assert answers[0]["probability"] == pytest.approx(float(probability), abs=1e-4)
    assert tfkd("predict", "run", arrays, "--to", tmp_path / "answers.csv")[0] == 0
    assert (tmp_path / "answers.csv").read_text("utf-8-sig").count("\n") == 4


def test_a_device_needs_numpy_alone(room, digits, python, tmp_path):
    """Pillow is for pictures: arrays and idx files need nothing but NumPy and LiteRT."""
    x, y = digits
    np.save(tmp_path / "some.npy", x[600:])
    printed = python(BARE, "predict", "run", tmp_path / "some.npy", cwd=room)
    answers = [int(line.split()[0]) for line in printed.splitlines()]
    assert np.mean(answers == y[600:]) > 0.5


def test_a_store_serves_the_run(room, tfkd, tmp_path, monkeypatch):
    """A teacher that is asked twice for each image, once ahead and once in the run."""
    shutil.copytree(room, tmp_path / "room")
    monkeypatch.chdir(tmp_path / "room")
    teacher = ("--teacher", "keras:teacher")
    code, _, said = tfkd("cache", "digits.npz", *teacher)
    assert code == 0, said
    short = ("--student", "image_cnn:tiny", "--epochs", "1", "--no-alone")
    code, printed, said = tfkd("distill", "digits.npz", *teacher, *short)
    assert code == 0, said
    assert "examples to compute" not in printed


def test_further_files_and_the_page(room, tfkd, tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_quantizer")
    shutil.copytree(room / "run", tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    # Without its data: the run keeps the images that files are checked on.
    code, printed, said = tfkd("export", "run", "--quantize", "full-int8")
    assert code == 0, said
    assert "full-int8" in printed
    assert tfkd("bench", "run/student-full-int8.tflite")[0] == 0
    assert tfkd("compare", "run")[0] == 0


def test_a_page_of_images(room, tfkd, tmp_path):
    pytest.importorskip("altair")
    code, _, said = tfkd("compare", "run", "--html", tmp_path / "page.html")
    assert code == 0, said
    assert "test images" in (tmp_path / "page.html").read_text()


def test_the_page_for_typed_texts_is_refused(room, refused):
    """A field to type into, and a traceback for whatever is typed."""
    assert "reads image, and the page is for texts" in refused("demo", "run/student.tflite")


def test_a_teacher_of_other_numbers_is_noticed(room, refused, tmp_path):
    """Whoever divides by 255 before `fit` has a teacher that is wrong on every other image here."""
    import keras

    from tfkd.models.saving import save_keras

    taught = keras.models.load_model(room / "teacher" / "model.keras")
    # What it sees is from 0 to 1, and all pixels in one row.
    before = [keras.layers.ReLU(max_value=1.0), keras.layers.Rescaling(255.0)]
    model = [keras.Input((64,)), *before, keras.layers.Reshape((8, 8, 1)), taught]
    save_keras(keras.Sequential(model), tmp_path / "model.keras")
    teacher = ("--teacher", f"keras:{tmp_path}")
    said = refused("distill", "digits.npz", *teacher, "--to", tmp_path / "a")
    assert "behind keras.layers.Rescaling(1 / 255)" in said


def test_python_exports_without_an_encoder(room, digits, tmp_path):
    """Notebooks have a Keras model and arrays, and no run."""
    import keras

    import tfkd
    from tfkd import runtime

    x, _ = digits
    model = keras.models.load_model(room / "run" / "student.keras")
    names = list(map(str, range(10)))
    tfkd.export(model, tmp_path / "own.tflite", task="image-classification", labels=names)
    predictor = runtime.load(tmp_path / "own.tflite")
    expected = model.predict(x[:5, :, :, None].astype("float32"), verbose=0).argmax(1)
    assert [int(answer.label) for answer in predictor.predict(x[:5])] == expected.tolist()
    with pytest.raises(tfkd.UserError, match="9 x 8 grey"):
        predictor.predict([np.zeros((9, 8), "uint8")])
