"""From the colours of HDR and wide gamuts to those of a screen.

What a phone records as HLG or PQ with BT.2020 colours looks grey and pale where its numbers are
shown as they are.  Light is computed from them (ITU-R BT.2100), reference white (203 nit, BT.2408)
becomes white, and what is brighter is compressed into the last few levels.  The whole way is one
table of colours, which FFmpeg looks up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import av
import numpy as np
import numpy.typing as npt

PQ, HLG = 16, 18
LAYOUT = "gbrp16le"
"""The pixels of the table, and those that it maps."""

LOOK_UP, LOOK_UP_OPTIONS = "haldclut", "clut=first:interp=tetrahedral"
"""FFmpeg's filter that maps a picture by a table."""

REFERENCE_WHITE = 203.0
"""Luminance in cd/m² that becomes the white of the screen."""

_BT2020 = 9
_P3 = (11, 12)
_UNSPECIFIED = 2
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2
_PQ_PEAK = 10000.0
_KNEE = 0.88
"""Light that is compressed from here on, as a share of reference white."""

_LEVEL = 6
"""The table has the square of this many colours along each side."""

# Linear light to linear BT.709, both with white D65 (ITU-R BT.2087 and SMPTE EG 432-1).
_TO_709 = {
    _BT2020: ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187)),
    _P3[1]: ((1.2249, -0.2247, 0.0), (-0.0420, 1.0419, 0.0), (-0.0197, -0.0786, 1.0979)),
}
_LUMA_2020 = (0.2627, 0.6780, 0.0593)

Light = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Colours:
    """How a picture's numbers mean colours, as H.273 numbers them: ``transfer``, ``primaries`` and
    ``matrix``; 2 is unspecified."""

    transfer: int = _UNSPECIFIED
    primaries: int = _UNSPECIFIED
    matrix: int = _UNSPECIFIED

    @classmethod
    def of(cls, tagged: Any) -> Colours:
        """Those of an ``av.VideoFrame`` or the codec context of a stream."""
        return cls(int(tagged.color_trc), int(tagged.color_primaries), int(tagged.colorspace))

    def or_else(self, others: Colours) -> Colours:
        """These, where they are specified, else the others."""

        def known(own: int, other: int) -> int:
            return own if own not in (0, _UNSPECIFIED) else other

        return Colours(
            known(self.transfer, others.transfer),
            known(self.primaries, others.primaries),
            known(self.matrix, others.matrix),
        )

    @property
    def hdr(self) -> bool:
        """Whether they are brighter than a screen's: HLG or PQ."""
        return self.transfer in (PQ, HLG)

    @property
    def mapped(self) -> bool:
        """Whether they need a table to be shown on a screen."""
        return self.hdr or self.primaries == _BT2020 or self.primaries in _P3

    @property
    def wide(self) -> bool:
        """Whether they are of BT.2020, by its primaries or its matrix."""
        return self.primaries == _BT2020 or self.matrix in (9, 10) or (self.hdr and self.primaries not in _P3)

    @property
    def note(self) -> str | None:
        """What to say about how they are shown, None where there is nothing to say."""
        if self.hdr:
            kind = "HLG" if self.transfer == HLG else "PQ"
            return (
                f"its colours are HDR ({kind}): reference white is shown as white, and what is brighter is "
                "compressed"
            )
        return None


def table(colours: Colours) -> Any:
    """An ``av.VideoFrame`` with the sRGB colours of a lattice of R'G'B', as FFmpeg's haldclut takes it."""
    return _table(colours.transfer if colours.hdr else _UNSPECIFIED, _BT2020 if colours.wide else _P3[1])


@lru_cache(maxsize=8)
def _table(transfer: int, primaries: int) -> Any:
    return _as_planes(to_srgb(_lattice(), transfer, primaries)[:, _order()])


