"""Tables for notebooks, as Parquet: a row a frame, which pandas, polars and R read with no help.

``frame`` int32, ``time`` float64 (s), ``valid``, and the 61 channels as float32; the file's metadata has
under ``kfstudio`` what else a track holds, as JSON.  A lost frame is null, and so is the whole column of a
channel that was never measured.  Needs pyarrow, which is an extra.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT, NAMES, Channel, match
from viewer.core.errors import FileError, TrackError
from viewer.core.files import atomic_write, read_bytes
from viewer.core.formats.archive import source_of
from viewer.core.formats.json_file import note_missing
from viewer.core.formats.rows import Beside, Rows, to_track
from viewer.core.limits import MODEL_FILE_BYTES, TRACK_FRAMES
from viewer.core.track import Track

_OURS = b"kfstudio"
_MAGIC = b"PAR1"
_INSTALL = "install it with: pip install keyframeface-studio[tables]"
_WHOSE = ("clip", "take")
_MOST_METADATA = 2**20


@dataclass(frozen=True)
class Stacked:
    """A track in a table of several: the ``clip`` and the ``take`` it is of, None for a recording."""

    clip: str
    take: str | None
    track: Track


def begins(head: bytes) -> bool:
    """Whether a file that begins so is Parquet."""
    return head.startswith(_MAGIC)


def pyarrow_for(path: Path) -> tuple[Any, Any]:
    """The package and its module for Parquet, which work on ``path`` needs.

    Raises :class:`FileError` where it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise FileError("Parquet needs the package pyarrow, which is not installed", _INSTALL, path) from None
    return pyarrow, pyarrow.parquet


# ---- writing -------------------------------------------------------------------------------------


def write(track: Track, path: Path, cancel: CancelToken | None = None) -> None:
    """Write everything that the track holds.  Values, times and what is lost or missing read back exactly.

    Raises :class:`~viewer.core.errors.FileError`, also without pyarrow,
    :class:`~viewer.core.errors.Cancelled`.
    """
    arrow, parquet = pyarrow_for(path)
    if cancel is not None:
        cancel.check()
    told = {
        "fps": track.fps,
        "start": track.start,
        "pose_unit": track.meta["pose_unit"],
        "missing": track.missing_channels,
        "source": source_of(track),
    }
    columns = _columns(arrow, track)
    schema = _schema(arrow, told)
    buffer = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=schema), buffer)
    if cancel is not None:
        cancel.check()
    atomic_write(path, buffer.getvalue())


def write_stacked(tracks: Iterable[Stacked], path: Path, pose_unit: str) -> None:
    """Write tracks, whose rotations are in ``pose_unit``, one below the other as they come, with the
    columns ``clip`` and ``take`` before the others.

    Raises :class:`~viewer.core.errors.FileError`, also without pyarrow, and what ``tracks`` raises: the
    file is as it was then.
    """
    arrow, parquet = pyarrow_for(path)
    schema = _schema(arrow, {"pose_unit": pose_unit}, whose=True)

    def pieces() -> Iterator[bytes]:
        sink = _Sink()
        with parquet.ParquetWriter(sink, schema) as writer:
            for each in tracks:
                count = len(each.track)
                whose = {
                    "clip": arrow.array([each.clip] * count, arrow.string()),
                    "take": arrow.array([each.take] * count, arrow.string()),
                }
                writer.write_table(arrow.table({**whose, **_columns(arrow, each.track)}, schema=schema))
                yield sink.taken()
        yield sink.taken()

    atomic_write(path, pieces())


