"""The commands that draw the face."""

from __future__ import annotations

from pathlib import Path

from annotator.cli.app import UsageError, app
from annotator.cli.terminal import progress_line, report


@app.command
def render(
    track: Path | None = None,
    /,
    *,
    out: Path | None = None,
    sheet: Path | None = None,
    at: float | None = None,
    model: Path | None = None,
    video: Path | None = None,
    beside: Path | None = None,
    size: str | None = None,
    fps: float = 30.0,
) -> None:
    """Draw the face: a PNG of one moment, or an MP4 of video and faces side by side.

    Parameters
    ----------
    track
        The track to draw.
    out
        FILE.png or FILE.mp4.
    sheet
        FILE.png: every shape of the face model in one picture; needs no track.
    at
        Seconds of the moment (PNG only); default: the first.
    model
        A glTF, a GLB or a folder of OBJ files; default: the built-in head.
    video
        A video, shown left of the face; its sound goes into the film.
    beside
        A second track, drawn beside the first.
    size
        WIDTHxHEIGHT of the whole picture.
    fps
        Frames per second (MP4 only).
    """
    from annotator.export.scene import render_file, render_sheet

    if sheet is not None:
        if any(given is not None for given in (track, out, at, video, beside, size)):
            raise UsageError("--sheet goes with --model only; make the other pictures in a call of their own")
        with progress_line() as ticker:
            report(render_sheet(sheet, model, ticker))
        return
    if track is None or out is None:
        raise UsageError("give a track and --out FILE, or --sheet FILE")
    if at is not None and out.suffix.lower() == ".mp4":
        raise UsageError("--at is for one picture; name --out FILE.png, or leave --at out")
    with progress_line() as ticker:
        result = render_file(
            track, out, at=at, model=model, video=video, beside=beside, size=size, fps=fps, progress=ticker
        )
    report(result)
