"""Ways of looking at the two faces: heatmap, one in place of the other, wireframe, one channel alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QToolButton

from annotator.messages import Message
from annotator.panels.pane_frame import PaneFrame
from annotator.session import Session
from annotator.theme import icon
from viewer.core.channels import BY_NAME, CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.heat import Against
from viewer.core.pose import PoseConvention
from viewer.face_pane import FacePane
from viewer.palette import Palette

HEAT_TOPS = (2.0, 5.0, 10.0, 20.0, 0.0)
"""Ends of the heatmap's scale in mm to step through; 0 is automatic."""

SOLO_MS = 1000
_STEP_MS = 30
_HOLD_MS = 400
_TURN = 0.3
"""How far a rotation is played alone, as a normalized value: 27 degrees."""

Row = npt.NDArray[np.float32]


class Seeing(QObject):
    """Decides what each of the two panes shows of a recorded and a taken row.

    ``dressed`` asks for titles to be written again, ``moved`` for the moment to be shown again.
    """

    dressed = Signal()
    moved = Signal()

    def __init__(self, session: Session, first: PaneFrame, second: PaneFrame) -> None:
        super().__init__()
        self._session, self._first, self._second = session, first, second
        self.commands: dict[str, Callable[[], None]] = {
            "heatmap": self.toggle_heat, "heat_range": self.next_heat_range,
            "swap_faces": self.toggle_swap, "wireframe": self.toggle_wireframe,
        }
        self.recorded_pose = PoseConvention()
        self._swapped = self._wire = False
        self._since_swap = QElapsedTimer()
        self._solo = ""
        self._solo_clock = QElapsedTimer()
        self._solo_timer = QTimer(self, interval=_STEP_MS)
        self._solo_timer.timeout.connect(self._play_on)
        self._heat = QToolButton()
        self._heat.setCheckable(True)
        self._heat.setToolTip("Heatmap: how far the take is from the recording, in mm (H)")
        self._heat.setAccessibleName("Heatmap of the difference")
        self._heat.clicked.connect(self._heat_clicked)
        second.add_tool(self._heat)
        session.channel_isolated.connect(self.play_alone)
        session.clip_closing.connect(self.stop)

    @property
    def heat(self) -> bool:
        return self._heat.isChecked()

    @property
    def swapped(self) -> bool:
        """The first face shows the take instead of the recording."""
        return self._swapped and self._session.takes.shown is not None

    @property
    def wireframe(self) -> bool:
        return self._wire

    @property
    def alone(self) -> str:
        """The channel that is being played alone, or ``""``."""
        return self._solo

    def set_theme(self, palette: Palette) -> None:
        self._heat.setIcon(icon("mdi6.gradient-vertical", palette.text))

    def stop(self) -> None:
        """Back to the plain faces; nothing moves on its own from then on."""
        self._solo_timer.stop()
        self._solo, self._swapped = "", False

    # ---- showing -------------------------------------------------------------------------

    def dress(self) -> None:
        """Title and pose convention of the first face, where it is not the recording."""
        take = self._session.takes.shown
        if self._solo:
            self._first.show_title(f"{self._solo} alone", self._session.palette.accent)
        elif self.swapped and take is not None:
            self._first.show_title(take.name, take.colour, "A/B: take")
        plain = not self._solo and not self.swapped
        _pane(self._first).set_pose_convention(self.recorded_pose if plain else PoseConvention())

    def show(self, recorded: Row | None, taken: Row | None) -> None:
        """Put the rows of this moment on the panes."""
        first = recorded
        if self._solo:
            first = self._solo_row()
        elif self.swapped:
            first = taken
        against = None
        if self.heat and recorded is not None:
            against = Against(recorded, self.recorded_pose, self._session.settings.heat_top)
        _pane(self._first).show_values(first)
        _pane(self._second).show_values(taken, against=against)

    # ---- the commands --------------------------------------------------------------------

    def toggle_heat(self) -> None:
        """Colour the take's face by its distance from the recording, or not."""
        clip = self._session.current
        if not self.heat and (clip is None or clip.recording is None or self._session.takes.shown is None):
            self._session.tell(Message(
                "A heatmap needs a recording and a take", "open a clip with a track and generate a take"
            ))
            return
        self._heat.setChecked(not self.heat)
        self.moved.emit()

    def _heat_clicked(self) -> None:
        # The click has switched the button already, but only the command knows whether it may.
        self._heat.setChecked(not self.heat)
        self.toggle_heat()

    def next_heat_range(self) -> None:
        """Step through the ends of the heatmap's scale."""
        settings = self._session.settings
        at = HEAT_TOPS.index(settings.heat_top) if settings.heat_top in HEAT_TOPS else -1
        settings.heat_top = HEAT_TOPS[(at + 1) % len(HEAT_TOPS)]
        self._session.save_settings()
        words = f"ends at {settings.heat_top:g} mm" if settings.heat_top else "fits the largest difference"
        self._session.tell(Message(f"The heatmap's scale {words}"))
        self.moved.emit()

    def toggle_swap(self) -> None:
        """Show the take on the first face, or the recording again."""
        if self._session.takes.shown is None:
            self._session.tell(Message("There is no take to swap in", "generate one with Ctrl+G"))
            return
        self._swapped = not self._swapped
        self._since_swap.start()
        self.dressed.emit()

    def swap_key_released(self) -> None:
        """The key of the swap is up: if it was held down for a while, swap back."""
        if self._since_swap.isValid() and self._since_swap.elapsed() > _HOLD_MS:
            self.toggle_swap()
        self._since_swap.invalidate()

    def toggle_wireframe(self) -> None:
        self._wire = not self._wire
        for frame in (self._first, self._second):
            _pane(frame).set_wireframe(self._wire)

    # ---- one channel alone ---------------------------------------------------------------

    def play_alone(self, channel: str) -> None:
        """Move one channel from 0 to 1 and back within a second on the first face, all others
        at rest; then the recording is back."""
        self._solo = channel
        self._solo_clock.start()
        self._solo_timer.start()
        self.dressed.emit()

    def _play_on(self) -> None:
        if self._solo_clock.elapsed() >= SOLO_MS:
            self._solo_timer.stop()
            self._solo = ""
            self.dressed.emit()
        else:
            self.moved.emit()

    def _solo_row(self) -> Row:
        index = BY_NAME[self._solo].index
        share = 1.0 - abs(2.0 * min(self._solo_clock.elapsed() / SOLO_MS, 1.0) - 1.0)
        row = np.zeros(CHANNEL_COUNT, np.float32)
        row[index] = share if index < SHAPE_COUNT else share * _TURN
        return row


def _pane(frame: PaneFrame) -> FacePane:
    assert isinstance(frame.content, FacePane)
    return frame.content
