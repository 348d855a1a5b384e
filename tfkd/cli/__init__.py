"""The command line: `tfkd` and its commands, and the page on which a file can be tried.

`_main` starts a command and says what it ends with, `parsing` knows all commands and their flags,
`flags` makes settings of them, `commands` does what they ask.
"""

from ._main import main

__all__ = ["main"]
