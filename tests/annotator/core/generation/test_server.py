"""A model server may do anything; nothing hangs, nothing leaks, every fault is told."""

from __future__ import annotations

import gc
import json
import threading
from typing import Any

import numpy as np
import pytest

from annotator.core.generation.connection import REPLY_BYTES
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.keys import save_api_key, server_key
from annotator.core.generation.prompts import Style
from annotator.core.generation.protocol import Backend, GenerationRequest
from annotator.core.generation.server import ModelSettings, ServerBackend
from tests.memory_keyring import memory_keyring
from tests.model_server import Handler, ModelServer, hang_up, honest, model_server, never, paper_reply
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, GenerationError

REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("A smile.", "A wider smile."))
KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def ask(server: ModelServer, style: Style = "keyframeface", **how: Any) -> np.ndarray:
    settings = ModelSettings(style=style)
    backend = ServerBackend(server.url, settings=settings, **{"timeout": 20.0, "retries": 0, **how})
    try:
        return backend.keyframe(REQUEST, 0, CancelToken()).values
    finally:
        backend.close()


def fault_of(server: ModelServer, **settings: Any) -> str:
    with pytest.raises(GenerationError) as fault:
        ask(server, **settings)
    assert fault.value.todo
    assert "\n" not in str(fault.value)
    return str(fault.value)


def test_an_honest_server_is_asked_in_the_papers_words() -> None:
    with model_server() as server:
        values = ask(server)
        assert values[INDEX["MouthSmileLeft"]] == np.float32(0.4)
        (body,) = server.asked
        assert body["model"] == "keyframeface"
        assert body["temperature"] == 0
        assert body["max_tokens"] == 1024
        assert body["messages"][1]["content"].startswith(
            "Keyframe Description Sequence:\n- Keyframe One: A smile."
        )
        assert body["response_format"]["type"] == "json_schema"


def test_a_server_that_does_not_stream() -> None:
    def whole(handler: Handler, body: dict[str, Any]) -> None:
        message = {"role": "assistant", "content": f"Here you are:\n```json\n{paper_reply(0.7)}\n```"}
        handler.send(json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode())

    with model_server(whole) as server:
        assert ask(server)[INDEX["MouthSmileRight"]] == np.float32(0.7)


