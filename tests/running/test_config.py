"""One set of settings for Python, flags and TOML: what one refuses, the others refuse too."""

import dataclasses
import re
from pathlib import Path

import pytest

from tfkd.errors import UserError
from tfkd.running.config import RunConfig, make, read, write

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
    config = make(SETTINGS)
    write(config, tmp_path / "config.toml")
    assert read(tmp_path / "config.toml") == config
    assert read(tmp_path / "config.toml").digest == config.digest


def test_changes_take_the_place_of_what_the_file_says(tmp_path):
    write(make(SETTINGS), tmp_path / "config.toml")
    changed = read(tmp_path / "config.toml", temperature=5.0, seed=9)
    assert (changed.temperature, changed.seed, changed.student) == (5.0, 9, "text_cnn:tiny")


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
        make({name: value})


def test_bounds_themselves_are_fine():
    least = {"vocab_size": 100, "max_length": 4, "batch_size": 1, "seed": 2**31 - 1}
    assert RunConfig(soft_weight=0.0, learning_rate=0.0, **least).soft_weight == 0.0
    assert RunConfig(soft_weight=1.0).soft_weight == 1.0


def test_paths_and_whole_numbers_fit_where_text_and_numbers_are_expected():
    config = RunConfig(data=Path("films.csv"), temperature=4)
    assert config.data == "films.csv"
    assert (config.temperature, type(config.temperature)) == (4.0, float)


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
        read(file)


def test_files_that_are_no_config(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*nowhere\.toml: No such file"):
        read(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_text("epochs = = 3\n")
    with pytest.raises(UserError, match=r"bad\.toml is not TOML: .*line 1"):
        read(tmp_path / "bad.toml")
    (tmp_path / "latin.toml").write_bytes('data = "größe"\n'.encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.toml is not TOML"):
        read(tmp_path / "latin.toml")


def test_the_digest_is_of_the_settings_and_not_of_the_folder():
    """The run's default folder bears it: two settings in one folder would mix their phases."""
    config = make(SETTINGS)
    assert dataclasses.replace(config, to="elsewhere").digest == config.digest
    for name, value in (("seed", 1), ("temperature", 2.5), ("student_settings", {})):
        assert dataclasses.replace(config, **{name: value}).digest != config.digest


def test_settings_given_as_a_tuple_equal_those_from_a_file():
    """TOML has lists only: a run started with a tuple would not recognise its own folder."""
    tuples, lists = ({"kernels": kind((2, 3))} for kind in (tuple, list))
    assert RunConfig(student_settings=tuples) == RunConfig(student_settings=lists)


def test_every_setting_has_help():
    """`tfkd distill --help` prints it."""
    for each in dataclasses.fields(RunConfig):
        assert each.metadata["help"]
