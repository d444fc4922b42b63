"""Marking, labelling and moving keyframes and emotion spans."""

from __future__ import annotations

from collections.abc import Callable

from annotator.core.edits import SAME_TIME
from annotator.keyframes.channel_rows import ChannelRows
from annotator.keyframes.controller import MIN_SPAN, KeyframesController
from annotator.keyframes.keyframe_panel import KeyframePanel
from annotator.session.action import CLIP_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.takes.performance import PerformanceController
from annotator.widgets.host import Host

DIGITS = range(1, 10)


class KeyframesCommands:
    """What a person can do with the marks of the open clip."""

    def __init__(
        self,
        session: Session,
        keyframes: KeyframesController,
        performance: PerformanceController,
        panel: KeyframePanel,
        rows: ChannelRows,
        host: Host,
    ) -> None:
        self.session, self.keyframes, self._performance = session, keyframes, performance
        self._panel, self.rows, self._host = panel, rows, host

    # ---- what there is -------------------------------------------------------------------

    def has_mark(self) -> bool:
        """Whether a keyframe or a span is selected."""
        return bool(self.session.selection[1])

    def has_keyframe(self) -> bool:
        """Whether the clip has a keyframe, or something is selected."""
        state = self.session.state
        return self.has_mark() or (state is not None and bool(state.keyframes))

    def has_movable(self) -> bool:
        """Whether a mark is selected, or the playhead is on a key of the take."""
        return self.has_mark() or self._performance.key >= 0

    def has_span(self) -> bool:
        """Whether an emotion span is being drawn or one is selected."""
        return self.keyframes.pending is not None or self.keyframes.selected_span() is not None

    def intensity(self) -> int:
        """The intensity of the open or selected span; 0 without one."""
        span = self.keyframes.pending or self.keyframes.selected_span()
        return span.intensity if span is not None else 0

    def can_end_here(self, edge: str) -> bool:
        """Whether the start or the end of the selected span can lie at the playhead."""
        span = self.keyframes.selected_span()
        if span is None:
            return False
        time_in_clip = self.keyframes.time_here()
        length = span.end - time_in_clip if edge == "start" else time_in_clip - span.start
        return length >= MIN_SPAN

    def can_cancel(self) -> bool:
        """Whether there is a message, an emotion span begun or a selection to leave."""
        return self._host.message_shown or self.has_span() or self.has_mark()

    def cancel(self) -> None:
        """Close the message that is shown; without one, cancel the open span or the selection."""
        if self._host.message_shown:
            self._host.close_message()
        else:
            self.keyframes.cancel()

    def has_mark_ahead(self, kind: str, direction: int) -> bool:
        """Whether a keyframe or a span lies after (1) or before (-1) the playhead."""
        state, now = self.session.state, self.session.playback.time
        if state is None:
            return False
        # Both are kept in order.
        times = [k.time for k in state.keyframes[:: max(len(state.keyframes) - 1, 1)]]
        if kind == "span":
            times = [s.start for s in state.spans[:: max(len(state.spans) - 1, 1)]]
        return any((time - now) * direction > SAME_TIME for time in times)

    # ---- the commands --------------------------------------------------------------------

    def describe(self) -> None:
        """Put the caret into the description of the selected keyframe, or of the nearest."""
        if not self.has_mark():
            self.keyframes.select_nearest()
        self.keyframes.show_edited()
        self._host.show_tab("keyframe")
        self._panel.describe()

    def has_marks(self) -> bool:
        """Whether the open clip has any keyframe or emotion span."""
        state = self.session.state
        return state is not None and bool(state.keyframes or state.spans)

    def shift(self) -> None:
        """Ask how far all marks are to be shifted."""
        from annotator.keyframes.shift_dialog import ShiftDialog

        self._host.commit_pending_edits()
        # What "from the playhead on" means must hold still.
        self.session.playback.pause()
        self._host.open_dialog(ShiftDialog(self.session, self.keyframes, self._host.widget()))

    def choose_label(self) -> None:
        """List all emotions, to be found by their letters."""
        from annotator.keyframes.label_palette import LabelPalette

        self._host.commit_pending_edits()
        palette = LabelPalette(self.session, self.keyframes, self._host.widget())
        # Without a window manager nobody else gives the keys back to the window.
        palette.finished.connect(self._host.widget().activateWindow)
        palette.open_over(self._host.widget())

    def nudge(self, frames: int) -> None:
        """Move what is selected; a key of the take only while no keyframe and no span is."""
        if self.has_mark() or self._performance.key < 0:
            self.keyframes.nudge(frames)
        else:
            self._performance.nudge(frames)


