"""The command that puts tracks and videos in step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import Flag, UsageError, app
from annotator.cli.terminal import fail, progress_line, report


@app.command
def sync(
    clips: Annotated[list[Path], Parameter(name="CLIP", negative="")],
    /,
    *,
    track: Path | None = None,
    estimate: Flag = False,
    timecodes: Flag = False,
    set_to: Annotated[float | None, Parameter(name="--set")] = None,
    by: float | None = None,
    reach: float = 2.0,
    captured: Path | None = None,
    apply: Flag = False,
) -> int:
    """Tell how tracks lie in their videos, and find the offset, as JSON; --apply writes it.

    The offset is what is added to a track's time to get the video's, in seconds. Without an option only
    lengths, timecodes and what does not fit are told. An estimate that is not sure is told as such, and
    never written.

    Parameters
    ----------
    clips
        Clips, or datasets for all of their clips; with --track one video.
    track
        A track to lay against a video; neither belongs to a clip.
    estimate
        Find the offset from what moves in the pictures, and from the sound.
    timecodes
        Take it from timecodes, where video and track have them; with --estimate, before that.
    set_to
        Say the offset, in seconds.
    by
        Change the offset by so many seconds.
    reach
        How many seconds to either side of the offset now are tried, 0.5 to 60.
    captured
        A track captured from this very video, in its time, to lay the other against.
    apply
        Write the offset into the clips.
    """
    from annotator.cli.work.sync import Wanted, sync_clips

    ways = [name for name, given in (("--set", set_to), ("--by", by)) if given is not None]
    if len(ways) == 2 or (ways and (estimate or timecodes)):
        raise UsageError(f"{ways[0]} already says the offset; leave out the other ways")
    if not 0.5 <= reach <= 60:
        raise UsageError("--reach takes seconds from 0.5 to 60")
    for name, value in (("--set", set_to), ("--by", by)):
        if value is not None and not -1e6 <= value <= 1e6:
            raise UsageError(f"{name} takes seconds, e.g. 0.25")
    if apply and not (ways or estimate or timecodes):
        raise UsageError("--apply needs an offset; give --estimate, --timecodes, --set or --by")
    if track is not None and (len(clips) != 1 or apply):
        raise UsageError("--track is for one video, and nothing is written")
    if captured is not None and (len(clips) != 1 or not estimate):
        raise UsageError("--captured is for one clip, with --estimate")
    wanted = Wanted(estimate, timecodes, set_to, by, reach, apply, captured)
    with progress_line() as ticker:
        told = sync_clips(clips, track, wanted, ticker)
    report(told.report)
    if told.failed:
        some = "1 clip" if told.failed == 1 else f"{told.failed} clips"
        return fail(
            f"{some} could not be looked at ({told.first.replace(' – ', '; ')}) – see “error” in the list"
        )
    if apply and told.unsure:
        some = "1 clip has" if told.unsure == 1 else f"{told.unsure} clips have"
        return fail(f"{some} no offset that is sure – see “reason” in the list, and give it with --set")
    return 0
