"""Every block of code in README.md and docs/ does what the page says.

A page is run from top to bottom in one temporary directory: its ```python blocks share one
namespace, its ```console and ```bash blocks are handed to `tfkd.cli.main` line by line. What a
block prints is compared with the ```text block behind it, or with the lines behind the command.

`<!-- file: NAME -->` above a block writes it to NAME first. `<!-- not run: REASON -->` above a
console block only parses its commands: for what takes too long, or needs a network.
`<!-- needs: PACKAGE -->` above a block of Python runs it where that can be imported.
"""

import ast
import importlib.util
import itertools
import json
import re
import shlex
import sys
import tomllib
import types
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
APPS = {"kotlin", "swift", "javascript"}  # shown, not run
LANGUAGES = {"python", "console", "bash", "text", "toml", "json", "", *APPS}
NOTE = re.compile(r"<!--\s*(not run|file|needs):(.*?)-->")
TIME = re.compile(r"\d+(?:[.:]\d+)*\s?(?:s|ms|µs|min|h|seconds|minutes|hours)\b")
TEST_NAME = re.compile(r"\b(tests/[\w/]+\.py)::(\w+)")


def name_of(page: Path) -> str:
    """Return a page's path within `docs`, which the names of the tests end with."""
    return page.relative_to(ROOT).as_posix().removeprefix("docs/")


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@dataclass(frozen=True)
class Block:
    """A fenced block: its first line's number, and the notes that stand above it."""

    line: int
    language: str
    text: str
    notes: dict


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found, notes, fence, body = [], {}, None, []
    for number, line in enumerate(markdown.splitlines(), 1):
        bare = line.strip()
        assert not bare.startswith("~~~"), f"line {number}: write ``` for a fence"
        if fence is not None and bare == "```":
            indent = len(fence[1]) - len(fence[1].lstrip())
            text = "".join(f"{each[indent:]}\n" for each in body)
            found.append(Block(fence[0] + 1, fence[1].strip()[3:].split(" ")[0], text, notes))
            notes, fence, body = {}, None, []
        elif fence is not None:
            body.append(line)
        elif bare.startswith("```"):
            fence = (number, line)
        elif bare:
            notes = {name: value.strip() for name, value in NOTE.findall(line)}
    assert fence is None, f"line {fence and fence[0]}: this block is never closed"
    return found


def commands(block: Block) -> list[tuple[list[str], str]]:
    """The arguments of each `$ tfkd ...` line, and the output shown below it."""
    found: list[tuple[list[str], str]] = []
    ours = False
    for line in block.text.replace("\\\n", " ").splitlines(keepends=True):
        words = shlex.split(line, comments=True) if line.startswith("$ ") else []
        if words:
            ours = words[:2] == ["$", "tfkd"]
            if ours:
                found.append((words[2:], ""))
        elif ours:
            found[-1] = (found[-1][0], found[-1][1] + line)
        assert not line.startswith("tfkd "), f"write `$ {line.strip()}`, so that it is tested"
    return found


def check(block: Block) -> None:
    """A known language, and content that its language can read."""
    assert block.language in LANGUAGES, f"line {block.line}: language {block.language!r}"
    assert block.notes.get("not run", "why") != "", f"line {block.line}: not run, for no reason"
    marked = "not run" in block.notes
    assert not marked or block.language in ("console", "bash"), f"line {block.line}: is always run"
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language in ("console", "bash"):
        commands(block)


def same(printed: str, shown: str, where: str) -> None:
    """What came is what the page shows, times aside."""
    printed, shown = (
        [TIME.sub("<time>", line.rstrip()) for line in text.strip().splitlines()]
        for text in (printed, shown)
    )
    assert printed == shown, where


def run_python(block: Block, page: Path, module) -> None:
    # Padded to its line, so that a traceback and `inspect.getsource` find the page itself.
    source = "\n" * (block.line - 1) + block.text
    exec(compile(source, str(page), "exec", dont_inherit=True), vars(module))


def is_installed(block: Block) -> bool:
    """Whether the package that a block is about is there, if it is about one."""
    name = block.notes.get("needs")
    return name is None or importlib.util.find_spec(name) is not None


def run_command(arguments: list[str]) -> None:
    from tfkd import cli

    try:
        code = cli.main(arguments)
    except SystemExit as ended:
        code = ended.code
    assert code in (None, 0), f"tfkd {shlex.join(arguments)} ended with {code}"


def run(page: Path, module, capsys) -> None:
    """The whole page, from top to bottom, in the current directory."""
    all_blocks = blocks(page.read_text(encoding="utf-8"))
    for block, following in itertools.pairwise([*all_blocks, None]):
        where = f"{page.name}, line {block.line}"
        if "file" in block.notes:
            Path(block.notes["file"]).write_text(block.text, encoding="utf-8")
        if block.language == "python" and is_installed(block):
            run_python(block, page, module)
            printed = capsys.readouterr().out
            if printed:
                assert following, f"{where} prints {printed!r} and no ```text block follows"
                assert following.language == "text", f"{where} prints {printed!r}; show it"
                same(printed, following.text, where)
        elif block.language in ("console", "bash") and "not run" not in block.notes:
            for arguments, shown in commands(block):
                run_command(arguments)
                printed = capsys.readouterr().out
                if shown.strip():
                    same(printed, shown, where)


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A directory of its own, and a module in which a page's classes live."""
    module = types.ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return module


