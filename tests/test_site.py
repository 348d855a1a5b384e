"""The documentation site, built once: complete, and nothing on it cut off or broken."""

import configparser
import operator
import re
from pathlib import Path

import chromium
import pytest

pytest.importorskip("mkdocstrings", reason="needs mkdocstrings, in the extra dev")
ROOT = Path(__file__).resolve().parents[1]
# What the eye would see, as the browser measures it.
WIDER = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
BROKEN = """return [...document.querySelectorAll("td:first-child code, th code, .whole")]
    .filter((code) => code.getClientRects().length > 1).map((code) => code.innerText)"""
CUT_OFF = """return [...document.querySelectorAll("pre > code")]
    .filter((code) => code.scrollWidth > code.clientWidth + 1)
    .map((code) => code.innerText.split("\\n").sort((a, b) => b.length - a.length)[0])"""
LOADED = 'return performance.getEntriesByType("resource").map((entry) => entry.name)'
COPIED = """const code = document.querySelector(".language-console code");
    code.setAttribute("data-md-copying", "");
    const text = code.innerText;
    code.removeAttribute("data-md-copying");
    return text;"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def page_of(site, name):
    return (site / name / "index.html").read_text(encoding="utf-8")


def public_objects():
    """Return what users may call, by its public name."""
    import tfkd

    names = [f"tfkd.{name}" for name in tfkd.__all__ if not name.startswith("_")]
    names += [f"tfkd.store.{name}" for name in tfkd.store.__all__]
    objects = {name: operator.attrgetter(name.removeprefix("tfkd."))(tfkd) for name in names}
    return {name: thing for name, thing in objects.items() if callable(thing)}


def test_every_public_name_is_on_an_api_page(site):
    """A class that only its author can find."""
    pages = "".join(path.read_text() for path in (site / "reference").rglob("index.html"))
    missing = []
    for name, thing in public_objects().items():
        home = f"{thing.__module__}.{thing.__name__}"
        if f'id="{name}"' not in pages and f'id="{home}"' not in pages:
            missing.append(name)
    assert missing == []


def test_every_setting_is_on_the_page_of_settings(site):
    """A setting that is found by reading the code."""
    from tfkd.running.config import places

    page = re.sub("</?span[^>]*>", "", page_of(site, "reference/settings"))
    for name, place in places().items():
        assert f"<td><code>{place.field.name}</code></td>" in page, name
        assert not place.table or f"[{place.table}]" in page
    assert "<code>--teacher-max-length</code>" in page


def test_all_lists_of_extras_are_those_of_setup_cfg(site):
    """Three lists of extras, each of which lacks another one."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    names = {*setup["options.extras_require"]} - {"test", "dev"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| extra | for |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == names
    for page in (page_of(site, "."), page_of(site, "reference/settings")):
        rows = re.sub("</?span[^>]*>", "", page.partition("<th>extra</th>")[2])
        rows = rows.partition("</table>")[0]
        assert set(re.findall(r"<tr>\s*<td><code>([\w-]+)</code></td>", rows)) == names


def test_pictures_are_small():
    """A page that a phone loads for a minute."""
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))
    assert len(pictures) >= 5
    assert [path.name for path in pictures if path.stat().st_size > 150_000] == []


def test_the_readme_is_short():
    """A front page that nobody reads to its end."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_every_page_is_in_the_navigation(site):
    """A page that only a search finds."""
    home = page_of(site, ".")
    pages = [path.parent.relative_to(site).as_posix() for path in site.rglob("*/index.html")]
    assert len(pages) > 25
    assert [page for page in pages if f'href="{page}/"' not in home] == []


def test_equations_are_typeset_without_a_script(site):
    """An equation that is shown as its source."""
    page = page_of(site, "concepts")
    assert page.count("<math") > 5
    assert "\\frac" not in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=\"https?:", page)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1366, 390])
def test_nothing_is_cut_off_or_broken(site, width):
    """Half of a line of code, behind the edge of the screen; a class name in two lines."""
    faults = []
    pages = sorted(site.rglob("index.html"))
    with chromium.opened(pages[0].as_uri(), width) as browser:
        for page in pages:
            browser.get(page.as_uri())
            name = page.parent.relative_to(site).as_posix()
            wider = browser.execute_script(WIDER)
            if wider > 0:
                faults.append(f"{name} is {wider} pixels too wide")
            faults += [f"{name}: {code} is broken" for code in browser.execute_script(BROKEN)]
            if width == 1366:
                faults += [f"{name}: {line}" for line in browser.execute_script(CUT_OFF)]
            loaded = browser.execute_script(LOADED)
            faults += [url for url in loaded if not url.startswith("file:")]
    assert faults == []


@pytest.mark.slow
def test_the_copy_button_leaves_prompts_out(site):
    """A command that begins with `$ ` when it is pasted."""
    with chromium.opened((site / "how-to" / "csv" / "index.html").as_uri()) as browser:
        copied = browser.execute_script(COPIED)
    assert copied.startswith("tfkd distill reviews.csv")
