"""NumPy arrays of coefficients, .npy and .npz: (F, 51), (F, 52), (F, 53), (F, 61) or (F, 62).

An array names no columns.  ARKit's order, MediaPipe's and the alphabet are told apart by what moves:
in the right one left and right of a face move alike.  Where that does not tell, the order is asked.

An archive may say more under names of its own: ``names``, ``times``, ``fps``, ``start`` (s), ``valid``,
``present`` and ``pose_unit``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNELS, NAMES, SHAPE_COUNT, STREAM_NAMES, match
from viewer.core.errors import TrackError
from viewer.core.files import read_bytes
from viewer.core.formats import clock
from viewer.core.formats.rows import UNIT_NAMES, Beside, Rows, is_flag, to_track
from viewer.core.limits import TEXT_FILE_BYTES
from viewer.core.numpy_file import read_array, read_arrays
from viewer.core.track import Track

_MAGIC = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_TONGUE = "TongueOut"
_NEUTRAL = ""
"""Stands for MediaPipe's first column, which is no channel."""

_ALPHABET = tuple(sorted(NAMES[:SHAPE_COUNT], key=str.lower))
_ORDERS: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "arkit": {
        51: tuple(name for name in STREAM_NAMES[:SHAPE_COUNT] if name != _TONGUE),
        52: STREAM_NAMES[:SHAPE_COUNT],
        61: STREAM_NAMES,
    },
    "mediapipe": {
        51: tuple(name for name in _ALPHABET if name != _TONGUE),
        52: (_NEUTRAL, *(name for name in _ALPHABET if name != _TONGUE)),
        53: (_NEUTRAL, *_ALPHABET),
    },
    "alphabetical": {51: tuple(name for name in _ALPHABET if name != _TONGUE), 52: _ALPHABET},
    "livelink": {52: NAMES[:SHAPE_COUNT], 61: NAMES},
}
ORDERS: Mapping[str, str] = {
    "arkit": "ARKit's order: eyeBlinkLeft first, tongueOut last",
    "mediapipe": "MediaPipe's order: _neutral first, then in alphabetical order, no tongueOut",
    "alphabetical": "By the alphabet: browDownLeft first, tongueOut last",
    "livelink": "Live Link Face's order: as ARKit's, jawRight before jawLeft",
}
"""The orders that an array can be read in, with words for people."""

_WIDTHS = frozenset(width for order in _ORDERS.values() for width in order)
_COUNTS = SHAPE_COUNT, len(NAMES)
"""Channels that a column of times may stand before."""
_ALIKE, _CLEARLY = 0.45, 0.2
"""The share of movement on one side only that the right order has at most, and by how much less than
any other."""
_ENOUGH_ROWS = 20
"""In fewer, a face may well move on one side only."""
_STILL = 0.02
"""MediaPipe's ``_neutral`` stays below it."""
_LIKELY_NAMES = ("blendshape", "arkit", "coeff", "weight", "expression", "face", "data", "arr_0")


class UnknownOrderError(TrackError):
    """The order of an array's columns cannot be told: it has to be said.  ``choices`` are the orders
    it may be in, with what would move most in each."""

    def __init__(self, columns: int, choices: Mapping[str, tuple[str, ...]], path: Path) -> None:
        super().__init__(
            f"does not name its {columns} columns, and their movement does not show the order",
            f"give it: --order {' or '.join(choices)}",
            path,
        )
        self.choices = choices


@dataclass(frozen=True)
class _Arrays:
    """An array (F, C) of values and what lay beside it."""

    values: npt.NDArray[np.floating[Any]]
    names: tuple[str, ...] = ()
    times: tuple[str, npt.NDArray[np.float64]] | None = None
    flags: list[tuple[str, list[str]]] = field(default_factory=list)
    fps: float | None = None
    start: float = 0.0
    pose_unit: str | None = None


def begins(head: bytes) -> bool:
    """Whether a file that begins so is an array or an archive of arrays."""
    return head.startswith(_MAGIC) or (head.startswith(_ZIP) and b".npy" in head[:512])


