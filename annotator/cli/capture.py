"""The command that makes tracks of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from annotator.cli.app import UsageError, app
from annotator.cli.terminal import progress_line, report

Switch = Literal["on", "off"]


@app.command
def capture(
    video: Path,
    /,
    *,
    out: Path | None = None,
    every: int = 1,
    neutral: str = "auto",
    smooth: str = "gauss:0.05",
    mirror_check: Switch = "on",
    face: str = "largest",
    from_: Annotated[float | None, Parameter(name="--from")] = None,
    until: float | None = None,
) -> None:
    """Capture the face in a video: coefficients and head rotation for each frame.

    Needs MediaPipe, which is installed apart; without it the error says how.

    Parameters
    ----------
    video
        The video.
    out
        The track to write; its extension names the format.
    every
        Capture every Nth frame.
    neutral
        What the face looks like at rest: auto (a calm moment of the clip), none, or its seconds.
    smooth
        none, gauss:SECONDS or one-euro:MIN_CUTOFF,BETA.
    mirror_check
        Look at each frame in a mirror, too: better values, known reliability, twice the time.
    face
        Which of several faces: largest, first, or its number from the left, from 0.
    from_
        Begin at this time, in seconds.
    until
        End before this time, in seconds.
    """
    from annotator.core.capture.capture import CaptureSettings, capture_video
    from annotator.core.capture.capture_file import check_target, write_captured

    if out is None:
        raise UsageError("say with --out FILE where the track goes")
    settings = CaptureSettings(every, neutral, smooth, mirror_check == "on", face, from_, until)
    check_target(out)
    with progress_line() as ticker:
        captured = capture_video(video, settings, progress=ticker)
    report(write_captured(captured, out))
