"""Serve known contents, and answers to what is sent, to this machine alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from ...errors import UserError

HOST = "127.0.0.1"
ANSWER = "/answer"
MOST_BYTES = 2**20
Answer = Callable[[bytes], "dict[str, Any] | Iterator[str]"]
"""From what the page sends to plain values, or to a text in pieces; a `UserError` is shown."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
}
# Nothing but this server is asked, by MediaPipe's own usage statistics neither.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Content:
    """Bytes and what they are."""

    body: bytes
    type: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Content:
        """Return the content of a file, whose type its suffix says.

        >>> Content.of("a.wasm", b"").type
        'application/wasm'
        """
        return cls(body, TYPES.get(PurePath(name).suffix, "application/octet-stream"))


class Server(ThreadingHTTPServer):
    """Answers GET and HEAD for the paths in `contents`, and POST where it has an `answer`."""

    daemon_threads = True
    contents: dict[str, Content]
    answer: Answer | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a tab that was closed while it loaded."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def server(contents: dict[str, Content], port: int, answer: Answer | None = None) -> Server:
    """Return a server on 127.0.0.1 that listens already.

    Args:
        contents: What it answers, by path.
        port: Its port; 0 is any free one.
        answer: Answers what the page sends to `/answer`.

    Raises:
        UserError: The port is taken, or none.
    """
    try:
        listening = Server((HOST, port), _Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UserError(
            f"port {port} cannot be had ({reason}): give another one with --port."
        ) from error
    listening.contents, listening.answer = contents, answer
    return listening


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "tfkd", ""

    def do_GET(self) -> None:
        self._send(*self._look_up())

    def do_HEAD(self) -> None:
        self._send(*self._look_up(), with_body=False)

    def do_POST(self) -> None:
        # What is sent and not read would be taken for the next request.
        self.close_connection = True
        status, content = self._answer()
        if isinstance(content, Content):
            self._send(status, content)
        else:
            self._send_pieces(content)

    def _send(self, status: HTTPStatus, content: Content, *, with_body: bool = True) -> None:
        self.send_response(status)
        headers = {"Content-Type": content.type, "Content-Length": str(len(content.body))}
        for name, value in (headers | HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content.body)

    def _send_pieces(self, pieces: Iterator[str]) -> None:
        """Send a text as it is written; it ends where the connection does."""
        self.send_response(HTTPStatus.OK)
        for name, value in ({"Content-Type": "text/plain; charset=utf-8"} | HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        # A page that was closed ends the text too.
        with closing(pieces):  # type: ignore[type-var]  # a generator
            for piece in pieces:
                self.wfile.write(piece.encode())

    def _is_of_this_page(self) -> bool:
        """Return whether no other site's name was made to mean this machine to read answers."""
        port = self.server.server_port
        return self.headers.get("Host") in (f"{HOST}:{port}", f"localhost:{port}")

    def _look_up(self) -> tuple[HTTPStatus, Content]:
        """Look up a whole path, never a file: there is no way out of the page."""
        if not self._is_of_this_page():
            return HTTPStatus.FORBIDDEN, _plain("not this host")
        content = self.server.contents.get(urlsplit(self.path).path)
        return (HTTPStatus.OK, content) if content else (HTTPStatus.NOT_FOUND, _plain("not here"))

    def _answer(self) -> tuple[HTTPStatus, Content | Iterator[str]]:
        """Answer what the page sent; another site's page cannot send JSON here."""
        answer = self.server.answer
        if not self._is_of_this_page():
            return HTTPStatus.FORBIDDEN, _plain("not this host")
        if answer is None or urlsplit(self.path).path != ANSWER:
            return HTTPStatus.NOT_FOUND, _plain("not here")
        if self.headers.get("Content-Type") != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _plain("send application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self._pass_over(length)
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _plain(f"send at most {MOST_BYTES} bytes")
        try:
            values, status = answer(self.rfile.read(int(length))), HTTPStatus.OK
            if not isinstance(values, dict):
                return status, values
        except UserError as error:
            values, status = {"error": str(error)}, HTTPStatus.BAD_REQUEST
        return status, Content.of("answer.json", json.dumps(values).encode())

    def _pass_over(self, length: str) -> None:
        """Read what is too long, up to a limit: a browser that still sends hears no answer."""
        left = min(int(length), 16 * MOST_BYTES) if length.isdecimal() else 0
        while left > 0 and (chunk := self.rfile.read(min(left, MOST_BYTES))):
            left -= len(chunk)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: what is asked is nobody's business."""


def _plain(sentence: str) -> Content:
    return Content(f"{sentence}\n".encode(), "text/plain")
