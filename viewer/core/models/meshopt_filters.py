"""The filters of EXT_meshopt_compression: rows as the encoder rounded them, back into numbers.

What a stream may hold but the extension does not define gives some number, never a fault.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def _octahedral(rows: Bytes) -> Bytes:
    """Unit vectors: two coordinates on an octahedron, their 1.0, and a number that is left alone."""
    if rows.shape[1] not in (4, 8):
        raise ValueError("octahedral rows have 4 or 8 bytes")
    kind = np.dtype("<i1" if rows.shape[1] == 4 else "<i2")
    stored = rows.view(kind)
    one = np.where(stored[:, 2] == 0, 1, stored[:, 2]).astype(np.float32)
    x, y = stored[:, 0] / one, stored[:, 1] / one
    z = 1 - np.abs(x) - np.abs(y)
    folded = np.minimum(z, 0)
    vectors = np.stack((x - np.copysign(folded, x), y - np.copysign(folded, y), z), axis=1)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-30))
    out = stored.copy()
    out[:, :3] = _rounded(vectors, kind)
    return out.view(np.uint8)


def _quaternion(rows: Bytes) -> Bytes:
    """Unit quaternions: three components, and which is the largest, left out, one."""
    if rows.shape[1] != 8:
        raise ValueError("rows of quaternions have 8 bytes")
    stored = rows.view("<i2")
    one = (stored[:, 3:] | 3).astype(np.float32)
    small = stored[:, :3] / one * np.float32(np.sqrt(0.5))
    largest = np.sqrt(np.maximum(1 - np.square(small).sum(axis=1, keepdims=True), 0))
    out = np.empty_like(stored)
    places = (stored[:, 3:] + np.arange(1, 5)) & 3
    np.put_along_axis(out, places.astype(np.int64), _rounded(np.hstack((small, largest)), out.dtype), axis=1)
    return out.view(np.uint8)


def _exponential(rows: Bytes) -> Bytes:
    """float32 from a signed exponent in the highest byte and a signed mantissa in the others."""
    stored = rows.view("<i4")
    mantissa = ((stored << 8) >> 8).astype(np.float32)
    out: npt.NDArray[np.float32] = np.ldexp(mantissa, np.clip(stored >> 24, -100, 100)).astype("<f4")
    return out.view(np.uint8)


def _rounded(values: Floats, kind: np.dtype[np.signedinteger]) -> npt.NDArray[np.signedinteger]:
    top = np.float32(np.iinfo(kind).max)
    scaled = np.clip(values, -1, 1) * top
    out: npt.NDArray[np.signedinteger] = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)).astype(kind)
    return out


FILTERS: dict[str, Callable[[Bytes], Bytes]] = {
    "OCTAHEDRAL": _octahedral,
    "QUATERNION": _quaternion,
    "EXPONENTIAL": _exponential,
}
"""By their names in the extension: rows (N, stride) to rows of the same shape."""
