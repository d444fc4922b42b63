"""Measuring the shown take against the recording, in the background."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.core.comparing.metrics import compare
from viewer.core.cancel import CancelToken
from viewer.core.pose import PoseConvention, in_convention

if TYPE_CHECKING:
    from annotator.jobs import Progress
    from annotator.session import Session

log = logging.getLogger(__name__)


class Comparing(QObject):
    """``changed`` brings the measures and the reference's name, or None."""

    changed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        # A drag of a correction changes the recording many times a second.
        self._soon = QTimer(self, singleShot=True, interval=300)
        self._soon.timeout.connect(self.again)
        session.takes.changed.connect(self.again)
        session.clip_closing.connect(self._soon.stop)

    def soon(self) -> None:
        """Measure again when the present drag pauses."""
        self._soon.start()

    def again(self) -> None:
        """Measure the shown take against the recording, or without one against another take."""
        session = self._session
        clip, take = session.current, session.takes.shown
        if clip is None or take is None:
            self.changed.emit(None)
            return
        others = [other for other in session.takes.all() if other.id != take.id]
        reference, name, offset = clip.recording, "the recording", clip.offset
        convention = PoseConvention() if reference is None else session.recorded_pose(reference)
        if reference is None and others:
            reference, name, offset = others[-1].track, others[-1].name, 0.0
        if reference is None:
            self.changed.emit(None)
            return
        times = [k.time - offset for k in clip.document.state.keyframes]
        measured_against = reference

        def work(token: CancelToken, _progress: Progress) -> dict[str, Any]:
            # Takes are in KeyframeFace's convention.
            against = in_convention(measured_against, convention, PoseConvention())
            found = compare(against, take.track, times, token, offset=offset)
            return {"reference": name, **found}

        session.jobs.run(
            "Compare", work, done=self.changed.emit, failed=self._no_comparison,
            valid=lambda: session.current is clip and session.takes.shown_id == take.id,
        )

    def _no_comparison(self, fault: Exception) -> None:
        log.info("The take cannot be compared: %s", fault)
        self.changed.emit(None)