_MARK = Condition[KeyframesCommands](
    KeyframesCommands.has_mark,
    "Nothing is selected",
    "select a keyframe or a span, or mark one with {mark_keyframe} or {toggle_span}",
)
_SPAN = Condition[KeyframesCommands](
    lambda on: on.keyframes.selected_span() is not None,
    "No emotion span is selected",
    "select one with {next_span} or the mouse",
)
_OPEN_SPAN = Condition[KeyframesCommands](
    KeyframesCommands.has_span, "No emotion span is selected", "select one with {next_span} or the mouse"
)
_MOVABLE = Condition[KeyframesCommands](
    KeyframesCommands.has_movable, "Nothing is selected", "select a keyframe, a span or a key of the take"
)


def _ahead(kind: str, direction: int) -> Condition[KeyframesCommands]:
    name, place = "keyframe" if kind == "keyframe" else "emotion span", "after" if direction > 0 else "before"
    return Condition(
        lambda on: on.has_mark_ahead(kind, direction), f"There is no {name} {place} the playhead"
    )


def _label(digit: int) -> Callable[[KeyframesCommands], object]:
    return lambda on: on.keyframes.apply_vocabulary(digit)


def _label_conditions(digit: int) -> tuple[Condition[KeyframesCommands], ...]:
    return (
        Condition(
            lambda on: on.session.label_of_key(digit) is not None,
            f"No emotion is on key {digit}",
            "press {help_keys} to see the keys",
        ),
        Condition(
            lambda on: on.has_span() or on.has_mark(),
            "There is nothing to label",
            "press {mark_keyframe} or {toggle_span} first, or select a mark",
        ),
    )


