"""Cancelling work that runs off the main thread."""

from __future__ import annotations

import threading

from viewer.core.errors import Cancelled


class CancelToken:
    """Handed to long work, which asks it now and then; any thread may cancel."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to end; from any thread, and harmless when repeated."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether :meth:`cancel` was called; from any thread."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` once :meth:`cancel` was called."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Sleep up to ``seconds``; True as soon as the work is cancelled."""
        return self._event.wait(seconds)
