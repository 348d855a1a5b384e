"""The server of the demo: its own contents, to this machine, and nothing else."""

import http.client
import socket

import pytest

from tfkd.cli.demo.serving import Content, server
from tfkd.errors import UserError

CONTENTS = {"/": Content.of("index.html", b"<p>hello"), "/a.wasm": Content.of("a.wasm", b"\0asm")}


@pytest.fixture
def ask(serving):
    """Ask for a path exactly as written, which a browser would tidy up first."""
    with serving(CONTENTS) as port:

        def asked(path, method="GET", host=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.putrequest(method, path, skip_host=True)
            connection.putheader("Host", host or f"127.0.0.1:{port}")
            connection.endheaders()
            answer = connection.getresponse()
            found = answer.status, answer.read(), dict(answer.getheaders())
            connection.close()
            return found

        yield asked


def test_what_is_there(ask):
    """WebAssembly of another type does not stream, and a page without a policy leaks."""
    status, body, headers = ask("/?a=1")
    assert (status, body) == (200, b"<p>hello")
    assert headers["Content-Type"].startswith("text/html")
    policy = dict(
        each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe-inline" not in str(policy)
    assert "'unsafe-eval'" not in policy["script-src"].split()
    _, body, of_file = ask("/a.wasm")
    assert body == b"\0asm"
    assert of_file["Content-Type"] == "application/wasm"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_head_has_no_body(ask):
    """A body where none is awaited is read as the next answer."""
    status, body, headers = ask("/", method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", "8")


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "//etc/passwd",
        "/%2e%2e/setup.cfg",
        "/index.html",
        "/a.wasm/",
        "*",
        "/page",
    ],
)
def test_what_is_not(ask, path):
    """A demo that hands out the disk."""
    assert ask(path)[:2] == (404, b"not here\n")


def test_another_method(ask):
    """A server that takes what it is sent."""
    assert ask("/", method="PUT")[0] == 501


def test_another_host(ask):
    """A foreign site whose name was made to mean 127.0.0.1 could read the teacher's texts."""
    assert ask("/", host="example.org")[:2] == (403, b"not this host\n")
    assert ask("/", host="evil.localhost:80")[0] == 403


def test_only_this_machine_is_served():
    """A page that the whole network can open."""
    with server(CONTENTS, 0) as served:
        assert served.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("port", [-1, 70_000])
def test_no_such_port(port):
    """A traceback for a typing error."""
    with pytest.raises(UserError, match="give another one with --port"):
        server(CONTENTS, port)


def test_a_port_that_is_taken():
    """A second demo beside the first."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="give another one with --port"):
            server(CONTENTS, other.getsockname()[1])


def test_a_browser_that_leaves(capsys, serving):
    """Pages of traceback in the terminal because a tab was closed."""
    large = {"/": Content.of("a.wasm", bytes(2**25))}
    with serving(large) as port:
        with socket.create_connection(("127.0.0.1", port)) as tab:
            tab.sendall(f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            tab.recv(10)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("HEAD", "/")
        assert connection.getresponse().status == 200
        connection.close()
    assert capsys.readouterr().err == ""