ACTIONS: tuple[Action[KeyframesCommands], ...] = (
    Action(
        "mark_keyframe",
        "Mark a keyframe at the playhead",
        "Edit",
        ("M",),
        lambda on: on.keyframes.mark_keyframe(),
        (CLIP_OPEN,),
    ),
    Action(
        "toggle_span",
        "Start or end an emotion span",
        "Edit",
        ("E",),
        lambda on: on.keyframes.toggle_span(),
        (CLIP_OPEN,),
    ),
    Action(
        "cancel",
        "Drop the unfinished span, clear the selection",
        "Edit",
        ("Escape",),
        KeyframesCommands.cancel,
        (Condition(KeyframesCommands.can_cancel, "Nothing is selected"),),
        quiet=True,
    ),
    Action(
        "describe_keyframe",
        "Describe the keyframe",
        "Edit",
        ("Return", "Enter", "F2"),
        KeyframesCommands.describe,
        (
            CLIP_OPEN,
            Condition(
                KeyframesCommands.has_keyframe, "There is no keyframe", "press {mark_keyframe} to mark one"
            ),
        ),
    ),
    Action(
        "delete",
        "Delete the selection",
        "Edit",
        ("Delete", "Backspace"),
        lambda on: on.keyframes.delete(),
        (CLIP_OPEN, _MARK),
    ),
    Action(
        "nudge_back",
        "Move the selection one frame back",
        "Edit",
        ("Alt+Left",),
        lambda on: on.nudge(-1),
        (CLIP_OPEN, _MOVABLE),
        repeats=True,
    ),
    Action(
        "nudge_forward",
        "Move the selection one frame forward",
        "Edit",
        ("Alt+Right",),
        lambda on: on.nudge(1),
        (CLIP_OPEN, _MOVABLE),
        repeats=True,
    ),
    Action(
        "shift_marks",
        "Shift keyframes and spans…",
        "Edit",
        (),
        KeyframesCommands.shift,
        (
            CLIP_OPEN,
            Condition(
                KeyframesCommands.has_marks,
                "There is nothing to shift",
                "mark a keyframe with {mark_keyframe} or a span with {toggle_span}",
            ),
        ),
    ),
    Action(
        "span_start_here",
        "Move the span's start to the playhead",
        "Edit",
        ("[",),
        lambda on: on.keyframes.span_edge_here("start"),
        (
            CLIP_OPEN,
            _SPAN,
            Condition(lambda on: on.can_end_here("start"), "The playhead is after the end of the span"),
        ),
    ),
    Action(
        "span_end_here",
        "Move the span's end to the playhead",
        "Edit",
        ("]",),
        lambda on: on.keyframes.span_edge_here("end"),
        (
            CLIP_OPEN,
            _SPAN,
            Condition(lambda on: on.can_end_here("end"), "The playhead is before the start of the span"),
        ),
    ),
    Action(
        "intensity_down",
        "Intensity down",
        "Edit",
        ("-",),
        lambda on: on.keyframes.change_intensity(-1),
        (CLIP_OPEN, _OPEN_SPAN, Condition(lambda on: on.intensity() > 1, "1 is the lowest intensity")),
        repeats=True,
    ),
    Action(
        "intensity_up",
        "Intensity up",
        "Edit",
        ("=", "+"),
        lambda on: on.keyframes.change_intensity(1),
        (CLIP_OPEN, _OPEN_SPAN, Condition(lambda on: on.intensity() < 5, "5 is the highest intensity")),
        repeats=True,
    ),
    Action(
        "confidence_cycle",
        "Confidence: sure, likely, unsure",
        "Edit",
        ("C",),
        lambda on: on.keyframes.cycle_confidence(),
        (CLIP_OPEN, _MARK),
    ),
    Action(
        "status_cycle",
        "Next status of the clip",
        "Edit",
        ("Ctrl+D",),
        lambda on: on.keyframes.cycle_status(),
        (CLIP_OPEN,),
    ),
    Action(
        "previous_keyframe",
        "Previous keyframe",
        "Go",
        (",",),
        lambda on: on.keyframes.go("keyframe", -1),
        (CLIP_OPEN, _ahead("keyframe", -1)),
        repeats=True,
    ),
    Action(
        "next_keyframe",
        "Next keyframe",
        "Go",
        (".",),
        lambda on: on.keyframes.go("keyframe", 1),
        (CLIP_OPEN, _ahead("keyframe", 1)),
        repeats=True,
    ),
    Action(
        "previous_span",
        "Previous emotion span",
        "Go",
        ("Shift+,",),
        lambda on: on.keyframes.go("span", -1),
        (CLIP_OPEN, _ahead("span", -1)),
        repeats=True,
    ),
    Action(
        "next_span",
        "Next emotion span",
        "Go",
        ("Shift+.",),
        lambda on: on.keyframes.go("span", 1),
        (CLIP_OPEN, _ahead("span", 1)),
        repeats=True,
    ),
    Action(
        "isolate_channel",
        "Play the chosen channel alone",
        "View",
        ("S",),
        lambda on: on.rows.isolate(),
        (
            Condition(
                lambda on: bool(on.rows.chosen),
                "No channel is chosen",
                "click one in the Channels tab, then press {isolate_channel}",
            ),
        ),
    ),
    *(
        Action(
            f"vocabulary_{digit}",
            f"Label {digit} of the list",
            "Labels",
            (str(digit),),
            _label(digit),
            (CLIP_OPEN, *_label_conditions(digit)),
        )
        for digit in DIGITS
    ),
    Action(
        "choose_label",
        "Any label by its letters…",
        "Labels",
        ("0",),
        KeyframesCommands.choose_label,
        (CLIP_OPEN,),
    ),
)
