"""What the page consists of, and serving it until Ctrl-C."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import resources
from pathlib import Path

from ...errors import UserError
from ...runtime.bundle import MEDIAPIPE, read_encoder
from ...runtime.interpreter import LiteRT
from ...runtime.zip_tail import unpack
from .package import VERSION, package
from .serving import Content, server
from .teacher_answers import read_answers

PAGE = {"/": "index.html", "/demo.css": "demo.css", "/demo.js": "demo.js"}


def demo(file: Path, answers: Path | None = None, port: int = 8000) -> None:
    """Serve a page that classifies what is typed, in the browser, until Ctrl-C.

    Args:
        file: A file for MediaPipe.
        answers: A teacher's, JSON lines as `tfkd predict TEACHER --jsonl` writes them: the page
            shows the file's next to them.
        port: On 127.0.0.1; 0 for a free one.

    Raises:
        UserError: No file for MediaPipe, broken answers, a port that is taken, no npm registry.
    """
    with server(pages(file, answers), port) as served, suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{served.server_port}/  (Ctrl-C ends it)", flush=True)
        served.serve_forever()


def pages(file: Path, answers: Path | None = None) -> dict[str, Content]:
    """Return everything that the server knows, by path.

    Raises:
        UserError: No file for MediaPipe, broken answers, no npm registry.
    """
    about = _about(file)
    about["answers"] = read_answers(answers, about["classes"]) if answers else []
    contents = {path: Content.of(name, _page(name)) for path, name in PAGE.items()}
    contents |= {f"/mediapipe/{name}": Content.of(name, body) for name, body in package().items()}
    contents["/student.tflite"] = Content.of(file.name, file.read_bytes())
    contents["/about.json"] = Content.of("about.json", json.dumps(about).encode())
    return contents


def _page(name: str) -> bytes:
    return (resources.files(__package__) / "page" / name).read_bytes()


def _about(file: Path) -> dict:
    """Return what the page says of the file.

    Raises:
        UserError: A file that MediaPipe does not run.
    """
    LiteRT(file)
    files = unpack(file.read_bytes(), str(file))
    settings = read_encoder(files, str(file))[1] if files else {}
    if settings.get("client") != MEDIAPIPE:
        raise UserError(
            f"{file} is not for MediaPipe, which runs it in the browser: write one with "
            "`tfkd export RUN --client mediapipe`."
        )
    return {
        "file": file.name,
        "bytes": file.stat().st_size,
        "quantize": settings.get("quantize"),
        "classes": settings["schema"]["labels"],
        "mediapipe": VERSION,
    }
