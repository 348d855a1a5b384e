"""From texts, descriptions of classes and an address to a verified file, with a real server."""

import json

import pytest
from transformers_server import serving_transformers

from tfkd import UserError, distill, runtime
from tfkd.running import labelling
from tfkd.running.config import make_config

KEY = "sk-secret-0123456789"
CLASSES = """task = "How does the reviewer like the film?"
[classes]
bad = "The reviewer dislikes it."
good = "The reviewer likes it."
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving_transformers(tmp_path_factory.mktemp("serve")) as found:
        yield found


@pytest.fixture
def settings(server, tmp_path, monkeypatch):
    """Return what `distill` takes: texts without labels, and the address."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    url, model = server
    rows = [{"text": f"a {'fine' if n % 3 else 'dull'} film, number {n}"} for n in range(24)]
    (tmp_path / "films.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "classes.toml").write_text(CLASSES)
    return {
        "data": str(tmp_path / "films.jsonl"),
        "teacher": f"openai:{model}@{url}",
        "classes": str(tmp_path / "classes.toml"),
        "to": str(tmp_path / "run"),
        "student": "text_cnn:tiny",
        "requests": 2,
    }


@pytest.mark.slow
def test_texts_and_an_address_become_a_verified_file(settings, tmp_path):
    """What a random model answers is noise: the way counts, and not the score."""
    result = distill(**settings, epochs=1, verbose=0)
    assert result.file.is_file()
    answer = runtime.load(result.file).predict(["a fine film"])[0]
    assert answer.label in ("bad", "good")
    (facts,) = (json.loads(path.read_text()) for path in tmp_path.rglob("labelling.json"))
    assert facts["mode"] == "letter"
    assert facts["texts"] + facts["missing"] == 24
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.slow
def test_a_model_that_is_not_there_is_one_sentence(settings):
    url = settings["teacher"].partition("@")[2]
    config = make_config({**settings, "teacher": f"openai:no/such@{url.replace('/v1', '/v9')}"})
    with pytest.raises(UserError, match=r"status 404 .*whether the address ends in /v1"):
        labelling.label(config)
