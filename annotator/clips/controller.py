"""New datasets, their settings, another track for a clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from annotator.core.edits import change_clip
from annotator.core.storage.clip_import import bring_in
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings, read_settings
from annotator.core.storage.recorded import read_recorded
from annotator.core.storage.untold import order_of, timed_by, with_order
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.open_clip import OpenClip
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.formats import read
from viewer.core.formats.arrays import UnknownOrderError
from viewer.core.progress import Progress
from viewer.core.track import Track


class ClipsController:
    """Each method starts a job and tells how it went."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._order_read: str | None = None
        session.clip_opened.connect(self._note_order)
        session.changed.connect(self._order_may_have_changed)

    def create_dataset(self, folder: Path) -> None:
        """Make an empty dataset in ``folder`` and open it."""
        session, annotator_id = self._session, self._session.own_name

        def work(_token: CancelToken, _progress: Progress) -> None:
            Dataset.create(folder, annotator_id=annotator_id)

        session.jobs.run(
            "New dataset", work, done=lambda _none: session.open_path(folder), failed=session.show_error
        )

    def read_settings(self) -> Job | None:
        """Read the labels and the pose of the open dataset anew and go on with them; the job's result
        is a :class:`DatasetSettings`, and its failure is told by whoever asked.  None where no dataset
        is open."""
        return self._work_on_settings("Read the dataset's settings", lambda file, _token: read_settings(file))

    def change_settings(self, before: DatasetSettings, after: DatasetSettings) -> Job | None:
        """Write what was changed of the labels and the pose of the open dataset, and go on with them;
        the job is as that of :meth:`read_settings`."""
        job = self._work_on_settings(
            "Save the dataset's settings", lambda file, token: change_settings(file, before, after, token)
        )
        if job is not None:
            told = Message("The dataset's settings are saved", level="success")
            job.done.connect(lambda _settings: self._session.show_message(told))
        return job

    def _work_on_settings(
        self, title: str, work: Callable[[Path, CancelToken], DatasetSettings]
    ) -> Job | None:
        session, library = self._session, self._session.library
        if not isinstance(library, Dataset):
            return None
        file = library.root / "dataset.json"
        return session.jobs.run(
            title,
            lambda token, _progress: work(file, token),
            done=session.use_settings,
            valid=lambda: session.library is library,
        )

    def use_track(self, path: Path, asked: Callable[[UnknownOrderError], None], order: str = "") -> None:
        """Make ``path`` the recording of the open clip: copied into its folder when it lies
        elsewhere, then named in its words (which can be undone).  ``asked`` is called where the order of
        its columns has to be said first, with ``order`` the next time."""
        session, clip = self._session, self._session.current
        if clip is None:
            session.show_message(Message("No clip is open", "open a clip, then choose its track"))
            return
        place, pose, video = clip.loaded.place, clip.loaded.pose, clip.loaded.video_path

        def work(token: CancelToken, _progress: Progress) -> tuple[str, Track]:
            # Read first: what is no track must not be copied into the dataset.
            track = timed_by(read(path, cancel=token, order=order or None, pose=pose), video)
            return bring_in(place, path, token), track

        def found(result: tuple[str, Track]) -> None:
            name, track = result
            state = clip.document.state
            extra = with_order(state.clip, order)
            self._order_read = order or None
            if state.clip.track != name or state.clip.extra != extra:
                session.apply(change_clip(state, track=name, extra=extra))
            self._show_recording(clip, track)

        def failed(fault: Exception) -> None:
            asked(fault) if isinstance(fault, UnknownOrderError) else session.show_error(fault)

        session.jobs.run(
            "Read the track", work, done=found, failed=failed, valid=lambda: session.current is clip
        )

    def set_order(self, order: str) -> None:
        """State in which order the columns of the open clip's recording are, and read it so."""
        state = self._session.state
        if state is not None:
            self._session.apply(change_clip(state, extra=with_order(state.clip, order)))

    def _note_order(self) -> None:
        state = self._session.state
        self._order_read = order_of(state.clip) if state is not None else None

    def _order_may_have_changed(self, _change: object) -> None:
        """Read the recording again where another order is stated for it, also by undo."""
        session, clip = self._session, self._session.current
        if clip is None or order_of(clip.document.state.clip) == self._order_read:
            return
        self._note_order()
        loaded = replace(clip.loaded, state=clip.document.state)
        session.jobs.run(
            "Read the track",
            lambda token, _progress: read_recorded(loaded, token),
            done=lambda track: self._show_recording(clip, track),
            failed=session.show_error,
            valid=lambda: session.current is clip,
        )

    def _show_recording(self, clip: OpenClip, track: Track) -> None:
        session = self._session
        clip.raw, clip.order_asked = track, None
        session.playback.extend(clip.duration, clip.step_times())
        session.recording_changed.emit()
        session.notes_changed.emit()
