"""Make the pictures of the pages. It is run by hand, and needs Chromium and Pillow.

PYTHONPATH=tests python docs/pictures.py REPORT.html FILE.tflite ANSWERS.jsonl DESK

REPORT.html is written by `tfkd compare RUN ... --html`, FILE by `tfkd export RUN --client
mediapipe`, ANSWERS are a teacher's, as for `tfkd demo --answers`; DESK is the folder of a finished
service desk, of the chats of Bitext's customer support.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import chromium

PICTURES = Path(__file__).resolve().parent / "pictures"
# Width and height of the window, and whether it is dark.
REPORT = {
    "report.png": (1366, 860, False),
    "report-dark.png": (1366, 860, True),
    "report-phone.png": (390, 780, False),
}
DEMO = {"demo.png": (1100, 760, False), "demo-phone-dark.png": (390, 780, True)}
DESK = {"desk.png": (1100, 820, False)}
QUESTION = "i want to cancel my last order"
TEXT = "Far from dull: the cast is superb and the last hour is a joy."


def save_picture(browser: Any, name: str) -> None:
    """Save what the browser shows with 128 colours, which a page of plots hardly notices."""
    from PIL import Image

    picture = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    picture.quantize(128).save(PICTURES / name, optimize=True)
    print(f"{name:22} {(PICTURES / name).stat().st_size / 1e3:4.0f} kB")


def take_report(page: Path) -> None:
    """Take the beginning of a report's page."""
    for name, (width, height, dark) in REPORT.items():
        with chromium.opened(page.resolve().as_uri(), width, height, dark) as browser:
            time.sleep(5)  # the plots are drawn after the page has loaded
            save_picture(browser, name)


def take_demo(file: Path, answers: Path) -> None:
    """Take the page of `tfkd demo` with a text typed into it."""
    # MediaPipe starts, and classifies the texts of the answers.
    _take_served([str(file), "--answers", str(answers)], DEMO, ("text", TEXT), patience=8)


def take_desk(desk: Path) -> None:
    """Take the page of a service desk with a question typed into it."""
    _take_served([str(desk)], DESK, ("question", QUESTION), patience=1)


def _take_served(
    arguments: list[str], sizes: dict, typed: tuple[str, str], patience: float
) -> None:
    command = [sys.executable, "-m", "tfkd", "demo", *arguments, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split()[0]
        for name, (width, height, dark) in sizes.items():
            with chromium.opened(address, width, height, dark) as browser:
                time.sleep(patience)
                browser.find_element("id", typed[0]).send_keys(typed[1])
                time.sleep(1)
                save_picture(browser, name)
    finally:
        server.terminate()


if __name__ == "__main__":
    report, file, answers, desk = map(Path, sys.argv[1:])
    PICTURES.mkdir(exist_ok=True)
    take_report(report)
    take_demo(file, answers)
    take_desk(desk)
