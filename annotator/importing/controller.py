"""Bringing recordings in from the window: looking at a folder, comparing, making the clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from annotator.core.findings import Finding
from annotator.core.importing.fitting import Fit, fit_of
from annotator.core.importing.fresh_dataset import fresh_dataset
from annotator.core.importing.layouts import with_known_layouts
from annotator.core.importing.pairing import pair
from annotator.core.importing.plan import Plan, PlannedClip
from annotator.core.importing.run import check_target
from annotator.core.importing.scanning import scan, scan_files
from annotator.core.importing.scripts import ScriptsReport
from annotator.core.importing.tables import Table, read_table
from annotator.core.importing.writing import Made, Manner, Present, make_clips, side_by_side, without_known
from annotator.core.names import told_otherwise
from annotator.core.storage.clip_import import add_clip
from annotator.core.storage.dataset import ClipEntry, Dataset, opens_as_folder
from annotator.session.jobs import Job
from annotator.session.messages import Message, sentence
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError
from viewer.core.progress import Progress

LOOKING = "Look at the folder"
"""The title of the jobs that look at a folder before anything is opened or imported."""
COMPARING = "Compare the files"
"""The title of the job of :meth:`ImportController.compare`."""

Fits = dict[tuple[str, ...], Fit]
"""How the files of a clip fit, by the files."""


@dataclass(frozen=True)
class Target:
    """Where clips go: into the open ``dataset``, or a new one in ``out``."""

    out: Path
    dataset: Dataset | None = None


class ImportController:
    """Each method starts a job; who asked gets its result."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset, which may be added to."""
        library = self._session.library
        return library if isinstance(library, Dataset) else None

    def tell_no_dataset(self) -> None:
        """Say that there is no dataset to add to."""
        self._session.show_message(
            Message("No dataset is open", "make one with {new_dataset} or open one with {open_folder}")
        )

    def media_root_of(self, file: Path) -> str:
        """The media root of the open dataset that a file lies in; empty for none."""
        dataset = self.dataset
        reference = dataset.roots.reference(file) if dataset is not None else None
        return reference.partition(":")[0] if reference else ""

    def look_whether_it_opens(self, folder: Path, answered: Callable[[bool], None]) -> None:
        """Find out whether a folder is a dataset, a clip or a single recording."""
        session = self._session
        session.jobs.run(
            LOOKING,
            lambda _token, _progress: opens_as_folder(folder),
            done=answered,
            failed=session.show_error,
        )

    def look(self, folder: Path | Sequence[Path]) -> Job:
        """Find out what belongs together in a folder, or among files; the job's result is a
        :class:`Plan` whose clips have names."""

        def work(token: CancelToken, progress: Progress) -> Plan:
            if isinstance(folder, Path):
                found = scan(folder, cancel=token, progress=progress)
            else:
                found = scan_files(folder, cancel=token)
            return with_known_layouts(pair(found).named(), token)[0]

        return self._session.jobs.run(LOOKING, work)

    def compare(self, plan: Plan) -> Job:
        """Find out how the files of each clip fit; the job's result is :data:`Fits`."""

        return self._session.jobs.run(COMPARING, lambda token, progress: _compared(plan, token, progress))

    def read_table(self, path: Path) -> Job:
        """Read a table of words; the job's result is a :class:`Table`."""

        def work(token: CancelToken, _progress: Progress) -> Table:
            return read_table(path, token)

        return self._session.jobs.run("Read the table", work)

    def make(self, plan: Plan, target: Target, how: Manner, scripts: ScriptsReport, fits: Fits) -> Job:
        """Make the clips of ``plan``.  The open dataset shows them, a new one is opened; the job's result is
        :class:`~annotator.core.importing.writing.Made`.  What was made before a cancel stays."""
        session, dataset = self._session, target.dataset
        known = dict(fits)

        def work(token: CancelToken, progress: Progress) -> Made:
            wanted = plan
            if dataset is None:
                check_target(plan.root, target.out, add=False)
            else:
                check_target(plan.root, dataset.root, add=True)
                wanted = without_known(plan, Present(dataset), token, progress)
            missing = replace(wanted, clips=tuple(c for c in wanted.clips if c.files not in known))
            known.update(_compared(missing, token, progress))
            if dataset is None:
                with fresh_dataset(target.out, session.own_name):
                    return make_clips(wanted, target.out, how, cancel=token, progress=progress)
            try:
                return make_clips(
                    wanted, target.out, how, roots=dataset.roots, cancel=token, progress=progress
                )
            finally:
                dataset.reload()

        def made(done: Made) -> None:
            session.report = tuple(report_findings(done, scripts, known))
            self._tell(done)
            if dataset is None:
                session.open_path(target.out)
            elif session.library is dataset and session.current is None and done.plan.clips:
                session.open_clip(done.plan.clips[0].id)

        job = session.jobs.run("Import", work, done=made)
        if dataset is not None:
            job.ended.connect(session.clips_changed)
        return job

    def _tell(self, done: Made) -> None:
        plan, session = done.plan, self._session
        count, alone = len(plan.clips), len(plan.unpaired)
        text = f"{count} {'clip was' if count == 1 else 'clips were'} added"
        if alone:
            text += f", {alone} {'file has' if alone == 1 else 'files have'} no partner"
        graver = alone or any(finding.level != "note" for finding in session.report)
        session.show_message(Message(text, level="warning" if graver else "success", action="import_report"))

    def add_clip(self, files: Sequence[Path], several: Callable[[Plan], None]) -> None:
        """Copy a video, a track, or both of one name into the open dataset as a new clip and open it;
        ``several`` gets the plan where the files are more than that."""
        session, library = self._session, self.dataset
        if library is None:
            self.tell_no_dataset()
            return

        def work(token: CancelToken, progress: Progress) -> tuple[Plan, ClipEntry | None]:
            plan = pair(scan_files(files, cancel=token))
            if len(files) == 1:
                plan = plan.with_singles()
            if not plan.clips and not plan.unpaired:
                raise FileError(plan.ignored[0].why, "choose a video or a track", files[0])
            if len(plan.clips) != 1 or plan.unpaired:
                return plan.named(), None
            clip = plan.clips[0]
            video, track = (None if file is None else plan.path(file) for file in (clip.video, clip.track))
            return plan, add_clip(library, video, track, id=clip.called, cancel=token, progress=progress)

        def added(result: tuple[Plan, ClipEntry | None]) -> None:
            plan, entry = result
            if entry is None:
                several(plan)
                return
            session.clips_changed.emit()
            session.open_clip(entry.id)
            told = told_otherwise(plan.clips[0].called, entry.id, "the clip")
            if told:
                session.show_message(Message(sentence(told)))

        session.jobs.run("Add a clip", work, done=added, failed=session.show_error)


