"""The browser that other tests look with: it must see errors, or they pass whatever happens."""

import chromium


def test_it_sees_what_the_console_says_and_the_width_it_was_given(tmp_path):
    """A fixture that hears nothing, so that every page is without errors."""
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>a page</title><script>nothing.here</script>")
    with chromium.opened(page.as_uri(), width=390, dark=True) as browser:
        assert browser.title == "a page"
        (said,) = chromium.console(browser)
        assert "nothing is not defined" in said
        assert browser.execute_script("return innerWidth") == 390
        dark = "return matchMedia('(prefers-color-scheme: dark)').matches"
        assert browser.execute_script(dark)
        chromium.look(browser, 1200)
        assert browser.execute_script("return innerWidth") == 1200
        assert not browser.execute_script(dark)
