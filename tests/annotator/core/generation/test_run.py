"""One request over its keyframes: at once, in order, failures kept apart."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest

from annotator.core.generation.backends import model_of
from annotator.core.generation.profiles import PRESETS
from annotator.core.generation.protocol import AnswerProgress, GenerationRequest, no_answer_progress
from annotator.core.generation.run import generate
from annotator.core.generation.server import ServerBackend
from annotator.core.performance import MAX_JUMP, perform
from annotator.core.storage.take_file import provenance_to_json
from tests.annotator.core.generation.broken_limits import violations
from tests.model_server import Handler, model_server, never, paper_reply
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, GenerationError
from viewer.core.pose import FULL_SCALE, normalized_rows

SMILE = INDEX["MouthSmileLeft"]


def request(count: int) -> GenerationRequest:
    return GenerationRequest("A corridor.", "Joy.", "", tuple(f"Smile {i}." for i in range(count)))


def target_of(body: dict[str, Any]) -> int:
    """The target of a request, which the stand-in answers with a smile of its own size."""
    from annotator.core.generation.prompts import parse_request

    return parse_request(json.dumps({"messages": body["messages"]}))[1]


def numbered(handler: Handler, body: dict[str, Any]) -> None:
    target = target_of(body)
    if "fail" in body["messages"][1]["content"] and target == 1:
        handler.send(b"{}", status=400)
    else:
        handler.stream(paper_reply(target / 10))


@pytest.mark.slow
def test_keyframes_come_back_in_order_whoever_finishes_first() -> None:
    gate = threading.Barrier(4, timeout=10)

    def together(handler: Handler, body: dict[str, Any]) -> None:
        gate.wait()
        handler.server.release.wait(0.05 * (4 - target_of(body) % 4))
        numbered(handler, body)

    with model_server(together) as server:
        backend = ServerBackend(server.url, "m")
        seen: list[tuple[int, int]] = []
        result = generate(
            backend, request(8), jobs=4, progress=lambda done, total, what: seen.append((done, total))
        )
        backend.close()
        assert server.most_in_flight == 4
    assert [keyframe.target for keyframe in result.keyframes] == list(range(8))
    assert [round(float(keyframe.values[SMILE]), 3) for keyframe in result.keyframes] == [
        i / 10 for i in range(8)
    ]
    assert sorted(set(seen)) == [(i, 8) for i in range(9)]
    assert not result.errors
    facts = result.provenance
    assert facts.backend == "server"
    assert facts.model == "m"
    assert facts.url == f"{server.url}/v1"
    assert facts.started
    json.dumps(provenance_to_json(facts))


def test_a_failed_keyframe_leaves_the_others_alone() -> None:
    asked = GenerationRequest("fail", "Joy.", "", ("a", "b", "c"))
    with model_server(numbered) as server:
        backend = ServerBackend(server.url, retries=0)
        result = generate(backend, asked)
        backend.close()
    assert [bool(keyframe.error) for keyframe in result.keyframes] == [False, True, False]
    assert "400" in result.keyframes[1].error
    assert not result.keyframes[1].values.any()


def test_only_the_asked_targets() -> None:
    with model_server(numbered) as server:
        backend = ServerBackend(server.url)
        result = generate(backend, request(5), targets=[3, 1])
        assert [keyframe.target for keyframe in result.keyframes] == [3, 1]
        assert len(server.asked) == 2
        for wrong in ([5], [-1], []):
            with pytest.raises(GenerationError):
                generate(backend, request(5), targets=wrong)
        backend.close()


def test_without_descriptions_it_plans_first() -> None:
    def planner(handler: Handler, body: dict[str, Any]) -> None:
        if "director" in body["messages"][0]["content"]:
            handler.stream(
                '{"keyframes": [{"time": 0.5, "description": "A"}, {"time": 2, "description": "B"}]}'
            )
        else:
            numbered(handler, body)

    with model_server(planner) as server:
        backend = ServerBackend(server.url)
        result = generate(backend, GenerationRequest("A hall", "Awe"))
        backend.close()
    assert [step.time for step in result.plan] == [0.5, 2.0]
    assert result.request.descriptions == ("A", "B")
    assert len(result.keyframes) == 2


def test_cancel_ends_all_keyframes() -> None:
    token = CancelToken()

    def cancel_when_busy(handler: Handler, body: dict[str, Any]) -> None:
        if handler.server.in_flight == 4:
            token.cancel()
        never(handler, body)

    with model_server(cancel_when_busy) as server:
        backend = ServerBackend(server.url, "m")
        with pytest.raises(Cancelled):
            generate(backend, request(20), jobs=4, cancel=token)
        backend.close()
        assert len(server.asked) == 4


@pytest.mark.parametrize(
    "emotion", ["Anxiety concealed by a restrained smile.", "Furious.", "Angry surprise."]
)
def test_words_become_a_performance_within_the_limits(emotion: str) -> None:
    result = generate(model_of(PRESETS[0]), GenerationRequest("A student waits in a corridor.", emotion))
    assert not result.errors
    track = perform(result)
    values = normalized_rows(track.values, FULL_SCALE)
    assert not [broken for row in values for broken in violations(row)]
    assert np.abs(np.diff(values, axis=0)).max() <= MAX_JUMP
    assert track.values[:, :52].max() > 0.1
    assert result.provenance.studio


def test_a_backend_with_a_bug_is_told_not_raised() -> None:
    class Broken:
        name = "broken"

        def describe(self) -> dict[str, Any]:
            return {"backend": self.name}

        def plan(self, request: GenerationRequest, cancel: CancelToken) -> Any:
            raise AssertionError

        def keyframe(
            self,
            request: GenerationRequest,
            target: int,
            cancel: CancelToken,
            on_progress: AnswerProgress = no_answer_progress,
        ) -> Any:
            raise ZeroDivisionError("secret detail")

    result = generate(Broken(), request(2))
    assert all("broken" in error and "ZeroDivisionError" in error for error in result.errors)
    assert len(result.errors) == 2
