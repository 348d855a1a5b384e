"""A page opened in Debian's Chromium, without a network: what it shows, and what its console says.

```python
with chromium.opened(page.as_uri(), width=390) as browser:
    assert chromium.console(browser) == []
```
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BROWSER, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


def needed() -> None:
    """Skip where there is no browser to look with."""
    for file in (BROWSER, DRIVER):
        if not file.is_file():
            pytest.skip(f"needs {file}: apt-get install -y chromium chromium-driver")
    pytest.importorskip("selenium", reason="needs selenium, in the extra dev")


@contextmanager
def opened(url: str, width: int = 1200, height: int = 900, dark: bool = False) -> Iterator:
    """A driver with the page open, in a window of that size; `http://127.0.0.1:...` works too."""
    needed()
    from selenium import webdriver

    profile = tempfile.mkdtemp(prefix="tfkd-chromium-")
    driver = webdriver.Chrome(
        options=_options(profile), service=webdriver.ChromeService(str(DRIVER))
    )
    try:
        look(driver, width, height, dark)
        driver.get(url)
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def look(driver, width: int, height: int = 900, dark: bool = False) -> None:
    """Another size of the window, narrower than real ones can be, and light or dark."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def console(driver) -> list[str]:
    """What the console has said since it was last asked: errors and warnings of the page."""
    return [each["message"] for each in driver.get_log("browser") if each["level"] != "INFO"]


def _options(profile: str):
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options
