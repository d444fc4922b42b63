"""Track formats: the registry, and reading and writing a file of any of them.

A format is told by its contents, never by the name of the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.core.cancel import CancelToken
from viewer.core.channels import ROTATIONS, SHAPE_COUNT
from viewer.core.errors import FileError, StudioError, TrackError
from viewer.core.files import WriteError, read_head
from viewer.core.formats import (
    archive,
    arrays,
    audio2face,
    beat,
    blender,
    facecap,
    json_rows,
    keyframeface,
    livelink,
    mediapipe,
    parquet,
)
from viewer.core.formats.rotations import in_degrees, in_numbers
from viewer.core.formats.sidecar import read_sidecar, sidecar_path, without_missing, write_sidecar
from viewer.core.formats.table import HEAD_BYTES, head_lines, head_text, split
from viewer.core.pose import FULL_SCALE, PoseReading, Unit
from viewer.core.track import Track

__all__ = ["FORMATS", "Format", "Written", "describe_track", "format_to_write", "read", "sniff", "write"]

Reader = Callable[[Path, CancelToken | None], Track]
"""Reads a file; rotations are still the file's numbers, which :func:`read` alone turns into degrees."""
Writer = Callable[[Track, Path, CancelToken | None], None]
"""Writes a track whose rotations :func:`write` has turned into the format's numbers."""


@dataclass(frozen=True)
class Format:
    """One track format.

    ``label`` is for people, ``extensions`` with dot, the usual one first.  ``pose_unit`` is the unit in
    which all its files hold rotations, None where they may differ.

    Of writing: ``fitted`` makes of a track, to be written to a path, one with the times that the format
    knows, and ``left_out`` tells what of the one that was asked for has no place there;
    ``says_missing`` is whether a file says which channels were never measured; ``ambiguous`` tells of
    numbers that would be taken for those of another unit.
    """

    name: str
    label: str
    extensions: tuple[str, ...]
    reader: Reader
    writer: Writer | None = None
    pose_unit: Unit | None = None
    fitted: Callable[[Track, Path], Track] = lambda track, path: track
    says_missing: bool = True
    ambiguous: Callable[[Track], bool] = lambda track: False
    left_out: Callable[[Track, Track, Path], tuple[str, ...]] = lambda asked, fitted, path: ()

    @property
    def can_write(self) -> bool:
        """Whether :func:`write` takes it; every format but a script can be read."""
        return self.writer is not None


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format(
            "livelink",
            "Live Link Face CSV",
            (".csv",),
            livelink.read,
            livelink.write,
            "radians",
            says_missing=False,
            ambiguous=livelink.seems_normalized,
        ),
        Format(
            "keyframeface",
            "KeyframeFace results",
            (".jsonl",),
            keyframeface.read,
            keyframeface.write,
            "normalized",
            keyframeface.fitted,
            says_missing=False,
            left_out=keyframeface.left_out,
        ),
        Format(
            "audio2face",
            "Audio2Face CSV or JSON",
            (".csv", ".json"),
            audio2face.read,
            audio2face.write,
            "radians",
            audio2face.fitted,
            left_out=audio2face.left_out,
        ),
        Format("beat", "BEAT JSON", (".json",), beat.read, beat.write, "radians"),
        Format("npz", "NumPy archive of a track", (".npz",), archive.read, archive.write),
        Format("parquet", "Parquet table", (".parquet",), parquet.read, parquet.write),
        Format(
            "blender",
            "Blender script",
            (".py",),
            blender.read,
            blender.write,
            "degrees",
            left_out=blender.left_out,
        ),
        Format("mediapipe", "MediaPipe columns", (".csv",), mediapipe.read),
        Format("array", "NumPy array", (".npy", ".npz"), arrays.read),
        Format("jsonrows", "JSON rows of named weights", (".json", ".jsonl"), json_rows.read),
        Format("facecap", "Face Cap TXT", (".txt",), facecap.read, pose_unit="degrees"),
    )
}


@dataclass(frozen=True)
class Written:
    """What :func:`write` wrote: the ``format``'s name, how many ``frames`` at how many ``fps``, how many
    of them ``lost`` the face, the channels that are ``missing`` in it, how many values were ``clamped``,
    the unit of its rotations (empty where it has none), and ``notes`` on what the format could not hold."""

    format: str
    frames: int
    fps: float
    lost: int
    missing: tuple[str, ...]
    clamped: int
    pose_unit: str
    notes: tuple[str, ...]


