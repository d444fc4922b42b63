"""Capturing the open clip and clips of the dataset, one job at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Signal

from annotator.core.capture.capture import CaptureSettings
from annotator.core.capture.dataset_capture import (
    Done,
    Report,
    capture_clip,
    capture_dataset,
    capture_into,
    clips_to_capture,
    usual_jobs,
    waits_for_capture,
)
from annotator.core.edits import change_clip
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recorded import read_recorded
from annotator.session.messages import Message, explain
from annotator.session.one_job import OneJob
from annotator.session.open_clip import OpenClip
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress
from viewer.core.track import Track


@dataclass(frozen=True)
class _Made:
    """What a job made: of the open clip, and of others."""

    done: Done | None
    track: Track | None
    fault: StudioError | None
    report: Report | None


class CaptureController(OneJob):
    """The track of the open clip changes by an edit, that of others on disk; both stay when the window
    is closed on the way."""

    reported = Signal(object)
    """Of the last run: a :class:`~annotator.core.capture.dataset_capture.Report`."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.report: Report | None = None
        self._shown_track = ""
        self._tracks: set[str] = set()
        session.clip_opened.connect(self._note_track)
        session.changed.connect(self._follow_track)

    @property
    def open_clip_waits(self) -> bool:
        """Whether the open clip has a video and no track."""
        clip = self._session.current
        return clip is not None and clip.loaded.video_path is not None and not clip.document.state.clip.track

    @property
    def may_capture(self) -> bool:
        """Whether there is a clip with a video and no track."""
        library = self._session.library
        return self.open_clip_waits or (
            isinstance(library, Dataset) and any(map(waits_for_capture, library.clips))
        )

    def waiting(self) -> list[str]:
        """The ids of the clips of the open dataset that have a video and no track, the open one first."""
        library = self._session.library
        found = clips_to_capture(library) if isinstance(library, Dataset) else []
        id = self._session.clip_id
        others = [each for each in found if each != id]
        return [id, *others] if self.open_clip_waits else others

    def start(self, ids: Sequence[str], settings: CaptureSettings) -> None:
        """Capture these clips."""
        session = self._session
        clip = session.current if session.clip_id in ids and self.open_clip_waits else None
        library = session.library
        others = [id for id in ids if clip is None or id != session.clip_id]

        def work(token: CancelToken, progress: Progress) -> _Made:
            settings.check()
            done, track, fault = None, None, None
            if clip is not None:
                try:
                    # The words may have changed since the clip was opened, its files have not.
                    done = capture_into(clip.loaded, settings, token, progress)
                    track = _read(clip, done.track, token)
                except StudioError as error:
                    if not others:
                        raise
                    fault = error
            report = None
            if others and isinstance(library, Dataset):
                report = capture_dataset(
                    library, settings, clips=others, jobs=usual_jobs(), cancel=token, progress=progress
                )
            return _Made(done, track, fault, report)

        self.report = None
        self._start(
            "Capture tracks",
            work,
            lambda made: self._take_over(clip, made),
            cancelled="Stopped; what was finished stays",
        )
        job = self._job
        assert job is not None
        job.ended.connect(self._list_anew)

    def _take_over(self, clip: OpenClip | None, made: _Made) -> None:
        captured = list(made.report.captured) if made.report is not None else []
        failed = list(made.report.failed) if made.report is not None else []
        if made.fault is not None and clip is not None:
            failed.insert(0, Done(clip.document.state.clip.id, why=explain(made.fault).line()))
        if made.done is not None and made.track is not None and clip is not None:
            captured.insert(0, made.done)
            self._use(clip, made.done, made.track)
        self.report = Report(tuple(captured), tuple(failed), 0)
        self.reported.emit(self.report)
        self._session.show_message(report_words(self.report))

    def _use(self, clip: OpenClip, done: Done, track: Track) -> None:
        session, library = self._session, self._session.library
        if session.current is clip:
            self._tracks.add(done.track)
            self._show(clip, done.track, track)
            session.apply(change_clip(clip.document.state, track=done.track))
        elif isinstance(library, Dataset):
            # Another clip was opened meanwhile: this one learns of its track on disk.
            session.jobs.run(
                "Name the captured track",
                lambda token, _progress: capture_clip(library, done.clip, CaptureSettings(), token),
                failed=session.show_error,
            )

    def _note_track(self) -> None:
        state = self._session.state
        self._shown_track = state.clip.track if state is not None else ""
        self._tracks = set()

    def _follow_track(self, _change: object) -> None:
        """Undo takes a captured track away, and redo brings it back."""
        session, clip = self._session, self._session.current
        if clip is None:
            return
        before, name = self._shown_track, clip.document.state.clip.track
        if name == before or not {before, name} & self._tracks:
            self._shown_track = name
            return
        if not name:
            self._show(clip, "", None)
            return
        session.jobs.run(
            "Read the track",
            lambda token, _progress: _read(clip, name, token),
            done=lambda track: self._show(clip, name, track),
            failed=session.show_error,
            valid=lambda: session.current is clip,
        )

    def _show(self, clip: OpenClip, name: str, track: Track | None) -> None:
        session = self._session
        self._shown_track = name
        clip.raw, clip.order_asked = track, None
        session.playback.extend(clip.duration, clip.step_times())
        session.recording_changed.emit()
        session.notes_changed.emit()

    def _list_anew(self) -> None:
        library = self._session.library
        if isinstance(library, Dataset) and self.report is not None:
            for done in self.report.captured:
                library.refresh(done.clip)
            self._session.clips_changed.emit()


def _read(clip: OpenClip, name: str, cancel: CancelToken) -> Track:
    return read_recorded(replace(clip.loaded, track_path=clip.loaded.place.file(name)), cancel)


def report_words(report: Report) -> Message:
    """What came of it, in a line."""
    count, failed = len(report.captured), len(report.failed)
    clips = "1 clip" if count == 1 else f"{count} clips"
    if failed:
        first = report.failed[0]
        text = f"{clips} captured, {failed} could not be" if count else f"Not captured: {first.clip}"
        return Message(text, first.why, "warning")
    if count == 1:
        done = report.captured[0]
        text = f"Captured {done.frames} frames"
        return Message(f"{text}, {done.lost} without a face" if done.lost else text, level="success")
    return Message(f"{clips} captured", level="success")
