"""The page: every figure is in the JSON, texts stay texts, and a browser shows it all."""

import json
import re
import time
from html.parser import HTMLParser

import chromium
import pytest
import report_toys as toys

from tfkd.errors import UserError

pytest.importorskip("altair", reason="needs altair, in the extra report")
pytest.importorskip("vl_convert", reason="needs vl-convert-python, in the extra report")
from tfkd.reporting import page as module
from tfkd.reporting.page import page, specifications

TEXTS = (
    *(*toys.TEXTS, toys.HOSTILE, "it was not good & it is <b>bad</b>", "good " * 300),
    *("I said to her that it is good, and " * 30, "you and I have seen that it was bad"),
)
LABELS = (*toys.LABELS, 1, 0, 1, 1, 0)
DRAWN = "return document.documentElement.hasAttribute('data-drawn')"
EMPTY = """return [...document.querySelectorAll('.plot')].filter(plot =>
  !plot.querySelector('svg .role-mark path, svg .role-mark line')).map(plot => plot.id)"""
CUT = """return [...document.querySelectorAll('.plot svg text')].filter(text => {
  const [inner, outer] = [text, text.closest('svg')].map(each => each.getBoundingClientRect());
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
}).map(text => text.textContent)"""
WIDTHS = "return [document.documentElement.scrollWidth, innerWidth]"


class Elements(HTMLParser):
    """The elements of a page, and the numbers that it says to show."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.values, self.links = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.values += [float(given["data-value"])] if "data-value" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]


@pytest.fixture(scope="module")
def figures():
    """Two runs, one of them with hostile texts and names, one without a teacher."""
    given = toys.answers(TEXTS, LABELS, classes=("negative", "<i>positive</i>"))
    alone = toys.answers(with_teacher=False)
    return {
        "tfkd": "1.2.3",
        "runs": [toys.figures("<script>alert(2)</script>", given), toys.figures("alone", alone)],
    }


@pytest.fixture(scope="module")
def html(figures):
    """Its page."""
    return page(figures)


@pytest.fixture(scope="module")
def file(html, tmp_path_factory):
    """The page on disk."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(html, encoding="utf-8")
    return path


def numbers(value) -> set[float]:
    """All numbers in plain values."""
    if isinstance(value, dict):
        return set().union(*map(numbers, value.values()))
    if isinstance(value, list):
        return set().union(*map(numbers, value))
    return {float(value)} if isinstance(value, (int, float)) else set()


def plotted(spec) -> list[dict]:
    """The rows of data in a specification."""
    if isinstance(spec, list):
        return [row for each in spec for row in plotted(each)]
    if not isinstance(spec, dict):
        return []
    rows = spec.get("data", {}).get("values", []) if isinstance(spec.get("data"), dict) else []
    return rows + [row for each in spec.values() for row in plotted(each)]


def test_every_figure_has_its_value_in_the_json(figures, html):
    """A number on the page that nobody can read with a program."""
    known = numbers(json.loads(json.dumps(figures)))
    shown = Elements(html).values
    assert len(shown) > 150
    assert [each for each in shown if each not in known] == []
    drawn = [row for spec in specifications(figures).values() for row in plotted(spec)]
    diagonal = [{"x": end, "y": end} for end in (0.5, 1)]
    drawn = [row for row in drawn if row not in diagonal]
    assert len(drawn) > 100
    # `share` is the depth of a colour.
    found = numbers([{k: v for k, v in row.items() if k != "share"} for row in drawn])
    assert found - known == set()


def test_every_number_in_a_table_says_its_value(html):
    """A cell that the test above would not see."""
    cells = re.findall(r'<td class="number"([^>]*)>([^<]*)</td>', html)
    assert len(cells) > 100
    assert [text for attribute, text in cells if bool(text) != ("data-value" in attribute)] == []


