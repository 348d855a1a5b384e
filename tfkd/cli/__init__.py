"""The command line: `tfkd` and its commands, and the page on which a file can be tried.

`_main` starts a command and says what it ends with, `parsing` knows all commands and imports what
the given one needs: the files that add its flags, such as `run_flags`, and those that do what it
asks. `flags` makes settings of flags.
"""

from ._main import main

__all__ = ["main"]
