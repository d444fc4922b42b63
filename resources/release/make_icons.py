"""Make the icons of Windows and macOS: ``python resources/release/make_icons.py OUT_FOLDER``.

Both come from ``resources/icons/app.svg``, drawn anew in every size, for a small picture that was
scaled down is blurred.  Linux uses the SVG itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PIL import Image

SVG = Path(__file__).resolve().parents[1] / "icons" / "app.svg"
WINDOWS = (16, 20, 24, 32, 40, 48, 64, 128, 256)
MACOS = (16, 32, 64, 128, 256, 512, 1024)


def drawn(side: int) -> Image.Image:
    """The icon as a square of ``side`` pixels."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(SVG)).render(painter)
    painter.end()
    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return Image.frombytes("RGBA", (side, side), bytes(straight.constBits()))


def make(folder: Path) -> tuple[Path, Path]:
    """Write kfstudio.ico and kfstudio.icns into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, sides in (("kfstudio.ico", WINDOWS), ("kfstudio.icns", MACOS)):
        pictures = [drawn(side) for side in sorted(sides, reverse=True)]
        path = folder / name
        pictures[0].save(path, append_images=pictures[1:], sizes=[picture.size for picture in pictures])
        made.append(path)
    return made[0], made[1]


if __name__ == "__main__":
    print(*make(Path(sys.argv[1])), sep="\n")
