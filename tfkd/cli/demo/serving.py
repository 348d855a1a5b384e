"""Serve known contents to this machine alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from ...errors import UserError

HOST = "127.0.0.1"
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
    """Answers GET and HEAD for the paths in `contents`, and for nothing else."""

    daemon_threads = True
    contents: dict[str, Content]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a tab that was closed while it loaded."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def server(contents: dict[str, Content], port: int) -> Server:
    """Return a server on 127.0.0.1 that listens already.

    Args:
        contents: What it answers, by path.
        port: Its port; 0 is any free one.

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
    listening.contents = contents
    return listening


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "tfkd", ""

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        status, content = self._look_up()
        self.send_response(status)
        headers = {"Content-Type": content.type, "Content-Length": str(len(content.body))}
        for name, value in (headers | HEADERS).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(content.body)

    def _look_up(self) -> tuple[HTTPStatus, Content]:
        """Look up a whole path, never a file: there is no way out of the page."""
        port = self.server.server_port
        # Another site's name that was made to mean this machine must not read the answers.
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            return HTTPStatus.FORBIDDEN, Content(b"not this host\n", "text/plain")
        content = self.server.contents.get(urlsplit(self.path).path)
        missing = Content(b"not here\n", "text/plain")
        return (HTTPStatus.OK, content) if content else (HTTPStatus.NOT_FOUND, missing)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: what is asked is nobody's business."""
