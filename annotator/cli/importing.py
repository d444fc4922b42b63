"""The commands that bring data in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from annotator.cli.app import Flag, UsageError, app
from annotator.cli.terminal import fail, note, progress_line, report

_MOST_NOTES = 20

import_ = App(name="import", help="Bring a folder of recordings in as a dataset.")
app.command(import_)


@import_.default
def folder(
    folder: Path,
    /,
    *,
    out: Path,
    scripts: Path | None = None,
    map_: Annotated[list[str] | None, Parameter(name="--map", negative="", consume_multiple=True)] = None,
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
