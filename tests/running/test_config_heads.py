"""`[[head]]` tables become one task, with the columns, settings and losses of each head."""

import pytest

from tfkd import RunConfig, UserError
from tfkd.running.config import make_config, read_config, write_config
from tfkd.running.stages import read_objective

HEADS = """
[data]
source = "requests.jsonl"

[[head]]
name = "intent"
task = "text-classification"
teacher = "hf:A"
weight = 2
columns = {label = "category"}

[[head]]
name = "stars"
task = "text-regression"
teacher = "keras:B"
soft_weight = 0.9
settings = {pair = false}
"""


@pytest.fixture
def config(tmp_path) -> RunConfig:
    path = tmp_path / "run.toml"
    path.write_text(HEADS)
    return read_config(path)


def test_heads_are_a_task_with_columns_settings_and_teachers(config):
    assert config.task.name == "intent=text-classification+stars=text-regression"
    assert config.columns == {"intent.label": "category"}
    assert config.task_settings == {
        "intent.weight": 2,
        "stars.soft_weight": 0.9,
        "stars.pair": False,
    }
    assert config.teacher.source == "intent=hf:A + stars=keras:B"


def test_a_folder_of_a_run_has_them_as_well(config, tmp_path):
    write_config(config, tmp_path / "config.toml")
    assert read_config(tmp_path / "config.toml") == config


def test_weights_and_own_settings_reach_the_objective(config):
    """Soft weights of the run hold where a head has none."""
    named = {name: weight for name, weight, _ in read_objective(config).named()}
    assert named["intent_hard_labels"] == pytest.approx(2 * 0.25)
    assert named["intent_soft_targets"] == pytest.approx(2 * 0.75)
    assert named["stars_hard_labels"] == pytest.approx(0.1)
    assert named["stars_logit_error"] == pytest.approx(0.9)


def test_losses_of_a_head_have_its_form():
    """A loss on a number would be one on classes otherwise."""
    heads = [
        {"name": "a", "task": "text-classification", "objective": [{"loss": "HardLabels"}]},
        {
            "name": "b",
            "task": "text-regression",
            "objective": [{"loss": "LogitError", "weight": 3}],
        },
    ]
    terms = read_objective(make_config({"data": "x.csv", "head": heads})).terms
    assert [(weight, loss.head, loss.of.form) for weight, loss in terms] == [
        (1.0, "a", "multiclass"),
        (3, "b", "regression"),
    ]


def test_heads_without_losses_weigh_nothing_and_losses_have_heads():
    """Labels of a head that does not learn are there all the same."""
    joint = {"data": "x.csv", "task": "a=text-classification+b=text-regression"}
    hint = read_objective(make_config({**joint, "objective": [{"loss": "Hint"}]}))
    assert [(w, getattr(loss, "head", "")) for w, loss in hint.terms] == [
        (1.0, ""),
        (0.0, "a"),
        (0.0, "b"),
    ]
    for term in ({"loss": "HardLabels"}, {"loss": "HardLabels", "head": "c"}):
        with pytest.raises(UserError, match='write head = "NAME", one of a, b'):
            read_objective(make_config({**joint, "objective": [term]}))


GOOD = {"name": "a", "task": "text-classification"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"head": "intent"}, "write a table [[head]] for each head"),
        ({"head": [{"task": "text-classification"}]}, "the head ? has no name"),
        ({"head": [{"name": "a"}]}, "the head a has no task"),
        ({"head": [{**GOOD, "colour": 1}]}, "the head a has a setting 'colour'"),
        ({"head": [{**GOOD, "columns": "x"}]}, "columns is 'x'"),
        ({"head": [{**GOOD, "objective": ["HardLabels"]}]}, "the objective is a list of tables"),
        ({"head": [GOOD], "task": "text-regression"}, "leave one of them out"),
        ({"head": [{**GOOD, "teacher": "hf:A"}], "teacher": "hf:B"}, "leave one of them out"),
    ],
)
def test_wrong_heads_are_one_sentence(settings, says):
    with pytest.raises(UserError) as error:
        make_config({"data": "x.csv", **settings})
    assert says in str(error.value)
