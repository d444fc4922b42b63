"""The panels and panes of the window, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from annotator.faces.faces_grid import FacesGrid
from annotator.widgets.pane_frame import PaneFrame
from viewer.timeline.channel_picker import ChannelPicker
from viewer.timeline.view import TimelineView
from viewer.transport_bar import TransportBar

TABS = ("story", "keyframe", "channels", "generate", "takes")
"""The inspector's tabs."""


@dataclass(frozen=True)
class Parts:
    """What lies in the window, from the top left to the bottom right; ``panels`` are those of
    :data:`TABS`."""

    top_bar: QWidget
    clips: PaneFrame
    video: PaneFrame
    faces: FacesGrid
    marks: PaneFrame
    panels: Sequence[QWidget]
    transport: TransportBar
    step_bar: QWidget
    timeline: TimelineView
    picker: ChannelPicker
    banner: QWidget
    status_bar: QWidget
