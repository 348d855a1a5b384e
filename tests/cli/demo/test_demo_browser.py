"""`tfkd demo` in Chromium: the file in the page says what `tfkd predict` says."""

import gzip
import itertools
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import chromium
import pytest

from tfkd import cli, runtime
from tfkd.cli.demo import package
from tfkd.errors import UserError

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
# As `python -m tfkd`, and it fails where TensorFlow was imported on the way.
LIGHT = """
import sys
from tfkd import cli
code = cli.main(sys.argv[1:])
assert not {"tensorflow", "keras", "tf_keras"} & set(sys.modules)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def trained(shared, tmp_path_factory):
    """A file of a student that a minute of training makes useful, and 50 other reviews."""
    import keras
    import numpy as np

    import tfkd
    from tfkd import students
    from tfkd.text import learn

    rows = {part: reviews(shared, part, number) for part, number in (("train", 1500), ("test", 50))}
    texts = [text for text, _ in rows["train"]]
    encoder = learn(texts, vocab_size=4000, max_length=128)
    keras.utils.set_random_seed(0)
    model = students.text_cnn(encoder.vocab_size, classes=2, size="tiny", seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ids = np.zeros((len(texts), encoder.max_length), "int32")
    for row, each in zip(ids, encoder.encode_many(texts), strict=True):
        row[: len(each)] = each
    model.fit(ids, np.array([label for _, label in rows["train"]]), epochs=6, verbose=0)
    path = tmp_path_factory.mktemp("trained") / "student.tflite"
    settings = {"encoder": encoder, "labels": ["negative", "positive"], "client": "mediapipe"}
    tfkd.export(model, path, quantize="int8", check=rows["test"], **settings)
    return path, [text for text, _ in rows["test"]]


def reviews(shared, part, number):
    with gzip.open(shared / "data" / "imdb" / f"{part}.jsonl.gz", "rt") as lines:
        rows = [json.loads(each) for each in itertools.islice(lines, 0, 25000, 25000 // number)]
    return [(each["text"], each["label"]) for each in rows[:number]]


@pytest.fixture
def demo():
    """Start `tfkd demo ARGUMENTS`: its address; ended by Ctrl-C, as a user ends it."""
    chromium.needed()
    try:
        package.package()
    except UserError as error:
        pytest.skip(str(error))
    started = []

    def start(*arguments):
        command = [sys.executable, "-c", LIGHT, "demo", *map(str, arguments), "--port", "0"]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process.stdout.readline().split()[0]

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (0, "")


def until(browser, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, 60).until(lambda _: browser.execute_script(f"return {condition}"))


def kept(browser, name, tmp_path):
    """A screenshot, in TFKD_SCREENSHOTS where that is set."""
    folder = Path(os.environ.get("TFKD_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    assert browser.save_screenshot(str(folder / name))


def test_the_page_says_what_predict_says(trained, demo, tmp_path, capsys, monkeypatch):
    """A demo that shows another file's answers, or sends the texts away."""
    file, texts = trained
    expected = predicted(file, texts, capsys, monkeypatch)
    assert {each["label"] for each in expected} == {"negative", "positive"}
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps(each) + "\n" for each in expected))
    address = demo(file, "--answers", answers)
    with chromium.opened(address) as browser:
        until(browser, "document.body.dataset.ready")
        browser.find_element("id", "text").send_keys(texts[0][:200])
        (first,) = predicted(file, [texts[0][:200]], capsys, monkeypatch)
        assert browser.find_element("id", "label").text == first["label"]
        shown = json.loads(browser.find_element("id", "answer").get_attribute("data-answer"))
        assert shown == pytest.approx(first["probabilities"], abs=1e-4)
        assert "ms" in browser.find_element("id", "took").text

        until(browser, "document.getElementById('rows').dataset.done")
        rows = browser.find_elements("css selector", "#rows tr")
        found = [json.loads(each.get_attribute("data-student")) for each in rows]
        for theirs, ours in zip(found, expected, strict=True):
            assert max(theirs, key=theirs.get) == ours["label"]
            assert theirs == pytest.approx(ours["probabilities"], abs=1e-4)
        assert "for 50 of 50 texts" in browser.find_element("id", "agreement").text
        kept(browser, "demo.png", tmp_path)
        chromium.look(browser, 390, 800, dark=True)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 390
        kept(browser, "demo-phone-dark.png", tmp_path)
        stays_here(browser, address)


