"""One thread that draws every face of the window.

VTK lets go of the interpreter while it draws, so drawing here keeps the window responsive;
one thread for all faces because OpenGL contexts belong to a thread and VTK shares globals.
Each face has one waiting request, the newest: frames are dropped, never queued.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from typing import Any

_PATIENCE = 10.0
"""Seconds to wait for a drawing to end; a hung driver must not hang the window."""

_log = logging.getLogger(__name__)


class RenderThread:
    """Runs the newest job of each owner, owners taking turns.  Starts with the first owner and
    ends with the last."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._waiting: dict[object, Callable[[], None]] = {}
        self._thread: threading.Thread | None = None
        self._last: dict[object, Callable[[], None]] = {}
        atexit.register(self.stop)

    def join(self, owner: object, last: Callable[[], None]) -> None:
        """Register an owner, whose ``last`` job runs in the thread when it leaves.  The thread
        runs as long as there is an owner."""
        with self._wake:
            self._last[owner] = last
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="face-renderer", daemon=True)
                self._thread.start()

    def post(self, owner: object, job: Callable[[], None]) -> None:
        """Run ``job`` soon; it replaces the owner's job that has not begun."""
        with self._wake:
            if owner in self._last:
                self._waiting[owner] = job
                self._wake.notify()

    def leave(self, owner: object) -> None:
        """Drop what the owner waits for, run its last job and wait for it; the thread ends with
        its last owner.  Leaving twice is no error."""
        done = threading.Event()
        with self._wake:
            last = self._last.get(owner)
            if last is None:
                return

            def finish() -> None:
                try:
                    last()
                finally:
                    done.set()

            self._waiting[owner] = finish
            self._wake.notify()
        done.wait(_PATIENCE)
        with self._wake:
            self._last.pop(owner, None)
            self._waiting.pop(owner, None)
            ended = None if self._last else self._thread
            if ended is not None:
                self._thread = None
            self._wake.notify_all()
        if ended is not None:
            ended.join(_PATIENCE)

    def stop(self) -> None:
        """Let every owner leave: OpenGL contexts must be freed before the interpreter ends."""
        for owner in list(self._last):
            self.leave(owner)

    def _run(self) -> None:
        me: Any = threading.current_thread()
        while True:
            with self._wake:
                while not self._waiting and self._thread is me:
                    self._wake.wait()
                if self._thread is not me:
                    return
                owner = next(iter(self._waiting))
                job = self._waiting.pop(owner)
            try:
                job()
            except Exception:
                _log.exception("a face could not be drawn")
