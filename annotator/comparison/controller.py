"""Measuring the takes that are seen against the recording, in the background."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from annotator.core.comparison.differences import small_curves
from annotator.core.comparison.measures import TrackComparison
from annotator.core.comparison.metrics import compare
from annotator.core.comparison.tables import Measured, Sheet, sheets
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.open_clip import Take
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from viewer.core.cancel import CancelToken
from viewer.core.channels import BY_NAME
from viewer.core.errors import TrackError
from viewer.core.progress import Progress
from viewer.core.track import Track

log = logging.getLogger(__name__)

RECORDING = "the recording"
Curves = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Comparison:
    """What the takes on the faces were found to be.  ``curves`` are all channels (points, 61) of the
    reference and then of each take, over the same seconds; ``sheets`` the measures as tables."""

    measured: Measured
    takes: tuple[Take, ...]
    reference_colour: str
    curves: tuple[Curves, ...]
    sheets: tuple[Sheet, ...]

    def of(self, take_id: str) -> TrackComparison | None:
        """The measures of one take; None where it has none."""
        pairs = zip(self.takes, self.measured.found, strict=True)
        return next((found for take, found in pairs if take.id == take_id), None)


@dataclass(frozen=True)
class _Reference:
    name: str
    colour: str
    track: Track
    offset: float


_Key = tuple[Track, Track, float, tuple[float, ...]]
_Known = dict[_Key, TrackComparison | None]


class ComparisonController(QObject):
    """``changed`` brings a :class:`Comparison`, or None; ``stepped`` the place of the moment that
    was gone to, among those of the active take."""

    changed = Signal(object)
    stepped = Signal(int)

    def __init__(self, session: Session, takes: TakesController) -> None:
        super().__init__(session)
        self._session, self._takes = session, takes
        self.last: Comparison | None = None
        self._against = ""
        self._known: _Known = {}
        self._job: Job | None = None
        self._moment = -1
        # A drag of a correction changes the recording many times a second.
        self._soon = QTimer(self, singleShot=True, interval=300)
        self._soon.timeout.connect(self.again)
        session.recording_changed.connect(self._again_soon)
        takes.changed.connect(self.again)
        session.clip_closing.connect(self._forget)

    # ---- against what ------------------------------------------------------------------------

    @property
    def against(self) -> str:
        """The id of the take that the others are measured against; empty for the recording."""
        return self._against if self._takes.find(self._against) is not None else ""

    def measure_against(self, take_id: str) -> None:
        """Choose a take as the reference, or with ``""`` the recording."""
        if take_id != self._against:
            self._against = take_id
            self.again()

    def _reference(self) -> _Reference | None:
        """The chosen one; without a recording the first other take."""
        session, clip = self._session, self._session.current
        take = self._takes.find(self._against)
        recording = clip.recording if clip is not None else None
        if take is None and recording is not None and clip is not None:
            return _Reference(RECORDING, session.palette.recorded, recording, clip.offset)
        if take is None:
            seen = [one.id for one in self._takes.visible]
            others = [one for one in self._takes.all() if len(seen) > 1 or one.id not in seen]
            take = others[0] if others else None
        if take is None:
            return None
        return _Reference(take.name, take.colour, take.track, 0.0)

    # ---- measuring ---------------------------------------------------------------------------

    def _again_soon(self) -> None:
        """Measure again when the present drag pauses."""
        if self._session.current is not None:
            self._soon.start()

    def again(self) -> None:
        """Measure the takes on the faces; what was measured before is not measured again."""
        self._soon.stop()
        if self._job is not None:
            self._job.cancel()
        session, clip = self._session, self._session.current
        reference = self._reference()
        if clip is None or reference is None:
            self._show(None)
            return
        takes = tuple(take for take in self._takes.visible if take.track is not reference.track)
        if not takes:
            self._show(None)
            return
        times = tuple(k.time - reference.offset for k in clip.document.state.keyframes)
        # Of what is gone nothing is kept: it holds its tracks.
        known = {
            key: found for key, found in self._known.items() if key[0] is reference.track and key[3] == times
        }
        end = clip.duration

        def work(token: CancelToken, _progress: Progress) -> tuple[Comparison, _Known]:
            return _measure(reference, takes, times, end, known, token)

        def done(made: tuple[Comparison, _Known]) -> None:
            self._known = made[1]
            self._show(made[0])

        self._job = session.jobs.run(
            "Compare", work, done=done, failed=self._no_comparison, valid=lambda: session.current is clip
        )

    def _show(self, comparison: Comparison | None) -> None:
        self.last, self._moment = comparison, -1
        self.changed.emit(comparison)

    def _no_comparison(self, fault: Exception) -> None:
        log.info("The takes cannot be compared: %s", fault)
        self._show(None)

    def _forget(self) -> None:
        self._soon.stop()
        self._known.clear()
        self._against = ""
        self.last = None

    # ---- the worst moments -------------------------------------------------------------------

    def step_moment(self, direction: int) -> None:
        """Go to the next worst moment of the active take, or back towards the worst."""
        session, comparison = self._session, self.last
        take = self._takes.active
        found = comparison.of(take.id) if comparison is not None and take is not None else None
        if comparison is None or take is None or found is None:
            session.show_message(
                Message("There is nothing to compare with", "generate a take with {generate}")
            )
            return
        moments = found.moments
        if not moments:
            session.show_message(Message(f"{take.name} differs nowhere from {comparison.measured.reference}"))
            return
        self._moment = (self._moment + direction) % len(moments) if self._moment >= 0 else 0
        moment = moments[self._moment]
        self.go_to(moment.time_in_track + comparison.measured.offset, moment.channel)
        which = "Worst moment" if self._moment == 0 else f"Moment {self._moment + 1} of {len(moments)}"
        sign = "+" if moment.difference > 0 else ""
        size = sign + BY_NAME[moment.channel].shown(moment.difference).replace("-", "−")
        session.show_message(Message(f"{which} of {take.name}: {moment.channel} {size}"))
        self.stepped.emit(self._moment)

    def go_to(self, time: float | None, channel: str = "") -> None:
        """Put the playhead on the frame at ``time`` seconds and show a channel's curve."""
        playback = self._session.playback
        if time is not None:
            playback.pause()
            playback.seek(playback.frame_time(min(max(time, 0.0), playback.duration))[0])
        if channel:
            self._session.show_channel(channel)


def _measure(
    reference: _Reference,
    takes: Sequence[Take],
    times: tuple[float, ...],
    end: float,
    known: _Known,
    token: CancelToken,
) -> tuple[Comparison, _Known]:
    """Everything about ``takes``, and the results to keep for the next time."""
    results: _Known = {}
    for take in takes:
        key = reference.track, take.track, reference.offset, times
        if key not in known:
            try:
                known[key] = compare(reference.track, take.track, times, token, offset=reference.offset)
            except TrackError as fault:
                log.info("%s cannot be compared: %s", take.name, fault)
                known[key] = None
        results[key] = known[key]
    curves = [small_curves(reference.track, 0.0, end, reference.offset)]
    curves += [small_curves(take.track, 0.0, end) for take in takes]
    measured = Measured(
        reference.name, tuple(take.name for take in takes), tuple(results.values()), reference.offset
    )
    made = Comparison(measured, tuple(takes), reference.colour, tuple(curves), sheets(measured))
    return made, {**known, **results}