def test_tables_of_4_bits_answer_in_the_page(demo, tmp_path, capsys, monkeypatch):
    """An operator or a kind of scales that the browser's interpreter reads otherwise."""
    pytest.importorskip("ai_edge_quantizer")
    import numpy as np

    import tfkd
    from tfkd import students
    from tfkd.text import learn

    texts = ["a good film", "not a bad film at all", "bad, bad, bad", "the plot is good"]
    encoder = learn(texts * 20, vocab_size=60, max_length=32)
    student = students.ngram_cnn(encoder.vocab_size, 2, "tiny", seed=0)
    table = student.get_layer("bigrams").embeddings
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    file, answers = tmp_path / "small.tflite", tmp_path / "answers.jsonl"
    given = {"encoder": encoder, "labels": ["no", "yes"], "check": texts * 10, "tolerance": 1.0}
    tfkd.export(student, file, quantize="int4", client="mediapipe", **given)
    expected = predicted(file, texts, capsys, monkeypatch)
    answers.write_text("".join(json.dumps(each) + "\n" for each in expected))
    with chromium.opened(demo(file, "--answers", answers)) as browser:
        until(browser, "document.getElementById('rows').dataset.done")
        rows = browser.find_elements("css selector", "#rows tr")
        for row, ours in zip(rows, expected, strict=True):
            theirs = json.loads(row.get_attribute("data-student"))
            assert theirs == pytest.approx(ours["probabilities"], abs=1e-4)


def stays_here(browser, address):
    """Everything came from the server, and the page can ask nobody else."""
    asked = "return performance.getEntriesByType('resource').map((each) => each.name)"
    loaded = browser.execute_script(asked)
    assert any(each.endswith(".wasm") for each in loaded)
    assert [each for each in loaded if not each.startswith(address)] == []
    # MediaPipe's interpreter introduces itself as a warning.
    said = [each for each in chromium.console(browser) if '"INFO: ' not in each]
    assert said == []
    refused = browser.execute_async_script(
        """const done = arguments[arguments.length - 1];
        document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
        fetch("http://127.0.0.1:9/").catch(() => {});
        setTimeout(() => done("nothing"), 5000);"""
    )
    assert refused == "connect-src"