def test_texts_and_names_stay_texts(html):
    """A review that runs in the browser of whoever looks at the report."""
    found = Elements(html)
    assert found.tags.count("script") == 3  # the specifications, the library, ours
    assert "img" not in found.tags
    assert "&lt;script&gt;document.title=" in html
    assert html.count("<script>alert(2)") == 0
    assert "<i>positive" not in html


def test_nothing_comes_from_elsewhere(html):
    """A page that is empty on a train, and tells a stranger who reads it."""
    outside = [each for each in Elements(html).links if not each.startswith(("#", "data:,"))]
    assert outside == []
    assert "default-src &#39;none&#39;; script-src &#39;sha256-" in html
    assert "unsafe-eval" not in html
    assert "@import" not in html


def test_ids_are_unique_and_links_lead_somewhere(html):
    """Two elements of one id: a plot is drawn over a part of the page, which is gone."""
    found = Elements(html)
    assert sorted(set(found.ids)) == sorted(found.ids)
    assert {each[1:] for each in found.links if each.startswith("#")} <= set(found.ids)


def test_a_run_of_which_only_the_report_is_left():
    """Data that were moved, and no page at all."""
    made = toys.figures(texts_missing="cannot read films.jsonl: no such file.", histories=[])
    made["rows"][0] |= {"latency_p50": None, "megabytes": None}
    found = page({"tfkd": "1", "runs": [made]})
    assert "cannot read films.jsonl" in found
    assert "Can the confidence" not in found
    assert set(specifications({"runs": [made]})) == {
        "plot-scores-megabytes",
        "plot-scores-latency_p50",
    }


@pytest.mark.parametrize("name", ["altair", "jinja2", "vl_convert"])
def test_without_the_extra(name, monkeypatch):
    """A traceback behind minutes of work, for a package that is lacking."""
    real = module.importlib.util.find_spec
    monkeypatch.setattr(
        module.importlib.util, "find_spec", lambda given: None if given == name else real(given)
    )
    with pytest.raises(UserError, match=r'run `pip install "tfkd\[report\]"`'):
        page({"tfkd": "1", "runs": []})


def wait(browser) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 30).until(lambda _: browser.execute_script(DRAWN))


def test_in_a_browser(file, figures):
    """Plots that are not drawn, colours that do not follow, a phone that scrolls sideways."""
    colour = """return getComputedStyle(document.querySelector(
      '.plot svg .role-axis-label text, .plot svg .role-axis text')).fill"""
    with chromium.opened(file.as_uri(), width=1200) as browser:
        wait(browser)
        assert browser.execute_script("return document.querySelectorAll('.plot svg').length") == (
            len(specifications(figures))
        )
        found = {}
        for width, dark in ((1200, False), (1200, True), (390, False), (390, True)):
            chromium.look(browser, width, dark=dark)
            time.sleep(0.5)  # plots follow the window
            assert browser.execute_script(EMPTY) == []
            assert browser.execute_script(CUT) == []
            wide, inner = browser.execute_script(WIDTHS)
            assert wide <= inner == width
            found[dark] = browser.execute_script(colour)
        assert found == {False: "rgb(91, 97, 105)", True: "rgb(163, 169, 178)"}
        assert browser.title.startswith("Distillation report: <script>")
        assert browser.execute_script("return document.images.length") == 0
        assert chromium.console(browser) == []


def test_a_table_is_sorted_by_what_its_numbers_mean(file):
    """3.75 behind 100.5, as texts are sorted."""
    column = """return [...document.querySelector('#scores table').tBodies[0].rows]
      .map(row => row.cells[9].textContent)"""
    with chromium.opened(file.as_uri()) as browser:
        wait(browser)
        button = browser.find_elements("css selector", "#scores th button")[9]
        assert button.text == "MB"
        browser.execute_script("arguments[0].click()", button)
        once = ["1.50", "1.50", "3.75", "3.75", "100.50", "100.50"]
        assert browser.execute_script(column) == once
        browser.execute_script("arguments[0].click()", button)
        assert browser.execute_script(column) == once[::-1]
        assert chromium.console(browser) == []
