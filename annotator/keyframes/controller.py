"""The annotator's commands: keyframes and emotion spans, by key or by mouse.

Each builds an edit from the document's present state and applies it through the session, so
every one of them is validated, undoable and saved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from annotator.core.begun import BegunEdit, begun_span
from annotator.core.document import Change
from annotator.core.edit import Edit
from annotator.core.edits import (
    SAME_TIME,
    BulkEdit,
    KeyframeEdit,
    SingleEdit,
    SpanEdit,
    add_keyframe,
    add_span,
    delete_keyframe,
    delete_span,
    new_id,
    set_status,
)
from annotator.core.model import STATUSES, ClipState, EmotionSpan, Keyframe
from annotator.core.shifting import Shift, ShiftPlan, plan_shift
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.channels import INDEX
from viewer.transport_bar import format_timecode

MIN_SPAN = 0.02
CONFIDENCES = (1.0, 0.66, 0.33)


class KeyframesController(QObject):
    """Commands on the open clip; without one they do nothing."""

    pending_changed = Signal()
    """The span that was started, or that there is none, has changed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        session.changed.connect(self._tell_pending)
        session.clip_opened.connect(self._tell_pending_again)
        session.clip_closed.connect(self.pending_changed)

    @property
    def pending(self) -> EmotionSpan | None:
        """The span that was begun and not yet ended: it is kept with the clip, and is no span of it yet."""
        return None if self._state is None else begun_span(self._state)

    @property
    def _state(self) -> ClipState | None:
        return self._session.state

    def selected_keyframe(self) -> Keyframe | None:
        """The keyframe that is selected, as the document has it now; None without one."""
        state, chosen = self._state, self._session.selection
        if state is None or chosen[0] != "keyframe":
            return None
        return next((k for k in state.keyframes if k.id == chosen[1]), None)

    def selected_span(self) -> EmotionSpan | None:
        """The emotion span that is selected, as the document has it now; None without one."""
        state, chosen = self._state, self._session.selection
        if state is None or chosen[0] != "span":
            return None
        return next((s for s in state.spans if s.id == chosen[1]), None)

    # ---- keyframes -----------------------------------------------------------------------

    def mark_keyframe(self, t: float | None = None) -> None:
        """A keyframe on the frame shown at ``t`` (default: the playhead), which is shown then; where
        there is one already it is selected.  None where there is no frame: what is marked is what is
        seen."""
        state, playback = self._state, self._session.playback
        if state is None:
            return
        wanted = playback.time if t is None else t
        if wanted > playback.last_moment:
            where = format_timecode(playback.last_moment)
            self._session.show_message(
                Message(f"There is no frame to mark after {where}", "mark one before it")
            )
            return
        time, frame = playback.frame_time(wanted)
        if t is not None:
            self._show_moment(time)
        there = next((k for k in state.keyframes if abs(k.time - time) < SAME_TIME), None)
        if there is not None:
            self._session.select("keyframe", there.id)
            return
        edit = add_keyframe(state, time, frame)
        if self._session.apply(_begun(state, edit)):
            self._session.select("keyframe", edit.id)

    def select_shown(self, kind: str, id: str) -> None:
        """Select a keyframe or a span and show its moment, so that what is changed next is seen."""
        self._session.select(kind, id)
        self.show_selected()

    def show_selected(self) -> None:
        """Put the playhead on the selected keyframe, or into the selected span, unless it is there."""
        keyframe, span = self.selected_keyframe(), self.selected_span()
        if keyframe is not None:
            self._show_moment(keyframe.time)
        elif span is not None and not span.start - SAME_TIME <= self._session.playback.time <= span.end:
            self._show_moment(span.start)

    def show_edited(self) -> None:
        """Show what an edit is about, unless the clip plays: who listens to it is not to be stopped."""
        if not self._session.playback.clock.playing:
            self.show_selected()

    def time_here(self) -> float:
        """When the frame on the screen begins (s); the playhead itself where frames have ended."""
        playback = self._session.playback
        now = playback.time
        return now if now > playback.last_moment else playback.frame_time(now)[0]

    def _show_moment(self, time: float) -> None:
        """Hold at the frame that is shown at ``time`` (s), unless it is on the screen."""
        playback = self._session.playback
        playback.pause()
        if playback.frame_at(playback.time) != playback.frame_at(time) or not playback.frames:
            playback.seek(time)

    def change_keyframe(self, keyframe: Keyframe, gesture: str = "", **changes: object) -> None:
        """Replace fields of a keyframe."""
        after = replace(keyframe, **changes)  # type: ignore[arg-type]
        if after != keyframe:
            self._session.apply(KeyframeEdit(keyframe, after, gesture=gesture))

    def move_keyframe(self, id: str, t: float, gesture: str = "") -> None:
        """Move a keyframe onto the frame shown at ``t``; a place that is taken is skipped."""
        state = self._state
        keyframe = next((k for k in state.keyframes if k.id == id), None) if state else None
        if state is None or keyframe is None:
            return
        time, frame = self._session.playback.frame_time(t)
        taken = any(k.id != id and abs(k.time - time) < SAME_TIME for k in state.keyframes)
        if not taken:
            self.change_keyframe(keyframe, gesture, time=time, frame=frame)

    def select_nearest(self) -> None:
        """Select the keyframe at or nearest to the playhead."""
        state, now = self._state, self._session.playback.time
        if state is not None and state.keyframes:
            nearest = min(state.keyframes, key=lambda k: abs(k.time - now))
            self._session.select("keyframe", nearest.id, move=True)

    def correct(self, channel: str, value: float | None, gesture: str) -> bool:
        """Set (or with None take back) the correction of a channel at the selected keyframe."""
        keyframe = self.selected_keyframe()
        if keyframe is None:
            self._session.show_message(
                Message("No keyframe is selected", "press {mark_keyframe} to mark one, then correct it")
            )
            return False
        self._show_moment(keyframe.time)
        values = dict(keyframe.values)
        if value is None:
            values.pop(channel, None)
        else:
            values[channel] = value
        self.change_keyframe(keyframe, gesture, values=values)
        return True

    def correct_all(self, keyframe: Keyframe, values: npt.ArrayLike) -> None:
        """Make (61,) values, as a track holds them, the corrections of a keyframe."""
        row = np.asarray(values, np.float64)
        corrections = {name: round(float(row[index]), 4) for name, index in INDEX.items()}
        self.change_keyframe(keyframe, values=corrections)

    # ---- emotion spans -------------------------------------------------------------------

    def toggle_span(self) -> None:
        """First press: a span starts at the playhead.  Second press: it ends there."""
        state = self._state
        if state is None:
            return
        time, begun = self.time_here(), self.pending
        if begun is None:
            self._session.select("", "")
            self._change_begun(None, EmotionSpan(new_id("e"), time, time))
            return
        start, end = sorted((begun.start, time))
        span = replace(begun, start=start, end=max(end, start + MIN_SPAN))
        edits = BegunEdit(begun, None), SpanEdit(None, span)
        if self._session.apply(BulkEdit(edits, "Add emotion span", _gesture_of(begun))):
            self._session.select("span", span.id)

    def add_span(self, start: float, end: float) -> None:
        """A span drawn with the mouse."""
        state = self._state
        if state is None:
            return
        start, end = sorted((max(0.0, start), end))
        edit = add_span(state, start, max(end, start + MIN_SPAN))
        if self._session.apply(_begun(state, edit)):
            self._session.select("span", edit.id)

    def change_span(self, span: EmotionSpan, gesture: str = "", **changes: object) -> None:
        """Replace fields of a span."""
        after = replace(span, **changes)  # type: ignore[arg-type]
        if after != span:
            self._session.apply(SpanEdit(span, after, gesture=gesture))

    def drag_span(self, id: str, start: float, end: float, gesture: str) -> None:
        """Give a span new ends (s); the steps of one ``gesture`` are undone as one.  A span that would
        get too short or begin before 0 stays as it is."""
        state = self._state
        span = next((s for s in state.spans if s.id == id), None) if state else None
        if span is not None and end - start >= MIN_SPAN and start >= 0:
            self.change_span(span, gesture, start=start, end=end)

    def span_edge_here(self, edge: str) -> None:
        """Put the start or the end of the selected span at the playhead."""
        span = self.selected_span()
        if span is None:
            self._session.show_message(
                Message("No emotion span is selected", "select one with {next_span} or the mouse")
            )
            return
        time = self.time_here()
        start, end = (time, span.end) if edge == "start" else (span.start, time)
        if end - start >= MIN_SPAN:
            self.change_span(span, start=start, end=end)

    # ---- all marks -----------------------------------------------------------------------

    def plan_shift(self, shift: Shift) -> ShiftPlan | None:
        """What a shift of the marks would do; None where no clip is open."""
        state, playback = self._state, self._session.playback
        return None if state is None else plan_shift(state, shift, playback.frame_times, playback.duration)

    def shift(self, shift: Shift) -> bool:
        """Shift the marks as one step; False, with a message, when it cannot be done."""
        plan = self.plan_shift(shift)
        if plan is None:
            return False
        if plan.problem:
            text = f"Nothing was shifted: {plan.problem}"
            self._session.show_message(Message(text, "choose another distance"))
            return False
        return self._session.apply(plan.edit)

    # ---- both ----------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the selected keyframe or span, where it is seen, and select its neighbour."""
        state = self._state
        if state is None:
            return
        self.show_edited()
        keyframe, span = self.selected_keyframe(), self.selected_span()
        edit: Edit
        if keyframe is not None:
            others = [k.id for k in state.keyframes if k.id != keyframe.id]
            at = min(state.keyframes.index(keyframe), len(others) - 1)
            edit = delete_keyframe(state, keyframe.id)
        elif span is not None:
            others = [s.id for s in state.spans if s.id != span.id]
            at = min(state.spans.index(span), len(others) - 1)
            edit = delete_span(state, span.id)
        else:
            return
        kind = self._session.selection[0]
        if self._session.apply(edit):
            self._session.select(kind if others else "", others[at] if others else "")

    def delete_mark(self, kind: str, id: str) -> None:
        """Delete a keyframe or a span by its id."""
        self._session.select(kind, id)
        self.delete()

    def nudge(self, frames: int) -> None:
        """Move the selected keyframe, or the selected span, by frames of the video."""
        keyframe, span = self.selected_keyframe(), self.selected_span()
        step = self._session.playback.stepped_time
        if keyframe is not None:
            self.move_keyframe(keyframe.id, step(keyframe.time, frames), gesture=f"nudge-{keyframe.id}")
            self._session.playback.seek(step(keyframe.time, frames))
        elif span is not None:
            start = step(span.start, frames)
            self.drag_span(span.id, start, start + span.end - span.start, f"nudge-{span.id}")

    def apply_vocabulary(self, number: int) -> None:
        """Give label ``number`` (1 to 9) to the open or selected span, else to the selected
        keyframe's emotion."""
        label = self._session.label_of_key(number)
        if label is None:
            self._session.show_message(
                Message(f"No emotion is on key {number}", "press {help_keys} to see the keys")
            )
            return
        self.set_label(label)

    def set_label(self, label: str) -> None:
        """Label the span that is open or selected, else the selected keyframe."""
        span, keyframe = self.selected_span(), self.selected_keyframe()
        if self.pending is not None:
            self._change_pending(label=label)
            return
        self.show_edited()
        if span is not None:
            self.change_span(span, label=label)
        elif keyframe is not None:
            self.change_keyframe(keyframe, emotion=label)
        else:
            self._session.show_message(
                Message(
                    f"Nothing to label {label}",
                    "press {mark_keyframe} or {toggle_span} first, or select a mark",
                )
            )

    def change_intensity(self, by: int) -> None:
        """Raise or lower the intensity, from 1 to 5, of the span that is open, else of the selected one."""
        span = self.selected_span()
        if self.pending is not None:
            self._change_pending(intensity=min(5, max(1, self.pending.intensity + by)))
        elif span is not None:
            self.show_edited()
            self.change_span(span, intensity=min(5, max(1, span.intensity + by)))

    def cycle_confidence(self) -> None:
        """Sure, likely, unsure, unset, in turn."""
        span, keyframe = self.selected_span(), self.selected_keyframe()
        target = span or keyframe
        if target is None:
            return
        self.show_edited()
        steps = (*CONFIDENCES, None)
        held = target.confidence
        nearest = None if held is None else min(CONFIDENCES, key=lambda c: abs(c - held))
        after = steps[(steps.index(nearest) + 1) % len(steps)]
        if span is not None:
            self.change_span(span, confidence=after)
        elif keyframe is not None:
            self.change_keyframe(keyframe, confidence=after)

    def set_status(self, status: str) -> None:
        """Say how far the annotator is with the clip; an unknown status, or the one it has, changes
        nothing."""
        state = self._state
        known = next((s for s in STATUSES if s == status), None)
        if state is not None and known is not None and known != state.status:
            self._session.apply(set_status(state, known))

    def cycle_status(self) -> None:
        """The next status, after the last one the first."""
        state = self._state
        if state is not None:
            self.set_status(STATUSES[(STATUSES.index(state.status) + 1) % len(STATUSES)])

    def cancel(self) -> None:
        """Drop the span that was begun, else clear the selection."""
        if self.pending is not None:
            self._session.apply(BegunEdit(self.pending, None))
        else:
            self._session.select("", "")

    def _change_pending(self, **changes: object) -> None:
        begun = self.pending
        if begun is not None:
            self._change_begun(begun, replace(begun, **changes))  # type: ignore[arg-type]

    def _change_begun(self, before: EmotionSpan | None, after: EmotionSpan) -> None:
        """From its begin to its end a span is one step of undo."""
        state = self._state
        if state is not None:
            edits: tuple[SingleEdit, ...] = (BegunEdit(before, after),)
            if state.status == "new":
                edits += (set_status(state, "in progress"),)
            self._session.apply(BulkEdit(edits, "Begin emotion span", _gesture_of(after)))

    def _tell_pending(self, change: Change) -> None:
        if "begun" in change.kinds:
            self.pending_changed.emit()

    def _tell_pending_again(self) -> None:
        """What was begun when the clip was last closed goes on."""
        begun = self.pending
        self.pending_changed.emit()
        if begun is not None:
            where = format_timecode(begun.start)
            text = f"The emotion span begun at {where} is still open"
            self._session.show_message(
                Message(text, "{toggle_span} ends it at the playhead, {cancel} drops it")
            )

    def go(self, kind: str, direction: int) -> None:
        """Select the previous or next keyframe or span and move the playhead there."""
        state = self._state
        if state is None:
            return
        now = self._session.playback.time
        marks = [(k.time, k.id) for k in state.keyframes]
        if kind == "span":
            marks = [(s.start, s.id) for s in state.spans]
        ahead = [m for m in marks if (m[0] - now) * direction > SAME_TIME]
        if ahead:
            time, id = min(ahead) if direction > 0 else max(ahead)
            self._session.select(kind, id)
            self._session.playback.seek(time)


def _gesture_of(begun: EmotionSpan) -> str:
    return f"begun-{begun.id}"


def _begun(state: ClipState, edit: SingleEdit) -> Edit:
    """The first mark also takes the clip from new to in progress, in the same step of undo."""
    if state.status != "new":
        return edit
    return BulkEdit((edit, set_status(state, "in progress")), edit.title)
