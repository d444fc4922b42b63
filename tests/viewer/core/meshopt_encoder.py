"""Writes streams of EXT_meshopt_compression, with every code that the bit stream has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_TABLE = bytes([0x00, 0x76, 0x87, 0x56, 0x67, 0x78, 0xA9, 0x86, 0x65, 0x89, 0x68, 0x98, 0x01, 0x69, 0, 0])
"""Pairs of corners that take one byte of a triangle; the first must mean two fresh vertices."""


def encode_attributes(rows: npt.NDArray[np.uint8]) -> bytes:
    """Rows (N, stride) in mode 0, each group as small as it can be."""
    count, stride = rows.shape
    first = rows[0] if count else np.zeros(stride, np.uint8)
    steps = np.diff(rows, axis=0, prepend=first[None])
    zigzag = (steps << 1) ^ np.where(steps > 127, 255, 0).astype(np.uint8)
    most = min(8192 // stride & ~15, 256)
    out = bytearray([0xA0])
    for start in range(0, count, most):
        block = zigzag[start : start + most]
        for column in np.pad(block, ((0, -len(block) % 16), (0, 0))).T:
            groups = [_group(column[at : at + 16]) for at in range(0, len(column), 16)]
            modes = [mode for mode, _ in groups] + [0] * 3
            for at in range(0, len(groups), 4):
                out.append(sum(modes[at + place] << 2 * place for place in range(4)))
            out += b"".join(data for _, data in groups)
    return bytes(out + bytes(max(32 - stride, 0)) + first.tobytes())


def _group(values: npt.NDArray[np.uint8]) -> tuple[int, bytes]:
    if not values.any():
        return 0, b""
    ways = [(1, _fields(values, 2)), (2, _fields(values, 4)), (3, values.tobytes())]
    return min(ways, key=lambda way: len(way[1]))


def _fields(values: npt.NDArray[np.uint8], bits: int) -> bytes:
    full, each = (1 << bits) - 1, 8 // bits
    small = np.minimum(values, full).reshape(-1, each)
    packed = sum(small[:, place] << (8 - bits * (place + 1)) for place in range(each))
    return np.asarray(packed, np.uint8).tobytes() + values[values >= full].tobytes()


def encode_indices(indices: Sequence[int]) -> bytes:
    """Indices in mode 2, each by its difference from the nearer of two last ones."""
    last = [0, 0]
    out = bytearray([0xD1])
    for index in indices:
        which = int(abs(index - last[1]) < abs(index - last[0]))
        out += _number(_zigzag(index - last[which]) << 1 | which)
        last[which] = index
    return bytes(out) + bytes(4)


def _zigzag(step: int) -> int:
    return step << 1 if step >= 0 else ~(step << 1)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


class _Triangles:
    """What a decoder knows while it reads, kept in the order in which it forgets."""

    def __init__(self) -> None:
        self.edges: list[tuple[int, int]] = []
        self.vertices: list[int] = []
        self.fresh = self.last = 0
        self.codes, self.data = bytearray(), bytearray()

    def vertex(self, index: int) -> None:
        self.data += _number(_zigzag(index - self.last))
        self.last = index

    def seen(self, *indices: int) -> None:
        for index in indices:
            self.vertices = [index, *self.vertices][:16]

    def passed(self, *edges: tuple[int, int]) -> None:
        for edge in edges:
            self.edges = [edge, *self.edges][:16]

    def write(self, corners: tuple[int, int, int]) -> None:
        for turn in range(3):
            a, b, c = corners[turn:] + corners[:turn]
            if (a, b) in self.edges[:15]:
                self._on_an_edge(self.edges.index((a, b)), a, b, c)
                return
        # A triangle that begins with a fresh vertex takes less.
        turn = corners.index(self.fresh) if self.fresh in corners else 0
        self._alone(*corners[turn:], *corners[:turn])

    def _on_an_edge(self, edge: int, a: int, b: int, c: int) -> None:
        known = self.vertices[1:13]
        if c == self.fresh:
            how, self.fresh = 0, self.fresh + 1
        elif c in known:
            how = 1 + known.index(c)
        elif abs(c - self.last) == 1:
            how, self.last = (14 if c > self.last else 13), c
        else:
            how = 15
            self.vertex(c)
        self.codes.append(edge << 4 | how)
        self.passed((c, b), (a, c))
        if how == 0 or how >= 13:
            self.seen(c)

    def _alone(self, a: int, b: int, c: int) -> None:
        fresh = self.fresh + (a == self.fresh)
        first = fresh - self.fresh
        ways = []
        for corner in (b, c):
            if corner == fresh:
                ways.append(0)
                fresh += 1
            else:
                ways.append(self.vertices[:14].index(corner) + 1 if corner in self.vertices[:14] else 15)
        packed = ways[0] << 4 | ways[1]
        if first and packed in _TABLE[:14]:
            self.codes.append(0xF0 | _TABLE.index(packed))
        elif not first and packed == 0:
            # Nothing means "start afresh" here, so these two are written out.
            ways, fresh = [15, 15], self.fresh
            self._explicitly(first, ways, a, b, c)
        else:
            self._explicitly(first, ways, a, b, c)
        self.fresh = fresh
        self.passed((b, a), (c, b), (a, c))
        self.seen(a, *(corner for way, corner in zip(ways, (b, c), strict=True) if way in (0, 15)))

    def _explicitly(self, first: int, ways: list[int], a: int, b: int, c: int) -> None:
        self.codes.append(0xFE if first else 0xFF)
        self.data.append(ways[0] << 4 | ways[1])
        for way, corner in ((0 if first else 15, a), (ways[0], b), (ways[1], c)):
            if way == 15:
                self.vertex(corner)


def encode_triangles(indices: Sequence[int]) -> bytes:
    """Triangles (3 indices each) in mode 1; a triangle may be turned, never flipped."""
    state = _Triangles()
    flat = list(map(int, indices))
    for at in range(0, len(flat), 3):
        state.write((flat[at], flat[at + 1], flat[at + 2]))
    return b"\xe1" + bytes(state.codes + state.data) + _TABLE
