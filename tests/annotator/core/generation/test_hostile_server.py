"""Servers at the level of their sockets: whatever arrives, nothing hangs and nothing is lost."""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.core.batch.requests_file import run_jsonl
from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.protocol import GenerationRequest, GenerationResult, UnreachableError
from annotator.core.generation.run import generate
from annotator.core.generation.server import ModelSettings, ServerBackend
from tests.model_server import paper_reply
from tests.request_lines import request_line
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

HELLO = Question([{"role": "user", "content": "Hello"}])
Speak = Callable[[socket.socket, str, threading.Event], None]


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


class _Line(socketserver.BaseRequestHandler):
    server: RawServer

    def handle(self) -> None:
        line: socket.socket = self.request
        data = b""
        while b"\r\n\r\n" not in data:
            more = line.recv(65536)
            if not more:
                return
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += line.recv(65536)
        self.server.asked.append(head.split(b"\r\n")[0].decode())
        with suppress(OSError):
            self.server.speak(line, body.decode("utf-8", "replace"), self.server.over)


class RawServer(socketserver.ThreadingTCPServer):
    """Reads one request of a connection and lets ``speak`` write whatever it likes."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, speak: Speak) -> None:
        super().__init__(("127.0.0.1", 0), _Line)
        self.speak = speak
        self.asked: list[str] = []
        self.over = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of these tests."""


@contextmanager
def raw_server(speak: Speak) -> Iterator[tuple[str, RawServer]]:
    server = RawServer(speak)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def says(data: bytes) -> Speak:
    return lambda line, body, over: line.sendall(data)


CLOSES = "Connection: close\r\n"
"""Said of every whole answer: a client that keeps the connection may send its next request just as this
server, which reads one of each, closes it."""


def http(body: bytes, kind: str = "application/json", status: str = "200 OK", more: str = "") -> bytes:
    facts = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{CLOSES}{more}"
    head = f"HTTP/1.1 {status}\r\n{facts}\r\n"
    return head.encode() + body


def completion(text: str) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice]}).encode()


LOGIN = b"<!DOCTYPE html><html><title>Sign in</title><form action='/login'></form></html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'data: {"choices":[{"delta":{"content":"{\\"Jaw"}}]}\n\n'


def drip(line: socket.socket, body: str, over: threading.Event) -> None:
    line.sendall(CHUNKED)
    while not over.wait(0.02):
        line.sendall(b"1\r\n \r\n")


def silence(line: socket.socket, body: str, over: threading.Event) -> None:
    over.wait(30)


def reset(line: socket.socket, body: str, over: threading.Event) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    line.close()


