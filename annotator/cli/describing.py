"""The commands that put a track into words."""

from __future__ import annotations

from pathlib import Path

from annotator.cli.app import app
from annotator.terminal import say


@app.command
def describe(track: Path, /, *, time: float) -> None:
    """Words for the coefficients of a track at a time.

    Parameters
    ----------
    time
        Seconds from the track's first frame.
    """
    from annotator.inspecting import describe_track_at

    say(describe_track_at(track, time))
