"""What a person asks for on the timeline."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from viewer.core.marks import LayerStack
from viewer.timeline.axis import TimeAxis


class TimelineRequests(QWidget):
    """The signals of the timeline, and what its lanes share: time and layers.  Lanes emit and change
    nothing themselves: whoever listens changes the clip and sets the timeline anew.

    Times are seconds of the clip.  Requests with a gesture id come many times during one drag, all
    with the same id, so that the whole drag can be one step of undo; Escape sends the old values
    with that id.
    """

    time_requested = Signal(float)
    """The playhead is wanted at a time, on a frame where frames are known."""
    scrub_started = Signal()
    """A drag begins that will ask for many times."""
    scrub_finished = Signal()
    """That drag has ended."""
    mark_selected = Signal(str)
    """Id of the keyframe pressed; empty for a place beside all."""
    mark_move_requested = Signal(str, float, str)
    """Keyframe, time, gesture."""
    mark_add_requested = Signal(float)
    """A keyframe is wanted at a time: on a frame, or after the last one."""
    mark_delete_requested = Signal(str)
    """The keyframe is to go."""
    take_key_selected = Signal(str)
    """Id of the key of the active take pressed; empty for a place beside all."""
    take_key_move_requested = Signal(str, float, str)
    """Key, time, gesture."""
    take_value_requested = Signal(str, str, int, float, str)
    """Layer of the take, channel, place of the key, value, gesture."""
    track_move_requested = Signal(float, str)
    """Seconds of the clip at which the recording is to begin, gesture."""
    span_selected = Signal(str)
    """Id of the emotion span pressed; empty for a place beside all."""
    span_change_requested = Signal(str, float, float, str)
    """Span, start, end, gesture."""
    span_add_requested = Signal(float, float)
    """A span is wanted from start to end."""
    span_delete_requested = Signal(str)
    """The span is to go."""
    loop_requested = Signal(float, float)
    """A loop is wanted from start to end."""
    channels_changed = Signal(tuple)
    """The channels with curves, from the top, after a region was clicked or a row dismissed."""
    menu_requested = Signal(str, str, QPoint)
    """Kind (``mark``, ``span``, or the lane's), id or empty, place on screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = TimeAxis(self)
        self.stack = LayerStack()