class _Sink(io.RawIOBase):
    """Keeps what is written until it is taken, so that a file of any length takes little memory."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        """What was written since the last time."""
        data, self._held = bytes(self._held), bytearray()
        return data


def _schema(arrow: Any, told: dict[str, Any], *, whose: bool = False) -> Any:
    fields = [(name, arrow.string()) for name in _WHOSE] if whose else []
    fields += [("frame", arrow.int32()), ("time", arrow.float64()), ("valid", arrow.bool_())]
    fields += [(name, arrow.float32()) for name in NAMES]
    return arrow.schema(fields, metadata={_OURS: json.dumps(told).encode()})


def _columns(arrow: Any, track: Track) -> dict[str, Any]:
    lost = ~track.valid
    columns = {
        "frame": arrow.array(np.arange(len(track), dtype=np.int32)),
        "time": arrow.array(track.times),
        "valid": arrow.array(track.valid),
    }
    nothing = np.ones(len(track), bool)
    for name, column, here in zip(NAMES, track.values.T, track.present, strict=True):
        columns[name] = arrow.array(np.ascontiguousarray(column), mask=lost if here else nothing)
    return columns


# ---- reading -------------------------------------------------------------------------------------


def read(path: Path, cancel: CancelToken | None = None) -> Track:
    """Read a table of ours exactly; of another one the columns of channels, and those for times and lost
    frames by their names.

    Raises :class:`~viewer.core.errors.FileError`, also without pyarrow, :class:`TrackError`,
    :class:`~viewer.core.errors.Cancelled`.
    """
    arrow, parquet = pyarrow_for(path)
    data = read_bytes(path, MODEL_FILE_BYTES)
    if cancel is not None:
        cancel.check()
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        schema, rows = file.schema_arrow, file.metadata.num_rows
        if rows > TRACK_FRAMES:
            raise TrackError(f"has more than {TRACK_FRAMES:,} rows", "split it by its clips", path)
        if not rows:
            raise TrackError("there is no frame in it", "choose a file with at least one frame", path)
        wanted = _wanted(arrow, schema)
        if not any(match(name) for name in wanted):
            raise TrackError("names none of the 61 channels", "name its columns as ARKit does", path)
        told = _told(file.metadata.metadata or schema.metadata or {})
        _refuse_several(file, schema, path)
        table = file.read(columns=wanted)
        cells = {name: table.column(name) for name in wanted}
        plain = {name: _numbers(arrow, column) for name, column in cells.items()}
    except (arrow.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        if isinstance(error, FileError | TrackError):
            raise
        raise TrackError("is no Parquet file that can be read", "export it again", path) from error
    if cancel is not None:
        cancel.check()
    track = _ours(plain, told, path)
    return track if track is not None else _foreign(plain, told, path)


def _wanted(arrow: Any, schema: Any) -> list[str]:
    """The columns that are read: of plain numbers or truths, with a name that only one has."""
    kinds = arrow.types
    beside = Beside()
    names = list(schema.names)
    return [
        name
        for name in dict.fromkeys(names)
        if names.count(name) == 1
        and (match(name) is not None or beside.of(name) is not None)
        and any(
            fits(schema.field(name).type) for fits in (kinds.is_floating, kinds.is_integer, kinds.is_boolean)
        )
    ]


def _refuse_several(file: Any, schema: Any, path: Path) -> None:
    """One file may hold the tracks of a dataset; a track is one of them."""
    whose = [name for name in _WHOSE if name in schema.names]
    if len(whose) < len(_WHOSE):
        return
    several = {
        tuple(row.values())
        for row in file.read(columns=whose).slice(0).group_by(whose).aggregate([]).to_pylist()
    }
    if len(several) > 1:
        raise TrackError(
            f"holds {len(several)} tracks, one below the other",
            "split it by its columns clip and take",
            path,
        )


def _told(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    raw = metadata.get(_OURS, b"")
    try:
        told = json.loads(raw[:_MOST_METADATA], parse_int=float) if raw else {}
    except (ValueError, RecursionError):
        told = {}
    return told if isinstance(told, dict) else {}


def _numbers(arrow: Any, column: Any) -> npt.NDArray[np.float64]:
    """The cells of a column as numbers, NaN where there is none."""
    kind = arrow.float32() if arrow.types.is_float32(column.type) else arrow.float64()
    whole = column.cast(arrow.int8()) if arrow.types.is_boolean(column.type) else column
    found = whole.cast(kind, safe=False).to_numpy()
    return np.asarray(found, np.float64)


def _ours(plain: dict[str, npt.NDArray[np.float64]], told: dict[str, Any], path: Path) -> Track | None:
    """The track of a table of ours; None where it is none, or was changed into something else."""
    times, valid = plain.get("time"), plain.get("valid")
    if "pose_unit" not in told or times is None or valid is None:
        return None
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        return None
    missing = told.get("missing", ())
    missing = (
        set(missing) if isinstance(missing, list) and all(isinstance(n, str) for n in missing) else set()
    )
    seen = valid == 1
    present = np.zeros(CHANNEL_COUNT, bool)
    values = np.zeros((len(times), CHANNEL_COUNT), np.float32)
    for name, cells in plain.items():
        channel: Channel | None = match(name)
        empty = channel is not None and bool(seen.any()) and not np.isfinite(cells[seen]).any()
        if channel is None or channel.name in missing or empty:
            continue
        present[channel.index] = True
        with np.errstate(over="ignore", invalid="ignore"):
            values[:, channel.index] = cells
    notes: list[str] = []
    note_missing(present, (), notes)
    start = told.get("start")
    track = Track.build(
        times,
        values,
        seen,
        present=present,
        name=path.stem,
        format="parquet",
        meta={"notes": notes, "pose_unit": told["pose_unit"]},
    )
    offset = start if isinstance(start, float) and np.isfinite(start) else 0.0
    return track.replaced(start=track.start + offset)


def _foreign(plain: dict[str, npt.NDArray[np.float64]], told: dict[str, Any], path: Path) -> Track:
    """The track of any table with a column a channel."""
    at: dict[int, str] = {}
    beside = Beside()
    for name, cells in plain.items():
        channel = match(name)
        if channel is not None:
            at.setdefault(channel.index, name)
            continue
        column = beside.of(name)
        assert column is not None
        column.append((name, ["" if np.isnan(cell) else f"{cell!r}" for cell in cells.tolist()]))
    values = np.stack([plain[name] for name in at.values()], axis=1)
    unit = told.get("pose_unit")
    rows = Rows(path, [*at], values, beside, pose_unit=unit if isinstance(unit, str) else None)
    return to_track(rows, "parquet")
