"""When the actions have to look again whether they can act."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import SignalInstance

from annotator.session.jobs import Job
from annotator.studio import Studio
from annotator.window.actions import ActionTable


def follow_needs(table: ActionTable, studio: Studio, also: Iterable[SignalInstance]) -> None:
    """Have the actions of ``table`` look again after each change of what they depend on: of the session,
    of the controllers, and ``also`` of what panels have chosen."""
    session = studio.session
    for signal in (
        session.clips_changed,
        session.clip_opened,
        session.clip_closed,
        session.changed,
        session.vocabulary_changed,
        session.history_changed,
        session.selection_changed,
        session.recording_changed,
        session.keeping.gone_changed,
        studio.keyframes.pending_changed,
        studio.takes.changed,
        studio.performance.changed,
        studio.generation.changed,
        studio.batch.changed,
        studio.description.changed,
        studio.comparison.changed,
        studio.capture.changed,
        studio.landmarks.changed,
        studio.face_models.model_changed,
        studio.sync.mode_changed,
        studio.suggestions.changed,
        *also,
    ):
        signal.connect(table.refresh_soon)

    def follow_job(job: Job) -> None:
        table.refresh_soon()
        job.ended.connect(table.refresh_soon)

    session.jobs.started.connect(follow_job)
    session.clip_opening.connect(lambda _id: table.refresh())
    session.playback.state_changed.connect(table.refresh_soon)
    session.playback.time_changed.connect(lambda _time: table.refresh_soon())
