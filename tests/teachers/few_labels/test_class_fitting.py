"""Teachers fitted to classes: numbers worked by hand, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax as shares
from tiny_bert import checkpoint

from tfkd import UserError, load_teacher, store, tasks
from tfkd.store.fingerprint import fingerprint
from tfkd.teachers import ClassGuide, FewLabels, digest_spec, is_fitted
from tfkd.teachers.few_labels.few_labels import share_of_classes
from tfkd.teachers.few_labels.kept_fit import recall_fit
from tfkd.teachers.few_labels.logistic import fit_logistic
from tfkd.teachers.few_labels.pair_tuning import draw_batch, pair_loss
from tfkd.teachers.few_labels.temperature import fit_factor
from tfkd.teachers.stored_answers import is_stored

LABELS = ("early", "late")
GUIDE = ClassGuide(LABELS, ("a b c d\nb c a", "w x y z"), examples=(("z y", "late"),))
TEXTS = ("a b d", "c d a", "b b c", "a c c", "w y z", "x x z", "y w w", "z x y")
IDS = (0, 0, 0, 0, 1, 1, 1, 1)
FEW = FewLabels(LABELS, TEXTS, IDS, GUIDE)
NEW = ["d c b a", "z w x y"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few") / "encoder"
    return checkpoint(folder, head=False, architectures=["BertModel"], spread=0.1)


@pytest.fixture(scope="module")
def entailing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few") / "nli"
    names = {"0": "CONTRADICTION", "1": "Entailment", "2": "neutral"}
    return checkpoint(folder, id2label=names, spread=0.2)


@pytest.fixture(scope="module")
def vectors(encoder):
    """Return a function of texts to the unit vectors of the encoder itself."""
    reader = load_teacher(f"hf:{encoder}", task=tasks.find("sentence-similarity"))

    def read(texts):
        rows = [{"input_ids": ids} for ids in reader.encoder.encode_many(texts)]
        return np.stack([row["embedding"] for row in reader.run(rows)])

    return read


def test_similar_is_the_cosine_with_the_mean_of_what_a_class_means(encoder, vectors):
    teacher = load_teacher(f"similar:hf:{encoder}", few=FewLabels(LABELS, guide=GUIDE))
    early = vectors(["a b c d", "b c a"]).mean(0)
    late = vectors(["w x y z", "z y"]).mean(0)
    classes = np.stack([each / np.linalg.norm(each) for each in (early, late)])
    np.testing.assert_allclose(teacher.logits(NEW), 20 * vectors(NEW) @ classes.T, atol=1e-3)
    assert teacher.labels == LABELS
    assert "0.05, which is the default: 0 labelled training texts" in teacher.note
    fitted = load_teacher(f"similar:hf:{encoder}", few=FEW)
    assert "fitted on 8 labelled training texts" in fitted.note
    ratio = fitted.logits(NEW) / teacher.logits(NEW)
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-3)


@pytest.fixture(scope="module")
def kept(encoder, tmp_path_factory):
    """What a teacher is fitted to, the folder where that is kept, and the teacher."""
    few = FewLabels(LABELS, TEXTS, IDS, folder=tmp_path_factory.mktemp("kept"))
    return few, load_teacher(f"few:hf:{encoder}", few=few)


def test_few_is_the_logistic_regression_of_unit_vectors(kept, vectors):
    teacher = kept[1]
    weights, bias, note = fit_logistic(vectors(list(TEXTS)), np.array(IDS), 2)
    np.testing.assert_allclose(teacher.logits(NEW), vectors(NEW) @ weights + bias, atol=1e-3)
    assert teacher.logits(NEW).argmax(axis=1).tolist() == [0, 1]
    assert "8 labelled texts, C = " in note
    assert "folds of them" in teacher.note
    # The examples in the file of classes are labelled texts too.
    texts, ids = FEW.labelled()
    assert (texts, ids.tolist()) == ([*TEXTS, "z y"], [*IDS, 1])


def test_what_was_fitted_is_kept_and_told_apart_by_all_that_it_was_fitted_to(
    encoder, kept, monkeypatch
):
    few, first = kept
    with monkeypatch.context() as patch:
        patch.setattr("tfkd.teachers.few_labels.class_fitting.fit_logistic", None)
        again = load_teacher(f"few:hf:{encoder}", few=few)
    assert again.note == first.note
    np.testing.assert_array_equal(again.logits(NEW), first.logits(NEW))
    assert fingerprint(again) == fingerprint(first)
    # A file that was cut off is fitted again, and is whole then.
    (file,) = few.folder.glob("fit-*.npz")
    whole = recall_fit(file)
    file.write_bytes(file.read_bytes()[:200])
    assert recall_fit(file) is None
    load_teacher(f"few:hf:{encoder}", few=few)
    np.testing.assert_array_equal(recall_fit(file)["weights"], whole["weights"])
    assert [each.name for each in few.folder.iterdir()] == [file.name]
    other = replace(few, folder=None, texts=(*TEXTS[:-1], "z z"))
    assert fingerprint(load_teacher(f"few:hf:{encoder}", few=other)) != fingerprint(first)
    told = replace(few, guide=GUIDE)
    changed = [{"ids": (1, *IDS[1:])}, {"texts": TEXTS[::-1]}, {"template": "{}"}]
    changed += [{"guide": replace(GUIDE, descriptions=("a", "z"))}, {"labels": ("late", "early")}]
    marks = {few.digest, told.digest, *(replace(told, **each).digest for each in changed)}
    assert len(marks) == 7


@pytest.mark.slow
def test_contrastive_tuning_draws_a_class_together_and_is_kept(encoder, kept, vectors):
    few, plain = kept
    spec = f"few:contrastive:hf:{encoder}"
    teacher = load_teacher(spec, few=few)
    assert "tuned for 30 steps" in teacher.note

    def loss(reader):
        rows = [{"input_ids": ids} for ids in reader.encoder.encode_many(list(TEXTS))]
        found = np.stack([row["embedding"] for row in reader.run(rows)])
        return float(pair_loss(found, np.array(IDS)))

    assert loss(teacher.model.reader) < loss(plain.model.reader) - 0.01
    again = load_teacher(spec, few=few)
    np.testing.assert_allclose(again.logits(NEW), teacher.logits(NEW), atol=1e-5)
    assert fingerprint(again) == fingerprint(teacher) != fingerprint(plain)


def test_pairs_of_either_kind_weigh_as_much():
    """Two alike at 60 degrees and one other at a right angle to the first: by hand."""
    found = np.array([[1.0, 0.0], [0.5, 3**0.5 / 2], [0.0, 1.0]], "float32")
    near, far = (1 - 0.5) ** 2, (0.0**2 + 0.75) / 2
    assert float(pair_loss(found, np.array([0, 0, 1]))) == pytest.approx(near + far, abs=1e-6)
    many = np.repeat(np.arange(77), 3)
    drawn = many[draw_batch(many, np.random.default_rng(0))]
    assert len(drawn) == 32
    assert (np.bincount(drawn)[np.unique(drawn)] == 2).all()


def test_entailment_is_that_of_the_pair_of_text_and_sentence(entailing, tmp_path, monkeypatch):
    few = FewLabels(LABELS, guide=GUIDE, template="so {} z")
    teacher = load_teacher(f"nli:hf:{entailing}", few=few)
    pairs = load_teacher(f"hf:{entailing}", task=tasks.find("text-classification", {"pair": True}))
    texts = ["a b", "x y z w a b c"]

    def entails(line):
        return pairs.logits([(text, f"so {line} z") for text in texts])[:, 1]

    early = (entails("a b c d") + entails("b c a")) / 2
    wanted = np.stack([early, entails("w x y z")], axis=1)
    np.testing.assert_allclose(teacher.logits(texts), wanted, atol=1e-4)
    assert "entailment, temperature 1, which is the default" in teacher.note
    # Its long texts leave room for the sentence.
    assert np.isfinite(teacher.logits(["a " * 200])).all()
    fitted = load_teacher(f"nli:hf:{entailing}", few=replace(FEW, folder=tmp_path))
    assert "fitted on 8" in fitted.note
    monkeypatch.setattr("tfkd.teachers.few_labels.class_fitting.fit_factor", None)
    again = load_teacher(f"nli:hf:{entailing}", few=replace(FEW, folder=tmp_path))
    assert (again.note, again.model.factor) == (fitted.note, fitted.model.factor)
    assert again.model.factor != 1


def test_the_factor_is_the_one_of_greatest_likelihood():
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(4000, 3))
    chances = np.exp(3 * scores)
    chances /= chances.sum(1, keepdims=True)
    ids = np.array([draw.choice(3, p=row) for row in chances])
    factor, how = fit_factor(scores, ids, bounds=(0.1, 100), default=1)
    assert factor == pytest.approx(3, rel=0.06)
    assert how.endswith("fitted on 4,000 labelled training texts")
    right = scores.argmax(axis=1)
    assert fit_factor(scores, right, bounds=(0.1, 50), default=1)[0] == pytest.approx(50)


def test_vectors_may_come_from_a_store(kept, vectors, tmp_path):
    texts = [*TEXTS, *NEW]
    known = dict(zip(texts, vectors(texts), strict=True))

    def teacher(inputs, reads):
        return {"embedding": np.stack([known[text.decode()] for text in inputs["text"].numpy()])}

    store.write(tmp_path / "v", teacher, texts, reads=("embedding",), dtype="float32", verbose=0)
    few, own = kept
    stored = load_teacher(f"few:store:{tmp_path / 'v'}", few=replace(few, folder=None))
    np.testing.assert_allclose(stored.logits(NEW), own.logits(NEW), atol=1e-3)
    assert is_stored(stored.model)
    assert not is_stored(own.model)


def test_joined_with_another_teacher_it_is_a_member(encoder, kept):
    few, own = kept
    spec = f"few:hf:{encoder} + hf:{encoder}"
    assert is_fitted(spec)
    joined = load_teacher(f"few:hf:{encoder} + few:hf:{encoder}", few=few)
    np.testing.assert_allclose(
        shares(joined.logits(NEW), -1), shares(own.logits(NEW), -1), atol=1e-4
    )


def test_names_of_the_classes_of_a_model_of_entailment_are_part_of_it(entailing, tmp_path):
    """They say which of its outputs is read."""
    spec = f"nli:hf:{entailing}"
    assert digest_spec(spec) == digest_spec(spec, with_names=False)
    assert digest_spec(f"similar:hf:{entailing}") != digest_spec(f"few:hf:{entailing}")
    before = digest_spec(spec, with_names=False)
    config = json.loads((entailing / "config.json").read_text())
    renamed = {**config, "id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"}}
    try:
        (entailing / "config.json").write_text(json.dumps(renamed))
        assert digest_spec(spec, with_names=False) != before
    finally:
        (entailing / "config.json").write_text(json.dumps(config))


def test_shares_of_sentences():
    np.testing.assert_allclose(share_of_classes([1, 2]), [[1, 0], [0, 0.5], [0, 0.5]])


@pytest.mark.parametrize(
    ("spec", "few", "sentence"),
    [
        ("similar:{encoder}", FEW, r"similar takes an encoder of texts: write similar:hf:FOLDER"),
        ("similar:torch", FEW, r"write similar:hf:FOLDER"),
        ("few:contrastive:openai:a@b", FEW, r"write few:contrastive:hf:FOLDER"),
        ("nli:keras:{encoder}", FEW, r"nli takes a model of entailment: write nli:hf:FOLDER"),
        ("few:hf:{encoder}", None, r"is fitted to the classes of one data set: give it to tfkd"),
        ("similar:hf:{encoder}", FewLabels(LABELS), r"give --classes classes.toml"),
        ("nli:hf:{nli}", FewLabels(LABELS), r"give --classes classes.toml"),
        ("nli:hf:{encoder}", FEW, r"has no classification head"),
        ("nli:hf:{other}", FEW, r"has the classes class 0, class 1, class 2, and a teacher nli:"),
        ("few:hf:{encoder}", FewLabels(LABELS, TEXTS[:4], IDS[:4]), r"1 of 2 classes.*\(late\)"),
        ("few:hf:{nowhere}", FEW, r"nowhere"),
        ("few:contrastive:tf:{encoder}", FEW, r"trains its encoder, and .* no Keras 3 model"),
        (
            "few:contrastive:hf:{encoder}",
            FewLabels(LABELS, ("a", "z"), (0, 1)),
            r"each class has one labelled text alone",
        ),
        (
            "nli:hf:{nli}",
            FewLabels(LABELS, guide=ClassGuide(LABELS, ("a " * 60, "b"))),
            r"reads 48 tokens, and the longest sentence",
        ),
    ],
)
def test_what_cannot_be_is_refused(encoder, entailing, tmp_path, spec, few, sentence):
    if "tf:" in spec:
        pytest.importorskip("tf_keras")
    if "{other}" in spec:
        checkpoint(tmp_path / "other")
    names = {"encoder": encoder, "nli": entailing, "other": tmp_path / "other"}
    with pytest.raises(UserError, match=sentence):
        load_teacher(spec.format(**names, nowhere=tmp_path / "nowhere"), few=few)
