"""What the page consists of, and serving it until Ctrl-C."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib import resources
from pathlib import Path

from ...errors import UserError
from ...runtime.bundle import MEDIAPIPE, read_encoder
from ...runtime.file_settings import NO_TOKENIZER
from ...runtime.interpreter import LiteRT
from ...runtime.zip_tail import unpack
from .package import VERSION, package
from .served_answers import ServedAnswers
from .served_desk import ServedDesk
from .serving import Answer, Content, server
from .teacher_answers import read_answers

PAGE = {"/": "index.html", "/demo.css": "demo.css", "/demo.js": "demo.js"}
SERVED_PAGE = {"/": "served.html", "/demo.css": "demo.css", "/served.js": "served.js"}
DESK_PAGE = {"/": "desk.html", "/demo.css": "demo.css", "/desk.js": "desk.js"}


def demo(file: Path, answers: Path | None = None, port: int = 8000) -> None:
    """Serve a page that answers what is typed, until Ctrl-C.

    A file for MediaPipe runs in the browser, any other one here, behind the page; so do the files
    of a service desk.

    Args:
        file: An exported file with its tokenizer, or the folder of a service desk.
        answers: A teacher's, JSON lines as `tfkd predict TEACHER --jsonl` writes them: the page
            shows the file's next to them.
        port: On 127.0.0.1; 0 for a free one.

    Raises:
        UserError: No such file, broken answers, answers for a file that is not for MediaPipe, a
            port that is taken, no npm registry.
    """
    contents, answer = pages(file, answers)
    with server(contents, port, answer) as served, suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{served.server_port}/  (Ctrl-C ends it)", flush=True)
        served.serve_forever()


def pages(file: Path, answers: Path | None = None) -> tuple[dict[str, Content], Answer | None]:
    """Return everything that the server knows, by path, and what answers where the page does not.

    Raises:
        UserError: No such file, broken answers or answers for a file that is not for MediaPipe, no
            npm registry.
    """
    if file.is_dir():
        return _pages_of_desk(file, answers)
    settings = _settings(file)
    if settings.get("tokenizer") == NO_TOKENIZER:
        raise UserError(
            f"{file} reads {', '.join(settings['inputs'])}, and the page is for texts that are "
            "typed: use `tfkd predict`."
        )
    if settings.get("client") == MEDIAPIPE:
        return _pages_of_client(file, settings, answers), None
    if answers is not None:
        raise UserError(
            f"{file} is not for MediaPipe, which runs it beside a teacher's answers: leave "
            "--answers out, or write one with `tfkd export RUN --client mediapipe`."
        )
    served = ServedAnswers(file)
    contents = {path: Content.of(name, _page(name)) for path, name in SERVED_PAGE.items()}
    contents["/about.json"] = _as_json(served.describe())
    return contents, served.reply


def _pages_of_desk(folder: Path, answers: Path | None) -> tuple[dict[str, Content], Answer]:
    if answers is not None:
        raise UserError(
            f"{folder} is no file for MediaPipe, which runs beside a teacher's answers: leave "
            "--answers out."
        )
    served = ServedDesk(folder)
    contents = {path: Content.of(name, _page(name)) for path, name in DESK_PAGE.items()}
    contents["/about.json"] = _as_json(served.describe())
    return contents, served.answer


def _pages_of_client(file: Path, settings: dict, answers: Path | None) -> dict[str, Content]:
    about = {
        "file": file.name,
        "bytes": file.stat().st_size,
        "quantize": settings.get("quantize"),
        "classes": settings["schema"]["labels"],
        "mediapipe": VERSION,
    }
    about["answers"] = read_answers(answers, about["classes"]) if answers else []
    contents = {path: Content.of(name, _page(name)) for path, name in PAGE.items()}
    contents |= {f"/mediapipe/{name}": Content.of(name, body) for name, body in package().items()}
    contents["/student.tflite"] = Content.of(file.name, file.read_bytes())
    contents["/about.json"] = _as_json(about)
    return contents


def _as_json(values: dict) -> Content:
    return Content.of("about.json", json.dumps(values).encode())


def _page(name: str) -> bytes:
    return (resources.files(__package__) / "page" / name).read_bytes()


def _settings(file: Path) -> dict:
    """Return what an exported file says of itself.

    Raises:
        UserError: No such file, or none that holds a tokenizer.
    """
    LiteRT(file)
    files = unpack(file.read_bytes(), str(file))
    return read_encoder(files, str(file))[1]