# Half a minute each, or more.
LONG = (
    *("cli.md", "store.md", "teachers.md", "export.md", "concepts.md", "inside.md", "smaller.md"),
    *("how-to/csv.md", "how-to/task.md", "how-to/labels-and-numbers.md", "how-to/pairs.md"),
    *("how-to/images.md", "how-to/student.md", "tasks/relations.md", "tasks/embeddings.md"),
    *("tasks/images.md", "tasks/sound.md", "tasks/translation.md", "tasks/summaries.md"),
    *("tasks/language-models.md", "tasks/answers.md", "tasks/several.md", "tasks/entities.md"),
)


def _marked(page):
    return pytest.param(page, marks=[pytest.mark.slow] if name_of(page) in LONG else [])


# Keras's own `save` under NumPy 2
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
@pytest.mark.parametrize("page", list(map(_marked, PAGES)), ids=name_of)
def test_the_page_runs(page, empty, capsys):
    """The first thing that a newcomer copies is the first thing that rots."""
    import keras

    keras.utils.set_random_seed(0)
    run(page, empty, capsys)


@each_page
def test_blocks_are_well_formed(page):
    """A block in an unknown language is a block that nobody runs."""
    for block in blocks(page.read_text(encoding="utf-8")):
        check(block)


MARKED = [
    pytest.param(arguments, id=f"{name_of(page)}:{block.line}")
    for page in PAGES
    for block in blocks(page.read_text(encoding="utf-8"))
    if block.language in ("console", "bash") and block.notes.get("not run")
    for arguments, _ in commands(block)
]


@pytest.mark.parametrize("arguments", MARKED)
def test_commands_that_are_not_run_parse(arguments):
    """A flag that was renamed stays in the pages for years."""
    from tfkd.cli.parsing import parser

    parser().parse_args(arguments)


NEEDED = {
    (name_of(page), block.notes["needs"])
    for page in PAGES
    for block in blocks(page.read_text(encoding="utf-8"))
    if "needs" in block.notes
}


@pytest.mark.parametrize(("page", "package"), sorted(NEEDED))
def test_blocks_about_other_packages_run_where_these_are(page, package):
    """Says which blocks of a page were left out; nothing here depends on the package."""
    pytest.importorskip(package, reason=f"{page} has a block about {package}, which is not here")


@each_page
def test_named_tests_exist(page):
    """A claim that points to a test which is gone is a claim that nothing covers."""
    for file, name in TEST_NAME.findall(page.read_text(encoding="utf-8")):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, file


def fenced(language: str, *lines: str, above: str = "") -> str:
    return "\n".join(["", above, f"```{language}", *lines, "```", ""])


def check_and_run(page: Path, module, capsys) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        check(block)
    run(page, module, capsys)


@pytest.mark.parametrize(
    "markdown",
    [
        fenced("yaml", "a: 1"),
        fenced("json", "{"),
        fenced("console", "$ tfkd list", above="<!-- not run: -->"),
        fenced("python", "print(1)", above="<!-- not run: too slow -->"),
        fenced("bash", "tfkd list"),
        "```python\nprint(1)",
        fenced("python", "print(1)"),
        fenced("python", "print(1)") + fenced("text", "2"),
        fenced("python", "print(2)") + fenced("toml", "a = 2"),
        fenced("python", "1 / 0"),
    ],
)
def test_a_wrong_page_is_found(markdown, empty, capsys):
    """A test of the pages that passes whatever they say."""
    page = Path("page.md")
    page.write_text(markdown, encoding="utf-8")
    with pytest.raises((AssertionError, ValueError, ZeroDivisionError)):
        check_and_run(page, empty, capsys)


def test_a_right_page_passes(empty, capsys, monkeypatch):
    """Files, prose, times and commands as the pages use them."""
    calls = []
    cli = types.ModuleType("tfkd.cli")
    cli.main = lambda arguments: print("took 3.1 s", calls.append(arguments) or "")
    monkeypatch.setitem(sys.modules, "tfkd.cli", cli)
    monkeypatch.setattr("tfkd.cli", cli, raising=False)
    markdown = fenced("text", "hello", above="<!-- file: a.txt -->")
    markdown += (
        fenced("python", "from pathlib import Path", "print(Path('a.txt').read_text(), '0.1 s')")
        + "It prints\n"
    )
    markdown += fenced("text", "hello", " 12 s")
    markdown += fenced("console", "$ ls", "a.txt", "$ tfkd list \\", '  "a b"  # both', "took 9 s")
    Path("page.md").write_text(markdown, encoding="utf-8")
    check_and_run(Path("page.md"), empty, capsys)
    assert calls == [["list", "a b"]]


def test_the_levels_in_the_design_are_those_of_the_test():
    """Levels that were true once."""
    from test_layers import LAYERS

    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE))
    assert [rows[str(number)] for number in range(1, len(LAYERS) + 1)] == [
        ", ".join(f"`{name}`" for name in names) for names in LAYERS
    ]


def test_the_tree_in_the_design_names_every_room():
    """A map with a room missing sends the next reader the wrong way."""
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    tree = next(block.text for block in blocks(page) if block.text.startswith("tfkd/\n"))
    named = {line.split()[0].rstrip("/") for line in tree.splitlines()[1:] if line.strip()}
    rooms = list((ROOT / "tfkd").glob("*.py"))
    rooms += [each.parent for each in (ROOT / "tfkd").glob("*/__init__.py")]
    assert {each.name for each in rooms} - named == set()
