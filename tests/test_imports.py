"""What imports what: `import tfkd` is quick, and the rooms keep their doors."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "tfkd"
HEAVY = ("tensorflow", "keras", "tf_keras", "transformers", "tensorflow_datasets", "keras_hub")
FILES = sorted(PACKAGE.rglob("*.py"))

LOADED = f"import json, sys; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"


def python(code: str) -> str:
    """The last line that `code` prints in a process of its own."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.strip().splitlines()[-1]


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def top_level_imports(path: Path) -> set[str]:
    """Names imported when the file is loaded, those under TYPE_CHECKING aside."""
    found, todo = set(), list(ast.parse(path.read_text()).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            todo += [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)]
    return found


def test_import_tfkd_imports_nothing_heavy():
    """Five seconds of TensorFlow before every `--help`."""
    assert json.loads(python(f"import tfkd; tfkd.UserError, tfkd.__version__; {LOADED}")) == []


def test_help_imports_nothing_heavy():
    """The same through the command line, which parses its arguments first."""
    code = f"""
import contextlib, io
import tfkd.cli
with contextlib.redirect_stdout(io.StringIO()) as shown, contextlib.suppress(SystemExit):
    tfkd.cli.main(["--help"])
assert "distil" in shown.getvalue()
{LOADED}
"""
    assert json.loads(python(code)) == []


def test_an_unknown_name_is_an_attribute_error():
    """`hasattr(tfkd, ...)` must not import or raise anything else."""
    import tfkd

    with pytest.raises(AttributeError, match="no attribute 'Destiller'"):
        _ = tfkd.Destiller


def test_every_module_imports_on_its_own_and_every_public_name_resolves():
    """A module that leans on another having been imported first fails in the user's script only.

    Whatever is imported of a package begins with the package itself, so each package is imported
    with none of the others loaded, and then all the rest. Nor may a module hide a function: after
    `import tfkd.export` of a module so named, `tfkd.export(...)` would be no more callable.
    """
    paths = [path for path in FILES if path.name != "__main__.py"]
    packages = [dotted(path) for path in paths if path.name == "__init__.py"]
    code = f"""
import importlib, sys
for name in {packages!r}:
    for loaded in [n for n in sys.modules if n == "tfkd" or n.startswith("tfkd.")]:
        del sys.modules[loaded]
    importlib.import_module(name)
for name in {list(map(dotted, paths))!r}:
    importlib.import_module(name)
import tfkd
print([name for name in tfkd.__all__ if isinstance(getattr(tfkd, name), type(sys))])
"""
    assert python(code) == "[]"


# The core in both flavours, the students, what makes them smaller, and what looks inside a Keras 3
# student to export it.
MAY_NAME_KERAS = {"models", "training", "students", "compression", "exporting"}


def names_keras(path: Path) -> bool:
    return any(n.split(".")[0] in ("keras", "tf_keras") for n in top_level_imports(path))


def test_keras_is_named_in_few_files():
    """Two flavours of Keras in thirty files are two packages."""
    named = [path.relative_to(PACKAGE) for path in FILES if names_keras(path)]
    assert [str(p) for p in named if p.parts[0].removesuffix(".py") not in MAY_NAME_KERAS] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "losses").glob("*.py")), ids=lambda p: p.name)
def test_a_loss_imports_tensorflow_and_its_base_only(path):
    """A loss that knows a model, a layer or a data set is no loss."""
    stdlib = {*sys.stdlib_module_names, "__future__"}
    outside = {n for n in top_level_imports(path) if n.split(".")[0] not in stdlib}
    ours = {"tensorflow", "numpy", "..errors", ".layer_maps", ".schedules"}
    everyone = path.name == "__init__.py"
    siblings = {each.stem for each in path.parent.glob("*.py")}
    ours |= {f".{each}" for each in siblings if everyone or each.startswith("_")}
    if path.name == "embedding_match.py":
        ours.add(".hint")  # which it is, of another output
    if path.name == "margin_error.py":
        # Which labels are known, and which cannot be right.
        ours.add(".hard_labels")
    if path.name == "hard_targets.py":
        ours.add(".hard_labels")  # which it is, of other labels
    if path.name == "hinton.py":
        ours |= {".hard_labels", ".soft_targets"}  # which it adds up
    assert outside <= ours


@pytest.mark.parametrize(
    "room",
    [
        "data",
        "text",
        "tasks",
        "errors.py",
        "progress.py",
        "runtime",
        "selecting",
        "watching",
        "cli",
    ],
)
def test_rooms_without_tensorflow(room):
    """`tfkd predict` and the reading of data need no TensorFlow at all."""
    files = [PACKAGE / room] if room.endswith(".py") else sorted((PACKAGE / room).rglob("*.py"))
    for path in files:
        assert not {n.split(".")[0] for n in top_level_imports(path)} & set(HEAVY), path


def test_what_a_phone_needs_imports_nothing_heavy():
    """A module of theirs that imports one of ours that imports TensorFlow."""
    homes = ("runtime", "text", "data", "tasks", "selecting", "watching")
    names = [dotted(path) for path in FILES if path.relative_to(PACKAGE).parts[0] in homes]
    assert json.loads(python(f"import {', '.join(names)}; {LOADED}")) == []