def read(
    path: Path | str,
    format: str | None = None,
    cancel: CancelToken | None = None,
    *,
    order: str | None = None,
    pose: PoseReading | None = None,
) -> Track:
    """Read a track from a file.

    Parameters
    ----------
    path : Path or str
        A file in any of :data:`FORMATS`.
    format : str, optional
        The name of its format: livelink, keyframeface, audio2face, beat, npz, parquet, mediapipe,
        array, jsonrows or facecap.  Without it the contents decide, never the name of the file.
    cancel : CancelToken, optional
        Looked at now and then.
    order : str, optional
        In which order the columns of an array are, which names none: one of
        :data:`~viewer.core.formats.arrays.ORDERS`.  Other formats name their channels.
    pose : PoseReading, optional
        What is known of its rotations elsewhere, as by its dataset.

    Returns
    -------
    Track
        ``times`` (F,) float64 in seconds from the first frame; ``values`` (F, 61) float32 in CSV order:
        52 shapes from 0 to 1 and 9 rotations in degrees; NaN where the face was lost.
        ``meta["pose_unit"]`` is the unit that the file has them in (radians, normalized or degrees),
        ``meta["pose_unit_from"]`` who said so, ``meta["notes"]`` a list of sentences on what had to be
        interpreted.

    Raises
    ------
    FileError
        The file is missing, unreadable or too large.
    TrackError
        It is no track that is read here, contradicts its format, or the format is unknown.
    ~viewer.core.formats.arrays.UnknownOrderError
        It is an array, and neither ``order`` nor its values say what its columns are.
    Cancelled
        ``cancel`` was.

    Notes
    -----
    The formats and where they come from are told in ``docs/reference/formats.md``, and who knows the
    unit of a file's rotations.

    Examples
    --------
    >>> import viewer
    >>> track = viewer.read_track("resources/demo/dataset/clips/02-letter/track.csv")
    >>> track.format, track.meta["pose_unit"]
    ('livelink', 'radians')
    """
    path = Path(path)
    form = _named(format if format is not None else sniff(path))
    try:
        nameless = {"array": arrays.read, "npz": archive.read}.get(form.name)
        found = nameless(path, cancel, order) if nameless is not None else form.reader(path, cancel)
        notes = list(found.meta.get("notes", ()))
        sidecar = read_sidecar(path, notes)
        found = found.replaced(meta={**found.meta, "notes": notes})
        return in_degrees(without_missing(found, sidecar.missing), form.pose_unit, sidecar, pose, notes)
    except StudioError as fault:
        if fault.path is None:
            raise type(fault)(fault.what, fault.todo, path) from fault
        raise
    except MemoryError as error:
        raise FileError("does not fit into memory", "choose a smaller file", path) from error


def write(
    track: Track,
    path: Path | str,
    format: str | None = None,
    *,
    fps: float | None = None,
    cancel: CancelToken | None = None,
    full_scale: float = FULL_SCALE,
    sidecar: bool = True,
) -> Written:
    """Write a track to a file, which is replaced as a whole or not touched.

    Parameters
    ----------
    track : Track
        Its weights are written as they are, its rotations in the unit of the format.
    path : Path or str
        The file; its folder must exist.
    format : str, optional
        livelink, keyframeface, audio2face, beat, npz, parquet or blender.  Without it the extension decides:
        .csv Live Link, .jsonl KeyframeFace (one keyframe a second), .json BEAT, .npz and .parquet
        tables for notebooks, .py a script for Blender.
    fps : float, optional
        Frames a second to resample to, from 0.1 to 1000.
    cancel : CancelToken, optional
        Looked at now and then.
    full_scale : float
        Degrees of a normalized 1, in formats that have their rotations normalized.
    sidecar : bool
        Whether what the format cannot say may be written to a file beside it.

    Returns
    -------
    Written
        What was written, and what the format could not hold.

    Raises
    ------
    FileError
        The folder does not exist, or the file cannot be written.
    TrackError
        The format is unknown or can only be read, or it cannot hold this track.
    Cancelled
        ``cancel`` was.

    Examples
    --------
    >>> import viewer
    >>> track = viewer.read_track("resources/demo/dataset/clips/02-letter/track.csv")
    >>> written = viewer.write_track(track, "letter.json", fps=30)
    >>> written.frames, written.pose_unit
    (210, 'radians')
    >>> viewer.read_track("letter.json").format
    'beat'
    """
    path = Path(path)
    form = format_to_write(path, format)
    assert form.writer is not None
    if not path.parent.is_dir():
        raise WriteError("its folder does not exist", "create the folder or choose another", path)
    asked = track if fps is None else track.resampled(fps)
    fitted = form.fitted(asked, path)
    unit = form.pose_unit or "radians"
    numbers = in_numbers(fitted, unit, full_scale)
    form.writer(numbers, path, cancel)
    missing = tuple(fitted.missing_channels)
    notes: list[str] = []
    needed = (bool(missing) and not form.says_missing) or form.ambiguous(numbers)
    needed |= unit == "normalized" and full_scale != FULL_SCALE
    if sidecar and write_sidecar(path, unit, full_scale, () if form.says_missing else missing, needed):
        notes.append(f"what the format cannot say is in {sidecar_path(path).name}")
    notes += form.left_out(asked, fitted, path)
    turns = bool(fitted.present[SHAPE_COUNT:].any())
    return Written(
        form.name,
        len(fitted),
        fitted.fps,
        fitted.invalid_frames,
        missing,
        0,
        unit if turns else "",
        tuple(notes),
    )