def read(path: Path, cancel: CancelToken | None = None, order: str | None = None) -> Track:
    """Read an array, in ``order`` (one of :data:`ORDERS`) or in the one that its values tell.

    Raises :class:`~viewer.core.errors.FileError`, :class:`UnknownOrderError` where the order has to be
    said, :class:`TrackError`, :class:`~viewer.core.errors.Cancelled`.
    """
    data = read_bytes(path, TEXT_FILE_BYTES)
    if cancel is not None:
        cancel.check()
    found = _archive(data, path) if data.startswith(_ZIP) else _Arrays(_frames(_array(data, path), path))
    values, times, notes = found.values, found.times, list[str]()
    if not found.names and values.shape[1] - 1 in _COUNTS and _rises(values[:, 0]):
        times, values = ("its first column", values[:, 0].astype(np.float64)), values[:, 1:]
        notes.append("its first column rises steadily; read as times")
    names = found.names or _columns(values, order, path, notes)
    at = {channel.index: column for column, name in enumerate(names) if (channel := match(name)) is not None}
    if not at:
        raise TrackError("names none of the 61 channels", "name its columns as ARKit does", path)
    beside = Beside(flags=[*found.flags])
    if times is not None:
        beside.clocks.append((times[0], [repr(float(time)) for time in times[1]]))
    rows = Rows(
        path,
        [*at],
        values[:, [*at.values()]].astype(np.float64),
        beside,
        fps=found.fps,
        start=found.start,
        pose_unit=found.pose_unit,
        notes=notes,
    )
    return to_track(rows, "array")


# ---- the order -----------------------------------------------------------------------------------


def _columns(
    values: npt.NDArray[np.floating[Any]], order: str | None, path: Path, notes: list[str]
) -> tuple[str, ...]:
    """The name of each column."""
    width = values.shape[1]
    if order is not None:
        if order not in _ORDERS:
            raise TrackError(f"there is no order {order!r}", f"choose one of {', '.join(ORDERS)}", path)
        if width not in _ORDERS[order]:
            raise TrackError(f"its {width} columns have no order {order!r}", "choose another", path)
        return _ORDERS[order][width]
    possible = {name: widths[width] for name, widths in _ORDERS.items() if width in widths}
    if width > SHAPE_COUNT + 1:
        notes.append("61 columns read as the channels in CSV order, JawRight before JawLeft")
        return possible["livelink"]
    # Only a swapped jaw sets it apart from ARKit's.
    possible.pop("livelink", None)
    if width == SHAPE_COUNT - 1:
        possible.pop("alphabetical")
    chosen = _by_what_moves(values, possible)
    if chosen is None:
        raise UnknownOrderError(
            width, {name: _moving(values, names) for name, names in possible.items()}, path
        )
    moving = ", ".join(_moving(values, possible[chosen]))
    notes.append(
        f"its {width} columns are unnamed: read in {ORDERS[chosen].partition(':')[0]}, "
        f"as their movement shows (most: {moving})"
    )
    return possible[chosen]


def _by_what_moves(
    values: npt.NDArray[np.floating[Any]], possible: Mapping[str, tuple[str, ...]]
) -> str | None:
    """The only order in which the face moves alike on both sides; None where there is none."""
    finite = values[np.isfinite(values).all(axis=1)].astype(np.float64)
    if len(finite) < _ENOUGH_ROWS:
        return None
    one_sided: dict[str, float] = {}
    for order, names in possible.items():
        if names[0] == _NEUTRAL and np.abs(finite[:, 0]).max() > _STILL * max(1.0, np.abs(finite).max()):
            continue
        one_sided[order] = _one_sidedness(finite, names)
    ranked = sorted(one_sided, key=lambda order: one_sided[order])
    if not ranked or one_sided[ranked[0]] > _ALIKE:
        return None
    clear = len(ranked) == 1 or one_sided[ranked[1]] - one_sided[ranked[0]] >= _CLEARLY
    if len(ranked) == 1 and len(possible) > 1 and one_sided[ranked[0]] > _CLEARLY:
        clear = False
    return ranked[0] if clear else None


def _one_sidedness(values: npt.NDArray[np.float64], names: tuple[str, ...]) -> float:
    """How much of all movement is on one side only, from 0 to 1; 1 where nothing moves."""
    at = {name: column for column, name in enumerate(names)}
    moved = np.abs(values - np.median(values, axis=0))
    aside = total = 0.0
    for channel in CHANNELS[:SHAPE_COUNT]:
        if channel.name not in at:
            continue
        here = moved[:, at[channel.name]]
        total += float(here.sum())
        if channel.mirror != channel.name and channel.mirror in at:
            aside += 0.5 * float(np.abs(here - moved[:, at[channel.mirror]]).sum())
    return aside / total if total > 1e-6 * values.size else 1.0


