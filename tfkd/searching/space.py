"""What a candidate may be: the settings of a run that a search chooses, and their values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .. import students, tasks
from ..compression import parse
from ..errors import UserError
from ..running.compressing import check_model
from ..running.config import RunConfig
from ..tasks import Task
from .choice import Ask, Choice, Trial
from .file_choices import COMPRESS, choose_compress, choose_quantize
from .student_choices import choose_student, list_kinds
from .training_choices import AUGMENT, choose_augmentation, choose_losses, choose_training

ALSO = (COMPRESS, AUGMENT)
"""What is searched where it is asked for."""
_STEPS = 8
"""How often the default is made smaller, where it does not fit."""


@dataclass(frozen=True)
class Space:
    """The settings that a search chooses.

    Attributes:
        config: The user's own, with its task and its student named.
        also: What is searched beyond the rest, of `ALSO`.
        fixed: Settings that stay, by flat name.
        texts: How many texts are learnt from; 0 where that is not known, and epochs stay.
    """

    config: RunConfig
    also: tuple[str, ...] = ()
    fixed: frozenset[str] = frozenset()
    texts: int = 0
    _suits: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        config: RunConfig,
        also: Sequence[str] = (),
        fixed: Collection[str] = (),
        *,
        texts: int = 0,
    ) -> Space:
        """Return the space of a run's settings.

        Args:
            config: The settings of the default, with its task and student named: `Ground.config`.
            also: What is searched beyond the rest: `compress`, `augment`.
            fixed: Settings that the user gave and that stay, by flat name, unless `also` has them.
            texts: How many texts are learnt from; where that is not known, epochs stay.

        Raises:
            UserError: Something else to search.
        """
        unknown = [name for name in also if name not in ALSO]
        if unknown:
            raise UserError(f"also is {unknown[0]!r}: write any of {', '.join(ALSO)}.")
        return cls(config, tuple(also), frozenset(fixed) - set(also), texts)

    @cached_property
    def task(self) -> Task:
        """What a student is for."""
        return tasks.find(self.config.task.name, self.config.task_settings)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The names of the students, the default's first."""
        return list_kinds(self.config, self.task, self.fixed)

    def first(self) -> dict[str, Any]:
        """Return the parameters of the default by name, for `study.enqueue_trial`."""
        return self._record(lambda choice: choice.default)[0]

    def shrink_default(self, *, length: bool) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield the default made smaller and smaller, as parameters by name and as settings.

        All numbers of its size are as many places below the default's.

        Args:
            length: Whether it reads less of a text, too.
        """
        before: dict[str, Any] = {}
        for steps in range(1, _STEPS + 1):

            def take(choice: Choice, steps: int = steps) -> Any:
                sized = choice.setting in ("vocab_size", "quantize", *(["max_length"] * length))
                count = choice.setting == "student_settings" and isinstance(choice.default, int)
                return choice.below(steps) if sized or count else choice.default

            parameters, settings = self._record(take)
            if parameters != before:
                yield parameters, settings
            before = parameters

    def _record(self, take: Ask) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parameters that `take` chooses, and the settings that they make."""
        found: dict[str, Any] = {}

        def record(choice: Choice) -> Any:
            value = take(choice)
            found[choice.name] = choice.parameter(value)
            return value

        settings = self._choose(record)
        return found, settings

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return the settings of a candidate by flat name, for `config.replaced(**settings)`.

        Args:
            trial: What is asked for each value, such as a trial of Optuna.
        """
        return self._choose(lambda choice: choice.ask(trial))

    def least(self) -> Iterator[dict[str, Any]]:
        """Yield the settings of the smallest candidate of each kind of student."""
        for kind in self.kinds:

            def take(choice: Choice, kind: str = kind) -> Any:
                return kind if choice.name == "student" else choice.least

            yield self._choose(take)

    def _choose(self, ask: Ask) -> dict[str, Any]:
        """Return the settings of a candidate, asking for each that does not stay."""

        def ask_or_keep(choice: Choice) -> Any:
            # Which settings of a student stay is told by name.
            whole = choice.setting in self.fixed and choice.setting != "student_settings"
            return choice.default if whole or len(choice.values) < 2 else ask(choice)

        settings = self._ask_all(ask_or_keep)
        own = ("student_settings",)
        return {n: value for n, value in settings.items() if n in own or n not in self.fixed}

    def _ask_all(self, ask: Ask) -> dict[str, Any]:
        config, task = self.config, self.task
        settings = choose_student(config, task, ask, kinds=self.kinds, fixed=self.fixed)
        source = settings.get("student", config.student.source)
        settings |= choose_losses(config, ask)
        settings |= choose_augmentation(config, task, ask, wanted=AUGMENT in self.also)
        texts = self.texts * (1 + settings.get(AUGMENT, config.data.augment))
        settings |= choose_training(config, ask, source=source, texts=texts)
        bound = COMPRESS not in self.also
        quantize = choose_quantize(config, task, ask, bound=bound)
        settings |= {"quantize": quantize} if quantize != config.export.quantize else {}
        if not bound:
            kind = source.partition(":")[0]
            settings |= choose_compress(
                config, ask, kind=kind, quantize=quantize, allows=self._allows
            )
        return settings

    def _allows(self, kind: str, spec: str) -> bool:
        """Return whether a student of a kind can be made smaller in a way, as far as one can tell.

        Those of other settings may be refused still, before they are trained.
        """
        if (kind, spec) not in self._suits:
            self._suits[kind, spec] = self._try(kind, spec)
        return self._suits[kind, spec]

    def _try(self, kind: str, spec: str) -> bool:
        if kind not in students.NAMES:
            return False
        schema, vocabulary = self.task.schema(("0", "1")), self.config.student.vocab_size
        try:
            student = students.build_for(self.task, schema, kind, vocabulary)
            check_model(student, parse(spec).parts())
        except UserError:
            return False
        return self.task.served_model(self.task.trained_model(student, schema)) is student
