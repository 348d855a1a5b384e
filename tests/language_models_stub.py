"""A chat server on the loopback that answers from a function, with faults by script."""

import json
import math
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub:
    """What the server knows and counts.

    `answer(text, options) -> {letter: probability}` says how likely the letters are, where
    `options` are the lines of the question by letter. `faults` are taken one a request, first to
    last: names of methods of `Handler`, or None for a right answer. `write(text) -> str` gives what
    is written as JSON, and `schema` says whether the server takes a schema for it.
    """

    def __init__(self, answer, faults=(), *, logprobs=True, stream=False, usage=True, write=None):
        self.answer, self.faults = answer, list(faults)
        self.logprobs, self.stream, self.usage = logprobs, stream, usage
        self.write, self.schema = write, True
        self.asked, self.answered = Counter(), Counter()
        self.bodies, self.keys = [], set()
        self.lock = threading.Lock()
        self.delay = 0.0
        self.url = ""

    def next_fault(self):
        with self.lock:
            return self.faults.pop(0) if self.faults else None


def text_of(body):
    return body["messages"][-1]["content"].removeprefix("Text: ")


def options_of(body):
    lines = body["messages"][0]["content"].splitlines()
    return {line[0]: line[3:] for line in lines if line[1:3] == ": "}


def tokens_of(body):
    return sum(len(message["content"].split()) + 4 for message in body["messages"])


class Handler(BaseHTTPRequestHandler):
    """Speaks just enough of the protocol."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        """Print nothing."""

    def do_POST(self):
        stub = self.server.stub
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with stub.lock:
            stub.asked[text_of(body)] += 1
            stub.bodies.append(body)
            stub.keys.add(self.headers.get("Authorization"))
        time.sleep(stub.delay)
        fault = stub.next_fault()
        if fault:
            getattr(self, fault)(body)
            return
        self.reply(body)
        with stub.lock:
            stub.answered[text_of(body)] += 1

    def reply(self, body, **message):
        stub = self.server.stub
        if stub.write:
            self.reply_written(body, **message)
            return
        chances = stub.answer(text_of(body), options_of(body))
        best = max(chances, key=chances.get)
        content = message.pop("content", best)
        choice = {"index": 0, "finish_reason": message.pop("finish_reason", "stop")}
        if stub.logprobs and body.get("logprobs"):
            told = [{"token": t, "logprob": math.log(p)} for t, p in chances.items() if p > 0]
            first = {"token": best, "logprob": 0.0, "top_logprobs": told}
            choice["logprobs"] = {"content": [first]}
        usage = {"prompt_tokens": tokens_of(body), "completion_tokens": 1}
        found = {"object": "chat.completion", **({"usage": usage} if stub.usage else {})}
        if stub.stream:
            delta = {**choice, "delta": {"content": content, **message}}
            lines = (json.dumps({**found, "choices": [delta]}), "[DONE]")
            self.send("".join(f"data: {line}\n\n" for line in lines), kind="text/event-stream")
            return
        choice["message"] = {"role": "assistant", "content": content, **message}
        self.send(json.dumps({**found, "choices": [choice]}))

    def reply_written(self, body, **message):
        stub = self.server.stub
        if not stub.schema and "response_format" in body:
            self.send('{"error": "unknown field response_format"}', 400)
            return
        content = message.pop("content", None) or stub.write(text_of(body))
        # A token is a character here, and no more than so many are written.
        cut = len(content) > body["max_tokens"]
        content = content[: body["max_tokens"]]
        usage = {"prompt_tokens": tokens_of(body), "completion_tokens": len(content)}
        choice = {"index": 0, "finish_reason": "length" if cut else "stop"}
        choice["message"] = {"role": "assistant", "content": content, **message}
        found = {"object": "chat.completion", **({"usage": usage} if stub.usage else {})}
        self.send(json.dumps({**found, "choices": [choice]}))

    def send(self, content, status=200, kind="application/json", headers=()):
        content = content.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    # -- faults ------------------------------------------------------------------------------

    def busy(self, body):
        self.send('{"error": "slow down"}', 429, headers=[("Retry-After", "7")])

    def broken(self, body):
        self.send("<html>Internal Server Error</html>", 500)

    def cut(self, body):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"choices": [')
        self.close_connection = True

    def cut_stream(self, body):
        self.send('data: {"choices": [{"delta": {"content": ""}}]}\n\n', kind="text/event-stream")

    def wrong_json(self, body):
        self.send('{"choices": []}')

    def hanging(self, body):
        time.sleep(1.0)
        self.close_connection = True

    def echo(self, body):
        self.send(json.dumps({"error": f"bad key {self.headers['Authorization']}"}), 401)

    def echo_busy(self, body):
        self.send(json.dumps({"error": self.headers["Authorization"]}), 429)

    def echo_broken(self, body):
        self.send(f"<html>{self.headers['Authorization']}</html>", 500)

    def echo_wrong_json(self, body):
        self.send('{"choices": "' + self.headers["Authorization"])

    def echo_cut_stream(self, body):
        self.send(f"data: {self.headers['Authorization']}\n\n", kind="text/event-stream")

    def echo_refused(self, body):
        self.send(json.dumps({"error": self.headers["Authorization"]}), 400)

    def echo_error(self, body):
        self.send(json.dumps({"error": {"message": self.headers["Authorization"]}}))

    def echo_text(self, body):
        self.reply(body, content=self.headers["Authorization"])

    def echo_thoughts(self, body):
        self.reply(body, content=f"<think>{self.headers['Authorization']}")

    def echo_token(self, body):
        told = [{"token": t, "logprob": -1.0} for t in ("A", self.headers["Authorization"])]
        first = {"token": "A", "logprob": -1.0, "top_logprobs": told}
        choice = {"message": {"content": "A"}, "logprobs": {"content": [first]}}
        self.send(json.dumps({"choices": [choice]}))

    def refused(self, body):
        self.send('{"error": {"message": "no such model"}}', 404)

    def reasoning_only(self, body):
        self.send('{"error": "use max_completion_tokens instead of max_tokens"}', 400)

    def thinks(self, body):
        self.reply(body, content="<think>", finish_reason="length")

    def no_number(self, body):
        told = [{"token": "A", "logprob": math.nan}, {"token": "B", "logprob": -0.1}]
        first = {"token": "A", "logprob": 0, "top_logprobs": told}
        choice = {"message": {"content": "A"}, "logprobs": {"content": [first]}}
        self.send(json.dumps({"choices": [choice]}))

    def says_nothing(self, body):
        told = [{"token": "Hello", "logprob": -0.1}, {"token": "I", "logprob": -3.0}]
        first = {"token": "Hello", "logprob": 0, "top_logprobs": told}
        choice = {"message": {"content": "Hello"}, "logprobs": {"content": [first]}}
        self.send(json.dumps({"choices": [choice]}))


@contextmanager
def serving(stub):
    """Serve on a free port while the block runs."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request, client_address):
            """A client that was killed is no error here."""

    server = Quiet(("127.0.0.1", 0), Handler)
    server.stub = stub
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
