"""Tells of faults of the program: each once, counted, and whether the work is saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from annotator.core.faults.hooks import CaughtFault
from annotator.session.faults import FaultWatch
from annotator.session.messages import Message
from annotator.session.session import Session

_PATIENCE_MS = 10_000
"""How long a save may take before it is told that the work is not saved."""
_COUNT_MS = 1_000
"""How often the count of a fault that goes on is shown anew."""
_FAILED = ("failed", "memory")
_PAUSE = 10.0
"""Seconds after which a fault that comes again, and whose message was closed, is told again."""


@dataclass
class _Told:
    """A fault that was told or is about to be; ``at`` is when it came last (monotonic seconds)."""

    fault: CaughtFault
    at: float
    message: Message | None = None
    saved: bool = False


class FaultMessages(QObject):
    """Turns what a :class:`FaultWatch` hears into messages.

    A message waits until the open clip is saved, so that it can say so, or until that has failed.

    Parameters
    ----------
    replace
        Puts a message in the place of one of the same cause and says whether it was still there.
    now
        Monotonic seconds.
    """

    def __init__(
        self,
        watch: FaultWatch,
        session: Session,
        replace: Callable[[Message], bool],
        now: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._replace, self._now = session, replace, now
        self._told: dict[str, _Told] = {}
        self._waiting: list[str] = []
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._tell_waiting)
        self._counting = QTimer(self, singleShot=True, interval=_COUNT_MS)
        self._counting.timeout.connect(self._show_anew)
        watch.caught.connect(self.take)
        session.saved_changed.connect(self._saving_went_on)
        session.clip_closed.connect(self._tell_waiting)

    def take(self, fault: CaughtFault) -> None:
        """Tell of a fault, or count it where it was told."""
        now = self._now()
        told = self._told.get(fault.key)
        paused = told is not None and now - told.at > _PAUSE
        if told is None:
            self._told[fault.key] = _Told(fault, now)
            self._begin(fault.key)
            return
        told.fault, told.at = fault, now
        if told.message is None:
            return
        if paused and not self._replace(told.message):
            told.message = None
            self._begin(fault.key)
        elif not self._counting.isActive():
            self._counting.start()

    def _begin(self, key: str) -> None:
        self._waiting.append(key)
        clip = self._session.current
        if clip is not None:
            clip.save_again()
        if self._saved or self._session.saved in _FAILED:
            self._tell_waiting()
        elif not self._patience.isActive():
            self._patience.start()

    def _saving_went_on(self, state: str) -> None:
        saved = self._saved
        if self._waiting and (state in _FAILED or saved):
            self._tell_waiting()
        elif saved and any(told.message and not told.saved for told in self._told.values()):
            self._show_anew()

    @property
    def _saved(self) -> bool:
        clip = self._session.current
        return clip is None or clip.saved

    def _tell_waiting(self) -> None:
        self._patience.stop()
        keys, self._waiting = self._waiting, []
        for key in keys:
            told = self._told[key]
            told.message, told.saved = self._message(told.fault), self._saved
            self._session.show_message(told.message)

    def _message(self, fault: CaughtFault) -> Message:
        if self._saved:
            text, todo = "Something went wrong, your work is saved", "you can continue"
        else:
            text = f"Something went wrong, and the last edits of {self._session.clip_id} are not saved yet"
            todo = "leave the studio open until it says “Saved”"
        often = f" ({fault.count} times)" if fault.count > 1 else ""
        return Message(f"{text}{often}", todo, "error", f"fault {fault.key}", "show_log", fault.details)

    def _show_anew(self) -> None:
        """Show how often the faults came by now, and what is saved, where their messages are still
        there."""
        for told in self._told.values():
            if told.message is not None:
                message = self._message(told.fault)
                told.saved = self._saved
                if message != told.message and self._replace(message):
                    told.message = message


def show_crashes(session: Session, crashes: Sequence[str]) -> None:
    """Tell, once and together, of windows that crashed; what each left unsaved comes back when its
    clip is opened, which is told then."""
    if crashes:
        often = "" if len(crashes) == 1 else f" ({len(crashes)} times)"
        session.show_message(
            Message(
                f"The studio closed unexpectedly last time{often}",
                "your edits were kept: what is not saved yet comes back when you open its clip",
                "warning",
                "crash",
                "show_log",
                "\n".join(crashes),
            )
        )