def endless_head(line: socket.socket, body: str, over: threading.Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        line.sendall(b"X-More: " + b"y" * 8000 + b"\r\n")


def endless_body(line: socket.socket, body: str, over: threading.Event) -> None:
    line.sendall(CHUNKED)
    while not over.is_set():
        line.sendall(b"2000\r\n" + b"z" * 8192 + b"\r\n")


def endless(head: bytes, piece: bytes) -> Speak:
    """``head``, then ``piece`` again and again."""

    def speak(line: socket.socket, body: str, over: threading.Event) -> None:
        line.sendall(head)
        while not over.is_set():
            line.sendall(piece)

    return speak


def half_closed(line: socket.socket, body: str, over: threading.Event) -> None:
    """Says half an answer, that no more will come, and keeps listening."""
    line.sendall(CHUNKED + b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
    line.shutdown(socket.SHUT_WR)
    over.wait(30)


def stops(line: socket.socket, body: str, over: threading.Event) -> None:
    """Begins an answer and says no more."""
    line.sendall(CHUNKED + b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
    over.wait(30)


BOMB = gzip.compress(bytes(50_000_000))
DIGITS = b'{"choices": [{"message": {"content": "x"}, "index": ' + b"9" * 5000 + b"}]}"
ERROR_PAGE = b"<html><head><title>502</title></head><body><img src=x><h1>Bad Gateway</h1></body></html>"
SPOKEN = json.dumps({"error": {"message": "\x1b[2J\x1b[31mall is well\u202e\u2066\r\nhere"}}).encode()
PIECE = b"2000\r\n" + b": " + b"z" * 8188 + b"\n\n" + b"\r\n"

WRONG: dict[str, tuple[Speak, str]] = {
    "no HTTP": (says(b"220 smtp.example.org ESMTP\r\n"), "cannot be reached"),
    "noise": (says(bytes(range(256)) * 8), "cannot be reached"),
    "nothing": (says(b""), "cannot be reached"),
    "a reset": (reset, "cannot be reached"),
    "half a head": (says(b"HTTP/1.1 200 OK\r\nContent-Ty"), "cannot be reached"),
    "an endless head": (endless_head, "cannot be reached"),
    "an endless body": (endless_body, "2 MB"),
    "half a body": (says(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"), "closed the connection"),
    "a wrong length": (says(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"), "cannot be reached"),
    "chunked nonsense": (says(CHUNKED + b"zz\r\nwhat\r\n"), "closed the connection"),
    "a chunk that stops": (says(CHUNKED + b"ff\r\n" + EVENT), "closed the connection"),
    "an end too early": (
        says(CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVENT), EVENT)),
        "closed the connection",
    ),
    "events that are none": (
        says(http(b"data: {oops\n\ndata: [DONE]\n\n", "text/event-stream")),
        "closed the connection",
    ),
    "a login page": (says(http(LOGIN, "text/html; charset=utf-8")), "a web page"),
    "a login page as JSON": (says(http(LOGIN)), "a web page"),
    "a picture": (says(http(b"\x89PNG\r\n\x1a\n" + bytes(200), "image/png")), "not JSON"),
    "UTF-16": (says(http(completion(paper_reply()).decode().encode("utf-16"))), "not JSON"),
    "a way elsewhere": (
        says(http(b"", status="307 Temporary Redirect", more="Location: http://192.0.2.1/v1\r\n")),
        "another address",
    ),
    "a way round": (
        says(http(b"", status="302 Found", more="Location: /v1/chat/completions\r\n")),
        "another address",
    ),
    "https": (says(b"\x15\x03\x03\x00\x02\x02\x46"), "does not speak http"),
    "a bomb": (says(http(BOMB, more="Content-Encoding: gzip\r\n")), "compressed"),
    "another bomb": (says(http(BOMB, more="Content-Encoding: br, gzip\r\n")), "compressed"),
    "a bomb that is none": (says(http(BOMB)), "not JSON"),
    "megabytes of head": (
        says(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 900) for n in range(5000))),
        "cannot be reached",
    ),
    "one long line of head": (says(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 5_000_000), "cannot be reached"),
    "endless comments": (endless(CHUNKED, PIECE), "2 MB"),
    "an endless event": (endless(CHUNKED + b"5\r\ndata:\r\n", b"2000\r\n" + b"z" * 8192 + b"\r\n"), "2 MB"),
    "endless words about a chunk": (endless(CHUNKED + b"5;a=", b"a" * 8192), "closed the connection"),
    "endless trailers": (
        endless(CHUNKED + b"0\r\n", b"X: " + b"y" * 8000 + b"\r\n"),
        "closed the connection",
    ),
    "endless patience": (endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "within 0.5 seconds"),
    "half a connection": (half_closed, "closed the connection"),
    "too many digits": (says(http(DIGITS)), "not JSON"),
    "an error page": (says(http(ERROR_PAGE, "text/html", "502 Bad Gateway")), "failed (502: a web page)"),
    "an error page with 400": (says(http(ERROR_PAGE, "text/html", "400 Bad")), "(400: a web page)"),
    "an error of no text": (says(http(b"\xff\xfe\x00", "text/html", "500 Oh")), "failed (500"),
    "words for a terminal": (says(http(SPOKEN)), "all is well"),
    "words for a terminal with 400": (says(http(SPOKEN, status="400 Bad")), "all is well"),
    "a status of its own": (says(http(b"{}", status="999 What")), "failed (999"),
    "no content": (says(b"HTTP/1.1 204 No Content\r\n\r\n"), "not JSON"),
    "a file": (says(http(b"PK\x03\x04" + bytes(5000), "application/zip")), "not JSON"),
    "a drip": (drip, "within 0.5 seconds"),
    "silence": (silence, "within 0.5 seconds"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG)
def test_every_kind_of_wrong_is_told_in_a_line(case: str) -> None:
    speak, words = WRONG[case]
    with raw_server(speak) as (url, _server):
        chat = ChatServer(url, "m", retries=0, timeout=0.5 if "0.5" in words else 20.0)
        with pytest.raises(GenerationError) as told:
            chat.ask(HELLO, CancelToken())
        chat.close()
    assert words in str(told.value) and told.value.todo and str(told.value).isprintable()
    assert len(str(told.value)) < 400


@pytest.mark.slow
def test_a_server_may_be_silent_for_a_while_only() -> None:
    """Before an answer and within one; the whole may take much longer."""
    for speak in (silence, stops):
        with raw_server(speak) as (url, _server):
            chat = ChatServer(url, "m", retries=0, timeout=60.0, silence=0.3)
            with pytest.raises(UnreachableError, match=r"sent nothing for 0\.3 seconds") as told:
                chat.ask(HELLO, CancelToken())
            chat.close()
        assert "--silence" in told.value.todo


@pytest.mark.slow
def test_a_slow_answer_that_goes_on_is_waited_for() -> None:
    pieces = [json.dumps({"choices": [{"delta": {"content": word}}]}) for word in ("a", "b", "c")]

    def slowly(line: socket.socket, body: str, over: threading.Event) -> None:
        line.sendall(CHUNKED)
        for piece in (*pieces, "[DONE]"):
            over.wait(0.25)
            event = f"data: {piece}\n\n".encode()
            line.sendall(b"%x\r\n%s\r\n" % (len(event), event))

    with raw_server(slowly) as (url, _server):
        chat = ChatServer(url, "m", retries=0, timeout=60.0, silence=0.6)
        assert chat.ask(HELLO, CancelToken()).text == "abc"
        chat.close()


@pytest.mark.slow
def test_an_answer_that_ends_without_saying_so_is_taken() -> None:
    whole = json.dumps({"choices": [{"delta": {"content": "Hello!"}, "finish_reason": "stop"}]})

    def keeps_open(line: socket.socket, body: str, over: threading.Event) -> None:
        event = f"data: {whole}\n\n".encode()
        line.sendall(CHUNKED + b"%x\r\n%s\r\n" % (len(event), event))
        over.wait(30)

    with raw_server(keeps_open) as (url, _server):
        chat = ChatServer(url, "m", retries=0, timeout=20.0)
        assert chat.ask(HELLO, CancelToken()).text == "Hello!"
        chat.close()


def test_a_long_answer_that_was_asked_for_is_no_flood() -> None:
    words = "word " * 1_000_000
    with raw_server(says(http(completion(words)))) as (url, _server):
        chat = ChatServer(url, "m", retries=0, timeout=60.0)
        with pytest.raises(GenerationError, match="2 MB"):
            chat.ask(HELLO, CancelToken())
        assert len(chat.ask(replace(HELLO, max_tokens=100_000), CancelToken()).text) == len(words)
        chat.close()


def test_no_flood_fills_the_memory() -> None:
    tracemalloc.start()
    try:
        for case in (
            "a bomb",
            "a bomb that is none",
            "endless comments",
            "an endless event",
            "an endless head",
        ):
            with raw_server(WRONG[case][0]) as (url, _server):
                chat = ChatServer(url, "m", retries=0, timeout=20.0)
                with pytest.raises(GenerationError):
                    chat.ask(HELLO, CancelToken())
                chat.close()
        assert tracemalloc.get_traced_memory()[1] < 32_000_000
    finally:
        tracemalloc.stop()


def lines_of(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in results.read_text("utf-8").splitlines()]


DEAD: dict[str, Speak | None] = {"nobody": None, "silence": silence, "a reset": reset, "nothing": says(b"")}
DEAD["a gateway"] = says(http(b"", status="503 Unavailable", more="Retry-After: 0\r\n"))


@pytest.mark.slow
@pytest.mark.parametrize("case", DEAD)
def test_a_dead_server_ends_a_batch_after_a_few_faults(case: str, tmp_path: Path) -> None:
    requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    count = 60
    requests.write_text("\n".join(request_line(story(count), target) for target in range(count)), "utf-8")
    speak = DEAD[case]
    with raw_server(speak or silence) as (url, server):
        if speak is None:
            server.server_close()
        backend = ServerBackend(url, "m", timeout=1.0)
        done = run_jsonl(requests, results, backend, jobs=2)
        backend.close()
        # Three faults in a row, and the three that wait or are asked by then.  One that never answered
        # is tried twice; a gateway did answer.
        tries = 0 if speak is None else 5 if case == "a gateway" else 2
        assert len(server.asked) <= (3 + 3) * tries
    assert (done.total, done.failed) == (count, count) and done.gave_up
    records = lines_of(results)
    assert len(records) == count and all(not record["response"] for record in records)
    assert sum("was not asked" in record["error"] for record in records) >= count - 6
    with raw_server(by_keyframe({})) as (url, _server):
        backend = ServerBackend(url, "m", timeout=20.0)
        # Another address is another model; the same one goes on, as the test below has it.
        assert run_jsonl(requests, results, backend).failed == 0
        backend.close()


def test_a_batch_goes_on_when_the_server_is_back(tmp_path: Path) -> None:
    requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    requests.write_text("\n".join(request_line(story(30), target) for target in range(30)), "utf-8")
    with raw_server(by_keyframe({"Nine": reset})) as (url, server):
        answered = threading.Event()

        def dies(line: socket.socket, body: str, over: threading.Event) -> None:
            if len(server.asked) > 12:
                answered.set()
                reset(line, body, over)
            else:
                by_keyframe({})(line, body, over)

        server.speak = dies
        backend = ServerBackend(url, "m", retries=0)
        first = run_jsonl(requests, results, backend, jobs=1)
        assert answered.is_set() and first.gave_up
        assert sum("error" not in record for record in lines_of(results)) == 12
        server.speak = by_keyframe({})
        asked = len(server.asked)
        second = run_jsonl(requests, results, backend, jobs=1)
        backend.close()
        assert (second.failed, second.reused, len(server.asked) - asked) == (0, 12, 18)


def test_an_answer_is_read_whatever_its_content_type_says() -> None:
    good = completion(paper_reply(0.6))
    for kind in ("text/plain", "text/html", "application/octet-stream", ""):
        with raw_server(says(http(good, kind))) as (url, _server):
            backend = ServerBackend(url, "m", retries=0)
            request = GenerationRequest("", "Joy.", "", ("A smile.",))
            assert backend.keyframe(request, 0, CancelToken()).values.max() > 0.5
            backend.close()


def by_keyframe(answers: dict[str, Speak]) -> Speak:
    """Speaks as the number of the asked keyframe says, else honestly."""

    def speak(line: socket.socket, body: str, over: threading.Event) -> None:
        for word, special in answers.items():
            if f"parameters for Keyframe {word}." in body:
                special(line, body, over)
                return
        line.sendall(http(completion(paper_reply(0.4))))

    return speak


MIXED = by_keyframe(
    {
        "Two": says(http(completion(paper_reply()[:200]))),
        "Three": says(http(completion(paper_reply().replace("0.4", "NaN")))),
        "Four": says(http(b"boom", "text/plain", "500 Oh no")),
        "Five": silence,
        "Six": reset,
        "Seven": says(http(LOGIN, "text/html")),
        "Eight": endless_body,
    }
)
BAD = {2, 3, 4, 5, 6, 7, 8}


def story(count: int = 10) -> GenerationRequest:
    return GenerationRequest("A corridor.", "Joy.", "", tuple(f"Smile {n}." for n in range(count)))


@pytest.mark.slow
def test_each_keyframe_tells_its_own_fault_and_the_others_are_there() -> None:
    with raw_server(MIXED) as (url, _server):
        backend = ServerBackend(url, "m", retries=0, timeout=1.5)
        result: GenerationResult = generate(backend, story(), jobs=10)
        backend.close()
    failed = {keyframe.target + 1 for keyframe in result.keyframes if keyframe.error}
    assert failed == BAD
    told = [keyframe.error for keyframe in result.keyframes if keyframe.error]
    words = ["stops in the middle", "not a number", "failed (500", "within 1.5", "cannot be reached"]
    for error, word in zip(told, [*words, "web page", "2 MB"], strict=True):
        assert word in error and " – " in error


@pytest.mark.slow
def test_a_file_of_requests_keeps_every_line_and_mends_when_the_server_does(tmp_path: Path) -> None:
    requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    requests.write_text("\n".join(request_line(story(), target) for target in range(10)), "utf-8")
    with raw_server(MIXED) as (url, server):
        backend = ServerBackend(url, "m", retries=0, timeout=1.5)
        first = run_jsonl(requests, results, backend, jobs=10)
        assert (first.total, first.failed) == (10, len(BAD))
        records = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
        assert {n for n, record in enumerate(records, 1) if "error" in record} == BAD
        server.speak = by_keyframe({})
        asked = len(server.asked)
        second = run_jsonl(requests, results, backend, jobs=10)
        backend.close()
        assert (second.failed, second.reused) == (0, 3) and len(server.asked) - asked == len(BAD)
    assert all("error" not in json.loads(line) for line in results.read_text("utf-8").splitlines())


def test_a_general_model_behind_a_bad_server_is_told_like_any_other() -> None:
    for speak, words in (WRONG["a login page"], WRONG["chunked nonsense"], WRONG["a way elsewhere"]):
        with raw_server(speak) as (url, _server):
            backend = ServerBackend(url, "m", settings=ModelSettings("zero-shot"), retries=0)
            with pytest.raises(GenerationError, match=words):
                backend.plan(GenerationRequest("A hall.", "Awe."), CancelToken())
            with pytest.raises(GenerationError, match=words):
                backend.keyframe(story(), 0, CancelToken())
            backend.close()


def test_a_key_is_sent_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", "sk-secret")
    on_progress: list[str] = []
    with raw_server(lambda line, body, over: on_progress.append(body)) as (other, stranger):
        away = http(b"", status="308 Permanent Redirect", more=f"Location: {other}/v1/chat/completions\r\n")
        with raw_server(says(away)) as (url, _server):
            chat = ChatServer(url, "m", retries=1)
            with pytest.raises(GenerationError, match="another address"):
                chat.ask(Question([{"role": "user", "content": "Hello"}]), CancelToken())
            chat.close()
        assert not stranger.asked and not on_progress
