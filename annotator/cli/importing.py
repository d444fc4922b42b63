"""The commands that bring data in: recordings, and annotations of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from annotator.cli.app import Flag, UsageError, app
from annotator.cli.terminal import fail, note, progress_line, report

_MOST_NOTES = 20

FormatName = Literal["eaf", "boris", "csv", "tsv", "parquet", "srt", "vtt", "label-studio", "cvat"]
"""The formats of annotations, as :data:`annotator.core.interchange.formats.FORMATS` has them."""

_Several = Parameter(name="--map", negative="", consume_multiple=True)

import_ = App(name="import", help="Bring a folder of recordings in as a dataset.")
app.command(import_)


@import_.default
def folder(
    folder: Path,
    /,
    *,
    out: Path,
    scripts: Path | None = None,
    map_: Annotated[list[str] | None, _Several] = None,
    singles: Flag = False,
    add: Flag = False,
    link: Flag = False,
    copy: Flag = False,
    dry_run: Flag = False,
) -> int:
    """Bring a folder of recordings in as a dataset.

    A video and a track become one clip by their names, or as a take of Live Link Face; never by
    their order. What became of every file is reported as JSON.

    Parameters
    ----------
    folder
        The folder; one that is called like a command of import is written ./annotations.
    out
        The folder of the dataset: new or empty, unless --add is given.
    scripts
        A table with what is to be said of the clips: .csv, .tsv, .jsonl or .xlsx.
    map_
        FIELD=COLUMN, as often as needed. Fields: id, video, track (one of these says which clip a row is
        for), script, background, emotion, offset, split, tags. Default: columns called like fields.
    singles
        Make a clip also of each video and each track without a partner.
    add
        Add to the dataset that is there; what it has already is left out.
    link
        Make hard links instead of copies, where the disk can.
    copy
        Copy the files; this is the default.
    dry_run
        Write nothing, and print the same report.
    """
    from annotator.core.importing.run import Wanted, import_folder
    from annotator.core.importing.scripts import mapping_of

    if link and copy:
        raise UsageError("--link and --copy exclude each other")
    if map_ and scripts is None:
        raise UsageError("--map needs the table: --scripts TABLE")
    try:
        mapped = mapping_of(map_) if map_ else None
    except ValueError as fault:
        raise UsageError(f"--map: {fault}") from None
    wanted = Wanted(out, scripts, mapped, singles, add, "link" if link else "copy", dry_run)
    with progress_line() as ticker:
        done = import_folder(folder, wanted, progress=ticker)
    report(done.to_json())
    if not done.plan.clips and done.not_added:
        what, _, todo = done.not_added.partition(" – ")
        return fail(f"no clip could be added ({what}) – {todo or 'see the report'}")
    if not done.plan.clips and not done.already_there:
        alone = len(done.plan.unpaired)
        what = f"nothing could be paired ({alone} videos and tracks have no partner)"
        return fail(f"{what} – see the report, or add --singles")
    for line in done.lines(_MOST_NOTES):
        note(line)
    return 0


@import_.command(name="annotations")
def marks(
    file: Path,
    /,
    *,
    into: Path,
    as_: Annotated[str, Parameter(name="--as")],
    clip: str | None = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    format: FormatName | None = None,
    map_: Annotated[list[str] | None, _Several] = None,
    status: str = "needs review",
    merge: Flag = False,
    replace: Flag = False,
    dry_run: Flag = False,
) -> None:
    """Bring the marks of another tool in as somebody's annotation of a clip.

    Reads ELAN, BORIS, tables (CSV, TSV, Parquet), subtitles (SRT, WebVTT), Label Studio and CVAT for
    video. What was left out or had to be changed is reported as JSON.

    Parameters
    ----------
    file
        The file.
    into
        The folder of the dataset.
    as_
        Whose annotation it becomes.
    clip
        The clip it is for. Default: the one called as the file, else the one the file names, else the one
        whose video has the name of the file's media.
    from_
        Whose marks of the file are taken, where it has those of several annotators.
    format
        What the file is. Default: as its name says.
    map_
        keyframes=TIER or emotions=TIER, as often as needed: what a tier, behaviour or label of the file
        becomes. * stands for all the rest.
    status
        The status of the annotation: new, in progress, done or needs review.
    merge
        Add to the annotation that is there. Marks at the same time take the new text and keep the rest.
    replace
        Replace the annotation that is there; the old one goes to the backups.
    dry_run
        Write nothing, and print the same report.
    """
    from annotator.core.interchange.bringing import Wanted, bring_in_annotations
    from annotator.core.interchange.choosing import parse_map
    from annotator.core.model import STATUSES
    from annotator.core.storage.dataset import Dataset

    if merge and replace:
        raise UsageError("--merge and --replace exclude each other")
    known = next((each for each in STATUSES if each == status), None)
    if known is None:
        raise UsageError(f"--status {status!r} is none of {', '.join(STATUSES)}")
    if not as_.strip():
        raise UsageError("--as needs the name of an annotator")
    try:
        mapping = parse_map(map_ or ())
    except ValueError as fault:
        raise UsageError(f"--map: {fault}") from None
    wanted = Wanted(
        as_,
        clip,
        from_,
        format,
        mapping,
        known,
        "merge" if merge else "replace" if replace else "new",
        dry_run,
    )
    done = bring_in_annotations(Dataset.open(into), file, wanted)
    report(done.to_json())
    note(done.note())
