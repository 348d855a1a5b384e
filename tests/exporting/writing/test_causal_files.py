"""A file of a language model goes on with texts as its Keras student does."""

import pytest

from tests.toy_languages import write_pairs
from tfkd import export
from tfkd.data import Example
from tfkd.models.text_model import TextModel
from tfkd.runtime import load
from tfkd.students import causal
from tfkd.tasks import find
from tfkd.text import learn

TEXTS = [row["source"] for row in write_pairs(60, 0)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model at random that looks at what was before, and its file."""
    encoder = learn(TEXTS, kind="bpe", vocab_size=400, max_length=32)
    model, task = causal(encoder.vocab_size, "tiny", seed=1), find("text-generation")
    for weight in model.weights:
        if "query" in weight.path or "key" in weight.path:
            weight.assign(weight * 3)
    path, schema = tmp_path_factory.mktemp("causal") / "model.tflite", task.schema(())
    examples = [Example(text=text) for text in TEXTS[:20]]
    done = export(
        *(model, path),
        encoder=encoder,
        task=task,
        schema=schema,
        check=examples,
        quantize="float32",
    )
    return TextModel(model, encoder, shapes={"logits": (None, 0)}), task, load(path), done


def test_it_was_compared_by_what_it_writes(made):
    """Drawn texts would differ for no reason, and the end of a text is soon written."""
    *_, done = made
    assert done.written == 20
    assert done.same_texts == 1.0


@pytest.mark.parametrize("decoding", [{"temperature": 0.0}, {"beams": 3}, {"seed": 4}], ids=str)
def test_it_goes_on_as_its_student_does(made, decoding):
    model, _, file, _ = made
    task = find("text-generation", decoding)
    examples = [Example(text=text) for text in ("the small dog", "a", TEXTS[0])]
    schema = task.schema(())
    wanted = task.reply(model, task.encode(examples, model.encoder, schema), schema)
    found = file.predict([each["text"] for each in examples], **decoding)
    assert found == wanted
    assert len({each.text for each in found}) > 1


def test_it_streams_what_it_writes(made):
    *_, file, _ = made
    (written,) = file.predict(["the small dog"], temperature=0.0, longest=9)
    pieces = list(file.stream("the small dog", temperature=0.0, longest=9))
    assert "".join(pieces) == written.text


def test_it_knows_how_likely_a_text_is(made):
    model, task, file, _ = made
    schema, examples = task.schema(()), [Example(text=text) for text in TEXTS[:5]]
    rows = task.encode(examples, model.encoder, schema)
    ours, theirs = task.ask(model, rows, schema), task.ask(file, rows, schema)
    assert task.same(ours, theirs).all()
    assert task.score(ours, examples) == pytest.approx(task.score(theirs, examples), rel=1e-3)
