"""The commands that measure tracks against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import app
from annotator.terminal import report


@app.command
def compare(
    a: Annotated[Path, Parameter(name="A")], b: Annotated[Path, Parameter(name="B")], /, *, at: str = ""
) -> None:
    """Per channel, region and keyframe: error, correlation, speed and jerk, as JSON.

    Parameters
    ----------
    at
        Seconds of the keyframes, e.g. 0.5,1.2; default: those annotated for A or B, or the
        lines of a KeyframeFace file.
    """
    from annotator.inspecting import compare_tracks

    report(compare_tracks(a, b, at))
