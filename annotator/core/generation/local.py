"""A GGUF file as a generation model, through the optional xllamacpp.

llama.cpp's own server runs in a child process, on a free port of this machine only, behind a
random key; the rest is the same as for any other model server, so a cancel ends the work at
once.  Not in this process, because loading would freeze the window.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import subprocess
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from annotator.core.generation.protocol import (
    AnswerProgress,
    GenerationRequest,
    KeyframeResult,
    PlannedKeyframe,
    no_answer_progress,
)
from annotator.core.generation.server import ModelSettings, ServerBackend
from annotator.core.generation.server_facts import ServerFacts
from viewer.core.cancel import CancelToken
from viewer.core.child_process import part_command
from viewer.core.errors import GenerationError
from viewer.core.files import read_head

_GGUF = b"GGUF"
_PROCESS = "annotator.core.generation.local_process"
_ASK_SECONDS = 0.05


class _Model:
    """One child process with a loaded model; ``address`` comes when it is ready."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.address: Future[str] = Future()
        self.process = subprocess.Popen(  # noqa: S603 – our own file, no shell
            part_command(_PROCESS),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._end = weakref.finalize(self, _end, self.process)
        threading.Thread(
            target=_start, args=(self.process, dict(settings), self.address), name="local model", daemon=True
        ).start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        self._end()


def _start(process: subprocess.Popen[bytes], settings: dict[str, Any], address: Future[str]) -> None:
    """Send the settings and wait for the address; runs in a thread."""
    answer: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(settings).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
    if "address" in answer:
        address.set_result(str(answer["address"]))
    else:
        address.set_exception(
            GenerationError(
                "this model cannot be loaded", "check that it is whole and fits in memory", settings["path"]
            )
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """The child keeps nothing that could be lost, so it is not asked first."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError, ValueError):
                pipe.close()


class LocalBackend:
    """A model file on this machine; loaded at the first request, dropped by :meth:`close`.

    ``context`` tokens hold for each of ``slots`` requests at once; ``threads`` None leaves
    one core to the window; ``settings`` None asks with the zero-shot prompt.
    """

    name = "local"

    def __init__(
        self,
        gguf_path: Path | str,
        settings: ModelSettings | None = None,
        *,
        context: int = 4096,
        slots: int = 1,
        threads: int | None = None,
        timeout: float = 300.0,
        silence: float | None = None,
    ) -> None:
        self.path = Path(gguf_path)
        self.settings = settings or ModelSettings(style="zero-shot")
        self.context, self.slots = context, max(1, slots)
        self.threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self.timeout, self.silence = timeout, silence
        self._lock = threading.Lock()
        self._key = ""
        self._model: _Model | None = None
        self._server: ServerBackend | None = None

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return {
            "backend": self.name,
            "model": self.path.name,
            "settings": {**self.settings.facts(), "context": self.context},
        }

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self.server(cancel).plan(request, cancel)

    def keyframe(
        self,
        request: GenerationRequest,
        target: int,
        cancel: CancelToken,
        on_progress: AnswerProgress = no_answer_progress,
    ) -> KeyframeResult:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self.server(cancel, on_progress).keyframe(request, target, cancel, on_progress)

    def test_connection(
        self, cancel: CancelToken, on_progress: AnswerProgress = no_answer_progress
    ) -> ServerFacts:
        """Load the model and say what it is and how fast."""
        return self.server(cancel, on_progress).test_connection(cancel, on_progress)

    def server(self, cancel: CancelToken, on_progress: AnswerProgress = no_answer_progress) -> ServerBackend:
        """The running model, loaded when needed, and again should it have died.

        Raises :class:`GenerationError`, :class:`~viewer.core.errors.FileError` for the file,
        :class:`~viewer.core.errors.Cancelled`; a load that nobody waits for goes on.
        """
        cancel.check()
        with self._lock:
            if self._model is None or not self._model.alive:
                self._drop()
                self._model = self._load()
            model = self._model
        if not model.address.done():
            on_progress("loading the model")
        while True:
            try:
                address = model.address.result(_ASK_SECONDS)
                break
            except TimeoutError:
                cancel.check()
            except GenerationError:
                self.close()
                raise
        with self._lock:
            if self._server is None or self._model is not model:
                self._server = self._connected(address)
            return self._server

    def close(self) -> None:
        """Drop open requests and the model."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._model is not None:
            self._model.end()
        self._server = self._model = None

    def _load(self) -> _Model:
        if importlib.util.find_spec("xllamacpp") is None:
            raise GenerationError(
                "local models need a part that is not installed",
                'install it with: pip install "keyframeface-studio[local]"',
            )
        if read_head(self.path, 4) != _GGUF:
            raise GenerationError("is not a GGUF model", "choose a file that ends in .gguf", self.path)
        self._key = secrets.token_urlsafe(24)
        return _Model(
            {
                "path": str(self.path),
                "name": self.path.name,
                "key": self._key,
                "context": self.context,
                "slots": self.slots,
                "threads": self.threads,
            }
        )

    def _connected(self, address: str) -> ServerBackend:
        return ServerBackend(
            address,
            self.path.name,
            self._key,
            self.settings,
            timeout=self.timeout,
            silence=self.silence,
            retries=1,
        )