def _compared(plan: Plan, token: CancelToken, progress: Progress) -> Fits:
    found: Fits = {}
    for clip, fit in side_by_side(partial(fit_of, plan), plan.clips, token):
        found[clip.files] = fit
        progress(len(found), len(plan.clips), f"Comparing the files of {clip.id}")
    return found


def report_findings(done: Made, scripts: ScriptsReport, fits: Fits) -> list[Finding]:
    """What became of every file that is in no clip, of the rows of the table, and what does not fit."""
    plan = done.plan
    found = [finding for clip in plan.clips if (fit := fits.get(clip.files)) for finding in fit.findings]
    found += [Finding("warning", left.file, left.why, "") for left in plan.unpaired]
    found += [Finding("warning", f"row {each.row} of the table", each.why, "") for each in scripts.unmatched]
    found += [Finding("note", clip.id, told, "") for clip in plan.clips if (told := _called_otherwise(clip))]
    found += [Finding("note", left.file, left.why, "") for left in plan.ignored]
    if done.copied_instead:
        what = f"{done.copied_instead} files were copied, because the disk makes no links to them"
        found.append(Finding("note", str(plan.root), what, ""))
    return found


def _called_otherwise(clip: PlannedClip) -> str:
    return told_otherwise(clip.called, clip.id, "the clip") if clip.called else ""
