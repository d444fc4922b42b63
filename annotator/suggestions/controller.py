"""The suggestions for the open clip, and what becomes of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from annotator.core.suggestions.suggestion import Suggestion
from annotator.keyframes.controller import KeyframesController
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress
from viewer.core.track import Track

TAKEN = 0.1
"""Seconds from a keyframe in which its moment counts as marked."""
SNAPS = 0.5
"""Seconds from which a keyframe is moved to an apex, at most."""


class SuggestionsController(QObject):
    """Finds suggestions for the open clip in the background, while they are shown.

    ``changed`` says that :attr:`open` are others, or that they are shown, or no longer.
    """

    changed = Signal()

    def __init__(self, session: Session, keyframes: KeyframesController) -> None:
        super().__init__(session)
        self._session, self.keyframes = session, keyframes
        self._found: tuple[Suggestion, ...] | None = None
        self._found_in: tuple[Track | None, float, int] = (None, 0.0, 0)
        self._dismissed = set[float]()
        self._after: str = ""
        session.clip_opened.connect(self._another_clip)
        session.clip_closed.connect(self._another_clip)
        session.recording_changed.connect(self._follow)
        session.playback.video_opened.connect(lambda _facts: self._follow())
        session.changed.connect(lambda _change: self.changed.emit())

    # ---- what there is -----------------------------------------------------------------------

    @property
    def shown(self) -> bool:
        """Whether suggestions are shown wherever there are some; remembered."""
        return self._session.settings.suggestions

    @property
    def possible(self) -> bool:
        """Whether the open clip has a recording to find them in."""
        clip = self._session.current
        return clip is not None and clip.raw is not None

    @property
    def known(self) -> bool:
        """Whether they have been found, be it none."""
        return self._found is not None

    @property
    def open(self) -> tuple[Suggestion, ...]:
        """Those to be shown, by time: neither dismissed nor marked already."""
        state = self._session.state
        if not self.shown or self._found is None or state is None:
            return ()
        marked = np.array([keyframe.time for keyframe in state.keyframes])
        return tuple(
            each
            for each in self._found
            if each.time_in_clip not in self._dismissed
            and not (marked.size and np.abs(marked - each.time_in_clip).min() < TAKEN)
        )

    def here(self) -> Suggestion | None:
        """The open suggestion at the playhead, else the next one, else the last before it."""
        now, offered = self._session.playback.time, self.open
        at = self._session.playback.frame_at
        same = [each for each in offered if at(each.time_in_clip) == at(now)]
        later = [each for each in offered if each.time_in_clip > now]
        return next(iter(same or later or offered[-1:]), None)

    # ---- what a person does ------------------------------------------------------------------

    def toggle(self) -> None:
        """Show suggestions, or no longer."""
        settings = self._session.settings
        settings.suggestions = not settings.suggestions
        self._session.save_settings()
        self._dismissed.clear()
        self._follow()
        self.changed.emit()

    def go(self, direction: int) -> None:
        """Put the playhead on the next (1) or the previous (-1) suggestion; shows them first."""
        if not self.shown:
            self.toggle()
        if self._found is None:
            self._after = "next" if direction > 0 else "previous"
            return
        playback = self._session.playback
        now = playback.frame_at(playback.time)
        frames = [(each, playback.frame_at(each.time_in_clip)) for each in self.open]
        ahead = [each for each, frame in frames if (frame - now) * direction > 0]
        if ahead:
            self.show(ahead[0] if direction > 0 else ahead[-1])
        elif self.open:
            where = "after" if direction > 0 else "before"
            self._session.show_message(Message(f"There is no suggestion {where} the playhead"))
        else:
            self._session.show_message(Message("There is no suggestion left in this clip"))

    def show(self, suggestion: Suggestion) -> None:
        """Hold at its frame, and say why it is suggested."""
        self._session.playback.pause()
        self._session.playback.seek(suggestion.time_in_clip)
        self._session.show_message(
            Message(
                f"Suggested: {suggestion.reason}",
                "{accept_suggestion} marks it, {dismiss_suggestion} drops it",
            )
        )

    def accept(self, suggestion: Suggestion | None = None) -> None:
        """Mark a keyframe on its frame (default: of the one :meth:`here`)."""
        chosen = suggestion or self.here()
        if chosen is not None:
            self.keyframes.mark_keyframe(chosen.time_in_clip)

    def dismiss(self) -> None:
        """Show the one :meth:`here` no longer, until suggestions or the clip are opened again."""
        chosen = self.here()
        if chosen is not None:
            self._dismissed.add(chosen.time_in_clip)
            self.changed.emit()

    def apex_near(self) -> Suggestion | None:
        """The moment that the selected keyframe would be moved to; None where none is near."""
        keyframe = self.keyframes.selected_keyframe()
        if keyframe is None or not self._found:
            return None
        reached = [each for each in self._found if each.kind not in ("onset", "offset")]
        nearest = min(reached, key=lambda each: abs(each.time_in_clip - keyframe.time), default=None)
        near = nearest is not None and abs(nearest.time_in_clip - keyframe.time) <= SNAPS
        return nearest if near else None

    def snap(self) -> None:
        """Move the selected keyframe to the nearest apex, and show it."""
        keyframe, apex = self.keyframes.selected_keyframe(), self.apex_near()
        if keyframe is not None and apex is not None:
            self.keyframes.move_keyframe(keyframe.id, apex.time_in_clip)
            self.keyframes.show_selected()

    # ---- finding them ------------------------------------------------------------------------

    def _another_clip(self) -> None:
        self._dismissed.clear()
        self._after = ""
        self._follow()

    def _follow(self) -> None:
        """Find them in what is open now; what was found in another recording is gone at once."""
        clip, times = self._session.current, self._session.playback.frame_times
        raw = None if clip is None else clip.raw
        now = raw, 0.0 if clip is None else clip.offset, id(times)
        if now == self._found_in and (self._found is not None or not self.shown):
            return
        if now != self._found_in:
            self._found, self._found_in = None, now
            self.changed.emit()
        if raw is None or not self.shown:
            return
        offset = now[1]

        def work(token: CancelToken, _progress: Progress) -> list[Suggestion]:
            # What it needs of SciPy takes longer to load than the window.
            from annotator.core.suggestions.finding import find_suggestions

            return find_suggestions(raw, offset=offset, frame_times=times, cancel=token)

        self._session.jobs.run(
            "Find suggestions", work, done=self._take, valid=lambda: self._found_in == now and self.shown
        )

    def _take(self, found: list[Suggestion]) -> None:
        self._found = tuple(sorted(found, key=lambda each: each.time_in_clip))
        self.changed.emit()
        after, self._after = self._after, ""
        if after:
            self.go(1 if after == "next" else -1)
