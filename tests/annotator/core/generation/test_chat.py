"""A model server asked with chat messages: pictures, patience, and what it says of itself."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from annotator.core.generation.chat import Answer, ChatServer, Question, image_part, text_part
from annotator.core.generation.completion import read_completion
from annotator.core.generation.server_facts import inspect
from tests.model_server import Handler, ModelServer, honest, model_server, never
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, GenerationError

HELLO = Question([{"role": "user", "content": "Hello"}])


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def ask(server: ModelServer, question: Question = HELLO, **how: Any) -> Answer:
    chat = ChatServer(server.url, "m", **{"timeout": 20.0, "retries": 2, **how})
    try:
        return chat.ask(question, CancelToken())
    finally:
        chat.close()


def text(words: str) -> Any:
    return lambda handler, body: handler.stream(words)


def test_pictures_and_words_go_to_the_server_as_they_are() -> None:
    picture = b"\x89PNG not really"
    question = Question(
        [{"role": "user", "content": [text_part("What does the face show?"), image_part(picture)]}],
        schema={"type": "object"},
        seed=7,
        temperature=0.4,
        max_tokens=99,
    )
    with model_server(text('{"a": 1}')) as server:
        assert ask(server, question).text == '{"a": 1}'
        (body,) = server.asked
    words, image = body["messages"][0]["content"]
    assert words == {"type": "text", "text": "What does the face show?"}
    assert image["image_url"]["url"] == "data:image/png;base64,iVBORyBub3QgcmVhbGx5"
    assert (body["seed"], body["temperature"], body["max_tokens"]) == (7, 0.4, 99)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_without_a_schema_none_is_sent() -> None:
    with model_server(text("Hello!")) as server:
        assert ask(server).text == "Hello!"
        assert "response_format" not in server.asked[0]


def test_the_servers_own_counts_are_taken() -> None:
    def counted(handler: Handler, body: dict[str, Any]) -> None:
        assert body["stream_options"] == {"include_usage": True}
        choice = {"message": {"content": "Hi"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 321, "completion_tokens": 45}
        handler.send(json.dumps({"choices": [choice], "usage": usage}).encode())

    with model_server(counted) as server:
        answer = ask(server)
    assert (answer.prompt_tokens, answer.answer_tokens) == (321, 45)
    assert 0 <= answer.first <= answer.seconds


def test_a_server_that_knows_neither_schemas_nor_counts() -> None:
    def simple(handler: Handler, body: dict[str, Any]) -> None:
        if {"response_format", "stream_options"} & body.keys():
            return handler.send(b'{"error": {"message": "bad request"}}', status=400)
        honest(handler, body)

    with model_server(simple) as server:
        chat = ChatServer(server.url, "m", retries=0)
        question = Question(HELLO.messages, schema={"type": "object"})
        for _ in range(2):
            chat.ask(question, CancelToken())
        chat.close()
        assert len(server.asked) == 4


def test_a_text_too_long_for_the_model_is_not_asked_again() -> None:
    def full(handler: Handler, body: dict[str, Any]) -> None:
        told = {"error": {"message": "This model's maximum context length is 512 tokens"}}
        handler.send(json.dumps(told).encode(), status=400)

    with model_server(full) as server:
        with pytest.raises(GenerationError, match="maximum context length"):
            ask(server, Question(HELLO.messages, schema={"type": "object"}))
        assert len(server.asked) == 1


def test_the_tokens_so_far_are_told_while_they_come() -> None:
    told = threading.Event()
    on_progress: list[str] = []

    def listen(news: str) -> None:
        on_progress.append(news)
        told.set()

    def slowly(handler: Handler, body: dict[str, Any]) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        event = json.dumps({"choices": [{"delta": {"content": "word "}}]}).encode()
        for _ in range(3):
            handler.wfile.write(b"data: " + event + b"\n\n")
        # The rest comes only when the first part was heard.
        assert told.wait(20)
        handler.wfile.write(b"data: " + event + b"\n\ndata: [DONE]\n\n")

    with model_server(slowly) as server:
        chat = ChatServer(server.url, "m", retries=0)
        answer = chat.ask(HELLO, CancelToken(), listen)
        chat.close()
    assert answer.text == "word " * 4
    # Told while it came: before the end, of which the server told only when it was heard.
    assert on_progress and on_progress[0] in ("1 token", "2 tokens", "3 tokens")


@pytest.mark.slow
@pytest.mark.parametrize("wanted", ["0.2", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", ""])
def test_a_busy_server_is_asked_again_after_the_pause_it_wants(wanted: str) -> None:
    news: list[str] = []
    answers = [lambda h, b: h.send(b"{}", status=429, Retry_After=wanted), honest]
    with model_server(lambda h, b: answers.pop(0)(h, b)) as server:
        chat = ChatServer(server.url, "m", retries=1)
        chat.ask(HELLO, CancelToken(), news.append)
        chat.close()
        assert len(server.asked) == 2
    assert any("for another try" in line for line in news)


@pytest.mark.slow
def test_all_calls_wait_while_the_server_wants_to_be_left_alone() -> None:
    first_waits, news = threading.Event(), list[str]()
    answers = [lambda h, b: h.send(b"{}", status=503, Retry_After="0.5"), honest, honest]
    with model_server(lambda h, b: answers.pop(0)(h, b)) as server:
        chat = ChatServer(server.url, "m")
        first = threading.Thread(
            target=chat.ask, args=(HELLO, CancelToken(), lambda _: first_waits.set()), daemon=True
        )
        first.start()
        assert first_waits.wait(10)
        chat.ask(HELLO, CancelToken(), news.append)
        first.join(10)
        chat.close()
        assert len(server.asked) == 3
    assert news[0].endswith("as the server asks")


def test_a_server_that_wants_minutes_is_not_waited_for() -> None:
    with model_server(lambda h, b: h.send(b"{}", status=429, Retry_After="3600")) as server:
        with pytest.raises(GenerationError, match="left alone for 3600 seconds"):
            ask(server)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "said", "tries"),
    [
        (400, "no", 1),
        (401, "no", 1),
        (404, "no", 1),
        (413, "no", 1),
        (501, "no", 1),
        (429, "insufficient_quota", 1),
        (500, "no", 2),
        (502, "no", 2),
        (408, "no", 2),
    ],
)
def test_only_what_may_mend_is_tried_again(status: int, said: str, tries: int) -> None:
    told = json.dumps({"error": {"message": said, "code": said}}).encode()
    with model_server(lambda h, b: h.send(told, status=status, Retry_After="0")) as server:
        with pytest.raises(GenerationError):
            ask(server, Question(HELLO.messages), retries=1)
        # The first of each is asked again without what it may not know.
        assert len(server.asked) - (status in (400, 501)) == tries


def test_cancel_ends_a_pause() -> None:
    token, waits = CancelToken(), threading.Event()
    with model_server(lambda h, b: h.send(b"{}", status=429, Retry_After="50")) as server:
        chat = ChatServer(server.url, "m")
        ended = threading.Event()

        def call() -> None:
            with pytest.raises(Cancelled):
                chat.ask(HELLO, token, lambda news: waits.set())
            ended.set()

        threading.Thread(target=call, daemon=True).start()
        assert waits.wait(10)
        token.cancel()
        assert ended.wait(5)
        chat.close()
        assert len(server.asked) == 1


@pytest.mark.slow
def test_an_answer_is_taken_though_the_connection_stays_open() -> None:
    def keeps_open(handler: Handler, body: dict[str, Any]) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        event = json.dumps({"choices": [{"delta": {"content": "done"}}]}).encode()
        handler.wfile.write(b"data: " + event + b"\n\ndata: [DONE]\n\n")
        handler.server.release.wait(30)

    with model_server(keeps_open) as server:
        assert ask(server, timeout=25.0).text == "done"


def test_line_separators_within_words_end_no_event() -> None:
    event = json.dumps({"choices": [{"delta": {"content": "a\u2028b\x85c"}}]}, ensure_ascii=False)
    found = read_completion(f"data: {event}\r\n\r\ndata: [DONE]\n\n".encode(), "text/event-stream")
    assert found.text == "a\u2028b\x85c" and found.ended == "stop"


SELVES: dict[str, tuple[dict[str, Any], dict[str, Any], str, int]] = {
    "llama.cpp": (
        {"owned_by": "llamacpp", "meta": {"n_ctx_train": 8192}},
        {"/props": {"build_info": "b1234-abc", "default_generation_settings": {"n_ctx": 4096}}},
        "llama.cpp b1234-abc",
        4096,
    ),
    "vLLM": (
        {"owned_by": "vllm", "max_model_len": 32768},
        {"/version": {"version": "0.9"}},
        "vLLM 0.9",
        32768,
    ),
    "Ollama": ({"owned_by": "library"}, {"/api/version": {"version": "0.5"}}, "Ollama 0.5", 0),
    "another": ({"owned_by": "someone"}, {}, "an OpenAI-compatible server", 0),
    "a liar": (
        {"owned_by": "llamacpp", "meta": 3},
        {"/props": {"default_generation_settings": [], "build_info": None}},
        "llama.cpp",
        0,
    ),
}


@pytest.mark.parametrize("name", SELVES)
def test_a_server_says_what_it_is(name: str) -> None:
    row, places, kind, context = SELVES[name]

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if handler.path == "/v1/models":
            handler.send(json.dumps({"data": [{"id": "m", **row}, {"id": "other"}]}).encode())
        elif handler.command == "GET":
            known = places.get(handler.path)
            handler.send(json.dumps(known).encode(), status=200 if known is not None else 404)
        else:
            assert body["max_tokens"] <= 64
            handler.stream("A face at rest. Nothing moves.", ended="length")

    with model_server(behave) as server:
        server.models = None
        chat = ChatServer(server.url, "m", retries=0)
        facts = inspect(chat, CancelToken())
        chat.close()
    assert (facts.kind, facts.context) == (kind, context)
    assert facts.models == ("m", "other") and facts.model == "m"
    assert facts.first > 0 and facts.rate > 0 and not facts.trouble
    assert kind in facts.line() and "tokens per second" in facts.line()


def test_a_model_that_is_not_served_is_said_before_it_is_asked() -> None:
    with model_server(never, models=["base", "lora"]) as server:
        chat = ChatServer(server.url, "keyframeface", retries=0)
        facts = inspect(chat, CancelToken())
        chat.close()
        assert "no model “keyframeface”" in facts.trouble and "base, lora" in facts.trouble
        assert not server.asked
