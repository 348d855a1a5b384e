"""`python -m tfkd` is `tfkd`."""

import sys

from .cli import main

sys.exit(main())
