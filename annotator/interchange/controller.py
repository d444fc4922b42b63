"""Moving annotations in and out from the window: each piece of work is a job, an import one edit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from annotator.core.change_summary import counted
from annotator.core.findings import Finding
from annotator.core.interchange.bringing import Preview, Wanted, preview_of, with_taken, write_taken
from annotator.core.interchange.exporting import Exported, export_annotations
from annotator.core.interchange.formats import read_foreign
from annotator.core.interchange.marks import ForeignFile
from annotator.core.names import identity
from annotator.core.storage.clip_parts import difference
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.saving_now import wait_until_saved
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress

TITLE = "Import annotations"
"""What the Undo menu says of an import."""


class InterchangeController:
    """Each method that returns a job starts it; who asked gets its result."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset."""
        library = self._session.library
        return library if isinstance(library, Dataset) else None

    # ---- out ---------------------------------------------------------------------------------

    def export(
        self,
        dataset: Dataset,
        out: Path,
        form: str,
        clips: Sequence[str],
        annotators: Sequence[str],
        *,
        dry_run: bool,
    ) -> Job:
        """Write annotations, or with ``dry_run`` only tell what would be written and lost; the job's result
        is an :class:`Exported`."""
        open_now = self._session.clip_id

        def work(token: CancelToken, progress: Progress) -> Exported:
            if open_now:
                wait_until_saved(dataset.root, open_now, token)
            return export_annotations(
                dataset,
                out,
                form,
                clips=clips,
                annotators=annotators,
                dry_run=dry_run,
                progress=progress,
                cancel=token,
            )

        return self._session.jobs.run("Export annotations", work)

    # ---- in ----------------------------------------------------------------------------------

    def read(self, path: Path) -> Job:
        """Read a file of another tool; the job's result is a :class:`ForeignFile`."""
        return self._session.jobs.run("Read annotations", lambda _token, _progress: read_foreign(path))

    def preview(self, dataset: Dataset, file: ForeignFile, wanted: Wanted) -> Job:
        """Find out what would be taken of a file; the job's result is a :class:`Preview`."""

        def work(token: CancelToken, _progress: Progress) -> Preview:
            return preview_of(dataset, file, wanted, token)

        return self._session.jobs.run("Look at the annotations", work)

    def has_annotation(self, dataset: Dataset, clip: str, annotator: str) -> bool:
        """Whether somebody has an annotation of a clip already."""
        if self._is_open(dataset, clip, annotator):
            state = self._session.state
            if state is not None and (state.keyframes or state.spans):
                return True
        return any(identity(name) == identity(annotator) for name in dataset.annotators(clip))

    def take(self, dataset: Dataset, preview: Preview, wanted: Wanted) -> Job | None:
        """Take what a preview shows.  Into the clip and annotation that are open it comes as one edit, at
        once; else a job writes it, whose result is the annotator's name."""
        session = self._session
        if self._is_open(dataset, preview.clip, wanted.annotator):
            state = session.state
            assert state is not None
            edit = difference(state, with_taken(state, preview.taken, wanted.how, wanted.status), TITLE)
            if edit is None or session.apply(edit):
                self._tell(preview, wanted.annotator)
            return None

        def work(_token: CancelToken, _progress: Progress) -> str:
            with session.clip_files_lock:
                return write_taken(dataset, preview, wanted)

        def written(name: str) -> None:
            dataset.refresh(preview.clip)
            self._tell(preview, name)
            session.clips_changed.emit()

        return session.jobs.run(TITLE, work, done=written)

    def _is_open(self, dataset: Dataset, clip: str, annotator: str) -> bool:
        session = self._session
        mine = session.current is not None and identity(annotator) == session.current.loaded.place.person
        return mine and session.library is dataset and session.clip_id == clip

    def _tell(self, preview: Preview, annotator: str) -> None:
        """Say what was taken, and keep what was left out to be read."""
        found = preview.taken
        name = preview.file.path.name
        self._session.report = (
            *(Finding("warning", name, f"{each.what}: {each.why}", "") for each in found.left_out),
            *(
                Finding(
                    "note", name, f"{counted(len(tier.marks), 'mark')} on “{tier.name}” were not taken", ""
                )
                for tier in found.unmapped
            ),
        )
        taken = f"{counted(len(found.keyframes), 'keyframe')} and {counted(len(found.spans), 'emotion span')}"
        text = f"{taken} of {name} are now {annotator}'s in {preview.clip}"
        left = bool(self._session.report)
        self._session.show_message(Message(text, level="success", action="import_report" if left else ""))
