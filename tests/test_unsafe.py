"""No file that a user names brings code along: what would run it is not in the package."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "tfkd"
MODULES = {"pickle", "cPickle", "_pickle", "dill", "joblib", "marshal", "shelve", "yaml", "runpy"}
CALLS = {"eval", "exec", "compile", "__import__", "enable_unsafe_deserialization"}
ARGUMENTS = {
    "safe_mode": False,
    "allow_pickle": True,
    "trust_remote_code": True,
    "weights_only": False,
    "shell": True,
}


def unsafe(source):
    """Lines of what imports, calls or allows it."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if _is_unsafe(node)]


def _is_unsafe(node):
    if isinstance(node, ast.Import):
        return any(each.name.split(".")[0] in MODULES for each in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in MODULES
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else name
        return name in CALLS or last == "enable_unsafe_deserialization"
    if isinstance(node, ast.keyword) and node.arg in ARGUMENTS:
        return getattr(node.value, "value", None) is ARGUMENTS[node.arg]
    return False


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "eval('1')",
        "np.load(x, allow_pickle=True)",
        "load_model(x, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
    ],
)
def test_each_is_seen(source):
    """A search that finds nothing because it looks for nothing."""
    assert unsafe(source) == [1]
    assert not unsafe("model.compile()\nnp.load(x, allow_pickle=False)\nmodel.eval()")


def test_nothing_unsafe_in_the_package():
    """A convenience that makes a downloaded model a program."""
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 100
    found = {file.name: unsafe(file.read_text(encoding="utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}
