"""Ways of looking at the faces: heatmap, onion skin, one in place of another, wireframe, cameras, one
channel alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QToolButton

from annotator.faces.faces_grid import FacesGrid
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.widgets.pane_frame import PaneFrame
from annotator.widgets.theme import wear
from viewer.core.camera import FRONT, PROFILE_LEFT, THREE_QUARTER, CameraView
from viewer.core.channels import BY_NAME, CHANNEL_COUNT, SHAPE_COUNT
from viewer.core.heat import TOPS_MM, Against
from viewer.core.onion import Onion
from viewer.core.pose import with_head_of
from viewer.face_pane import FacePane
from viewer.palette import Palette

HEAT_TOPS = (2.0, 5.0, 10.0, 20.0, 0.0)
"""Ends of the heatmap's scale in mm to step through; 0 is automatic."""

SOLO_MS = 1000
_STEP_MS = 30
_HOLD_MS = 400
_VIEWS = (FRONT, THREE_QUARTER, PROFILE_LEFT)
_TURN = 27.0
"""Degrees that a rotation is played alone."""

Row = npt.NDArray[np.float32]


class FacesController(QObject):
    """Decides what each pane shows of the recorded row and of the takes' rows.

    ``titles_changed`` asks for titles to be written again, ``moved`` for the moment to be shown again.
    """

    titles_changed = Signal()
    moved = Signal()

    def __init__(
        self,
        session: Session,
        takes: TakesController,
        recorded: PaneFrame,
        take_frames: Sequence[PaneFrame],
        grid: FacesGrid,
    ) -> None:
        super().__init__()
        self._session, self._takes, self._grid = session, takes, grid
        self._recorded, self._frames = recorded, tuple(take_frames)
        self._heated = self._onioned = self._swapped = self._wire = False
        self._since_swap = QElapsedTimer()
        self._solo = ""
        self._solo_clock = QElapsedTimer()
        self._solo_timer = QTimer(self, interval=_STEP_MS)
        self._solo_timer.timeout.connect(self._play_on)
        self._tools = [self._make_tools(frame) for frame in self._frames]
        for frame in self._frames:
            face_of(frame).shown.connect(lambda frame=frame: self._tell_heat(frame))
        session.channel_isolated.connect(self.play_alone)
        session.clip_closing.connect(self.stop)

    def _make_tools(self, frame: PaneFrame) -> tuple[QToolButton, QToolButton]:
        """The buttons of a take's pane; each switches all panes, as its key does."""
        heat, onion = QToolButton(), QToolButton()
        for button, sign, name, tip, run in (
            (
                heat,
                "mdi6.gradient-vertical",
                "Heatmap of the difference",
                "Heatmap: how far the take is from the recording, in mm ({heatmap})",
                self.toggle_heat,
            ),
            (
                onion,
                "mdi6.circle-multiple-outline",
                "Onion skin",
                "Onion skin: the recording laid over the take ({onion})",
                self.toggle_onion,
            ),
        ):
            wear(button, sign)
            button.setCheckable(True)
            button.setAccessibleName(name)
            self._session.keys.tip(button, tip)
            # The click switches the button, but only the command knows whether it may.
            button.clicked.connect(lambda _checked=False, run=run: run())
            frame.add_tool(button)
        return heat, onion

    @property
    def heat(self) -> bool:
        """Whether faces are coloured by their distance from the reference."""
        return self._heated

    @property
    def onion(self) -> bool:
        """Whether the reference is laid over the faces of takes."""
        return self._onioned

    @property
    def swapped(self) -> bool:
        """The first face shows the active take instead of the recording."""
        return self._swapped and self._takes.active is not None

    @property
    def wireframe(self) -> bool:
        """Whether the edges of the mesh are drawn."""
        return self._wire

    @property
    def alone(self) -> str:
        """The channel that is being played alone, or ``""``."""
        return self._solo

    def set_theme(self, palette: Palette) -> None:
        """Draw the legend in these colours; the faces get theirs from the presenter."""
        self._grid.legend.set_theme(palette)

    def stop(self) -> None:
        """Back to the plain faces; nothing moves on its own from then on."""
        self._solo_timer.stop()
        self._solo, self._swapped = "", False

    # ---- showing -------------------------------------------------------------------------

    def update_titles(self) -> None:
        """Title of the first face, where it is not the recording, and what titles say of the distance."""
        for frame in self._frames:
            self._tell_heat(frame)
        take = self._takes.active
        if take is None:
            # A take that comes later, or back by undo, is not seen in place of the recording unasked.
            self._swapped = False
        first = self._first_pane()
        if self._solo:
            first.show_title(f"{self._solo} alone", self._session.palette.muted)
        elif self.swapped and take is not None and first is self._recorded:
            first.show_title(take.name, take.colour, "A/B: take")

    def show(self, recorded: Row | None, taken: Sequence[Row | None], active: int) -> None:
        """Put the rows of this moment on the panes; ``active`` is the place of the active take,
        -1 without one."""
        first: Row | None = recorded
        if self.swapped and 0 <= active < len(taken):
            first = taken[active]
        alone = self._solo_row() if self._solo else None
        on_first = alone is not None and self._first_pane() is self._recorded
        face_of(self._recorded).show_values(alone if on_first else first)
        reference, skip = recorded, -1
        if recorded is None and len(taken) > 1:
            # Without a recording the first take is what the others are seen against.
            reference, skip = taken[0], 0
        top, colour = self._heat_top(len(taken)), self._onion_colour(recorded is not None)
        seen = range(len(taken)) if recorded is not None else range(1, len(taken))
        self._grid.show_legend(self._heated and reference is not None and len(seen) > 0)
        for place, (frame, row) in enumerate(zip(self._frames, taken, strict=False)):
            if alone is not None and frame is self._first_pane():
                face_of(frame).show_values(alone)
                continue
            against = onion = None
            if reference is not None and place != skip:
                against = Against(reference, top) if self._heated else None
                if self._onioned and row is not None:
                    # What is compared is the face: both heads are turned alike.
                    onion = Onion(with_head_of(reference, row), colour)
            face_of(frame).show_values(row, against=against, onion=onion)

    def _tell_heat(self, frame: PaneFrame) -> None:
        """Say in the title how far a face is off at most now, and keep the legend to its scale."""
        heat = face_of(frame).heat
        frame.show_note("" if heat is None else f"≤ {heat.largest:.1f} mm")
        if heat is not None:
            clip, beside = self._session.current, self._takes.visible
            recorded = clip is not None and clip.recording is not None
            name = "the recording" if recorded or not beside else beside[0].name
            self._grid.legend.show_scale(heat.top, f"Distance from {name}")

    def active_frame(self) -> PaneFrame:
        """The frame of the active take, else the recording's."""
        at = self._takes.active_place
        return self._frames[at] if at >= 0 else self._recorded

    def _first_pane(self) -> PaneFrame:
        """The pane at the far left: a take's where there is no recording."""
        shown = self._takes.active is not None
        return self._frames[0] if self._recorded.isHidden() and shown else self._recorded

    def _heat_top(self, count: int) -> float:
        """The end of the heatmap's scale; an automatic one is shared, so that panes compare."""
        top = self._session.settings.heat_top
        if top or count < 2:
            return top
        seen = [heat.largest for frame in self._frames[:count] if (heat := face_of(frame).heat) is not None]
        return next((step for step in TOPS_MM if step >= max(seen)), TOPS_MM[-1]) if seen else 0.0

    def _onion_colour(self, recorded: bool) -> str:
        beside = self._takes.visible
        return self._session.palette.recorded if recorded or not beside else beside[0].colour

    # ---- the commands --------------------------------------------------------------------

    @property
    def comparable(self) -> bool:
        """Whether there is something to see takes against."""
        clip, takes = self._session.current, self._takes.visible
        against = 1 if clip is not None and clip.recording is not None else 0
        return bool(takes) and len(takes) + against > 1

    def _check_comparable(self, what: str) -> bool:
        """Whether there is something to see takes against; says what is missing."""
        if self.comparable:
            return True
        self._session.show_message(
            Message(
                f"{what} needs a recording and a take, or two takes",
                "open a clip with a track and generate a take",
            )
        )
        return False

    def toggle_heat(self) -> None:
        """Colour the takes' faces by their distance from the recording, or not."""
        if self._heated or self._check_comparable("A heatmap"):
            self._heated, self._onioned = not self._heated, False
        self._show_switches()

    def toggle_onion(self) -> None:
        """Lay the recording over the takes' faces, or not."""
        if self._onioned or self._check_comparable("Onion skin"):
            self._onioned, self._heated = not self._onioned, False
        self._show_switches()

    def _show_switches(self) -> None:
        for heat, onion in self._tools:
            heat.setChecked(self._heated)
            onion.setChecked(self._onioned)
        self.moved.emit()

    def next_heat_range(self) -> None:
        """Step through the ends of the heatmap's scale."""
        settings = self._session.settings
        at = HEAT_TOPS.index(settings.heat_top) if settings.heat_top in HEAT_TOPS else -1
        settings.heat_top = HEAT_TOPS[(at + 1) % len(HEAT_TOPS)]
        self._session.save_settings()
        words = f"ends at {settings.heat_top:g} mm" if settings.heat_top else "fits the largest difference"
        self._session.show_message(Message(f"The heatmap's scale {words}"))
        self.moved.emit()

    def toggle_swap(self) -> None:
        """Show the active take on the first face, or the recording again."""
        if self._takes.active is None:
            self._session.show_message(Message("There is no take to swap in", "generate one with {generate}"))
            return
        clip = self._session.current
        if clip is None or clip.recording is None:
            text = "There is no recording to swap with"
            self._session.show_message(
                Message(
                    text, "choose a track with {import_track}, or step through the takes with {next_take}"
                )
            )
            return
        self._swapped = not self._swapped
        self._since_swap.start()
        self.titles_changed.emit()

    def swap_key_released(self) -> None:
        """The key of the swap is up: if it was held down for a while, swap back."""
        if self._since_swap.isValid() and self._since_swap.elapsed() > _HOLD_MS:
            self.toggle_swap()
        self._since_swap.invalidate()

    def toggle_wireframe(self) -> None:
        """Draw edges on all faces, or surfaces again."""
        self._wire = not self._wire
        for frame in (self._recorded, *self._frames):
            face_of(frame).set_wireframe(self._wire)

    # ---- where from ----------------------------------------------------------------------

    def next_view(self) -> None:
        """All faces from the front, from three quarters, from the side, and from the front again."""
        now = face_of(self._first_pane()).camera.azimuth
        at = next((i for i, view in enumerate(_VIEWS) if view.azimuth == now), -1)
        self._look(_VIEWS[(at + 1) % len(_VIEWS)])

    def reset_view(self) -> None:
        """All faces from the front, the whole head."""
        self._look(FRONT)

    def _look(self, view: CameraView) -> None:
        for frame in (self._recorded, *self._frames):
            face_of(frame).set_camera(view)

    def link(self, moved: PaneFrame, view: CameraView) -> None:
        """The other faces follow the one that was turned, if the cameras are linked."""
        if self._session.settings.linked_cameras:
            for frame in (self._recorded, *self._frames):
                if frame is not moved:
                    face_of(frame).set_camera(view)

    # ---- one channel alone ---------------------------------------------------------------

    def play_alone(self, channel: str) -> None:
        """Move one channel from 0 to 1 and back within a second on the first face, all others
        at rest; then the recording is back."""
        self._solo = channel
        self._solo_clock.start()
        self._solo_timer.start()
        self.titles_changed.emit()

    def _play_on(self) -> None:
        if self._solo_clock.elapsed() >= SOLO_MS:
            self._solo_timer.stop()
            self._solo = ""
            self.titles_changed.emit()
        else:
            self.moved.emit()

    def _solo_row(self) -> Row:
        index = BY_NAME[self._solo].index
        share = 1.0 - abs(2.0 * min(self._solo_clock.elapsed() / SOLO_MS, 1.0) - 1.0)
        row = np.zeros(CHANNEL_COUNT, np.float32)
        row[index] = share if index < SHAPE_COUNT else share * _TURN
        return row


def face_of(frame: PaneFrame) -> FacePane:
    """The face in a pane's frame."""
    assert isinstance(frame.content, FacePane)
    return frame.content
