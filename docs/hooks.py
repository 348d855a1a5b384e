"""What `mkdocs build` adds: tables made from the code, notebooks, typeset equations."""

from __future__ import annotations

import configparser
import dataclasses
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import get_type_hints

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
MARK = re.compile(r"<!-- generated: (\w+) -->")
CODE = re.compile(r"<code.*?</code>", re.DOTALL)
HYPHENATED = re.compile(r"(<[^>]*>)|(?<![\w./-])(-{1,2}[a-z][\w-]*|[\w.]+(?:-[\w.]+)+)")
LONGEST_NAME = 36  # characters that fit into a line of a phone
EXTRAS = {
    "hf": "Hugging Face teachers and students through transformers and tf_keras",
    "hub": "Hugging Face teachers through KerasHub; students `shrink:LAYERS`",
    "torch": "teachers `torch:PATH`",
    "data": "the data set `imdb`, from TensorFlow Datasets",
    "tf-keras": "tf_keras students",
    "report": "pages with plots: `tfkd compare --html`",
    "baseline": "TF-IDF for comparison, `--baseline tfidf`",
    "tensorboard": "`--tensorboard`",
    "wandb": "Weights & Biases, by its own Keras callback",
    "generation": "BLEU, by sacrebleu: translation",
    "api": "language models behind an address as teachers",
    "search": "the best student within a budget, `tfkd search-students`, by Optuna",
    "images": "pictures: PNG, JPEG and others, by Pillow",
    "tables": "`.xlsx`, `.parquet` and Hugging Face `datasets` folders",
    "quantizer": "`full-int8`, `int16x8`, `int4` and `int4-32`",
    "onnx": "export to `.onnx`",
    "text": "SavedModels that take texts",
    "beam": "`tfkd cache --runner beam`",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog and the notebooks as pages."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "changelog.md", content=changes))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        page = f"notebooks/{path.stem}.md"
        files.append(File.generated(config, page, content=notebook_page(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the tables made from the code where a page asks for them."""
    return MARK.sub(lambda mark: "\n".join(TABLES[mark[1]]()), markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Replace LaTeX by MathML, which browsers draw without a script, and keep names whole."""
    content = CODE.sub(lambda code: HYPHENATED.sub(keep_whole, code[0]), content)
    return EQUATION.sub(
        lambda found: convert(
            html.unescape(found[2]), display="block" if found[1] == "div" else "inline"
        ),
        content,
    )


def keep_whole(found: re.Match[str]) -> str:
    """Return a name with hyphens in a span that is not broken, and a tag of HTML as it is."""
    if found[1] or len(found[2]) > LONGEST_NAME:
        return found[0]
    return f'<span class="whole">{found[2]}</span>'


def notebook_page(path: Path) -> str:
    """Return a notebook's cells as Markdown, without its outputs."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    download = f"*This page is the notebook `notebooks/{path.name}`, without its outputs.*"
    title, _, rest = "\n\n".join(parts).partition("\n")
    return f"{title}\n\n{download}\n{rest}\n"


def settings() -> Iterator[str]:
    """Return a table of settings for each table of a run's TOML file."""
    from tfkd import RunConfig

    kinds = get_type_hints(RunConfig)
    fields = dataclasses.fields(RunConfig)
    tables = [field.name for field in fields if dataclasses.is_dataclass(kinds[field.name])]
    for table in tables:
        yield from ("", f"## `[{table}]`", "")
        yield from settings_table(dataclasses.fields(kinds[table]))
    yield from ("", "## Outside of the tables", "")
    yield from settings_table([field for field in fields if field.name not in tables])


def settings_table(fields: Iterable[dataclasses.Field]) -> Iterator[str]:
    """Return a table of settings with their flags, defaults and meanings."""
    yield "| setting | flag | default | meaning |"
    yield "| --- | --- | --- | --- |"
    for field in fields:
        factory = field.default_factory
        default = field.default if factory is dataclasses.MISSING else factory()
        meaning = field.metadata["help"].replace("|", "\\|")
        if field.metadata["choices"]:
            meaning += f": {', '.join(f'`{choice}`' for choice in field.metadata['choices'])}"
        shown = "" if default in ("", [], {}) else f"`{json.dumps(default)}`"
        yield f"| `{field.name}` | {flag_of(field, default)} | {shown} | {meaning} |"


def flag_of(field: dataclasses.Field, default: object) -> str:
    """Return the flag of a setting; lists of tables have none."""
    from tfkd.cli.flags import TABLES

    name = field.metadata["flag"] or field.name
    if isinstance(default, list) or name == "data":
        return "" if isinstance(default, list) else "`DATA`"
    if name in TABLES:
        return f"`{' '.join(TABLES[name])}`"
    flag = f"`--{name.replace('_', '-')}`"
    return f"{flag}, `--no-{name}`" if default is True else flag


def extras() -> Iterator[str]:
    """Return a table of the extras that `setup.cfg` defines for users."""
    yield "| extra | for |"
    yield "| --- | --- |"
    yield from (f"| `{name}` | {EXTRAS[name]} |" for name in extra_names())


def extra_names() -> list[str]:
    """Return the extras of `setup.cfg`, without those for development."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return [name for name in setup["options.extras_require"] if name not in ("test", "dev")]


TABLES: dict[str, Callable[[], Iterator[str]]] = {"settings": settings, "extras": extras}
