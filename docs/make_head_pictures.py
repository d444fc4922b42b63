"""Makes the pictures of the default head: at rest, ten emotions, shapes that meet.

``python docs/make_head_pictures.py [FOLDER]`` writes three PNG files into ``docs/pictures`` (or
FOLDER) with the program's own renderer.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from viewer.core.camera import PROFILE_LEFT, THREE_QUARTER, CameraView  # noqa: E402
from viewer.core.channels import CHANNEL_COUNT, INDEX  # noqa: E402
from viewer.core.files import atomic_write  # noqa: E402
from viewer.core.models.head import load_default_head  # noqa: E402
from viewer.face_renderer import FaceRenderer  # noqa: E402

FACE = CameraView(zoom=1.32, pan_y=0.055)
NEAR = CameraView(zoom=1.75, pan_y=0.075)
BUST = CameraView(zoom=0.72, pan_y=0.12)
LABEL = (230, 233, 238)
COLOURS = 256

EMOTIONS: dict[str, dict[str, float]] = {
    "joy": {
        "MouthSmile": 0.9,
        "CheekSquint": 0.8,
        "EyeSquint": 0.3,
        "MouthUpperUp": 0.3,
        "JawOpen": 0.14,
        "BrowOuterUp": 0.1,
    },
    "sadness": {
        "BrowInnerUp": 0.95,
        "BrowDown": 0.3,
        "MouthFrown": 0.85,
        "MouthShrugLower": 0.5,
        "EyeLookDown": 0.35,
        "EyeSquint": 0.15,
    },
    "anger": {
        "BrowDown": 1.0,
        "EyeSquint": 0.5,
        "NoseSneer": 0.15,
        "MouthPress": 0.8,
        "MouthFrown": 0.45,
        "MouthShrugLower": 0.45,
    },
    "fear": {
        "BrowInnerUp": 0.9,
        "BrowOuterUp": 0.45,
        "BrowDown": 0.35,
        "EyeWide": 0.9,
        "MouthStretch": 0.8,
        "JawOpen": 0.25,
    },
    "surprise": {
        "BrowInnerUp": 0.85,
        "BrowOuterUp": 0.95,
        "EyeWide": 0.7,
        "JawOpen": 0.55,
        "MouthFunnel": 0.25,
    },
    "disgust": {
        "NoseSneer": 0.95,
        "BrowDown": 0.65,
        "MouthUpperUp": 0.5,
        "EyeSquint": 0.55,
        "CheekSquint": 0.5,
        "MouthFrown": 0.45,
    },
    "contempt": {
        "MouthSmileLeft": 0.5,
        "MouthDimpleLeft": 0.7,
        "EyeSquint": 0.3,
        "BrowOuterUpLeft": 0.35,
        "MouthPress": 0.2,
    },
    "restrained smile": {
        "MouthSmile": 0.5,
        "MouthPress": 0.6,
        "MouthDimple": 0.3,
        "CheekSquint": 0.35,
        "EyeSquint": 0.2,
    },
    "bittersweet": {
        "MouthSmile": 0.5,
        "BrowInnerUp": 0.95,
        "BrowDown": 0.25,
        "EyeSquint": 0.25,
        "EyeLookDown": 0.3,
        "MouthPress": 0.2,
    },
    "anxious": {
        "BrowInnerUp": 0.85,
        "BrowDown": 0.45,
        "EyeWide": 0.4,
        "MouthStretch": 0.4,
        "MouthRollLower": 0.6,
        "EyeLookOutLeft": 0.4,
        "EyeLookInRight": 0.4,
    },
}
MEETINGS: dict[str, dict[str, float]] = {
    "blink, squint": {"EyeBlink": 1, "EyeSquint": 1},
    "blink, look down": {"EyeBlink": 1, "EyeLookDown": 1},
    "inner brows up, brows down": {"BrowInnerUp": 1, "BrowDown": 1},
    "smile, cheeks": {"MouthSmile": 1, "CheekSquint": 1},
    "smile, frown": {"MouthSmile": 1, "MouthFrown": 1},
    "smile, jaw": {"MouthSmile": 1, "JawOpen": 0.8},
    "smile, funnel": {"MouthSmile": 1, "MouthFunnel": 1},
    "funnel, jaw": {"MouthFunnel": 1, "JawOpen": 0.8},
    "pucker, jaw": {"MouthPucker": 1, "JawOpen": 0.8},
    "close, jaw": {"MouthClose": 1, "JawOpen": 1},
    "tongue, jaw": {"TongueOut": 1, "JawOpen": 0.5},
    "sneer, upper lip up": {"NoseSneer": 1, "MouthUpperUp": 1},
}


Cell = tuple[str, dict[str, float], CameraView]
"""A label, weights, and the view they are seen from."""


def row(weights: dict[str, float]) -> np.ndarray:
    """61 values; a name without its side means both sides."""
    values = np.zeros(CHANNEL_COUNT, np.float32)
    for name, weight in weights.items():
        for each in (name,) if name in INDEX else (name + "Left", name + "Right"):
            values[INDEX[each]] = weight
    return values


def sheet(cells: list[Cell], columns: int, size: tuple[int, int]) -> Image.Image:
    """The faces of ``cells`` in rows, each ``size`` pixels."""
    width, height = size
    rows = -(-len(cells) // columns)
    out = Image.new("RGB", (width * columns, height * rows), (25, 29, 36))
    font = ImageFont.load_default(max(11, width // 16))
    renderer = FaceRenderer(load_default_head(), size)
    try:
        for n, (label, weights, view) in enumerate(cells):
            renderer.set_camera(view)
            renderer.set_values(row(weights))
            face = Image.fromarray(renderer.render(supersample=True))
            ImageDraw.Draw(face).text((8, height - width // 16 - 12), label, LABEL, font)
            out.paste(face, (n % columns * width, n // columns * height))
    finally:
        renderer.close()
    return out


def save(picture: Image.Image, path: Path, colours: int = COLOURS) -> None:
    """Write a PNG with a palette of so many colours."""
    buffer = io.BytesIO()
    palette = picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    # Dithered, because the background's gradient would show bands.
    small = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    small.save(buffer, "PNG", optimize=True)
    atomic_write(path, buffer.getvalue())
    print(f"{path}: {picture.width} x {picture.height}, {len(buffer.getvalue())} bytes")


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    rest: list[Cell] = [
        ("", {}, CameraView()),
        ("", {}, THREE_QUARTER),
        ("", {}, PROFILE_LEFT),
        ("", {}, BUST),
    ]
    save(sheet(rest, 4, (440, 520)), folder / "head-neutral.png")
    emotions: list[Cell] = [(name, weights, FACE) for name, weights in EMOTIONS.items()]
    save(sheet(emotions, 5, (320, 320)), folder / "head-emotions.png")
    save(
        sheet([(name, weights, NEAR) for name, weights in MEETINGS.items()], 6, (270, 270)),
        folder / "head-meetings.png",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