def predicted(path, texts, capsys, monkeypatch):
    """What `tfkd predict --jsonl` answers."""
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", [json.dumps({"text": each}) + "\n" for each in texts])
    assert cli.main(["predict", str(path), "--jsonl"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]


def test_without_answers_there_is_no_table(small, demo):
    """An empty table with a heading, and a division by nought."""
    address = demo(small)
    with chromium.opened(address) as browser:
        until(browser, "document.body.dataset.ready")
        assert not browser.find_element("id", "beside").is_displayed()
        assert browser.find_element("id", "file").text == "small.tflite"
        box = browser.find_element("id", "text")
        box.send_keys("<b>good</b>")
        assert browser.find_element("id", "answer").is_displayed()
        box.send_keys("\b" * 20)
        assert not browser.find_element("id", "answer").is_displayed()
    with urllib.request.urlopen(address + "about.json") as about:
        assert json.load(about)["answers"] == []


def test_a_task_of_two_texts_is_answered_by_the_server(pairs, demo, tmp_path):
    """A page for one text alone, or one that shows the answer to what was typed before."""
    address = demo(pairs)
    with chromium.opened(address) as browser:
        until(browser, "document.body.dataset.ready")
        browser.find_element("id", "role-text").send_keys("a good film")
        assert not browser.find_element("id", "answer").is_displayed()
        write(browser, "role-text_pair", "<b>a bad</b> film \U0001f600")
        until(browser, "!document.getElementById('answer').hidden")
        shown = json.loads(browser.find_element("id", "answer").get_attribute("data-answer"))
        assert browser.find_element("id", "label").text.split() == shown["summary"].split()
        names = [each.text for each in browser.find_elements("css selector", "#bars dt")]
        assert sorted(names) == ["different", "same"]
        chromium.look(browser, 390, 800, dark=True)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        kept(browser, "demo-pairs.png", tmp_path)
        assert chromium.console(browser) == []


def test_a_text_appears_as_it_is_written(translator, demo, tmp_path):
    """The text of what was typed before, with that of what is typed now behind it."""
    texts = ("the dog sees a king.", "a small bird today")
    written = [answer.text for answer in runtime.load(translator).predict(texts)]
    done = "document.getElementById('answer').dataset.answer"
    with chromium.opened(demo(translator)) as browser:
        until(browser, "document.body.dataset.ready")
        for text, expected in zip(texts, written, strict=True):
            browser.find_element("id", "role-text").clear()
            write(browser, "role-text", text)
            until(browser, f"({done} ?? '').includes({json.dumps(json.dumps(expected))})")
            assert browser.find_element("id", "label").text.split() == expected.split()
        assert not browser.find_element("id", "all").is_displayed()
        kept(browser, "demo-written.png", tmp_path)
        assert chromium.console(browser) == []


def test_entities_are_marked_in_the_text(entities, demo, tmp_path):
    """Marks that are a character off behind an emoji, of which JavaScript counts two."""
    text = "\U0001f600 a good film, not a bad one"
    found = runtime.load(entities).predict([text])[0].entities
    assert found
    with chromium.opened(demo(entities)) as browser:
        until(browser, "document.body.dataset.ready")
        write(browser, "role-text", text)
        until(browser, "!document.getElementById('answer').hidden")
        marks = browser.find_elements("css selector", "#marked mark")
        of_marks = "return arguments[0].firstChild.textContent"
        shown = [browser.execute_script(of_marks, mark) for mark in marks]
        assert shown == [text[entity.start : entity.end] for entity in found]
        kept(browser, "demo-entities.png", tmp_path)
        assert chromium.console(browser) == []


def test_an_answer_is_marked_in_its_context(questions, demo, tmp_path):
    """One box for both texts, or a mark in the question."""
    example = {"question": "which film?", "context": "not a bad film <b>but</b> a good one"}
    (answer,) = runtime.load(questions).predict([example])
    assert answer.text
    with chromium.opened(demo(questions)) as browser:
        until(browser, "document.body.dataset.ready")
        for role, text in example.items():
            write(browser, f"role-{role}", text)
        until(browser, "!document.getElementById('answer').hidden")
        (mark,) = browser.find_elements("css selector", "#marked mark")
        assert mark.text == answer.text
        assert browser.find_element("id", "marked").text == example["context"]
        kept(browser, "demo-answers.png", tmp_path)
        assert chromium.console(browser) == []


def write(browser, box, text):
    """Type a text in; the driver has no keys for characters beyond 16 bits."""
    script = """const box = document.getElementById(arguments[0]);
        box.value = arguments[1];
        box.dispatchEvent(new Event("input", { bubbles: true }));"""
    browser.execute_script(script, box, text)


def test_of_many_classes_the_most_probable_come_first(many, demo, tmp_path):
    """77 bars in the order of the alphabet, and the answer below the edge of the screen."""
    with chromium.opened(demo(many)) as browser:
        until(browser, "document.body.dataset.ready")
        browser.find_element("id", "text").send_keys("a good film")
        names = "return [...document.querySelectorAll('#bars dt')].map((each) => each.textContent)"
        shown = json.loads(browser.find_element("id", "answer").get_attribute("data-answer"))
        ordered = sorted(shown, key=lambda name: -shown[name])
        assert browser.execute_script(names) == ordered[:5]
        assert browser.find_element("id", "label").text == ordered[0]
        assert browser.find_element("id", "others-title").text == "7 other classes"
        assert browser.execute_script(names.replace("#bars", "#other-bars")) == ordered[5:]
        assert not browser.find_element("id", "other-bars").is_displayed()
        kept(browser, "demo-many.png", tmp_path)
