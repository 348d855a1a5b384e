"""Hugging Face folders that write: as their library does, and as tfkd writes by whole passes."""

import importlib.util

import numpy as np
import pytest
from folders_that_write import KINDS, SEQ2SEQ, SOURCES, rows_of, task_of, write_folder
from hugging_face_folders import state, tokenizer
from tokenizers import Tokenizer

from tfkd import load_teacher
from tfkd.errors import UserError
from tfkd.models.generators.generate_settings import without_tokens
from tfkd.store.fingerprint import fingerprint
from tfkd.text.decoding import Decoding, FullPasses, write

pytest.importorskip("transformers")
TORCH = pytest.mark.skipif(
    not importlib.util.find_spec("torch"), reason="needs the extra tfkd[torch]"
)
ROUTES = ["hf", pytest.param("torch", marks=TORCH)]
SLOW = [kind if kind == "t5" else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]


class Never(FullPasses):
    """Whole passes of a model that never writes some tokens."""

    def step(self, state, tokens):
        logits, state = super().step(state, tokens)
        return without_tokens(logits, self.never), state


@pytest.fixture(scope="module", params=SLOW)
def folder(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("writers") / request.param
    return request.param, path, write_folder(request.param, path)


@pytest.fixture(params=ROUTES)
def teacher(request, folder):
    kind, path, _ = folder
    return load_teacher(f"{request.param}:{path}", task=task_of(kind))


def test_texts_are_those_of_whole_passes(folder, teacher):
    """What is remembered changes nothing: of sources of many lengths, greedily and by beams."""
    kind = folder[0]
    rows = rows_of(teacher, kind)
    whole = Never(teacher.run, teacher.encoder, task_of(kind).inputs)
    # Padding, which is 0 whatever the model's own is.
    whole.never = (0,) if kind == "marian" else ()
    for decoding in (Decoding(longest=9), Decoding(beams=3, longest=9)):
        found = teacher.write(rows, decoding)
        for mine, theirs in zip(found, write(whole, rows, decoding, str), strict=True):
            assert [text.ids for text in mine] == [text.ids for text in theirs]
            scores = [[text.score for text in texts] for texts in (mine, theirs)]
            np.testing.assert_allclose(*scores, atol=1e-4)
    assert len({text.ids for texts in found for text in texts}) > 3


def test_the_likeliest_text_is_that_of_the_library(folder):
    kind, path, made = folder
    if kind != "t5":
        pytest.skip("takes seconds a text, and PyTorch's are compared below")
    teacher = load_teacher(f"hf:{path}", task=task_of(kind))
    (row, *_) = rows_of(teacher, kind)
    ((text,),) = teacher.write([row], Decoding(longest=6))
    ids = np.array([row["input_ids"]], "int32")
    out = made.generate(ids, num_beams=1, do_sample=False, max_new_tokens=6).numpy()[0]
    assert list(text.ids) == out[1:7].tolist()


def test_longer_texts_than_it_has_positions_for_are_refused_at_once(folder, teacher):
    kind = folder[0]
    rows = rows_of(teacher, kind)
    if kind != "t5":
        with pytest.raises(UserError, match="longest is 80, and the model has positions for"):
            teacher.write(rows, Decoding(longest=80))


@TORCH
def test_scores_are_those_of_the_library(folder, tmp_path):
    import torch

    kind = folder[0]
    if kind == "marian":
        pytest.skip("the library leaves out what is never written without sharing its probability")
    write_folder(kind, tmp_path, more=0)
    teacher = load_teacher(f"torch:{tmp_path}", task=task_of(kind))
    rows = rows_of(teacher, kind)[:1]
    (found,) = teacher.write(rows, Decoding(beams=3, longest=6, length_penalty=0.0))
    inner = getattr(teacher.model, "_wrapped", teacher.model)
    theirs = getattr(teacher.model, "_own", np.arange(teacher.classes))
    ids = torch.tensor(theirs[np.array([rows[0]["input_ids"]])].astype("int64"))
    own = {"num_beams": 3, "do_sample": False, "length_penalty": 0.0, "max_new_tokens": 6}
    own |= {"output_scores": True, "return_dict_in_generate": True}
    if kind == "bart":
        # Its <s> counts as a token there.
        own |= {"forced_bos_token_id": 0, "max_new_tokens": 7}
    out = inner._model.generate(ids, attention_mask=torch.ones_like(ids), **own)
    assert out.sequences_scores[0] == pytest.approx(found[0].score, abs=1e-3)


@pytest.mark.parametrize("route", ROUTES)
def test_a_start_that_pads_too_is_read(route, tmp_path):
    """As GPT-2's, whose texts start, end and are padded with one token."""
    made = write_folder("gpt2", tmp_path)
    state(tmp_path, "config.json", pad_token_id=None)
    teacher = load_teacher(f"{route}:{tmp_path}", task=task_of("gpt2"))
    encoder = teacher.encoder
    assert encoder.pad_id == encoder.start_id == encoder.end_id
    rows = [
        {"input_ids": np.array([encoder.start_id, *encoder.encode(text)])} for text in SOURCES[:2]
    ]
    for row, output in zip(rows, teacher.run(rows), strict=True):
        theirs = made(row["input_ids"][None]).logits.numpy()[0, :, : teacher.classes]
        np.testing.assert_allclose(output["logits"], theirs, atol=1e-3)


def test_a_student_with_its_tokenizer_has_its_numbers(folder, teacher):
    """Padding is 0 to both, and the rows of the model that stand for no token are gone."""
    from tfkd import text

    kind, path, made = folder
    student = text.load(path)
    student = text.with_padding_first(student) if kind in SEQ2SEQ else student
    assert teacher.encoder.fingerprint() == student.fingerprint()
    assert (teacher.encoder.start_id, teacher.encoder.end_id) == (student.start_id, student.end_id)
    assert teacher.classes == student.vocab_size == made.config.vocab_size - 3
    if kind in SEQ2SEQ:
        assert teacher.encoder.pad_id == 0


def test_a_store_tells_its_weights_from_others(folder, teacher):
    kind, path, _ = folder
    mine = fingerprint(teacher)["teacher"]
    route = teacher.origin.partition(":")[0]
    again = load_teacher(f"{route}:{path}", task=task_of(kind))
    assert fingerprint(again)["teacher"] == mine
    if route == "hf":
        weights = getattr(again.model, "model", again.model).weights
        weights[0].assign(weights[0] + 1.0)
        assert fingerprint(again)["teacher"] != mine


def test_words_before_each_source_are_those_of_its_pipelines(tmp_path, caplog):
    path = tmp_path / "t5"
    write_folder("t5", path)
    plain = load_teacher(f"hf:{path}", task=task_of("t5")).encoder
    words = {"rewriting": {"prefix": "the film "}, "summarization": {"prefix": "a bad "}}
    state(path, "config.json", task_specific_params=words)
    teacher = load_teacher(f"hf:{path}", task=task_of("t5"))
    assert teacher.encoder.encode("was good") == plain.encode("the film was good")
    assert teacher.encoder.encode_targets(["was good"], 9) == plain.encode_targets(["was good"], 9)
    # The vocabulary is the same, and the answers are others.
    assert teacher.encoder.fingerprint() == plain.fingerprint()
    assert fingerprint(teacher)["preprocessing"] == {"max_length": 256, "prefix": "the film "}
    del words["rewriting"]
    state(path, "config.json", task_specific_params=words)
    caplog.clear()
    assert load_teacher(f"hf:{path}", task=task_of("t5")).encoder.encode("a") == plain.encode("a")
    assert "read what to do before each text (a bad )" in caplog.text


def test_folders_that_cannot_write_are_refused_before_their_weights(tmp_path):
    path = tmp_path / "t5"
    write_folder("t5", path)
    (path / "model.safetensors").unlink()
    with pytest.raises(UserError, match="writes a text from another one"):
        load_teacher(f"hf:{path}", task=task_of("gpt2"))
    with pytest.raises(UserError, match=r"holds no model\.safetensors"):
        load_teacher(f"hf:{path}", task=task_of("t5"))
    state(path, "config.json", eos_token_id=900)
    with pytest.raises(UserError, match="begin or end with token 900"):
        load_teacher(f"hf:{path}", task=task_of("t5"))
    state(path, "config.json", eos_token_id=None)
    state(path, "generation_config.json", eos_token_id=None)
    with pytest.raises(UserError, match="has no end token"):
        load_teacher(f"hf:{path}", task=task_of("t5"))


@pytest.mark.parametrize("spec", ["tflite:x", "store:x", "saved_model:x", "hf:x + hf:y"])
def test_kinds_that_write_no_texts_are_refused_by_what_does(spec):
    with pytest.raises(UserError, match=r"one model that writes texts: write keras:PATH or hf:"):
        load_teacher(spec, task=task_of("t5"))


def test_encoders_are_not_fine_tuned_to_write():
    from tfkd.running.checks import check_fine_tuning
    from tfkd.tasks import find

    with pytest.raises(UserError, match=r"writes texts: write train:seq2seq:base"):
        check_fine_tuning("hf:x", find("translation"))


@pytest.mark.parametrize("route", ROUTES)
def test_a_text_ends_at_each_of_the_end_tokens(route, tmp_path):
    """A text that runs on to `longest`, since its model ends it by the second of two tokens."""
    write_folder("gpt2", tmp_path)
    teacher = load_teacher(f"{route}:{tmp_path}", task=task_of("gpt2"))
    row = rows_of(teacher, "gpt2")[0]
    ((text,),) = teacher.write([row], Decoding(longest=4))
    end = teacher.encoder.end_id
    assert text.ids[0] != end
    # By the model's own numbers, which are those of its tokenizer here.
    state(tmp_path, "generation_config.json", eos_token_id=[end, int(text.ids[0])])
    teacher = load_teacher(f"{route}:{tmp_path}", task=task_of("gpt2"))
    ((text,),) = teacher.write([row], Decoding(longest=4))
    assert set(text.ids) <= {end}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", ["gpt2", "bart"])
def test_one_of_several_end_tokens_stands_for_all(kind, route, tmp_path):
    """A student that learns to write the second end token, and to go on behind it."""
    write_folder(kind, tmp_path)
    teachers = [load_teacher(f"{route}:{tmp_path}", task=task_of(kind))]
    own = teachers[0].encoder
    end, other = own.end_id, own.encode(SOURCES[0])[1]
    # A model's own numbers are others where its padding is not 0.
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    ends = [theirs.token_to_id(own.tokenizer.id_to_token(number)) for number in (end, other)]
    state(tmp_path, "generation_config.json", eos_token_id=ends)
    teachers.append(load_teacher(f"{route}:{tmp_path}", task=task_of(kind)))
    rows = rows_of(teachers[0], kind)
    for before, after in zip(*(teacher.run(rows) for teacher in teachers), strict=True):
        before, after = before["logits"].copy(), after["logits"]
        least = before.min(axis=-1)
        before[..., end] = np.logaddexp(before[..., end], before[..., other])
        before[..., other] = least
        np.testing.assert_allclose(after, before, atol=1e-4)
    assert fingerprint(teachers[0])["teacher"] != fingerprint(teachers[1])["teacher"]


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_never_written_is_no_lesson(route, tmp_path):
    """A token that a model takes out where it writes, and that its student learns to write."""
    write_folder("bart", tmp_path)
    teachers = [load_teacher(f"{route}:{tmp_path}", task=task_of("bart"))]
    own = teachers[0].encoder
    never = own.encode(SOURCES[0])[1]
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    number = theirs.token_to_id(own.tokenizer.id_to_token(never))
    state(tmp_path, "generation_config.json", suppress_tokens=[number, 900])
    teachers.append(load_teacher(f"{route}:{tmp_path}", task=task_of("bart")))
    rows = rows_of(teachers[0], "bart")
    for before, after in zip(*(teacher.run(rows) for teacher in teachers), strict=True):
        before = before["logits"].copy()
        before[..., never] = before.min(axis=-1)
        np.testing.assert_allclose(after["logits"], before, atol=1e-4)
    assert fingerprint(teachers[0])["teacher"] != fingerprint(teachers[1])["teacher"]
    teachers[1].write(rows, Decoding(longest=4))  # 900 is outside of its vocabulary


def test_a_head_that_is_not_tied_and_in_no_file_is_refused(tmp_path):
    """A T5 with another head at random in each load, without a word."""
    write_folder("t5", tmp_path)
    state(tmp_path, "config.json", tie_word_embeddings=False)
    with pytest.raises(UserError, match=r"has no .*lm_head"):
        load_teacher(f"hf:{tmp_path}", task=task_of("t5"))


@TORCH
def test_a_writer_without_such_a_memory_writes_by_whole_passes(tmp_path):
    """A BERT, Mamba or MPT that is loaded well, and ends in a traceback where it writes."""
    import transformers

    read = tokenizer("gpt2", tmp_path)
    own = {"n_layers": 2, "d_model": 16, "n_heads": 2, "initializer_range": 0.6}
    own |= {"bos_token_id": read.bos_token_id, "eos_token_id": read.eos_token_id}
    made = transformers.MptForCausalLM(transformers.MptConfig(vocab_size=len(read), **own))
    made.save_pretrained(tmp_path)
    teacher = load_teacher(f"torch:{tmp_path}", task=task_of("gpt2"))
    rows = rows_of(teacher, "gpt2")
    whole = FullPasses(teacher.run, teacher.encoder, task_of("gpt2").inputs)
    decoding = Decoding(longest=5)
    found = teacher.write(rows, decoding)
    assert [text.ids for (text,) in found] == [
        text.ids for (text,) in write(whole, rows, decoding, str)
    ]
