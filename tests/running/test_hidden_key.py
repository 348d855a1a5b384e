"""The key of a server appears in no file, log, report or error, whatever the server repeats."""

import contextlib
import json

import pytest
from language_models_stub import Stub, serving

from tfkd import UserError, distill
from tfkd.cli import main
from tfkd.running import labelling
from tfkd.running.config import make_config
from tfkd.teachers.language_models import language_model
from tfkd.teachers.language_models.http_client import Patience

KEY = "sk-secret-0123456789"
CLASSES = '[classes]\nbad = "It is disliked."\ngood = "It is liked."\n'
FAULTS = (
    *("broken", "cut", "cut_stream", "wrong_json", "refused", "thinks", "says_nothing"),
    *("echo", "echo_busy", "echo_broken", "echo_wrong_json", "echo_cut_stream", "echo_refused"),
    *("echo_error", "echo_text", "echo_thoughts", "echo_token"),
)


def answer(text, options):
    """80 % for what the text says."""
    right = "good" if "fine" in text else "bad"
    return {k: 0.8 if line.startswith(right) else 0.2 for k, line in options.items()}


@pytest.fixture
def stub():
    with serving(Stub(answer)) as served:
        yield served


@pytest.fixture
def given(stub, tmp_path, monkeypatch):
    """Return settings of texts without labels, asked with a key and little patience."""
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    monkeypatch.setattr(language_model, "Patience", lambda seconds: Patience(2.0, 2, 0.001))
    rows = [{"text": f"a {'fine' if n % 2 else 'dull'} film {n}"} for n in range(24)]
    (tmp_path / "films.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "classes.toml").write_text(CLASSES)
    return {
        "data": str(tmp_path / "films.jsonl"),
        "teacher": f"openai:org/small@{stub.url}",
        "classes": str(tmp_path / "classes.toml"),
        "to": str(tmp_path / "asked"),
        "requests": 2,
    }


def check_hidden(folder, *shown):
    assert KEY not in "".join(shown)
    for path in folder.rglob("*"):
        assert KEY not in path.name
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("fault", "written"),
    [
        *((fault, False) for fault in (None, *FAULTS)),
        *((fault, True) for fault in (None, "echo", "echo_busy", "echo_text", "echo_thoughts")),
    ],
)
def test_the_key_is_nowhere_after_a_fault(given, stub, tmp_path, capfd, caplog, fault, written):
    caplog.set_level("DEBUG")
    if written:
        given |= {"task": "summarization", "classes": ""}
        stub.write = lambda text: json.dumps({"text": f"short {KEY}", KEY: [KEY]})
    else:
        stub.logprobs = fault != "echo_text"
    config = make_config(given)
    for before in (0, 2):
        stub.faults = [*[None] * before, *[fault] * 9]
        with contextlib.suppress(UserError):
            labelling.label(config)
    flags = ["--teacher", config.teacher.source, "--to", config.to, "--requests", "2"]
    flags += ["--task", "summarization"] if written else ["--classes", given["classes"]]
    stub.faults = [fault] * 9
    main(["label", config.data.source, *flags])
    assert stub.keys == {f"Bearer {KEY}"}
    check_hidden(tmp_path, *capfd.readouterr(), caplog.text)


@pytest.mark.parametrize("key", ["sk-secret 0123456789", "sk-sécret-0123456789", "sk-\x07secret"])
def test_a_key_that_is_none_is_refused_and_not_shown(given, stub, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match="OPENAI_API_KEY holds a character that no key") as error:
        labelling.label(make_config(given))
    assert "cret" not in str(error.value)
    assert not stub.asked


@pytest.mark.slow
def test_the_key_is_nowhere_after_a_whole_run(given, tmp_path, capfd, caplog):
    caplog.set_level("DEBUG")
    result = distill(**given, student="ngram_linear", epochs=1, verbose=1)
    assert result.file.is_file()
    assert main(["compare", given["to"], "--html", str(tmp_path / "page.html")]) == 0
    check_hidden(tmp_path, *capfd.readouterr(), caplog.text)
