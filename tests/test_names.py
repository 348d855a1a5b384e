"""No name of the package means two things: neither two modules nor two public classes share one."""

import ast
from collections import Counter, defaultdict
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "tfkd"
FILES = sorted(PACKAGE.rglob("*.py"))
DOORS = {"__init__", "__main__"}


def shared(homes: dict[str, list[str]]) -> dict[str, list[str]]:
    """The names with more than one home."""
    return {name: places for name, places in homes.items() if len(places) > 1}


def test_no_two_modules_share_a_name():
    """An error's traceback, an editor's tab and a search show a module's last name only."""
    homes = defaultdict(list)
    for path in FILES:
        # `_run`, `_base`: what a package hands out under its own name.
        if path.stem not in DOORS and not path.stem.startswith("_"):
            homes[path.stem].append(str(path.relative_to(PACKAGE)))
    assert shared(homes) == {}


def test_no_two_public_classes_share_a_name():
    """Who reads `Schedule` in an annotation must not have to look up which one."""
    homes = defaultdict(list)
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(PACKAGE)))
    assert shared(homes) == {}


def test_no_two_files_of_tests_share_a_name():
    """Each runs alone, and all together end before the first test."""
    names = Counter(path.name for path in (PACKAGE.parent / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
