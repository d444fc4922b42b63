"""Makes the pictures of the handbook and of the page on ARKit and FACS, with the default head.

``python docs/make_handbook_pictures.py [FOLDER]`` writes PNG files into ``docs/pictures`` (or FOLDER):
a small one for each channel in ``channels``, and three sheets with labels.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from annotator.core.curves import interpolate  # noqa: E402
from annotator.core.generation.facs.sequence import faces  # noqa: E402
from docs.make_head_pictures import LABEL, Cell, save, sheet  # noqa: E402
from viewer.core.camera import CameraView  # noqa: E402
from viewer.core.channels import CHANNELS, NAMES, Channel  # noqa: E402

FACE = CameraView(zoom=1.32, pan_y=0.055)
NEAR = CameraView(zoom=1.58, pan_y=0.07)
TURNED_DEGREES = 25.0
CHANNEL_SIZE = (132, 132)
GROUND = (25, 29, 36)
CURVE = (120, 170, 255)
SMILE = {"MouthSmile": 1.0, "CheekSquint": 0.7, "EyeSquint": 0.3, "MouthUpperUp": 0.25, "JawOpen": 0.12}
INTENSITIES = {"1 trace": 0.12, "2 slight": 0.3, "3 marked": 0.52, "4 strong": 0.76, "5 extreme": 1.0}
COMPOUNDS = (
    "happy surprise", "happy disgust", "sad anger", "sad fear", "fearful surprise",
    "angry disgust", "angry surprise", "disgusted surprise", "hatred", "awe",
)  # fmt: skip
# Seconds and strength of the keyframes of one smile, and what each is.
MOMENTS = ((0.5, 0.0, "onset"), (1.1, 1.0, "apex begins"), (2.0, 1.0, "apex ends"), (3.4, 0.0, "offset ends"))
SHOWN_AT = (0.2, 0.8, 1.1, 2.0, 2.6, 3.6)
SECONDS = 4.0


def smile(strength: float) -> dict[str, float]:
    """The weights of a smile of ``strength`` from 0 to 1."""
    return {name: weight * strength for name, weight in SMILE.items()}


def channel_picture(channel: Channel) -> Image.Image:
    """One channel alone at its full value; a rotation at 25 degrees."""
    weights = {channel.name: TURNED_DEGREES if channel.is_rotation else 1.0}
    if channel.name == "MouthClose":
        # It closes what JawOpen opened, and does nothing else.
        weights["JawOpen"] = 1.0
    view = FACE if channel.is_rotation and channel.region == "head" else NEAR
    return sheet([("", weights, view)], 1, CHANNEL_SIZE)


def time_picture() -> Image.Image:
    """A smile that comes, stays and goes: faces above, its curve with the four keyframes below."""
    times, strengths = [t for t, _, _ in MOMENTS], [value for _, value, _ in MOMENTS]
    seconds = np.linspace(0, SECONDS, 400)
    curve = interpolate(times, np.array(strengths)[:, None], "pchip", seconds)[:, 0]
    at = np.interp(SHOWN_AT, seconds, curve)
    cells: list[Cell] = [(f"{t:.1f} s", smile(float(s)), FACE) for t, s in zip(SHOWN_AT, at, strict=True)]
    row = sheet(cells, len(cells), (220, 220))
    out = Image.new("RGB", (row.width, row.height + 230), GROUND)
    out.paste(row)
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(16)
    top, bottom, left, right = row.height + 60, row.height + 190, 30, row.width - 30

    def point(t: float, value: float) -> tuple[float, float]:
        return left + t / SECONDS * (right - left), bottom - value * (bottom - top)

    draw.line([point(0, 0), point(SECONDS, 0)], (70, 76, 88), 1)
    draw.line([point(t, v) for t, v in zip(seconds, curve, strict=True)], CURVE, 3, "curve")
    for t, value, name in MOMENTS:
        x, y = point(t, value)
        draw.polygon([(x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y)], LABEL)
        draw.text((x, y - 14 if value else y + 12), name, LABEL, font, "mb" if value else "mt")
    for begin, end, name in ((0.5, 1.1, "rise"), (1.1, 2.0, "apex"), (2.0, 3.4, "fall")):
        x, _ = point((begin + end) / 2, 0)
        draw.text((x, bottom - 16), name, (150, 158, 172), font, "ms")
    return out


def compound_weights(feeling: str) -> dict[str, float]:
    """The face that the built-in model gives a feeling."""
    (face,) = faces("", "", (f"A look of {feeling}.",))
    return {n: float(v) for n, v in zip(NAMES[:52], face.values[:52], strict=True) if v > 0}


def main() -> int:
    """Make them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    (folder / "channels").mkdir(parents=True, exist_ok=True)
    for channel in CHANNELS:
        save(channel_picture(channel), folder / "channels" / f"{channel.name}.png", colours=64)
    save(time_picture(), folder / "handbook-time.png")
    scale: list[Cell] = [(name, smile(strength), FACE) for name, strength in INTENSITIES.items()]
    save(sheet(scale, 5, (260, 260)), folder / "handbook-intensity.png")
    mixed: list[Cell] = [(name, compound_weights(name), FACE) for name in COMPOUNDS]
    save(sheet(mixed, 5, (260, 260)), folder / "handbook-compounds.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