def _moving(values: npt.NDArray[np.floating[Any]], names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the three columns that move most."""
    moved = np.ptp(np.nan_to_num(values.astype(np.float64)), axis=0)
    most = np.argsort(-moved, kind="stable")
    return tuple(names[column] for column in most if names[column] and moved[column] > 0)[:3]


def _rises(column: npt.NDArray[np.floating[Any]]) -> bool:
    return len(column) > 2 and bool((np.diff(column.astype(np.float64)) > 0).all())


# ---- the file ------------------------------------------------------------------------------------


def _frames(array: npt.NDArray[Any], path: Path) -> npt.NDArray[np.floating[Any]]:
    """An array as (F, C) of a number of columns that is read."""
    shape = array.shape
    if array.ndim == 3 and 1 in shape:
        array = array.reshape([side for at, side in enumerate(shape) if at != shape.index(1)])
    if array.ndim == 2 and not _fits(array.shape[1]) and _fits(array.shape[0]):
        array = array.T
    if array.ndim != 2 or not _fits(array.shape[1]) or not len(array):
        raise TrackError(f"holds an array of shape {tuple(shape)}", "give one of shape (frames, 52)", path)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(array, np.float64)


def _fits(columns: int) -> bool:
    return columns in _WIDTHS or columns - 1 in _COUNTS


def _array(data: bytes, path: Path) -> npt.NDArray[Any]:
    """The array of a .npy file; its size is checked before anything is made of it."""
    try:
        array = read_array(io.BytesIO(data), len(data))
    except ValueError as error:
        raise TrackError(str(error), "save the array again with numpy.save", path) from error
    if array.dtype.kind not in "fiu":
        raise TrackError("is not an array of plain numbers", "save the array again with numpy.save", path)
    return array


def _archive(data: bytes, path: Path) -> _Arrays:
    """The one array of coefficients in an archive, with names, times and rate where they lie in it."""
    try:
        arrays = read_arrays(io.BytesIO(data))
    except ValueError as error:
        raise TrackError(str(error), "save only its coefficients with numpy.savez", path) from error
    name = _most_likely(arrays)
    if name is None:
        raise TrackError("holds no array of coefficients", "save one of shape (frames, 52) in it", path)
    values = np.asarray(arrays.pop(name), np.float64)
    names = _names(arrays, values.shape[1])
    found = _Arrays(values if names else _frames(values, path), names)
    count = len(found.values)
    for other, array in arrays.items():
        found = _with(found, other, array, count)
    return found


def _names(arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> tuple[str, ...]:
    """The names of the columns, where an array of as many texts lies beside them."""
    texts = [array for array in arrays.values() if array.dtype.kind == "U" and array.ndim == 1]
    return next((tuple(map(str, array)) for array in texts if array.size == columns), ())


def _with(found: _Arrays, name: str, array: npt.NDArray[Any], count: int) -> _Arrays:
    """What was ``found``, and what one more array says of its ``count`` frames; others say nothing."""
    plain = name.lower()
    if array.size == 1:
        value = array.reshape(-1)[0]
        if array.dtype.kind == "U":
            return replace(found, pose_unit=str(value)) if plain in UNIT_NAMES else found
        if plain in ("fps", "frame_rate", "framerate", "rate") and 0.1 <= float(value) <= 1000:
            return replace(found, fps=float(value))
        if plain == "start" and np.isfinite(float(value)):
            return replace(found, start=float(value))
    if array.size == count and array.dtype.kind != "U":
        if clock.is_time(name):
            return replace(found, times=(name, array.reshape(-1).astype(np.float64)))
        if is_flag(name):
            return replace(found, flags=[*found.flags, (name, [str(cell) for cell in array.reshape(-1)])])
    if plain == "present" and array.dtype.kind == "b" and array.size == found.values.shape[1]:
        return replace(found, values=np.where(array.reshape(-1), found.values, np.nan))
    return found


def _most_likely(arrays: Mapping[str, npt.NDArray[Any]]) -> str | None:
    texts = {array.size for array in arrays.values() if array.dtype.kind == "U" and array.ndim == 1}
    fitting = [
        name
        for name, array in arrays.items()
        if array.dtype.kind in "fiu"
        and array.ndim in (2, 3)
        and len(array)
        and (_fits(array.shape[-1]) or _fits(array.shape[0]) or (array.ndim == 2 and array.shape[1] in texts))
    ]
    ranks = {word: rank for rank, word in enumerate(_LIKELY_NAMES)}
    return min(
        fitting,
        key=lambda name: min((rank for word, rank in ranks.items() if word in name.lower()), default=99),
        default=None,
    )
