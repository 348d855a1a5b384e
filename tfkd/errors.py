"""The one exception that means: the input is wrong, and this sentence says how to fix it."""


class UserError(ValueError):
    """Wrong input. The message says what came, what was expected and what to write.

    The command line prints it alone and exits with code 2.
    """


class LostWorker(RuntimeError):
    """Another process of the strategy has ended, or cannot be reached.

    The command line prints the message alone and exits with code 75.
    """


def first_line(error: BaseException) -> str:
    r"""Shorten what another library says is wrong.

    >>> first_line(ValueError("no such key\nand a page of shapes")), first_line(KeyError())
    ('no such key', 'KeyError')
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def missing_extra(package: str, extra: str, purpose: str) -> UserError:
    """Return the error for a missing package that an extra installs.

    Args:
        package: What cannot be imported.
        extra: The extra of tfkd that installs it.
        purpose: What needs it, the subject of the sentence.

    >>> print(missing_extra("tensorflow_datasets", "data", "the `imdb` data set"))
    the `imdb` data set needs tensorflow_datasets: run `pip install "tfkd[data]"`.
    """
    return UserError(f'{purpose} needs {package}: run `pip install "tfkd[{extra}]"`.')
