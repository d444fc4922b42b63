"""Modes 1 and 2 of EXT_meshopt_compression: lists of triangles, and any other indices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]

_TRIANGLES, _INDICES = 0xE1, 0xD1
_TABLE, _TAIL = 16, 4
_MASK = 0xFFFFFFFF
_LONGEST = 5
"""Bytes of a number of 32 bits, seven in each."""


def decode_triangles(data: Bytes, count: int) -> Indices:
    """The ``count`` indices of a stream of triangles; a code byte for each says which of the edges and
    vertices seen last it is built on.  Raises :class:`ValueError` for one that is damaged."""
    if count % 3 or data.size < 1 + count // 3 + _TABLE or data[0] != _TRIANGLES:
        raise ValueError("no stream of triangles")
    reader = _Reader(data[1 + count // 3 : data.size - _TABLE].tobytes())
    try:
        found = _triangles(data[1 : 1 + count // 3].tobytes(), data[data.size - _TABLE :].tobytes(), reader)
    except IndexError:
        raise ValueError("the stream is cut off") from None
    if not reader.at_end:
        raise ValueError("the stream is longer than its triangles")
    return np.array(found, np.uint32)


class _Reader:
    """What the codes do not say: bytes, and vertices by their difference from the last one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self.last = 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._data)

    def byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def vertex(self) -> int:
        value = 0
        for place in range(_LONGEST):
            part = self.byte()
            value |= (part & 127) << (7 * place)
            if part < 128:
                break
        else:
            raise ValueError("a number is too long")
        value &= _MASK
        self.last = self.last + (~(value >> 1) if value & 1 else value >> 1) & _MASK
        return self.last


def _triangles(codes: bytes, table: bytes, reader: _Reader) -> list[int]:
    out: list[int] = []
    edges = [(0, 0)] * 16
    vertices = [0] * 16
    edge = vertex = 0  # how many were seen; the last 16 are kept, each at its number modulo 16
    fresh = 0

    for code in codes:
        if code < 0xF0:
            a, b = edges[edge - 1 - (code >> 4) & 15]
            how = code & 15
            if how == 0:
                c = fresh
                fresh = fresh + 1 & _MASK
            elif how < 13:
                c = vertices[vertex - 1 - how & 15]
            elif how < 15:
                c = reader.last = reader.last + (1 if how == 14 else -1) & _MASK
            else:
                c = reader.vertex()
            if how == 0 or how >= 13:
                vertices[vertex & 15] = c
                vertex += 1
        else:
            how = reader.byte() if code >= 0xFE else table[code & 15]
            if code >= 0xFE and how == 0:
                fresh = 0
            # Which vertices are meant is settled before any of these is put among the last.
            corners: list[int] = []
            seen = []
            for which in (15 if code == 0xFF else 0, how >> 4, how & 15):
                if which == 0:
                    corner = fresh
                    fresh = fresh + 1 & _MASK
                elif which < 15 or code < 0xFE:
                    corner = vertices[vertex - which & 15]
                else:
                    corner = reader.vertex()
                corners.append(corner)
                if which == 0 or which == 15:
                    seen.append(corner)
            for corner in seen:
                vertices[vertex & 15] = corner
                vertex += 1
            a, b, c = corners
            edges[edge & 15] = b, a
            edge += 1
        out += (a, b, c)
        edges[edge & 15] = c, b
        edges[edge + 1 & 15] = a, c
        edge += 2
    return out


def decode_indices(data: Bytes, count: int) -> Indices:
    """The ``count`` indices of a stream in which each is told by its difference from one of the two
    last ones.  Raises :class:`ValueError` for one that is damaged."""
    if data.size < 1 + count + _TAIL or data[0] != _INDICES:
        raise ValueError("no stream of indices")
    body = data[1 : data.size - _TAIL]
    ends = np.flatnonzero(body < 128)
    if len(ends) != count or (count and ends[-1] != body.size - 1) or (not count and body.size):
        raise ValueError("the stream does not hold the indices it should")
    starts = np.concatenate(([-1], ends[:-1])) + 1 if count else ends
    lengths = ends - starts + 1
    if count and lengths.max() > _LONGEST:
        raise ValueError("a number is too long")
    values = np.zeros(count, np.int64)
    for place in range(_LONGEST):
        has = lengths > place
        values[has] |= (body[starts[has] + place].astype(np.int64) & 127) << (7 * place)
    values &= _MASK
    steps = (values >> 2) ^ -(values >> 1 & 1)
    found = np.zeros(count, np.int64)
    for baseline in (0, 1):
        which = values & 1 == baseline
        found[which] = np.cumsum(steps[which])
    return (found & _MASK).astype(np.uint32)
