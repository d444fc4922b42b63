"""What a face cannot do: limits between channels, shared by every generation model.

The rules are those EVIDENCE lists for ARKit coefficients; the paper's own example breaks the
first one (MouthClose 0.2 with JawOpen 0), so reading a foreign model's values only reports.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from viewer.core.channels import CHANNEL_COUNT, CHANNELS, INDEX

FloatArray = npt.NDArray[np.float32]

TOLERANCE = 0.02
BLINK_AND_SQUINT = 1.2
WIDE_WITH_BLINK = 0.1
TONGUE_JAW = 0.12
"""JawOpen that a fully shown tongue needs at least, as a share of TongueOut."""
SMILE_AND_FROWN = 0.4
"""MouthSmile and MouthFrown may both be above this only in a mixed or suppressed expression."""

_OPPOSITES = (
    ("EyeLookUpLeft", "EyeLookDownLeft"),
    ("EyeLookUpRight", "EyeLookDownRight"),
    ("EyeLookInLeft", "EyeLookOutLeft"),
    ("EyeLookInRight", "EyeLookOutRight"),
    ("JawLeft", "JawRight"),
    ("MouthLeft", "MouthRight"),
)
_LOW = np.array([c.low for c in CHANNELS], np.float32)
_HIGH = np.array([c.high for c in CHANNELS], np.float32)


def _rows(values: npt.ArrayLike) -> FloatArray:
    array = np.array(values, np.float32)
    if array.shape[-1:] != (CHANNEL_COUNT,):
        raise ValueError(f"values must end in {CHANNEL_COUNT} channels, not {array.shape}")
    return array


def enforce(values: npt.ArrayLike, mixed: bool = False) -> FloatArray:
    """Values within the limits: (..., 61) to (..., 61) float32, a copy.

    ``mixed`` allows a strong smile together with a strong frown.  NaN becomes 0.
    """
    v = np.clip(np.nan_to_num(_rows(values), nan=0.0, posinf=1.0, neginf=0.0), _LOW, _HIGH)

    def at(name: str) -> FloatArray:
        return np.array(v[..., INDEX[name]])

    def put(name: str, value: npt.ArrayLike) -> None:
        v[..., INDEX[name]] = value

    put("JawOpen", np.maximum(at("JawOpen"), at("TongueOut") * TONGUE_JAW))
    put("MouthClose", np.minimum(at("MouthClose"), at("JawOpen")))
    for first, second in _OPPOSITES:
        a, b = at(first), at(second)
        put(first, np.where(a >= b, a - b, 0.0))
        put(second, np.where(b > a, b - a, 0.0))
    for side in ("Left", "Right"):
        blink, wide = at("EyeBlink" + side), at("EyeWide" + side)
        wins = blink >= wide
        put("EyeWide" + side, np.where(wins & (blink > WIDE_WITH_BLINK), 0.0, wide))
        put("EyeBlink" + side, np.where(~wins & (wide > WIDE_WITH_BLINK), 0.0, blink))
        room = np.maximum(BLINK_AND_SQUINT - at("EyeBlink" + side), 0.0)
        put("EyeSquint" + side, np.minimum(at("EyeSquint" + side), room))
        if not mixed:
            smile, frown = at("MouthSmile" + side), at("MouthFrown" + side)
            both = (smile > SMILE_AND_FROWN) & (frown > SMILE_AND_FROWN)
            put("MouthFrown" + side, np.where(both & (smile >= frown), SMILE_AND_FROWN * 0.5, frown))
            put("MouthSmile" + side, np.where(both & (smile < frown), SMILE_AND_FROWN * 0.5, smile))
    return v


def excesses(
    values: npt.ArrayLike, mixed: bool = False
) -> list[tuple[str, tuple[str, ...], npt.NDArray[np.float64]]]:
    """For every limit: its rule, its channels, and by how much (F,) each of the frames (F, 61)
    goes beyond it; up to :data:`TOLERANCE` nothing is broken.  NaN stays NaN."""
    v = _rows(values).reshape(-1, CHANNEL_COUNT).astype(np.float64)
    value = {name: v[:, i] for name, i in INDEX.items()}
    found: list[tuple[str, tuple[str, ...], npt.NDArray[np.float64]]] = []

    def add(rule: str, excess: npt.NDArray[np.float64], *channels: str) -> None:
        found.append((rule, channels, excess))

    for channel in CHANNELS:
        x = value[channel.name]
        add("out of range", np.maximum(x - channel.high, channel.low - x), channel.name)
    add(
        "the lips close more than the jaw opens",
        value["MouthClose"] - value["JawOpen"],
        "MouthClose",
        "JawOpen",
    )
    add(
        "the tongue shows through a closed jaw",
        value["TongueOut"] * TONGUE_JAW - value["JawOpen"],
        "TongueOut",
        "JawOpen",
    )
    for first, second in _OPPOSITES:
        add("opposite directions at once", np.minimum(value[first], value[second]), first, second)
    for side in ("Left", "Right"):
        blink, wide, squint = ("Eye" + n + side for n in ("Blink", "Wide", "Squint"))
        add(
            "an eye closed and wide at once",
            np.minimum(value[blink], value[wide]) - WIDE_WITH_BLINK,
            blink,
            wide,
        )
        add(
            "an eye closed and squeezed too far",
            value[blink] + value[squint] - BLINK_AND_SQUINT,
            blink,
            squint,
        )
        smile, frown = "MouthSmile" + side, "MouthFrown" + side
        if not mixed:
            add(
                "a strong smile and a strong frown at once",
                np.minimum(value[smile], value[frown]) - SMILE_AND_FROWN,
                smile,
                frown,
            )
    return found
