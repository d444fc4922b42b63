"""An import from the folder to the report: what the command line does in one go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from annotator.core.importing.fitting import fit_of
from annotator.core.importing.fresh_dataset import fresh_dataset
from annotator.core.importing.layouts import with_known_layouts
from annotator.core.importing.pairing import pair
from annotator.core.importing.plan import Left, Plan
from annotator.core.importing.scanning import scan
from annotator.core.importing.scripts import Mapped, ScriptsReport, by_name, check_mapping, with_words
from annotator.core.importing.tables import Table, read_table
from annotator.core.importing.writing import (
    NOT_ADDED,
    Manner,
    Present,
    make_clips,
    side_by_side,
    without_known,
)
from annotator.core.storage.dataset import Dataset
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.progress import Progress, no_progress

_TABLE = "the table of the clips' words"


@dataclass(frozen=True)
class Wanted:
    """What an import is to do.  ``mapped`` tells the columns of ``table``; ``singles``: a clip also of each
    file without a partner; ``add``: to the dataset that is there."""

    out: Path
    table: Path | None = None
    mapped: Mapped | None = None
    singles: bool = False
    add: bool = False
    how: Manner = "copy"
    dry_run: bool = False


@dataclass(frozen=True)
class Report:
    """What an import did, or would do."""

    wanted: Wanted
    plan: Plan
    scripts: ScriptsReport
    findings: tuple[Finding, ...] = ()
    layouts: tuple[str, ...] = ()
    copied_instead: int = 0

    @property
    def already_there(self) -> bool:
        """Whether anything was left out because it is in the dataset."""
        return any(left.why.startswith("it is in the dataset already") for left in self.plan.ignored)

    @property
    def not_added(self) -> str:
        """Why the first of the clips that could not be added was not; empty where all were."""
        why = (left.why for left in self.plan.ignored if left.why.startswith(NOT_ADDED))
        return next(why, "").removeprefix(NOT_ADDED)

    def lines(self, most: int) -> list[str]:
        """What a person should know at once; of what does not fit at most so many lines."""
        said = [*self.layouts, *(finding.line() for finding in self.findings[:most])]
        if len(self.findings) > most:
            said.append(f"{len(self.findings) - most} more of these; kfstudio validate lists them")
        if self.copied_instead:
            said.append(f"{_count(self.copied_instead, 'file')} copied: the disk makes no links to them")
        rows, alone = len(self.scripts.unmatched), len(self.plan.unpaired)
        if rows:
            said.append(f"of {rows} of {self.scripts.rows} rows something was not taken; see scripts")
        if alone:
            said.append(f"{_count(alone, 'file')} left without a partner, and not imported; see unpaired")
        return said

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        plan, scripts = self.plan, self.scripts
        return {
            "dataset": str(self.wanted.out),
            "dry_run": self.wanted.dry_run,
            "clips": [
                {
                    "id": clip.id,
                    "video": clip.video,
                    "track": clip.track,
                    "script": clip.words.script or None,
                    "offset": clip.words.offset,
                }
                for clip in plan.clips
            ],
            "unpaired": [{"file": left.file, "why": left.why} for left in plan.unpaired],
            "ignored": [{"file": left.file, "why": left.why} for left in plan.ignored],
            "scripts": {
                "rows": scripts.rows,
                "matched": scripts.matched,
                "unmatched": [{"row": each.row, "why": each.why} for each in scripts.unmatched],
            },
        }


def import_folder(
    folder: Path,
    wanted: Wanted,
    *,
    cancel: CancelToken | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Bring the recordings of a folder into a dataset.

    Raises :class:`~viewer.core.errors.FileError` for a folder or a table that cannot be used,
    :class:`DatasetError` for a dataset that cannot, :class:`~viewer.core.errors.Cancelled`.  Nothing is
    written then, but for clips that were whole before a cancel or a full disk.
    """
    cancel = cancel or CancelToken()
    present = check_target(folder, wanted.out, add=wanted.add)
    table = None if wanted.table is None else read_table(wanted.table, cancel)
    if table is not None and wanted.mapped is not None:
        check_mapping(table, wanted.mapped)
    plan = planned(folder, wanted, present, cancel=cancel, progress=progress)
    plan, layouts = with_known_layouts(plan, cancel)
    plan, scripts = worded(plan, table, wanted.mapped)
    findings = compared(plan, cancel, progress)
    if wanted.dry_run or not plan.clips:
        return Report(wanted, plan, scripts, findings, layouts)
    with nullcontext() if wanted.add else fresh_dataset(wanted.out):
        made = make_clips(plan, wanted.out, wanted.how, cancel=cancel, progress=progress)
    return Report(wanted, made.plan, scripts, findings, layouts, made.copied_instead)


