"""New datasets, their settings, another track for a clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from annotator.core.change_summary import counted
from annotator.core.edits import change_clip
from annotator.core.storage.clip_import import bring_in
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.dataset_settings import DatasetSettings, change_settings, read_settings
from annotator.core.storage.media_roots import MediaRoot, holds_files_of
from annotator.core.storage.recorded import read_recorded
from annotator.core.storage.relabelling import (
    Record,
    Relabelled,
    count_labels,
    finish_renaming,
    last_renaming,
    rename_labels,
    undo_renaming,
)
from annotator.core.storage.root_places import remember_root
from annotator.core.storage.untold import order_of, timed_by, with_order
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.open_clip import FIND_ROOT, OpenClip
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
        self._looked_at: object = None
        session.clips_changed.connect(self._look_for_broken_off)
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

    def count_labels(self, renames: Mapping[str, str]) -> Job | None:
        """Count the marks of all annotators that carry labels which are to be renamed; the job's result is a
        :class:`Relabelled`.  None where no dataset is open."""
        library = self._session.library
        if not isinstance(library, Dataset):
            return None
        return self._session.jobs.run(
            "Count the labels",
            lambda token, progress: count_labels(library, renames, progress, token),
            done=lambda _found: None,
            valid=lambda: self._session.library is library,
        )

    def rename_labels(
        self, renames: Mapping[str, str], before: DatasetSettings, after: DatasetSettings
    ) -> Job | None:
        """Save the settings and rename the labels in everybody's annotations; the job's result is a
        :class:`Relabelled`, and a failure is told by whoever asked.  None where no dataset is open."""

        def work(library: Dataset, token: CancelToken, progress: Progress) -> Relabelled:
            hold = self._session.clip_files_lock
            return rename_labels(library, renames, before, after, hold=hold, progress=progress, cancel=token)

        return self._relabel("Rename labels", "renamed", work)

    def _look_for_broken_off(self) -> None:
        """Tell of a renaming that a crash or a cancel left in the middle."""
        session, library = self._session, self._session.library
        if library is self._looked_at or not isinstance(library, Dataset):
            return
        self._looked_at = library

        def told(record: Record | None) -> None:
            if record is not None and not record.finished:
                text = f"Renaming {record.words} in everybody's annotations was broken off"
                message = Message(text, "finish it or take it back", "warning", action="undo_renaming")
                session.show_message(message)

        session.jobs.run(
            "Look for a renaming that was broken off",
            lambda _token, _progress: last_renaming(library),
            done=told,
            failed=session.show_error,
            valid=lambda: session.library is library,
        )

    def last_renaming(self) -> Record | None:
        """The newest renaming of labels in the open dataset that can be finished or undone."""
        library = self._session.library
        return last_renaming(library) if isinstance(library, Dataset) else None

    def undo_renaming(self, record: Record) -> None:
        """Give every mark that was renamed the label that it had."""
        self._again("Undo the renaming", "named as before", undo_renaming, record)

    def finish_renaming(self, record: Record) -> None:
        """Rename what a crash or a cancel left out."""
        self._again("Finish the renaming", "renamed", finish_renaming, record)

    def _again(self, title: str, done: str, how: Callable[..., Relabelled], record: Record) -> None:
        def work(library: Dataset, token: CancelToken, progress: Progress) -> Relabelled:
            hold = self._session.clip_files_lock
            return how(library, record, hold=hold, progress=progress, cancel=token)

        job = self._relabel(title, done, work)
        if job is not None:
            job.failed.connect(self._session.show_error)

    def _relabel(
        self, title: str, done: str, work: Callable[[Dataset, CancelToken, Progress], Relabelled]
    ) -> Job | None:
        session, library = self._session, self._session.library
        if not isinstance(library, Dataset):
            return None
        session.commit_wanted.emit()
        if session.current is not None:
            # What is in the files is renamed, and what is only here would not be.
            session.current.save()

        def told(found: Relabelled) -> None:
            if found.settings is not None:
                session.use_settings(found.settings)
            look()
            marks = counted(found.marks.total(), "mark")
            text = f"{marks} in {counted(found.files, 'file')} {'is' if marks[:2] == '1 ' else 'are'} {done}"
            if found.left_out:
                text += f"; {counted(len(found.left_out), 'file')} could not be changed"
                session.report = found.left_out
                message = Message(text, "their marks keep their label", "warning", action="import_report")
            else:
                message = Message(text, "{undo_renaming} takes it back", level="success")
            session.show_message(message)

        def look() -> None:
            if session.current is not None:
                session.current.saver.look()

        job = session.jobs.run(
            title,
            lambda token, progress: work(library, token, progress),
            done=told,
            valid=lambda: session.library is library,
        )
        job.ended.connect(look)
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

    def find_root(self, root: MediaRoot, folder: Path) -> None:
        """Note that a media root lies in ``folder`` on this machine, unless none of the files is there that
        clips name in it, and read the open clip again."""
        session, library = self._session, self._session.library
        clips = [entry.info for entry in library.clips] if library is not None else []

        def work(_token: CancelToken, _progress: Progress) -> str:
            found, first = holds_files_of(folder, root, clips)
            if first and not found:
                return first
            remember_root(root.name, root.id, folder)
            return ""

        def done(missing: str) -> None:
            if missing:
                text = (
                    f"{folder} is not “{root.name}”: {missing} is not in it, nor any other file of the clips"
                )
                todo = "choose the folder that it lies in"
                session.show_message(Message(text, todo, "warning", action=FIND_ROOT))
                return
            session.show_message(Message(f"“{root.name}” is in {folder} from now on", level="success"))
            session.commit_wanted.emit()
            session.open_path(session.opened_path, session.clip_id)

        session.jobs.run(
            f"Look for {root.name}",
            work,
            done=done,
            failed=session.show_error,
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
