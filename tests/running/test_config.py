"""One set of settings for Python, flags and TOML: what one refuses, the others refuse too."""

import re
import tomllib
from pathlib import Path

import pytest

from tfkd.errors import UserError
from tfkd.running.config import make_config, places, put_over, read_config, write_config

SETTINGS = {
    "data": 'a "quoted" path\\films.csv',
    "teacher": "hf:lehrer/größe",
    "student": "text_cnn:tiny",
    "student_settings": {"filters": 8, "kernels": (2, 3), "dropout": 0.5},
    "temperature": 3,
    "soft_weight": 1,
    "lowercase": False,
    "to": "runs/one",
}


def test_toml_gives_the_same_config_back(tmp_path):
    """A resumed run compares its config with the one in its folder: any difference refuses it."""
    config = make_config(SETTINGS)
    write_config(config, tmp_path / "config.toml")
    assert read_config(tmp_path / "config.toml") == config
    assert read_config(tmp_path / "config.toml").digest == config.digest


def test_changes_take_the_place_of_what_the_file_says(tmp_path):
    write_config(make_config(SETTINGS), tmp_path / "config.toml")
    changed = read_config(tmp_path / "config.toml", temperature=5.0, seed=9)
    assert (changed.training.temperature, changed.training.seed, changed.student.source) == (
        5.0,
        9,
        "text_cnn:tiny",
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("data", 3, "data is 3: expected a text."),
        ("epochs", 1.5, "epochs is 1.5: expected a whole number."),
        ("epochs", True, "epochs is True: expected a whole number."),
        ("seed", "1", "seed is '1': expected a whole number."),
        ("temperature", "hot", "temperature is 'hot': expected a number."),
        ("lowercase", 1, "lowercase is 1: expected true or false."),
        ("student_settings", "filters=8", "expected a table of names and values."),
        ("student_settings", {"filters": {8}}, "expected numbers, texts and lists."),
        ("temperature", 0, "temperature is 0.0: write a positive number"),
        ("temperature", -1.0, "temperature is -1.0: write a positive number"),
        ("temperature", float("nan"), "temperature is nan: write a positive number"),
        ("temperature", float("inf"), "temperature is inf: write a positive number"),
        ("soft_weight", 1.01, "soft_weight is 1.01: write a number from 0 to 1."),
        ("soft_weight", float("nan"), "soft_weight is nan: write a number from 0 to 1."),
        ("learning_rate", -0.1, "learning_rate is -0.1: write 0 or more."),
        ("learning_rate", float("nan"), "learning_rate is nan: write 0 or more."),
        ("epochs", -1, "epochs is -1: write 0 or more."),
        ("seed", -1, "seed is -1: write 0 or more."),
        ("seed", 2**31, f"seed is {2**31}: write a number below {2**31}."),
        ("batch_size", 0, "batch_size is 0: write at least 1."),
        ("max_length", 3, "max_length is 3: write at least 4."),
        ("vocab_size", 99, "vocab_size is 99: write at least 100."),
        ("quantize", "int2", "quantize is 'int2': write one of float32, float16, int16x8,"),
    ],
)
def test_bad_values(name, value, words):
    """Each says what came and what to write, before an hour of work and not after it."""
    with pytest.raises(UserError, match=re.escape(words)):
        make_config({name: value})


def test_bounds_themselves_are_fine():
    least = {"vocab_size": 100, "max_length": 4, "batch_size": 1, "seed": 2**31 - 1}
    config = make_config({"soft_weight": 0.0, "learning_rate": 0.0, **least})
    assert config.training.soft_weight == 0.0
    assert make_config({"soft_weight": 1.0}).training.soft_weight == 1.0


def test_paths_and_whole_numbers_fit_where_text_and_numbers_are_expected():
    config = make_config({"data": Path("films.csv"), "temperature": 4})
    assert config.data.source == "films.csv"
    assert (config.training.temperature, type(config.training.temperature)) == (4.0, float)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("temprature", "no setting is called 'temprature' (did you mean temperature?)"),
        ("alpha_beta_gamma", "no setting is called 'alpha_beta_gamma'; see"),
    ],
)
def test_an_unknown_setting(tmp_path, name, words):
    """A misspelt setting that is ignored is a run with the default."""
    file = tmp_path / "run.toml"
    file.write_text(f"{name} = 3\n")
    with pytest.raises(UserError, match=re.escape(f"{file}: {words}")):
        read_config(file)


