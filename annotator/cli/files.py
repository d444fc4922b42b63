"""The commands that tell facts of files and turn one into another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from annotator.cli.app import OrderName, UsageError, app
from annotator.cli.terminal import fail, progress_line, report


@app.command
def info(file: Path, /, *, order: OrderName | None = None) -> None:
    """Report facts about a video, a track, a face model or a dataset, as JSON.

    Parameters
    ----------
    file
        The file, or the folder of a dataset or of OBJ files.
    order
        The order of a NumPy array's columns, where its values do not show it.
    """
    from annotator.cli.work.files import facts

    report(facts(file, order))


@app.command
def frame(video: Path, /, *, out: Path, index: str = "", time: str = "") -> None:
    """Write exact frames as PNG, numbered from 0 in the order in which they are shown.

    Parameters
    ----------
    video
        The video.
    index
        Frame numbers, e.g. 0 or 3,10,11.
    time
        Seconds, e.g. 1.5 or 0,0.25: the frames that are shown then.
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
    """Convert any readable track to any writable one, or a dataset to one table of all its tracks.

    Formats: livelink, keyframeface, audio2face, beat, npz, parquet; only for reading: mediapipe, array,
    jsonrows, facecap; only for writing: blender.

    Parameters
    ----------
    source
        The track to read, or the folder of a dataset, for a Parquet table.
    target
        The track to write.
    from_
        The format of IN, when its contents do not show it.
    to
        The format of OUT, when its name does not say: .csv is livelink, .jsonl keyframeface,
        .json beat, .npz and .parquet tables for notebooks, .py a script for Blender.
    fps
        Frames per second of the result; default: as recorded.
    mirror
        Swap left and right, for a track that was recorded as a mirror shows a face.
    order
        The order of a NumPy array's columns, where its values do not show it.
    """
    from annotator.cli.work.files import convert_track

    report(convert_track(source, target, from_, to, fps, mirror=mirror, order=order))


@app.command(name="face-model")
def face_model(file: Path | None = None, /, *, npz: Path) -> None:
    """Write a face model's arrays: vertices, triangles, names, deltas.

    Parameters
    ----------
    file
        A glTF, a GLB or a folder of OBJ files; default: the built-in head.
    npz
        The file to write.
    """
    from annotator.cli.work.files import write_face_model

    report(write_face_model(file, npz))


@app.command
def validate(path: Path, /) -> int:
    """Check a dataset, a clip, a track or a video and list every finding as JSON.

    Parameters
    ----------
    path
        The folder or the file.
    """
    from annotator.core.storage.validate import validate as check

    with progress_line() as ticker:
        checked = check(path, progress=ticker)
    report(checked)
    if not checked.errors:
        return 0
    found = "1 finding is an error" if checked.errors == 1 else f"{checked.errors} findings are errors"
    return fail(f"{found} – see the list")
