"""Colours are shown as they were meant: matrices and ranges, HDR and wide gamuts."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from viewer.core.shown_picture import PictureView
from viewer.core.tone_map import HLG, PQ, REFERENCE_WHITE, to_srgb
from viewer.core.video import VideoFile

BT709, BT470BG, BT601, SMPTE240, BT2020 = 1, 5, 6, 7, 9
UNSPECIFIED, LIMITED, FULL = 2, 1, 2
LUMA = {
    BT709: (0.2126, 0.0722),
    BT470BG: (0.299, 0.114),
    BT601: (0.299, 0.114),
    SMPTE240: (0.212, 0.087),
    BT2020: (0.2627, 0.0593),
}
STRIPES = ((255, 255, 255), (128, 128, 128), (200, 150, 130), (220, 60, 60), (10, 10, 10))
TO_2020 = np.array(((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956)))
WIDE = 64

Floats = npt.NDArray[np.float64]


def linear(rgb: Floats) -> Floats:
    x = rgb / 255
    return np.asarray(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))


def hlg(nits: Floats) -> Floats:
    """R'G'B' of the light of a display of 1000 cd/m² (BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    light = nits / 1000
    bright = np.maximum(light @ np.array((0.2627, 0.6780, 0.0593)), 1e-12)[..., None]
    scene = light * bright ** (1 / 1.2 - 1)
    return np.asarray(
        np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-12)) + c)
    )


def pq(nits: Floats) -> Floats:
    """R'G'B' of light (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
    power = (nits / 10000) ** m1
    return np.asarray(((c1 + c2 * power) / (1 + c3 * power)) ** m2)


def planes(signal: Floats, matrix: int, full: bool, bits: int) -> list[float]:
    """Y, Cb and Cr of one R'G'B' from 0 to 1."""
    red, blue = LUMA[matrix]
    y = red * signal[0] + (1 - red - blue) * signal[1] + blue * signal[2]
    cb, cr = (signal[2] - y) / (2 * (1 - blue)), (signal[0] - y) / (2 * (1 - red))
    scale, most = 2 ** (bits - 8), 2**bits - 1
    if full:
        return [y * most, cb * most + 128 * scale, cr * most + 128 * scale]
    return [(16 + 219 * y) * scale, (128 + 224 * cb) * scale, (128 + 224 * cr) * scale]


def write(
    path: Path,
    signals: Floats,
    *,
    transfer: int,
    primaries: int,
    matrix: int,
    tag: int,
    full: bool,
    height: int = 64,
) -> Path:
    """Three lossless frames with a stripe of :data:`WIDE` pixels for each R'G'B' from 0 to 1."""
    width = WIDE * len(signals)
    values = np.array([planes(signal, matrix, full, 10) for signal in signals]).round().astype("<u2")
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("ffv1" if path.suffix == ".mkv" else "libx265", rate=25)
        stream.options = {"x265-params": "log-level=-1:lossless=1"}
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p10le"
        context = stream.codec_context
        for k in range(3):
            frame = av.VideoFrame(width, height, "yuv444p10le")
            for place, plane in enumerate(frame.planes):
                rows = np.zeros((height, plane.line_size // 2), "<u2")
                rows[:, :width] = np.repeat(values[:, place], WIDE)
                plane.update(rows.tobytes())
            for tagged in (frame, context) if k == 0 else (frame,):
                tagged.color_trc, tagged.color_primaries = transfer, primaries
                tagged.colorspace, tagged.color_range = tag, FULL if full else LIMITED
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def shown(path: Path) -> tuple[Floats, Floats, tuple[str, ...]]:
    """The colour of each stripe as exported and as a pane shows it, and the notes."""
    with VideoFile.open(path) as video:
        whole = video.frame(1).astype(float)
        facts = video.facts
        view = PictureView((facts.width // 2, facts.height // 2), (0.0, 0.0, facts.width, facts.height))
        half = video.shown(1, view).rgb().astype(float)
    return whole[30, WIDE // 2 :: WIDE], half[15, WIDE // 4 :: WIDE // 2], facts.notes


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize(("transfer", "curve"), [(HLG, hlg), (PQ, pq)])
@pytest.mark.parametrize("tag", [BT2020, UNSPECIFIED])
def test_hdr_is_shown_with_its_tones_mapped(
    tmp_path: Path, transfer: int, curve: Any, tag: int, suffix: str
) -> None:
    light = linear(np.array(STRIPES, float)) @ TO_2020.T * REFERENCE_WHITE
    path = write(
        tmp_path / f"hdr{suffix}",
        curve(light),
        transfer=transfer,
        primaries=BT2020,
        matrix=BT2020,
        tag=tag,
        full=False,
    )
    whole, half, notes = shown(path)
    assert np.abs(whole - STRIPES).max() <= 9
    assert np.abs(half - STRIPES).max() <= 9
    assert any("HDR" in note for note in notes)


@pytest.mark.parametrize("transfer", [HLG, PQ])
def test_brighter_stays_brighter_and_grey_stays_grey(transfer: int) -> None:
    ramp = np.repeat(np.linspace(0, 1, 400)[:, None], 3, axis=1)
    mapped = to_srgb(ramp, transfer, BT2020)
    assert (np.diff(mapped[:, 0]) >= -1e-12).all()
    assert np.ptp(mapped, axis=1).max() < 2e-3
    assert mapped[0].max() == 0 and mapped[-1].min() > 0.999


def test_wide_colours_without_hdr_are_those_of_the_screen(tmp_path: Path) -> None:
    light = linear(np.array(STRIPES, float)) @ TO_2020.T
    signals = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    path = write(
        tmp_path / "wide.mkv",
        signals,
        transfer=14,
        primaries=BT2020,
        matrix=BT2020,
        tag=BT2020,
        full=False,
    )
    whole, half, notes = shown(path)
    assert np.abs(whole - STRIPES).max() <= 3 and np.abs(half - STRIPES).max() <= 3
    assert notes == ()


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("tag", "height", "matrix"),
    [
        *((tag, 64, tag) for tag in LUMA),
        (UNSPECIFIED, 64, BT601),
        (UNSPECIFIED, 720, BT709),
    ],
)
def test_matrices_and_ranges(tmp_path: Path, tag: int, height: int, matrix: int, full: bool) -> None:
    path = write(
        tmp_path / "colours.mkv",
        np.array(STRIPES) / 255,
        transfer=UNSPECIFIED,
        primaries=UNSPECIFIED,
        matrix=matrix,
        tag=tag,
        full=full,
        height=height,
    )
    whole, half, _ = shown(path)
    assert np.abs(whole - STRIPES).max() <= 3
    assert np.abs(half - STRIPES).max() <= 3


def test_dolby_visions_own_colours_are_not_called_true(tmp_path: Path) -> None:
    plain = write(
        tmp_path / "plain.mp4",
        np.array(STRIPES) / 255,
        transfer=UNSPECIFIED,
        primaries=UNSPECIFIED,
        matrix=BT601,
        tag=UNSPECIFIED,
        full=False,
    )
    assert shown(plain)[2] == ()
    data = plain.read_bytes()
    assert data.count(b"hev1") == 1
    dolby = tmp_path / "dolby.mp4"
    dolby.write_bytes(data.replace(b"hev1", b"dvhe"))
    assert any("Dolby Vision" in note for note in shown(dolby)[2])
