"""Who may import whom: packages only from levels below, and no file in a circle with another."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "tfkd"
LAYERS = (
    ("errors",),
    ("files", "progress"),
    ("losses", "text", "distribution"),
    ("data",),
    ("tasks",),
    ("models", "runtime"),
    ("students", "training", "exporting", "reporting"),
    ("compression", "selecting", "store", "watching"),
    ("teachers",),
    ("running",),
    ("searching",),
    ("cli",),
)
RANK = {name: row for row, names in enumerate(LAYERS) for name in names}
FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
OPEN = {"__init__", "__main__"}  # the root and its program, which may import anything


def imports(name: str):
    """`(line, module)` for each of our modules that a module imports, inside functions too."""
    path = FILES[name]
    home = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = [*home[: len(home) - node.level + 1], *(node.module or "").split(".")]
        base = ".".join(part for part in base if part)
        for alias in node.names:
            inner = f"{base}.{alias.name}".removeprefix(".")
            yield node.lineno, inner if inner in FILES else base


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other."""
    reached = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            for other in graph[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        reached[start] = seen
    groups = {
        tuple(sorted(m for m in reached[start] if start in reached[m]))
        for start in graph
        if start in reached[start]
    }
    return [list(group) for group in sorted(groups)]


def test_every_package_has_a_level():
    """A package without one may import anything, and nobody notices."""
    assert {name.split(".")[0] for name in FILES} - OPEN == set(RANK)


def test_a_package_imports_only_from_levels_below_its_own():
    """A circle that a lazy import hides breaks the day somebody makes it eager."""
    upwards = []
    for name in FILES:
        own = name.split(".")[0]
        for line, module in imports(name):
            other = module.split(".")[0]
            if own not in OPEN and other not in ("", own) and RANK[other] >= RANK[own]:
                upwards.append(f"{name}:{line} imports {module}")
    assert upwards == []


def test_no_files_import_each_other_in_a_circle():
    """Files in a circle can only be read, tested and moved together."""
    graph = {
        name: {module for _, module in imports(name) if module and module != name}
        for name in FILES
        if name not in OPEN
    }
    assert circles(graph) == []


def test_a_circle_is_found():
    """A search that finds none says nothing."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}
    assert circles(graph) == [["b", "c"]]
