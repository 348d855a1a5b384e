"""What a candidate may be."""

import optuna
import pytest

from tfkd import UserError, students, tasks
from tfkd.running.config import make_config
from tfkd.running.fitting import choose_epochs
from tfkd.running.task_choice import with_task
from tfkd.searching.space import Space

TRIES = 24


def config(task="text-classification", **settings):
    made = make_config({"data": "sample", "teacher": "hf:teacher", "task": task, **settings})
    return with_task(made, tasks.find(task, made.task_settings))


def space(task="text-classification", also=(), fixed=(), texts=5000, **settings):
    return Space.of(config(task, **settings), also, fixed, texts=texts)


@pytest.fixture(autouse=True)
def _no_probing(monkeypatch):
    """Whether a compression suits a student takes a second to tell."""
    monkeypatch.setattr(Space, "_try", lambda self, kind, spec: "low_rank" not in spec)


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("text-classification", {}),
        ("text-classification", {"student": "text_cnn:tiny", "student_settings": {"width": 48}}),
        ("text-classification", {"quantize": "float32", "epochs": 7, "learning_rate": 0.01}),
        ("text-classification", {"compress": ["prune:0.4", "grid:int8"], "augment": 3}),
        ("token-classification", {"max_length": 100}),
        ("text-regression", {"perturb": ["typos:0.2"]}),
        ("sentence-similarity", {}),
        ("translation", {}),
    ],
)
@pytest.mark.parametrize("also", [(), ("compress", "augment")])
def test_the_default_is_the_first_trial(task, settings, also):
    """A search that never tried what the user has can find nothing better."""
    found = space(task, also, **settings)
    trial = optuna.trial.FixedTrial(found.first())
    assert found.config.replaced(**found.suggest(trial)) == found.config
    assert trial.params == found.first()


@pytest.mark.parametrize("task", ["text-classification", "token-classification", "translation"])
def test_candidates_are_settings_of_runs_that_can_be_built(task, drawn):
    """Numbers that no run takes, or a builder refuses."""
    found = space(task, ("compress", "augment"))
    fits, schema = tasks.find(task), tasks.find(task).schema(("0", "1"))
    kinds = set()
    for seed in range(TRIES):
        student = found.config.replaced(**found.suggest(drawn(seed))).student
        name, _, size = student.source.partition(":")
        if name not in kinds:
            students.build_for(fits, schema, name, 100, size or "small", **student.settings)
        kinds.add(name)
    assert kinds == set(students.names_for(fits))


def test_a_study_of_optuna_asks_for_the_same_values_every_time(drawn):
    """Optuna refuses a parameter whose choices differ from trial to trial."""
    found = space(also=("compress",))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.enqueue_trial(found.first())
    seen = []
    for _ in range(TRIES):
        trial = study.ask()
        seen.append(found.suggest(trial))
        study.tell(trial, 0.0)
    assert seen[0] == {}
    for name in (
        "student",
        "vocab_size",
        "max_length",
        "temperature",
        "objective",
        "quantize",
        "perturb",
    ):
        assert any(name in settings for settings in seen), name
    assert any("prune" in str(settings.get("compress")) for settings in seen)
    grids = [each for each in seen if "grid" in str(each.get("compress"))]
    assert grids
    for each in grids:
        assert each["compress"][-1] == f"grid:{each.get('quantize', 'int8')}"


def test_what_the_user_gave_stays(drawn):
    fixed = ("student", "temperature", "vocab_size", "learning_rate", "quantize")
    found = space(fixed=fixed, student="text_cnn:small")
    for seed in range(TRIES):
        assert not {*fixed, "student_settings"} & set(found.suggest(drawn(seed)))
    assert found.kinds == ("text_cnn",)


def test_of_a_student_without_a_size_the_settings_are_searched(drawn):
    settings = {"student": "text_cnn", "student_settings": {"width": 48}}
    found = space(fixed=("student", "student_settings"), **settings)
    tried = [found.suggest(drawn(seed)).get("student_settings", {}) for seed in range(TRIES)]
    assert any("filters" in each for each in tried)
    assert all(each.get("width", 48) == 48 for each in tried)


def test_a_task_without_temperatures_has_none_to_search():
    """A parameter that changes nothing spoils the choice of the others."""
    names = space("text-regression").first()
    assert "temperature" not in names
    assert "loss" not in names
    written = {"objective": [{"loss": "SoftTargets", "weight": 1.0, "temperature": 3.0}]}
    assert "temperature" not in space(**written).first()


def test_a_task_that_writes_has_no_lengths_and_no_four_bits(drawn):
    """Its teacher reads as many tokens as its student, and would be asked anew."""
    found = space("translation")
    assert "max_length" not in found.first()
    tried = {found.suggest(drawn(seed)).get("quantize", "int8") for seed in range(TRIES)}
    assert tried == {"int8", "float16"}


def test_layers_of_a_teacher_stay(drawn):
    found = space(student="shrink:2")
    assert found.kinds == ("shrink",)
    for seed in range(TRIES):
        assert not {"student", "vocab_size", "max_length"} & set(found.suggest(drawn(seed)))


def test_a_rate_is_that_of_the_student(drawn):
    """A rate that a transformer learns by is none for a table."""
    found = space(learning_rate=0.123)
    for seed in range(TRIES):
        settings = found.suggest(drawn(seed))
        if "student" not in settings:
            assert settings.get("learning_rate", 0.123) in (0.0308, 0.0615, 0.123, 0.246, 0.492)
        else:
            assert settings["learning_rate"] < 0.1


def test_epochs_are_a_share_of_what_a_run_takes(drawn):
    found = space(epochs=10, fixed=("batch_size",))
    tried = {found.suggest(drawn(seed)).get("epochs") for seed in range(TRIES)}
    assert tried == {None, 5, 20, 30}
    assert "share_of_epochs" not in space(texts=0).first()


@pytest.mark.parametrize("augment", [0, 2])
def test_epochs_are_those_of_a_run_with_its_augmented_texts(augment):
    """Half as many epochs that are more, since the texts were counted without the augmented."""
    found = space(fixed=("batch_size",), augment=augment, texts=5_000)
    tried = [settings.get("epochs") for settings in all_of(found, "share_of_epochs", augment)]
    usual = choose_epochs(-(-5_000 * (1 + augment) // found.config.training.batch_size), 0)
    assert tried == [max(1, round(0.5 * usual)), None, 2 * usual, 3 * usual]


def all_of(found, name, augment):
    """Settings of the default, with each value of a parameter."""
    for value in (0.5, 1.0, 2.0, 3.0):
        yield found._record(lambda c, v=value: v if c.name == name else c.default)[1]


def test_what_is_also_searched_does_not_stay(drawn):
    """Two flags, of which the second one is ignored."""
    found = space(also=("augment",), fixed=("augment",), augment=2)
    tried = {found.suggest(drawn(seed)).get("augment") for seed in range(TRIES)}
    assert tried == {None, 0}


def test_the_smallest_of_each_kind_is_smaller_than_any_size():
    found = space()
    settings = list(found.least())
    kinds = [each.get("student", "ngram_cnn").partition(":")[0] for each in settings]
    assert kinds == list(found.kinds)
    assert {each["vocab_size"] for each in settings} == {1000}
    assert settings[0]["student_settings"]["bigrams"] < 20_000
    assert settings[0]["quantize"] == "int4"


def test_what_else_to_search_is_known():
    with pytest.raises(UserError, match="also is 'prune': write any of compress, augment"):
        space(also=("prune",))