def check_target(folder: Path, out: Path, *, add: bool) -> Present | None:
    """What is in the dataset that is added to; None for a new one.

    Raises :class:`DatasetError` unless ``out`` is a dataset for ``add``, and else new or empty.
    """
    if add:
        dataset = Dataset.open(out)
        inner, outer = Path(os.path.realpath(folder)), Path(os.path.realpath(dataset.root))
        if inner.is_relative_to(outer):
            raise DatasetError("the folder is a part of this dataset", "choose another folder", folder)
        return Present(dataset)
    if not os.path.lexists(out):
        return None
    try:
        empty = out.is_dir() and not any(out.iterdir())
    except OSError as error:
        raise DatasetError(
            f"it cannot be looked into ({error.strerror})", "choose another folder", out
        ) from None
    if not empty:
        what = "the folder for the dataset is not empty" if out.is_dir() else "it is a file, not a folder"
        raise DatasetError(what, "choose a new folder, or add to the dataset there with --add", out)
    return None


def planned(
    folder: Path,
    wanted: Wanted,
    present: Present | None,
    *,
    cancel: CancelToken,
    progress: Progress = no_progress,
) -> Plan:
    """What would be imported of a folder, before anything is said of its clips."""
    plan = pair(scan(folder, skip=[wanted.out], cancel=cancel, progress=progress))
    plan = with_table(plan, wanted.table)
    if wanted.singles:
        plan = plan.with_singles()
    if present is not None:
        plan = without_known(plan, present, cancel, progress)
    return plan.named(present.ids if present is not None else ())


def with_table(plan: Plan, table: Path | None) -> Plan:
    """The plan where one of its files is the table, and nothing else."""
    if table is None:
        return plan
    real = Path(os.path.realpath(table))
    if not real.is_relative_to(plan.root):
        return plan
    file = real.relative_to(plan.root).as_posix()
    found = [left for left in (*plan.ignored, *plan.unpaired) if left.file == file]
    if not found:
        return plan
    return replace(
        plan,
        unpaired=tuple(left for left in plan.unpaired if left.file != file),
        ignored=(*(left for left in plan.ignored if left.file != file), Left(file, _TABLE)),
    ).whole()


def worded(plan: Plan, table: Table | None, mapped: Mapped | None) -> tuple[Plan, ScriptsReport]:
    """The plan with what a table says of its clips; without a mapping, columns called like fields count."""
    if table is None:
        return plan, ScriptsReport()
    return with_words(plan, table, mapped if mapped is not None else by_name(table.columns))


def compared(plan: Plan, cancel: CancelToken, progress: Progress = no_progress) -> tuple[Finding, ...]:
    """What there is to know of how the files of each clip fit."""
    found: list[Finding] = []
    for number, (clip, fit) in enumerate(_fits(plan, cancel), 1):
        progress(number, len(plan.clips), f"Comparing {clip}")
        found += fit
    return tuple(sorted(found, key=lambda finding: finding.where))


def _fits(plan: Plan, cancel: CancelToken) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    for clip, fit in side_by_side(partial(fit_of, plan), plan.clips, cancel):
        yield clip.id, fit.findings


def _count(count: int, thing: str) -> str:
    return f"1 {thing} was" if count == 1 else f"{count} {thing}s were"
