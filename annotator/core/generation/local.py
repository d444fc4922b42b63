"""A GGUF file as a generation model, in this process, through the optional xllamacpp.

llama.cpp's own server listens on a free port of this machine only, behind a random key; the
rest is the same as for any other model server, so a cancel ends the work at once.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotator.core.generation.prompts import SPARSE_CHANNELS, Style
from annotator.core.generation.protocol import GenerationRequest, KeyframeResult, PlannedKeyframe
from annotator.core.generation.server import ServerBackend
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationFault
from viewer.core.files import read_head

_SILENT = 0
_GGUF = b"GGUF"


def _library() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise GenerationFault(
            "local models need a part that is not installed",
            'install it with: pip install "keyframeface-studio[local]"',
        ) from error
    return xllamacpp


class LocalBackend:
    """A model file in this process; loaded at the first request, dropped by :meth:`close`.

    ``context`` tokens hold for each of ``slots`` requests at once; ``threads`` None uses the
    cores.  The other settings are :class:`ServerBackend`'s.
    """

    name = "local"

    def __init__(
        self,
        gguf_path: Path | str,
        *,
        style: Style = "zero-shot",
        context: int = 4096,
        slots: int = 1,
        threads: int | None = None,
        timeout: float = 300.0,
        temperature: float = 0.0,
        max_tokens: int = 1024,
        channels: int = SPARSE_CHANNELS,
    ) -> None:
        self.path = Path(gguf_path)
        self.style: Style = style
        self.context, self.slots = context, max(1, slots)
        self.threads = threads or os.cpu_count() or 1
        self.timeout, self.temperature, self.max_tokens = timeout, temperature, max_tokens
        self.channels = channels
        self._lock = threading.Lock()
        self._llama: Any = None
        self._server: ServerBackend | None = None

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return {
            "backend": self.name,
            "model": self.path.name,
            "settings": {
                "style": self.style,
                "temperature": self.temperature,
                "max_tokens": self.max_tokens,
                "channels": self.channels,
                "context": self.context,
            },
        }

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self._running(cancel).plan(request, cancel)

    def keyframe(self, request: GenerationRequest, target: int, cancel: CancelToken) -> KeyframeResult:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return self._running(cancel).keyframe(request, target, cancel)

    def test_connection(self, cancel: CancelToken | None = None) -> dict[str, Any]:
        """Load the model and say what it is: ``models``, ``latency`` (s)."""
        token = cancel or CancelToken()
        found = self._running(token).test_connection(token)
        return {"models": found["models"], "latency": found["latency"]}

    def close(self) -> None:
        """Drop open requests and the model."""
        with self._lock:
            if self._server is not None:
                self._server.close()
            self._server = self._llama = None

    def _running(self, cancel: CancelToken) -> ServerBackend:
        cancel.check()
        with self._lock:
            if self._server is None:
                # Another request may have been waiting here while the first one loaded the model.
                cancel.check()
                self._server = self._start()
            return self._server

    def _start(self) -> ServerBackend:
        """Raises :class:`GenerationFault`, or :class:`FileFault` for the file."""
        library = _library()
        if read_head(self.path, 4) != _GGUF:
            raise GenerationFault("is no GGUF model", "choose a file that ends in .gguf", self.path)
        key = secrets.token_urlsafe(24)
        params = library.CommonParams()
        params.model.path = str(self.path)
        params.model_alias = [self.path.name]
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [key]
        params.n_ctx = self.context * self.slots
        params.n_parallel = self.slots
        params.cpuparams.n_threads = self.threads
        params.warmup = params.ui = False
        params.offline = True
        params.verbosity = _SILENT
        try:
            self._llama = library.Server(params)
        except Exception as error:
            raise GenerationFault(
                "this model cannot be loaded", "check that it is whole and fits in memory", self.path
            ) from error
        return ServerBackend(
            self._llama.listening_address,
            self.path.name,
            key,
            style=self.style,
            timeout=self.timeout,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            channels=self.channels,
            retries=1,
        )
