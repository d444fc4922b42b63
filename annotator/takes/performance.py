"""Changing the performance of the active take: its keys, easing, strengths, layers and locks.

Each change is an edit that can be undone; the take's track follows it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from annotator.core.edits import TakeEdit, change_take
from annotator.core.generation.protocol import KeyframeResult
from annotator.core.generation.takes import answers_of, key_answer
from annotator.core.model import EASE_TITLES, ClipState, Ease, Layers, Performance, TakeInfo
from annotator.core.performance import with_locked, with_performance
from annotator.core.performance.deriving import MOST_FRAMES
from annotator.core.performance.keys import MOST_STRENGTH, bound_together, sparse
from annotator.session.messages import Message
from annotator.session.open_clip import Take
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from viewer.core.channels import BY_NAME

_ROOM = 10.0
"""Seconds kept free after the last key a take can have: it holds or relaxes there."""

AT_KEY = 0.5
"""Frames: a playhead so close to a key is on it."""


class PerformanceController(QObject):
    """What can be changed of the active take.  ``changed`` says that its performance, or which of
    its keys is chosen, is another one."""

    changed = Signal()

    def __init__(self, session: Session, takes: TakesController) -> None:
        super().__init__(session)
        self._session, self._takes = session, takes
        self._key = -1
        takes.changed.connect(self._take_changed)
        session.playback.time_changed.connect(self._follow)

    # ---- what there is -------------------------------------------------------------------

    @property
    def take(self) -> Take | None:
        """The active take, whose performance is changed; None without one."""
        return self._takes.active

    @property
    def performance(self) -> Performance | None:
        """The active take's; None without one that can be changed."""
        take = self.take
        return None if take is None else take.info.performance

    @property
    def key(self) -> int:
        """The place of the chosen key, -1 without one: the key under the playhead."""
        return self._key

    def choose(self, index: int) -> None:
        """Put the playhead on a key."""
        performance = self.performance
        if performance is not None and 0 <= index < len(performance.keys):
            self._session.select("", "")  # what is moved with Alt and an arrow is one thing
            self._session.playback.pause()
            self._session.playback.seek(performance.keys[index].time)
            if index != self._key:
                self._key = index
                self.changed.emit()

    def go(self, direction: int) -> None:
        """To the next (1) or the previous (-1) key of the take."""
        performance = self.performance
        if performance is None:
            self._session.show_message(Message("There is no take with keys", "generate one with {generate}"))
            return
        index = self.neighbour(direction)
        if index is not None:
            self.choose(index)

    def neighbour(self, direction: int) -> int | None:
        """The place of the next (1) or the previous (-1) key, seen from the playhead."""
        performance = self.performance
        if performance is None:
            return None
        now, half = self._session.playback.time, 0.5 / performance.fps
        times = [key.time for key in performance.keys]
        if direction > 0:
            return next((i for i, time in enumerate(times) if time > now + half), None)
        return next((i for i in reversed(range(len(times))) if times[i] < now - half), None)

    def marks(self) -> list[tuple[float, str, bool]]:
        """Time, description and whether something was set by hand, of each key."""
        take, performance = self.take, self.performance
        if take is None or performance is None:
            return []
        words = [answer.description for answer in take.info.answers]
        words += [""] * len(performance.keys)
        return [
            (key.time, text, bool(key.manual)) for key, text in zip(performance.keys, words, strict=False)
        ]

    def answers(self) -> list[KeyframeResult]:
        """What the model answered for each key, without what was changed afterwards."""
        return [] if self.take is None else answers_of(self.take.info)

    @property
    def built_in(self) -> bool:
        """Whether the built-in model made the active take."""
        return self.take is not None and self.take.info.provenance.backend == "facs"

    def _take_changed(self) -> None:
        self._key = self._key_at(self._session.playback.time)
        self.changed.emit()

    def _follow(self, time: float) -> None:
        key = self._key_at(time)
        if key != self._key:
            self._key = key
            self.changed.emit()

    def _key_at(self, time: float) -> int:
        performance = self.performance
        if performance is None:
            return -1
        begin, end = self._session.playback.frame_span(time)
        half = AT_KEY / performance.fps
        near = (
            index
            for index, key in enumerate(performance.keys)
            if begin <= key.time < end or abs(key.time - time) < half
        )
        return next(near, -1)

    # ---- changing it ---------------------------------------------------------------------

    def move_key(self, index: int, time: float, gesture: str = "") -> bool:
        """Move a key; it stays between its neighbours, a frame from each."""
        performance = self.performance
        if performance is None or not 0 <= index < len(performance.keys):
            return False
        step = 1.0 / performance.fps
        low = performance.keys[index - 1].time + step if index else 0.0
        high = performance.keys[index + 1].time - step if index + 1 < len(performance.keys) else float("inf")
        time = min(max(time, low), high)
        longest = MOST_FRAMES / performance.fps - _ROOM
        if time > longest:
            text = f"A take lasts {longest / 60:.0f} minutes at most"
            self._session.show_message(Message(text, "move the key to an earlier time"))
            return False
        return self._change(performance.with_key(index, time=time), gesture, "Move key of take")

    def nudge(self, frames: int) -> None:
        """Move the chosen key by frames of the video, and the playhead with it."""
        performance, at, playback = self.performance, self._key, self._session.playback
        if performance is None or at < 0:
            return
        time = playback.stepped_time(performance.keys[at].time, frames)
        if self.move_key(at, time, f"nudge-take-{at}"):
            performance = self.performance
            assert performance is not None
            playback.seek(performance.keys[at].time)

    def set_ease(self, index: int, ease: Ease) -> bool:
        """Change how the face goes on from key ``index``.  False when there is no performance or nothing
        changed."""
        performance = self.performance
        if performance is None:
            return False
        return self._change(performance.with_key(index, ease=ease), "", f"Easing: {EASE_TITLES[ease]}")

    def set_value(self, channel: str, value: float | None, gesture: str = "", key: int | None = None) -> bool:
        """Set a channel by hand at a key, by default the chosen one, to a value as a track holds it
        (rotations in degrees); None gives it back to the model."""
        performance = self.performance
        if performance is None:
            return False
        at = self._key if key is None else key
        if not 0 <= at < len(performance.keys):
            self._session.show_message(
                Message(
                    "The playhead is on no key of the take",
                    "go to one with {previous_take_key} or {next_take_key}",
                )
            )
            return False
        if channel in performance.locked:
            self._session.show_message(Message(f"{channel} is locked", "unlock it to change it"))
            return False
        known = BY_NAME[channel]
        manual = dict(performance.keys[at].manual)
        if value is None:
            manual.pop(channel, None)
        else:
            # Keys are in the unit of models.
            value = round(value / self._session.full_scale, 6) if known.is_rotation else value
            manual[channel] = min(max(value, known.low), known.high)
        return self._change(performance.with_key(at, manual=manual), gesture, f"Set {channel} of take")

    def release_key(self, index: int) -> bool:
        """Give all of a key's values back to the model."""
        performance = self.performance
        if performance is None or not performance.keys[index].manual:
            return False
        return self._change(performance.with_key(index, manual={}), "", "Release values of key")

    def set_strength(self, region: str, factor: float, gesture: str = "") -> bool:
        """How strong a region acts, 0 to 2; 1 is as generated."""
        performance = self.performance
        if performance is None:
            return False
        strength = {**performance.strength, region: min(max(factor, 0.0), MOST_STRENGTH)}
        if strength[region] == 1.0:
            del strength[region]
        return self._change(replace(performance, strength=strength), gesture, f"Strength of {region}")

    def set_layers(self, layers: Layers) -> bool:
        """Change which layers of life the take has.  False when there is no performance or nothing
        changed."""
        performance = self.performance
        if performance is None:
            return False
        return self._change(replace(performance, layers=layers), "", "Blinks and micro-motion")

    def lock(self, channels: Sequence[str], on: bool) -> bool:
        """Keep channels, with those that limit them, as they are, or let them go."""
        performance = self.performance
        if performance is None:
            self._session.show_message(
                Message("There is no take to lock channels of", "generate one with {generate}")
            )
            return False
        more = [name for name in bound_together(channels) if name not in channels]
        changed = self._change(
            with_locked(performance, channels, on), "", "Lock channels" if on else "Unlock channels"
        )
        if changed and more and on:
            self._session.show_message(Message(f"Locked with {', '.join(more)}: they limit each other"))
        return changed

    def toggle_lock(self, channels: Sequence[str]) -> bool:
        """Lock the channels, or unlock them when all of them are locked."""
        performance = self.performance
        locked = performance.locked if performance is not None else frozenset()
        return self.lock(channels, not set(channels) <= locked)

    def describe(self, index: int, words: str, gesture: str = "") -> bool:
        """Give a key other words, for when it is generated again; its values stay."""
        take, state = self.take, self._session.state
        if take is None or state is None:
            return False
        info, words = take.info, words.strip()
        told, asked = list(info.answers), list(info.request.descriptions)
        if not words or index >= min(len(told), len(asked)) or asked[index] == words:
            return False
        if told[index].foreign is not None:
            return False  # somebody else's file
        told[index], asked[index] = replace(told[index], description=words), words
        request = replace(info.request, descriptions=tuple(asked))
        changed = replace(info, answers=tuple(told), request=request)
        return self._session.apply(_changed(state, changed, gesture, "Describe key"))

    def replace_key(self, take_id: str, index: int, answer: KeyframeResult) -> bool:
        """Put a newly generated key in place of an older one: its values, and what is said about
        it.  Its time, its easing and what was set by hand stay, and so do all other keys."""
        state = self._session.state
        take = None if state is None else next((t for t in state.takes if t.id == take_id), None)
        performance = None if take is None else take.performance
        if state is None or take is None or performance is None or index >= len(performance.keys):
            return False
        performance = performance.with_key(index, values=sparse(answer.values), error="")
        told, asked = list(take.answers), list(take.request.descriptions)
        if index < len(told):
            told[index] = key_answer(answer, performance.keys[index].time)
        if index < len(asked):
            asked[index] = answer.description
        request = replace(take.request, descriptions=tuple(asked))
        after = with_performance(replace(take, answers=tuple(told), request=request), performance)
        return self._session.apply(_changed(state, after, "", f"Regenerate key {index + 1}"))

    def _change(self, performance: Performance, gesture: str, about: str) -> bool:
        take, state = self.take, self._session.state
        if take is None or state is None:
            return False
        after = with_performance(take.info, performance)
        if after == take.info:
            return False
        return self._session.apply(_changed(state, after, gesture, about))


def _changed(state: ClipState, after: TakeInfo, gesture: str, about: str) -> TakeEdit:
    """The edit that makes a take ``after``."""
    return change_take(
        state,
        after.id,
        gesture,
        about,
        request=after.request,
        answers=after.answers,
        performance=after.performance,
    )
