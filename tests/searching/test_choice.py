"""One thing that a search chooses."""

from tfkd.searching.choice import Choice


class Fixed:
    def __init__(self, value):
        self.value, self.asked = value, None

    def suggest_categorical(self, name, choices):
        self.asked = (name, choices)
        return self.value

    def suggest_float(self, name, low, high, *, log=False):
        self.asked = (name, low, high, log)
        return self.value


def test_numbers_are_asked_for_on_a_scale_and_rounded_to_a_value():
    """Forty vocabularies of sizes that hardly differ would be learnt."""
    choice, trial = Choice.of("vocab_size", (1000, 4000, 16000), 4000), Fixed(7_900)
    assert choice.ask(trial) == 4000
    assert trial.asked == ("vocab_size", 1000, 16000, True)
    assert choice.ask(Fixed(8_100)) == 16000
    assert choice.ask(Fixed(choice.parameter(choice.default))) == choice.default


def test_the_default_is_one_of_the_values():
    choice = Choice.of("batch_size", (32, 64), 48)
    assert choice.values == (32, 48, 64)
    assert choice.ask(Fixed(choice.parameter(choice.default))) == 48
    assert Choice.of("loss", ("a", "b"), "c").values == ("a", "b", "c")


def test_none_and_many_are_no_scale():
    """In the middle between no table and a large one is no small one."""
    choice, trial = Choice.of("trigrams", (0, 50_021, 500_009), 0), Fixed(500_009)
    assert choice.ask(trial) == 500_009
    assert trial.asked == ("trigrams", [0, 50_021, 500_009])
    assert Choice.of("dropout", (0.0, 0.1, 0.2), 0.1).ask(Fixed(0.14)) == 0.1


def test_lists_have_names():
    """Optuna keeps texts and numbers alone."""
    choice = Choice.of("kernels", ([2, 3], [2, 3, 4]), [2, 3])
    assert choice.parameter([2, 3]) == "[2, 3]"
    assert choice.ask(Fixed("[2, 3, 4]")) == [2, 3, 4]
