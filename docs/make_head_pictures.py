"""Makes the pictures of the default head: at rest, all 52 shapes, and ten emotions.

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
from viewer.core.channels import CHANNEL_COUNT, INDEX, SHAPES  # noqa: E402
from viewer.core.files import atomic_write  # noqa: E402
from viewer.core.models.head import load_default_head  # noqa: E402
from viewer.face_renderer import FaceRenderer  # noqa: E402

FACE = CameraView(zoom=1.45, pan_y=0.065)
LABEL = (230, 233, 238)
COLOURS = 256

EMOTIONS: dict[str, dict[str, float]] = {
    "joy": {
        "MouthSmile": 0.9, "CheekSquint": 0.7, "EyeSquint": 0.3, "MouthUpperUp": 0.25, "JawOpen": 0.12,
        "BrowOuterUp": 0.1,
    },
    "sadness": {
        "BrowInnerUp": 0.9, "MouthFrown": 0.8, "MouthShrugLower": 0.5, "EyeLookDown": 0.3, "EyeSquint": 0.15,
        "BrowDown": 0.15,
    },
    "anger": {
        "BrowDown": 1.0, "EyeSquint": 0.45, "NoseSneer": 0.12, "MouthPress": 0.8, "MouthFrown": 0.4,
        "MouthShrugLower": 0.4,
    },
    "fear": {
        "BrowInnerUp": 0.9, "BrowOuterUp": 0.4, "EyeWide": 0.9, "MouthStretch": 0.7, "JawOpen": 0.25,
        "BrowDown": 0.2,
    },
    "surprise": {
        "BrowInnerUp": 0.8, "BrowOuterUp": 0.9, "EyeWide": 0.7, "JawOpen": 0.55, "MouthFunnel": 0.2,
    },
    "disgust": {
        "NoseSneer": 0.9, "BrowDown": 0.6, "MouthUpperUp": 0.5, "EyeSquint": 0.5, "CheekSquint": 0.5,
        "MouthFrown": 0.4,
    },
    "contempt": {
        "MouthSmileLeft": 0.5, "MouthDimpleLeft": 0.6, "EyeSquint": 0.25, "BrowOuterUpLeft": 0.4,
    },
    "restrained smile": {
        "MouthSmile": 0.5, "MouthPress": 0.6, "MouthDimple": 0.3, "CheekSquint": 0.35, "EyeSquint": 0.2,
    },
    "bittersweet": {
        "MouthSmile": 0.45, "BrowInnerUp": 0.9, "EyeSquint": 0.2, "EyeLookDown": 0.25,
    },
    "anxious": {
        "BrowInnerUp": 0.8, "BrowDown": 0.4, "EyeWide": 0.35, "MouthStretch": 0.35, "MouthRollLower": 0.6,
        "EyeLookOutLeft": 0.4, "EyeLookInRight": 0.4,
    },
}


def row(weights: dict[str, float]) -> np.ndarray:
    """61 values; a name without its side means both sides."""
    values = np.zeros(CHANNEL_COUNT, np.float32)
    for name, weight in weights.items():
        for each in (name,) if name in INDEX else (name + "Left", name + "Right"):
            values[INDEX[each]] = weight
    return values


def sheet(
    cells: list[tuple[str, dict[str, float], CameraView]], columns: int, size: tuple[int, int]
) -> Image.Image:
    """The faces of ``cells`` (label, weights, view) in rows, each ``size`` pixels."""
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


def save(picture: Image.Image, path: Path) -> None:
    buffer = io.BytesIO()
    small = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    small.save(buffer, "PNG", optimize=True)
    atomic_write(path, buffer.getvalue())
    print(f"{path}: {picture.width} x {picture.height}, {len(buffer.getvalue())} bytes")


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    rest = [("", {}, CameraView()), ("", {}, THREE_QUARTER), ("", {}, PROFILE_LEFT)]
    save(sheet(rest, 3, (440, 520)), folder / "head-neutral.png")
    shapes = [(channel.name, {channel.name: 1.0}, FACE) for channel in SHAPES]
    close = INDEX["MouthClose"]
    shapes[close] = ("MouthClose + JawOpen", {"MouthClose": 1.0, "JawOpen": 1.0}, FACE)
    save(sheet(shapes, 8, (210, 210)), folder / "head-shapes.png")
    emotions = [(name, weights, FACE) for name, weights in EMOTIONS.items()]
    save(sheet(emotions, 5, (300, 300)), folder / "head-emotions.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
