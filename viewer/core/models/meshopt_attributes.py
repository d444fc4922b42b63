"""Mode 0 of EXT_meshopt_compression: rows of bytes as differences from one row to the next.

Rows come in blocks, a block has one column for each byte of a row, and a column groups of 16
differences.  A group takes 0 to 24 bytes, so where it begins is known only after all groups before it:
that is walked in Python, over sizes found beforehand.  All else is done for many groups at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

_HEADER = 0xA0
_TAIL = 32
_GROUP = 16
_BLOCK_BYTES, _BLOCK_ROWS = 8192, 256
_LARGEST_GROUP = 24
_AT_ONCE = 1 << 20
"""Bytes that are decoded together: enough for numpy, little for memory."""

_MODES = [tuple(code >> shift & 3 for shift in (0, 2, 4, 6)) for code in range(256)]
"""How four groups are packed, by their byte in a column's head."""


def decode_attributes(data: Bytes, count: int, stride: int) -> Bytes:
    """The rows (count, stride) of a stream.  Raises :class:`ValueError` for one that is damaged."""
    if data.size < 1 + max(stride, _TAIL) or data[0] != _HEADER:
        raise ValueError("no stream of attributes")
    body, before = data[1 : data.size - max(stride, _TAIL)], data[data.size - stride :]
    rows = np.empty((count, stride), np.uint8)
    most = min(_BLOCK_BYTES // stride & ~(_GROUP - 1), _BLOCK_ROWS)
    together = max(_AT_ONCE // _largest_block(most, stride), 1)
    done = at = 0
    while done < count:
        block = min(count - done, most)
        blocks = min((count - done) // block, together)
        window = body[at : at + blocks * _largest_block(block, stride)]
        steps, used = _differences(window, blocks, block, stride)
        into = rows[done : done + blocks * block]
        np.cumsum(steps, axis=0, dtype=np.uint8, out=into)
        into += before
        before = into[-1]
        done += blocks * block
        at += used
    if at != body.size:
        raise ValueError("the stream is longer than its rows")
    return rows


def _largest_block(rows: int, stride: int) -> int:
    groups = -(-rows // _GROUP)
    return stride * (-(-groups // 4) + groups * _LARGEST_GROUP)


def _differences(window: Bytes, blocks: int, rows: int, stride: int) -> tuple[Bytes, int]:
    """The differences (blocks * rows, stride) of blocks that a window begins with, and its bytes that
    they take."""
    groups = -(-rows // _GROUP)
    # A group that begins in the window may be said to reach beyond it; that is noticed afterwards.
    room = np.concatenate((window, np.zeros(_LARGEST_GROUP, np.uint8)))
    starts, modes, used = _walk(room, blocks * stride, groups)
    if used > window.size:
        raise ValueError("the stream is cut off")
    packed = np.zeros((len(starts), _GROUP), np.uint8)
    for mode, bits in ((1, 2), (2, 4)):
        which = np.flatnonzero(modes == mode)
        packed[which] = _sentinels(room, starts[which], bits)
    which = np.flatnonzero(modes == 3)
    packed[which] = room[starts[which, None] + np.arange(_GROUP)]
    # Zigzag: 0, -1, 1, -2, 2 …
    steps = (packed >> 1) ^ (0 - (packed & 1))
    columns = steps.reshape(blocks, stride, groups * _GROUP)[:, :, :rows]
    return np.ascontiguousarray(columns.transpose(0, 2, 1)).reshape(-1, stride), used


def _walk(room: Bytes, columns: int, groups: int) -> tuple[npt.NDArray[np.int64], Bytes, int]:
    """Where each group begins, how it is packed, and where the last one ends."""
    sizes = (
        bytes(room.size),
        (4 + _sum_of_next(_ones(room, 2), 4)).tobytes(),
        (8 + _sum_of_next(_ones(room, 4), 8)).tobytes(),
        bytes([16]) * room.size,
    )
    flat, at = room.tobytes(), 0
    heads = -(-groups // 4)
    starts: list[int] = []
    modes = bytearray()
    try:
        for _ in range(columns):
            first, at = at, at + heads
            packed = [mode for code in flat[first:at] for mode in _MODES[code]][:groups]
            modes += bytes(packed)
            for mode in packed:
                starts.append(at)
                at += sizes[mode][at]
    except IndexError:
        raise ValueError("the stream is cut off") from None
    if len(starts) != columns * groups:
        raise ValueError("the stream is cut off")
    return np.array(starts, np.int64), np.frombuffer(modes, np.uint8), at


def _ones(data: Bytes, bits: int) -> Bytes:
    """How many of the fields of each byte have all ``bits`` set, which stands for a byte of its own."""
    full = (1 << bits) - 1
    codes = np.arange(256)
    table = sum((codes >> shift & full) == full for shift in range(0, 8, bits))
    return np.asarray(table, np.uint8)[data]


def _sum_of_next(values: Bytes, span: int) -> Bytes:
    """For each place the sum of ``span`` values (a power of two) from there on."""
    total, step = values, 1
    while step < span:
        shifted = np.zeros_like(total)
        shifted[:-step] = total[step:]
        total, step = total + shifted, step * 2
    return total


def _sentinels(room: Bytes, starts: npt.NDArray[np.int64], bits: int) -> Bytes:
    """Groups (n, 16) of small fields, the highest bits first; a full one means the next byte behind."""
    full, size = (1 << bits) - 1, 2 * bits
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    fields = room[starts[:, None] + np.arange(size)]
    found: Bytes = (fields[:, :, None] >> shifts & full).reshape(-1, _GROUP)
    large = found == full
    behind = starts[:, None] + size + np.cumsum(large, axis=1) - 1
    found[large] = room[behind[large]]
    return found