def test_zero_shot_answers_are_sparse_and_damped() -> None:
    def sparse(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream('{"MouthSmileLeft": 0.8, "EyeBlinkLeft": 1.0, "HeadPitch": -0.2}')

    with model_server(sparse) as server:
        values = ask(server, style="zero-shot")
        assert values[INDEX["MouthSmileLeft"]] == np.float32(0.4)
        assert values[INDEX["EyeBlinkLeft"]] == 1.0
        assert values[INDEX["HeadPitch"]] == np.float32(-0.2)
        assert np.count_nonzero(values) == 3


def test_a_server_without_schemas_is_asked_again_and_remembered() -> None:
    def simple(handler: Handler, body: dict[str, Any]) -> None:
        if "response_format" in body:
            handler.send(b'{"error": {"message": "response_format is unknown"}}', status=400)
        else:
            honest(handler, body)

    with model_server(simple) as server:
        backend = ServerBackend(server.url, retries=0)
        for target in (0, 1):
            assert not backend.keyframe(REQUEST, target, CancelToken()).error
        assert ["response_format" in body for body in server.asked] == [True, False, False]
        backend.close()


def test_a_server_with_its_own_ideas_of_parameters() -> None:
    def picky(handler: Handler, body: dict[str, Any]) -> None:
        for name in ("max_tokens", "temperature"):
            if name in body:
                told = {"error": {"message": f"Unsupported parameter: '{name}' with this model."}}
                return handler.send(json.dumps(told).encode(), status=400)
        honest(handler, body)

    with model_server(picky) as server:
        backend = ServerBackend(server.url, retries=0)
        for target in (0, 1):
            assert not backend.keyframe(REQUEST, target, CancelToken()).error
        assert len(server.asked) == 4
        assert server.asked[-1]["max_completion_tokens"] == 1024
        assert "response_format" in server.asked[-1]
        assert backend.describe()["served_without"] == ["max_tokens", "temperature"]
        backend.close()


def test_planning_through_a_server() -> None:
    def planner(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream(
            '{"keyframes": [{"time": 0.5, "description": "The brows lift."}, {"time": 1, '
            '"description": "The jaw drops."}]}'
        )

    with model_server(planner) as server:
        backend = ServerBackend(server.url)
        plan = backend.plan(GenerationRequest("A hall", "Awe"), CancelToken())
        assert [(step.time, step.description) for step in plan] == [
            (0.5, "The brows lift."),
            (1.0, "The jaw drops."),
        ]
        backend.close()


def test_a_general_model_is_told_what_was_wrong_and_asked_once_more() -> None:
    answers = ["I would raise the brows.", '{"values": [{"channel": "JawOpen", "value": 0.6}]}', "No.", "No."]
    with model_server(lambda handler, body: handler.stream(answers.pop(0))) as server:
        assert ask(server, style="zero-shot")[INDEX["JawOpen"]] == np.float32(0.3)
        first, second = server.asked
        assert second["messages"][:2] == first["messages"]
        assert second["messages"][2] == {"role": "assistant", "content": "I would raise the brows."}
        assert "could not be used" in second["messages"][3]["content"]
        assert "no JSON" in fault_of(server, style="zero-shot")
        assert len(server.asked) == 4


def test_damping_and_prompts_are_settings_and_are_told() -> None:
    settings = ModelSettings("zero-shot", damping=0.25, system_prompt="Pose it.", plan_prompt="Plan it.")
    with model_server(lambda handler, body: handler.stream('{"JawOpen": 0.8}')) as server:
        backend = ServerBackend(server.url, "m", settings=settings)
        result = backend.keyframe(REQUEST, 0, CancelToken())
        with pytest.raises(GenerationError, match="no plan"):
            backend.plan(REQUEST, CancelToken())
        backend.close()
        assert [body["messages"][0]["content"] for body in server.asked[:2]] == ["Pose it.", "Plan it."]
    assert result.values[INDEX["JawOpen"]] == np.float32(0.2)
    assert "multiplied by 0.25" in result.notes[-1]
    facts = backend.describe()["settings"]
    assert (facts["damping"], facts["system_prompt"], facts["plan_prompt"]) == (0.25, "Pose it.", "Plan it.")
    trained = ModelSettings(system_prompt="Pose it.")
    assert "system_prompt" not in trained.facts() and trained.facts()["damping"] == 1.0


def test_connection_says_what_the_server_is() -> None:
    with model_server(models=["a", "b"]) as server:
        backend = ServerBackend(server.url)
        facts = backend.test_connection(CancelToken())
        assert facts.models == ("a", "b")
        assert facts.latency >= 0
        assert isinstance(backend, Backend)
        backend.close()


def reply(text: str) -> Any:
    return lambda handler, body: handler.stream(text)


def body(data: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> Any:
    return lambda handler, _: handler.send(data, kind, status, **headers)


HOSTILE = {
    "prose": (reply("I am sorry, I cannot do that."), "no JSON"),
    "empty": (reply(""), "empty"),
    "half JSON": (reply(paper_reply()[:300]), "stops in the middle"),
    "NaN": (reply(paper_reply().replace("0.4", "NaN")), "not a number: MouthSmile"),
    "infinity": (reply(paper_reply().replace("0.4", "1e999")), "not a number"),
    "text for a number": (reply(paper_reply().replace("0.4", '"much"')), "not a number"),
    "null": (reply(paper_reply().replace("0.4", "null")), "not a number"),
    "brackets": (reply("[" * 50_000), "no JSON"),
    "braces": (reply('{"a":' * 30_000), "stops in the middle"),
    "HTML": (body(b"<!DOCTYPE html><html>Hello</html>", "text/html"), "a web page"),
    "no JSON": (body(b"hello", "text/plain"), "not JSON"),
    "a list": (body(b"[1, 2]"), "not a completion"),
    "an error with 200": (body(b'{"error": {"message": "out of memory"}}'), "out of memory"),
    "no choices": (body(b'{"choices": []}'), "empty"),
    "10 MB": (body(b'{"choices": "' + b"x" * 10_000_000), "2 MB"),
    "10 MB of error": (body(b"x" * 10_000_000, "text/plain", 500), "2 MB"),
    "compressed": (body(b"\x1f\x8b", Content_Encoding="gzip"), "2 MB"),
    "500": (body(b"boom", "text/plain", 500), "failed (500"),
    "401": (body(b"{}", status=401), "KFSTUDIO_API_KEY"),
    "404": (body(b"{}", status=404), "address or model"),
    "429": (body(b"{}", status=429), "too much to do"),
    "418": (body(b"{}", status=418), "refused the request"),
    "redirect": (body(b"", status=302, Location="http://127.0.0.1:9/v1"), "another address"),
    "redirect of a post": (body(b"", status=308, Location="https://example.org/"), "another address"),
    "hang up": (hang_up, "closed the connection"),
    "half a stream": (lambda handler, _: handler.stream(paper_reply(), whole=False), "closed the connection"),
    "cut off": (lambda handler, _: handler.stream(paper_reply(), ended="length"), "1024 tokens"),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_answers_are_told_plainly(case: str) -> None:
    behave, words = HOSTILE[case]
    with model_server(behave) as server:
        assert words in fault_of(server)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"data": []}',
        b'{"data": [{}]}',
        b'{"data": 3}',
        b"<html>",
        b"[" * 100_000,
        b"x" * (REPLY_BYTES + 1),
    ],
)
def test_hostile_lists_of_models(data: bytes) -> None:
    with model_server() as server:
        server.models = None
        server.behave = body(data)
        assert "127.0.0.1" in fault_of(server)


@pytest.mark.slow
def test_a_server_that_recovers_is_asked_again() -> None:
    answers = [body(b"{}", status=503), hang_up, body(b"{}", status=429, Retry_After="0"), honest]

    with model_server(lambda handler, b: answers.pop(0)(handler, b)) as server:
        assert ask(server, retries=3)[INDEX["MouthSmileLeft"]] == np.float32(0.4)
        assert not answers


def test_a_proxy_is_not_asked_for_a_server_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with model_server() as server:
        assert ask(server)[INDEX["MouthSmileLeft"]] == np.float32(0.4)


def test_nobody_listens() -> None:
    with model_server() as server:
        url = server.url
    backend = ServerBackend(url, "m", retries=0)
    with pytest.raises(GenerationError, match="cannot be reached"):
        backend.keyframe(REQUEST, 0, CancelToken())
    backend.close()


def test_a_server_that_never_answers_times_out() -> None:
    with model_server(never) as server:
        assert "within 0.3 seconds" in fault_of(server, timeout=0.3)


def drip(handler: Handler, body: dict[str, Any]) -> None:
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    while not handler.server.release.wait(0.02):
        handler.wfile.write(b": still thinking\n\n")


def test_a_server_that_drips_meets_the_deadline_of_the_whole_answer() -> None:
    with model_server(drip) as server:
        assert "within 0.4 seconds" in fault_of(server, timeout=0.4)


@pytest.mark.parametrize("behave", [never, drip])
def test_cancel_ends_a_call_at_once_and_drops_the_connection(behave: Any) -> None:
    gone = threading.Event()

    def watched(handler: Handler, body: dict[str, Any]) -> None:
        try:
            if behave is drip:
                drip(handler, body)
            else:
                handler.connection.settimeout(20)
                handler.connection.recv(1)
        except OSError:
            pass
        gone.set()

    with model_server(watched) as server:
        backend = ServerBackend(server.url, "m", timeout=60)
        token, ended = CancelToken(), threading.Event()

        def call() -> None:
            with pytest.raises(Cancelled):
                backend.keyframe(REQUEST, 0, token)
            ended.set()

        threading.Thread(target=call, daemon=True).start()
        while not server.asked:
            threading.Event().wait(0.01)
        token.cancel()
        assert ended.wait(5)
        assert gone.wait(5)
        backend.close()


def test_closing_ends_open_calls_and_leaves_no_thread() -> None:
    with model_server(never) as server:
        backend = ServerBackend(server.url, "m", timeout=60)
        ended = threading.Event()

        def call() -> None:
            with pytest.raises(Cancelled):
                backend.keyframe(REQUEST, 0, CancelToken())
            ended.set()

        threading.Thread(target=call, daemon=True).start()
        while not server.asked:
            threading.Event().wait(0.01)
        backend.close()
        assert ended.wait(5)
        assert "model server" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.slow
def test_a_forgotten_backend_leaves_no_thread() -> None:
    with model_server() as server:
        backend = ServerBackend(server.url)
        backend.test_connection(CancelToken())
        del backend
        gc.collect()
        assert "model server" not in [thread.name for thread in threading.enumerate()]


def test_the_key_goes_to_the_server_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def echo(handler: Handler, body: dict[str, Any]) -> None:
        handler.send(
            json.dumps({"error": {"message": f"bad {handler.headers['Authorization']}"}}).encode(), status=418
        )

    def parrot(handler: Handler, body: dict[str, Any]) -> None:
        handler.stream(f"{handler.headers['Authorization']} {paper_reply()}")

    monkeypatch.setenv("KFSTUDIO_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    with model_server(echo) as server:
        told = fault_of(server)
        assert KEY not in told
        headers = {name.lower(): value for name, value in server.seen[-1][1].items()}
        assert headers["authorization"] == f"Bearer {KEY}"
        assert not [name for name in headers if name.startswith(("openai-", "x-stainless"))]
        server.behave = parrot
        backend = ServerBackend(server.url)
        assert KEY not in backend.keyframe(REQUEST, 0, CancelToken()).reply
        assert KEY not in json.dumps(dict(backend.describe()))
        backend.close()


def test_no_key_of_another_tool_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with model_server() as server:
        ask(server)
        assert all("authorization" not in {name.lower() for name in headers} for _, headers, _ in server.seen)


def test_a_saved_key_belongs_to_one_server() -> None:
    with memory_keyring():
        save_api_key("localhost:8000/v1", KEY)
        assert server_key("http://localhost:8000").text == KEY
        assert server_key("http://localhost:8001").text == ""
        save_api_key("localhost:8000", "")
        save_api_key("localhost:8000", "")
        assert server_key("http://localhost:8000").text == ""


def test_a_broken_key_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", "sk-ü\nbad")
    with pytest.raises(GenerationError) as fault:
        server_key("http://localhost:1")
    assert "sk-" not in str(fault.value)


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("localhost:8000", "http://localhost:8000/v1"),
        ("http://h:1/", "http://h:1/v1"),
        ("http://h:1/v1", "http://h:1/v1"),
        (" https://h/v1/chat/completions ", "https://h/v1"),
        ("https://h/api/v1/models/", "https://h/api/v1"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai"),
        ("api.example.org", "https://api.example.org/v1"),
        ("192.168.0.4", "http://192.168.0.4/v1"),
        ("http://[::1]:80", "http://[::1]:80/v1"),
    ],
)
def test_addresses(given: str, base: str) -> None:
    assert Endpoint.parse(given).base == base


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "ftp://h",
        "http://",
        "http://h:port",
        "file:///etc",
        "http://u:p@h",
        "http://h?key=1",
        "a b",
    ],
)
def test_no_addresses(given: str) -> None:
    with pytest.raises(GenerationError):
        Endpoint.parse(given)
