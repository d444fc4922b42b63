"""Models that think: their answer is found, or asked for again, or it is told that there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.protocol import GenerationRequest, KeyframeResult
from annotator.core.generation.server import ModelSettings, ServerBackend
from annotator.core.generation.thoughts import split_thoughts
from tests.model_server import Behave, Handler, ModelServer, model_server, paper_reply
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import GenerationError

REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("A smile.", "A wider smile."))
SMILE = INDEX["MouthSmileLeft"]
THOUGHT = "The user wants a smile. Maybe the corners of the mouth."
Message = dict[str, Any]


@pytest.fixture(autouse=True)
def no_key_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KFSTUDIO_API_KEY", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def ask(server: ModelServer, **settings: Any) -> KeyframeResult:
    backend = ServerBackend(server.url, "m", settings=ModelSettings(**settings), retries=0, timeout=20.0)
    try:
        return backend.keyframe(REQUEST, 0, CancelToken())
    finally:
        backend.close()


def says(message: Message, *, streams: bool, ended: str = "stop") -> Behave:
    """Always answers with ``message``, whole or as a stream."""

    def speak(handler: Handler, body: dict[str, Any]) -> None:
        if not streams:
            choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": ended}
            return handler.send(json.dumps({"choices": [choice]}).encode())
        events = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", **message}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": ended}]},
        ]
        lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        handler.send(lines.encode(), "text/event-stream")

    return speak


def thinks_until_told(thinks: Message, *, streams: bool, off: Callable[[dict[str, Any]], bool]) -> Behave:
    """Answers only when its thinking is switched off in the way it knows."""

    def speak(handler: Handler, body: dict[str, Any]) -> None:
        message = {"content": paper_reply(0.6)} if off(body) else thinks
        says(message, streams=streams)(handler, body)

    return speak


ONLY_THOUGHTS: dict[str, Message] = {
    "reasoning": {"content": "", "reasoning": THOUGHT},
    "reasoning_content": {"content": None, "reasoning_content": THOUGHT},
    "thinking": {"content": "", "thinking": THOUGHT},
    "two fields": {"content": "", "reasoning": THOUGHT, "reasoning_content": THOUGHT},
    "details": {"content": "", "reasoning_details": [{"type": "reasoning.text", "text": THOUGHT}]},
    "tags": {"content": f"<think>\n{THOUGHT}\n</think>\n\n"},
    "an open tag": {"content": f"<think>\n{THOUGHT}"},
    "no first tag": {"content": f"{THOUGHT}\n</think>"},
    "another tag": {"content": f"<Thinking>{THOUGHT}</Thinking>"},
    "brackets": {"content": f"[THINK]{THOUGHT}[/THINK]"},
    "channels": {"content": f"<|channel|>analysis<|message|>{THOUGHT}<|end|>"},
    "parts": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": THOUGHT}]}]},
    "spaces": {"content": "\n \n", "reasoning": THOUGHT},
}
SWITCHES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "reasoning_effort": lambda body: body.get("reasoning_effort") == "none",
    "a template": lambda body: body.get("chat_template_kwargs", {}).get("enable_thinking") is False,
    "think": lambda body: body.get("think") is False,
    "disabled": lambda body: body.get("thinking", {}).get("type") == "disabled",
}


@pytest.mark.slow
@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("where", ONLY_THOUGHTS)
def test_a_model_that_only_thought_is_asked_again_without_thinking(where: str, streams: bool) -> None:
    behave = thinks_until_told(ONLY_THOUGHTS[where], streams=streams, off=SWITCHES["reasoning_effort"])
    with model_server(behave) as server:
        result = ask(server)
        assert len(server.asked) == 2 and "reasoning_effort" not in server.asked[0]
    assert result.values[SMILE] == np.float32(0.6) and THOUGHT not in result.reply


@pytest.mark.parametrize("switch", SWITCHES)
def test_every_way_of_switching_it_off_is_used_and_remembered(switch: str) -> None:
    behave = thinks_until_told(ONLY_THOUGHTS["reasoning"], streams=True, off=SWITCHES[switch])
    with model_server(behave) as server:
        backend = ServerBackend(server.url, "m", retries=0)
        for target in (0, 1):
            assert backend.keyframe(REQUEST, target, CancelToken()).values[SMILE] == np.float32(0.6)
        assert len(server.asked) == 3
        assert backend.describe()["served_without_thinking"] is True
        backend.close()


REFUSALS = {
    "all named": "Unrecognized request arguments supplied: chat_template_kwargs, think, thinking",
    "one named": "Unsupported parameter: 'think'.",
    "none named": "bad request",
}


@pytest.mark.parametrize("said", REFUSALS)
def test_a_server_that_refuses_unknown_parameters_is_asked_without_them(said: str) -> None:
    """As strict ones do; this one knows ``reasoning_effort`` where it names what it does not."""
    unknown = {"chat_template_kwargs", "think", "thinking"}
    unknown |= {"reasoning_effort"} if said == "none named" else set()

    def strict(handler: Handler, body: dict[str, Any]) -> None:
        refused = sorted(unknown & body.keys())
        if refused:
            words = f"Unsupported parameter: '{refused[0]}'." if said == "one named" else REFUSALS[said]
            return handler.send(json.dumps({"error": {"message": words}}).encode(), status=400)
        behave = thinks_until_told(
            {"content": "", "reasoning": f"{THOUGHT} {paper_reply(0.5)}"},
            streams=True,
            off=SWITCHES["reasoning_effort"],
        )
        behave(handler, body)

    with model_server(strict) as server:
        backend = ServerBackend(server.url, "m", retries=0)
        results = [backend.keyframe(REQUEST, target, CancelToken()) for target in (0, 1)]
        asked = len(server.asked)
        backend.close()
    if said == "none named":
        # It cannot be switched off here: the values that were thought are taken, and that is told.
        assert all("from its thoughts" in result.notes[-1] for result in results)
        assert {float(result.values[SMILE]) for result in results} == {0.5}
        assert asked == 3
    else:
        assert {float(result.values[SMILE]) for result in results} == {float(np.float32(0.6))}
        assert asked == (4 if said == "all named" else 6)


@pytest.mark.parametrize("streams", [True, False])
def test_values_in_thoughts_are_taken_and_told_where_nothing_else_comes(streams: bool) -> None:
    thought = f'First {{"JawOpen": 0.2}}, no: {paper_reply(0.3)} That is it.'
    for message in ({"content": "", "reasoning": thought}, {"content": f"<think>{thought}"}):
        with model_server(says(message, streams=streams)) as server:
            result = ask(server)
        assert result.values[SMILE] == np.float32(0.3)
        assert any("from its thoughts" in note for note in result.notes)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["keyframeface", "zero-shot"])
@pytest.mark.parametrize("where", ONLY_THOUGHTS)
def test_a_model_that_only_ever_thinks_is_told(where: str, style: str) -> None:
    with (
        model_server(says(ONLY_THOUGHTS[where], streams=True)) as server,
        pytest.raises(GenerationError, match="only thought") as told,
    ):
        ask(server, style=style)
    assert "thinking off" in told.value.todo


def test_thoughts_that_hold_something_else_are_told() -> None:
    message = {"content": "", "reasoning": 'The form is {"Keyframe_x": {...}}, I think.'}
    with model_server(says(message, streams=True)) as server:
        with pytest.raises(GenerationError, match="only thought, and its thoughts cannot be used"):
            ask(server)
        assert len(server.asked) == 2


@pytest.mark.parametrize("message", [{"content": "", "reasoning": THOUGHT}, {"content": f"<think>{THOUGHT}"}])
def test_a_model_cut_off_while_it_thinks(message: Message) -> None:
    with (
        model_server(says(message, streams=True, ended="length")) as server,
        pytest.raises(GenerationError, match="only thought: 1024 tokens were used up") as told,
    ):
        ask(server)
    assert "more tokens" in told.value.todo and "thinking off" in told.value.todo

    def until_told(handler: Handler, body: dict[str, Any]) -> None:
        off = body.get("reasoning_effort") == "none"
        answer = {"content": paper_reply(0.6)} if off else message
        says(answer, streams=True, ended="stop" if off else "length")(handler, body)

    with model_server(until_told) as server:
        assert ask(server).values[SMILE] == np.float32(0.6)


OTHER_SHAPES: dict[str, Message] = {
    "parts": {"content": [{"type": "text", "text": paper_reply(0.6)}]},
    "output parts": {"content": [{"type": "output_text", "text": paper_reply(0.6)}]},
    "parts with a thought": {
        "content": [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": paper_reply(0.6)}]
    },
    "texts": {"content": [paper_reply(0.6)]},
    "an object": {"content": json.loads(paper_reply(0.6))},
    "a fence": {"content": f"Here:\n```json\n{paper_reply(0.6)}\n```\n"},
    "thoughts before": {"content": f"<think>{paper_reply(0.1)}</think>{paper_reply(0.6)}"},
    "thoughts beside": {"content": paper_reply(0.6), "reasoning_content": paper_reply(0.1)},
    "channels": {
        "content": f"<|channel|>analysis<|message|>{paper_reply(0.1)}<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{paper_reply(0.6)}<|return|>"
    },
    "a tool": {
        "content": None,
        "tool_calls": [{"index": 0, "function": {"name": "pose", "arguments": paper_reply(0.6)}}],
    },
    "a tool with an object": {
        "content": "",
        "tool_calls": [{"function": {"name": "pose", "arguments": json.loads(paper_reply(0.6))}}],
    },
    "a function": {"content": None, "function_call": {"name": "pose", "arguments": paper_reply(0.6)}},
}


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("shape", OTHER_SHAPES)
def test_answers_of_other_shapes_are_read(shape: str, streams: bool) -> None:
    with model_server(says(OTHER_SHAPES[shape], streams=streams)) as server:
        assert ask(server).values[SMILE] == np.float32(0.6)
        assert len(server.asked) == 1


def test_a_tool_call_that_comes_in_pieces() -> None:
    def pieces(handler: Handler, body: dict[str, Any]) -> None:
        text = paper_reply(0.6)
        deltas: list[Message] = [
            {"tool_calls": [{"index": 0, "function": {"name": "pose", "arguments": ""}}]}
        ]
        for at in range(0, len(text), 100):
            deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": text[at : at + 100]}}]})
        events: list[Message] = [{"choices": [{"delta": delta}]} for delta in deltas]
        events.append({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
        lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
        handler.send(f"{lines}data: [DONE]\n\n".encode(), "text/event-stream")

    with model_server(pieces) as server:
        assert ask(server).values[SMILE] == np.float32(0.6)


@pytest.mark.parametrize("lines", [1, 3])
def test_ollamas_own_shape_is_read(lines: int) -> None:
    def native(handler: Handler, body: dict[str, Any]) -> None:
        text = paper_reply(0.6)
        size = len(text) // lines + 1
        records: list[dict[str, Any]] = [
            {"message": {"role": "assistant", "content": text[at : at + size]}, "done": False}
            for at in range(0, len(text), size)
        ]
        records[-1] |= {"done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 9}
        handler.send("\n".join(map(json.dumps, records)).encode(), "application/x-ndjson")

    with model_server(native) as server:
        result = ask(server)
    assert result.values[SMILE] == np.float32(0.6)
    assert (result.prompt_tokens, result.answer_tokens) == (7, 9)


@pytest.mark.parametrize("streams", [True, False])
def test_a_refusal_is_told_in_the_models_words(streams: bool) -> None:
    for message in (
        {"content": None, "refusal": "I cannot help with faces."},
        {"content": [{"type": "refusal", "refusal": "I cannot help with faces."}]},
    ):
        with (
            model_server(says(message, streams=streams)) as server,
            pytest.raises(GenerationError, match="refuses: “I cannot help with faces"),
        ):
            ask(server)


def test_an_answer_held_back_is_told() -> None:
    behave = says({"content": ""}, streams=True, ended="content_filter")
    with model_server(behave) as server, pytest.raises(GenerationError, match="held its answer back"):
        ask(server)


def test_words_are_never_thoughts() -> None:
    question = Question([{"role": "user", "content": "Say hello."}])
    with model_server(says({"content": "<think>Hm.</think>Hello!"}, streams=True)) as server:
        chat = ChatServer(server.url, "m", retries=0)
        assert chat.ask(question, CancelToken()).text == "Hello!"
        server.behave = says({"content": "", "reasoning": "Hm {hello}."}, streams=True)
        with pytest.raises(GenerationError, match="only thought"):
            chat.ask(question, CancelToken())
        chat.close()


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("plain", "plain", ""),
        ("<think>a</think>b<think>c</think>d", "bd", "a\nc"),
        ("a</think>b", "b", "a"),
        ("a</think>b<think>c", "b", "a\nc"),
        ("<seed:think>a</seed:think>b", "b", "a"),
        ("◁think▷a◁/think▷b", "b", "a"),
    ],
)
def test_thoughts_are_told_from_answers(text: str, answer: str, thought: str) -> None:
    assert split_thoughts(text) == (answer, thought)


def test_thoughts_that_a_server_keeps_to_itself_are_known_by_their_count() -> None:
    def secretive(handler: Handler, body: dict[str, Any]) -> None:
        off = body.get("reasoning_effort") == "none"
        usage = {"completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 0 if off else 90}}
        message = {"content": paper_reply(0.6) if off else ""}
        choice = {"message": message, "finish_reason": "stop"}
        handler.send(json.dumps({"choices": [choice], "usage": usage}).encode())

    with model_server(secretive) as server:
        assert ask(server).values[SMILE] == np.float32(0.6)
        assert len(server.asked) == 2
