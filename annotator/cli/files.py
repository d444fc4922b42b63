"""The commands that tell facts of files and turn one into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import OrderName, UsageError, app
from annotator.cli.terminal import fail, progress_line, report


@app.command
def info(file: Path, /, *, order: OrderName | None = None) -> None:
    """Facts about a video, a track, a face model or a dataset, as JSON.

    Parameters
    ----------
    order
        In which order the columns of a NumPy array are, where its values do not tell it.
    """
    from annotator.cli.work.files import facts

    report(facts(file, order))


@app.command
def frame(video: Path, /, *, out: Path, index: str = "", time: str = "") -> None:
    """Write exact frames as PNG, numbered in presentation order from 0.

    Parameters
    ----------
    index
        Frame numbers, e.g. 0 or 3,10,11.
    time
        Seconds, e.g. 1.5 or 0,0.25: the frames shown then.
    out
        A PNG file for one frame, or a folder.
    """
    from annotator.cli.work.files import write_frames

    if not (index.strip(" ,") or time.strip(" ,")):
        raise UsageError("no frame was asked for; give --index N or --time SECONDS")
    report(write_frames(video, index, time, out))


@app.command
def convert(
    source: Annotated[Path, Parameter(name="IN")],
    target: Annotated[Path, Parameter(name="OUT")],
    /,
    *,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    fps: float | None = None,
    mirror: Annotated[bool, Parameter(negative="")] = False,
    order: OrderName | None = None,
) -> None:
    """Convert any readable track to any writable one.

    Formats: livelink, keyframeface, audio2face, beat; read only: mediapipe, array,
    jsonrows, facecap.

    Parameters
    ----------
    from_
        The format of IN, when it cannot be told from its contents.
    to
        The format of OUT, when its name does not say: .csv is livelink, .jsonl keyframeface,
        .json beat.
    fps
        Frames a second of the result; default: as recorded.
    mirror
        Swap left and right: for a track that was recorded like a mirror shows a face.
    order
        In which order the columns of a NumPy array are, where its values do not tell it.
    """
    from annotator.cli.work.files import convert_track

    report(convert_track(source, target, from_, to, fps, mirror=mirror, order=order))


@app.command(name="face-model")
def face_model(file: Path | None = None, /, *, npz: Path) -> None:
    """Write a face model's arrays: vertices, triangles, names, deltas.

    Parameters
    ----------
    file
        A glTF, a GLB or a folder of OBJ files; without it the default head.
    npz
        The file to write.
    """
    from annotator.cli.work.files import write_face_model

    report(write_face_model(file, npz))


@app.command
def validate(path: Path, /) -> int:
    """Check a dataset, a clip, a track or a video and list every finding as JSON."""
    from annotator.core.storage.validate import validate as check

    with progress_line() as ticker:
        checked = check(path, progress=ticker)
    report(checked)
    if not checked.errors:
        return 0
    found = "1 finding is an error" if checked.errors == 1 else f"{checked.errors} findings are errors"
    return fail(f"{found} – see the list")