def _lattice() -> Light:
    """(n, 3) R'G'B' from 0 to 1 in the order of a table: red changes first."""
    side = _LEVEL**2
    places = np.arange(side**3)
    return np.stack([places % side, places // side % side, places // side**2], axis=-1) / (side - 1)


def _as_planes(colours: Light) -> Any:
    """A picture of colours (n, 3), in planes, as the pictures come that are looked up in it."""
    pixels = np.round(colours * 65535).astype("<u2").reshape(_LEVEL**3, _LEVEL**3, 3)
    return av.VideoFrame.from_ndarray(pixels, format="rgb48le").reformat(format=LAYOUT)


@lru_cache(maxsize=1)
def _order() -> list[int]:
    """Which colours FFmpeg wants in the planes of a table for red, green and blue: some versions take them
    as they come, though planes are stored as green, blue, red.  Asked of one pixel and a table that changes
    nothing."""
    asked = np.array([0.9, 0.5, 0.1])
    pixel = np.broadcast_to(np.round(asked * 65535).astype("<u2"), (16, 16, 3))
    graph = av.filter.Graph()
    graph.threads = 1
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixel), format="rgb48le").reformat(
        format=LAYOUT
    )
    look_up = graph.add(LOOK_UP, LOOK_UP_OPTIONS)
    sources = []
    for place, frame in enumerate((picture, _as_planes(_lattice()))):
        sources.append(source_of(graph, frame))
        sources[place].link_to(look_up, 0, place)
    sink = graph.add("buffersink")
    look_up.link_to(sink)
    graph.configure()
    for source, frame in zip(sources, (picture, _as_planes(_lattice())), strict=True):
        source.push(frame)
    found = graph.vpull().reformat(format="rgb48le").to_ndarray()[0, 0] / 65535
    return [int(np.abs(found - value).argmin()) for value in asked]


def source_of(graph: Any, frame: Any, more: str = "") -> Any:
    """A source in a graph of filters for pictures like an ``av.VideoFrame``; ``more`` of its options."""
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000"
    return graph.add("buffer", f"{size}:{more}" if more else size)


def to_srgb(signal: Light, transfer: int, primaries: int) -> Light:
    """R'G'B' (…, 3) from 0 to 1 of a transfer and primaries to sRGB from 0 to 1."""
    if transfer == HLG:
        light = _hlg_light(signal)
    elif transfer == PQ:
        light = _pq_light(signal)
    else:
        # A camera's curve is undone by that of the screen.
        light = _srgb_light(signal)
    light = np.maximum(light @ np.array(_TO_709[primaries]).T, 0.0)
    if transfer in (HLG, PQ):
        peak = _HLG_PEAK if transfer == HLG else _PQ_PEAK
        light = _compressed(light, peak / REFERENCE_WHITE)
    return _srgb_signal(np.clip(light, 0.0, 1.0))


def _hlg_light(signal: Light) -> Light:
    """Light of a display of 1000 nit in shares of reference white (BT.2100, tables 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0)
    bright = (scene @ np.array(_LUMA_2020))[..., None]
    return np.asarray(scene * bright ** (_HLG_GAMMA - 1.0) * (_HLG_PEAK / REFERENCE_WHITE))


def _pq_light(signal: Light) -> Light:
    """Light in shares of reference white (BT.2100, table 4)."""
    m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
    power = signal ** (1.0 / m2)
    return (np.maximum(power - c1, 0.0) / (c2 - c3 * power)) ** (1.0 / m1) * (_PQ_PEAK / REFERENCE_WHITE)


def _srgb_light(signal: Light) -> Light:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def _srgb_signal(light: Light) -> Light:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1.0 / 2.4) - 0.055)


def _compressed(light: Light, peak: float) -> Light:
    """Up to the knee as it is, above it less and less, 1 at ``peak``; hues stay."""
    most = light.max(axis=-1, keepdims=True)
    room = 1.0 - _KNEE
    over, top = np.maximum(most - _KNEE, 0.0) / room, (peak - _KNEE) / room
    rolled = np.minimum(most, _KNEE) + room * over * (1.0 + over / top**2) / (1.0 + over)
    return np.asarray(light * np.divide(rolled, most, out=np.ones_like(most), where=most > 0.0))
