"""The page of a watch: rates by time, and a line where there was an alarm."""

import json
import re

import pytest
from stub_streams import draw_classes, lines

from tfkd.watching import WatchSettings
from tfkd.watching.watch_page import write_watch_page


@pytest.fixture
def page(watched, tmp_path):
    """The page of a stream whose mood turns, with a topic that is a tag of HTML."""
    pytest.importorskip("altair")
    classes = draw_classes(7, (600, (0.1, 0.7, 0.2)), (600, (0.6, 0.3, 0.1)))
    seen, _ = watched(lines(classes, topic="<b>oil</b>"), window="200")
    path = tmp_path / "page.html"
    write_watch_page(path, tmp_path / "out.jsonl", seen, WatchSettings(window="200"))
    return seen, path.read_text(encoding="utf-8")


def test_rates_and_alarms_are_drawn(page):
    """A specification that Vega cannot draw is an empty frame in a browser."""
    import vl_convert

    seen, html = page
    found = re.search(r'<script type="application/json" id="specs">(.*?)</script>', html)
    specs = json.loads(found[1])
    assert len(specs) == 2
    assert seen.alarms
    for spec in specs.values():
        drawn = vl_convert.vegalite_to_svg(spec)
        # The dashes of an alarm; a curve of each class.
        assert 'stroke-dasharray="3,3"' in drawn
        assert drawn.count('aria-roledescription="line mark"') == 3
    values = next(iter(specs.values()))["layer"][0]["data"]["values"]
    assert [value["x"] for value in values] == [a["time"] for a in seen.alarms if not a["topic"]]


def test_a_topic_is_a_text_and_no_tag(page):
    """Topics come from anybody."""
    _, html = page
    assert "<b>oil</b>" not in html
    assert "&lt;b&gt;oil&lt;/b&gt;" in html
    assert "negative rose from" in html
