"""Buffers under glTF's EXT_meshopt_compression, decoded after its published bit stream.

Here and in numpy, because the package around the reference library comes without wheels: whoever
installs the studio would need a C++ compiler.

https://github.com/KhronosGroup/glTF/tree/main/extensions/2.0/Vendor/EXT_meshopt_compression
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from viewer.core.models.meshopt_attributes import decode_attributes
from viewer.core.models.meshopt_filters import FILTERS
from viewer.core.models.meshopt_indices import decode_indices, decode_triangles

Bytes = npt.NDArray[np.uint8]


def decode(data: Bytes, count: int, stride: int, mode: str, filter: str = "NONE") -> Bytes:
    """The ``count * stride`` bytes that a compressed buffer view stands for.

    ``mode`` and ``filter`` are those of the extension.  What it takes grows with ``count * stride``,
    which the caller limits, and not with what ``data`` claims.

    Raises :class:`ValueError` for a stream that is damaged or breaks the rules of the extension.
    """
    if mode == "ATTRIBUTES":
        if stride % 4 or not 4 <= stride <= 256:
            raise ValueError("attributes have 4, 8 … 256 bytes")
        rows = decode_attributes(data, count, stride)
        if filter != "NONE":
            if filter not in FILTERS:
                raise ValueError("the filter is unknown")
            rows = FILTERS[filter](rows)
        return rows.reshape(-1)
    if mode not in ("TRIANGLES", "INDICES") or filter != "NONE" or stride not in (2, 4):
        raise ValueError("the mode is unknown, or does not fit the filter or the stride")
    indices = (decode_triangles if mode == "TRIANGLES" else decode_indices)(data, count)
    return indices.astype("<u2" if stride == 2 else "<u4").view(np.uint8)