def format_to_write(path: Path, format: str | None = None) -> Format:
    """The format in which :func:`write` would write a file; to find out before long work.

    Raises :class:`TrackError` when there is none, or it can only be read.
    """
    form = _named(format) if format is not None else _by_extension(path)
    if form.writer is None:
        raise TrackError(f"{form.label} can only be read", f"choose {_writable()}", path)
    return form


def sniff(path: Path | str) -> str:
    """The name of the format of a file, told by its first bytes.

    Raises :class:`FileError` for what cannot be read, :class:`TrackError` for no track.
    """
    path = Path(path)
    head = read_head(path, HEAD_BYTES)
    if archive.begins(head):
        return "npz"
    if arrays.begins(head):
        return "array"
    if parquet.begins(head):
        return "parquet"
    text = head_text(head, path)
    first = text.lstrip()[:1]
    if first in ("{", "["):
        return _sniff_json(text, path)
    if blender.begins(text):
        return "blender"
    for line in head_lines(text):
        kind = line.partition(",")[0].strip().lower()
        if kind == "bs" or (kind == "k" and line.count(",") > 12):
            return "facecap"
        header = [cell.strip() for cell in split(line, max(",;\t|", key=line.count))]
        for name, is_header in (
            ("audio2face", audio2face.is_header),
            ("livelink", livelink.is_header),
            ("mediapipe", mediapipe.is_header),
        ):
            if is_header(header):
                return name
    if keyframeface.looks_like_reply(text):
        return "keyframeface"
    raise TrackError(
        "it is not a track this program reads", f"choose {', '.join(f.label for f in FORMATS.values())}", path
    )


def describe_track(track: Track) -> dict[str, Any]:
    """JSON facts for people: kind, format, frames, fps, duration (s), channels (how many it has),
    missing (names it lacks), invalid_frames, gaps and lost stretches (s), start (s), range of
    values, pose_unit, pose_unit_from and pose_degrees (least and most of each rotation, None where
    there is none) where it has rotations, notes."""
    step = track.frame_step
    gaps = [
        {
            "start": round(start, 6),
            "end": round(end, 6),
            "frames_missing": max(1, round((end - start) / step) - 1),
        }
        for start, end in track.gaps()
    ]
    lost = [
        {"start": round(start, 6), "end": round(end, 6), "frames": frames}
        for start, end, frames in track.stretches(~track.valid)
    ]
    facts: dict[str, Any] = {
        "kind": "track",
        "format": track.format,
        "frames": len(track),
        "fps": round(track.fps, 3),
        "duration": round(track.duration, 6),
        "channels": int(track.present.sum()),
        "invalid_frames": track.invalid_frames,
        "gaps": gaps,
        "lost": lost,
        "start": round(track.start, 6),
        "missing": track.missing_channels,
    }
    if "pose_unit" in track.meta:
        facts |= {key: track.meta[key] for key in ("pose_unit", "pose_unit_from")}
        facts["pose_degrees"] = _extent_of_rotations(track)
    facts["notes"] = list(track.meta.get("notes", ()))
    return facts


def _extent_of_rotations(track: Track) -> dict[str, list[float] | None]:
    turned = track.rotations_degrees[track.valid]
    return {
        channel.name: [round(float(column.min()), 4), round(float(column.max()), 4)]
        if track.present[channel.index] and column.size
        else None
        for channel, column in zip(ROTATIONS, turned.T, strict=True)
    }


def _sniff_json(text: str, path: Path) -> str:
    if '"weightMat"' in text or '"facsNames"' in text:
        return "audio2face"
    if beat.looks_like_one(text):
        return "beat"
    # A result's reply may hold any word, so a list of frames must be one by its own keys.
    if json_rows.looks_like_rows(text):
        return "jsonrows"
    if keyframeface.looks_like_reply(text):
        return "keyframeface"
    if '"names"' in text and '"weights"' in text:
        return "jsonrows"
    if '"frames"' in text or '"names"' in text:
        return "beat"
    raise TrackError(
        "it is JSON, but not a track", "choose KeyframeFace results, Audio2Face JSON or BEAT JSON", path
    )


def _named(name: str) -> Format:
    form = FORMATS.get(name.strip().lower())
    if form is None:
        raise TrackError(f"there is no track format {name!r}", f"choose one of {', '.join(FORMATS)}")
    return form


def _by_extension(path: Path) -> Format:
    extension = path.suffix.lower()
    for form in FORMATS.values():
        if form.can_write and form.extensions[0] == extension:
            return form
    raise TrackError(
        f"its extension {extension!r} names no track format", f"name the format: {_writable()}", path
    )


def _writable() -> str:
    return ", ".join(form.name for form in FORMATS.values() if form.can_write)