def test_files_that_are_no_config(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*nowhere\.toml: No such file"):
        read_config(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_text("epochs = = 3\n")
    with pytest.raises(UserError, match=r"bad\.toml is not TOML: .*line 1"):
        read_config(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes('data = "größe"\n'.encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.toml is not TOML"):
        read_config(tmp_path / "latin.toml")


def test_the_digest_is_of_the_settings_and_not_of_the_folder():
    """The run's default folder bears it: two settings in one folder would mix their phases."""
    config = make_config(SETTINGS)
    assert config.replaced(to="elsewhere").digest == config.digest
    for name, value in (("seed", 1), ("temperature", 2.5), ("student_settings", {})):
        assert config.replaced(**{name: value}).digest != config.digest


def test_settings_given_as_a_tuple_equal_those_from_a_file():
    """TOML has lists only: a run started with a tuple would not recognise its own folder."""
    tuples, lists = ({"kernels": kind((2, 3))} for kind in (tuple, list))
    assert make_config({"student_settings": tuples}) == make_config({"student_settings": lists})


def test_every_setting_has_help():
    """`tfkd distill --help` prints it."""
    for place in places().values():
        assert place.field.metadata["help"]


def test_every_setting_has_its_table_in_the_file(tmp_path):
    """Flags are flat and TOML is not: a setting that one of them cannot name is lost."""
    write_config(make_config(SETTINGS), tmp_path / "config.toml")
    tables = tomllib.loads((tmp_path / "config.toml").read_text())
    assert tables["teacher"]["source"] == "hf:lehrer/größe"
    assert tables["student"]["settings"]["filters"] == 8
    assert tables["training"]["temperature"] == 3.0
    assert tables["to"] == "runs/one"
    named = {
        f"[{table}] {name}"
        for table, values in tables.items()
        if table not in ("columns", "task_settings") and isinstance(values, dict)
        for name in values
    }
    assert named == {place.title for place in places().values() if place.table}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("temperature = 3", "'temperature' belongs into a table: write [training]"),
        ('teacher = "train"', "teacher is 'train', and a table: write [teacher]"),
        ("[training]\nepoch = 3", "the table [training] has no 'epoch' (did you mean epochs?)"),
        ("[trainig]\nepochs = 3", "no setting is called 'trainig' (did you mean training?)"),
        ("[teacher]\nmax_length = true", "teacher_max_length is True: expected a whole number."),
        ("[columns]\ntext = 3", "columns: text is 3: write the name of a column."),
    ],
)
def test_a_file_whose_tables_are_wrong(tmp_path, lines, words):
    """A setting outside of its table that is ignored is a run with the default."""
    file = tmp_path / "run.toml"
    file.write_text(f"{lines}\n")
    with pytest.raises(UserError, match=re.escape(words)):
        read_config(file)


def test_one_entry_of_a_table_leaves_the_others(tmp_path):
    """A flag for the filters, and the dropout of the file was gone."""
    path = tmp_path / "run.toml"
    path.write_text(
        '[data]\nsource = "sample"\n[student]\nsource = "text_cnn"\n'
        "[student.settings]\nfilters = 64\ndropout = 0.5\n"
    )
    assert read_config(path, student_settings={"filters": 8}).student.settings == {
        "filters": 8,
        "dropout": 0.5,
    }
    # Another student has other settings.
    other = read_config(path, student="bilstm", student_settings={"units": 8})
    assert other.student.settings == {"units": 8}
    larger = read_config(path, student="text_cnn:base", student_settings={"filters": 8})
    assert larger.student.settings == {"filters": 8, "dropout": 0.5}
    recipe = {"columns": {"text": "review"}, "task_settings": {"a": 1, "b": 2}}
    file = {"columns": {"label": "stars"}, "task_settings": {"b": 3}}
    assert put_over(recipe, file) == {
        "columns": {"text": "review", "label": "stars"},
        "task_settings": {"a": 1, "b": 3},
    }
