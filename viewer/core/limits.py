"""How much of a file is taken in, in one place.

A file from a stranger may claim anything; what is beyond these limits is refused before memory is taken
for it, in words that name the limit.  They leave several times the room that recordings and face models
of this craft need, and hold every file below about half a gigabyte of memory, but for long tracks,
whose files are themselves of that size.
"""

from __future__ import annotations

from typing import Final

MB: Final = 2**20

TEXT_FILE_BYTES: Final = 512 * MB
"""The largest text file: three hours of Live Link CSV at 60 fps."""

JSON_TRACK_BYTES: Final = 256 * MB
"""The largest track in JSON."""

JSON_TRACK_VALUES: Final = 12_000_000
"""The most values in one: an hour of 52 shapes at 60 fps.  Each takes ten times its place in the file."""

TRACK_FRAMES: Final = 1_500_000
"""The most frames of a track: three hours at 120 fps."""

LANDMARK_FRAMES: Final = 120_000
"""The most frames whose landmarks are kept: an hour at 30 fps."""

MODEL_FILE_BYTES: Final = 384 * MB
"""The largest file of a face model, and all the files together that one glTF file reads."""

OBJ_FILE_BYTES: Final = 256 * MB
"""The largest OBJ file."""

DESCRIPTION_BYTES: Final = 128 * MB
"""The largest description (JSON) of a glTF file, with what is embedded in it as text."""

DESCRIPTION_VALUES: Final = 2_000_000
"""The most values in one."""

VERTICES: Final = 250_000
"""The most vertices of a face model: its 52 shapes are kept as whole meshes."""

TRIANGLES: Final = 1_000_000
"""The most triangles of a face model."""

ARRAY_BYTES: Final = 64 * MB
"""The largest array in a glTF file once it is unpacked."""

UNPACKED_BYTES: Final = 384 * MB
"""The most that all compressed data of one file may come to."""

TEXTURE_PIXELS: Final = 8192 * 8192
"""The largest texture, as stored."""

TEXTURES_BYTES: Final = 192 * MB
"""The most that the textures of one model may come to, as shown."""

PICTURE_PIXELS: Final = 64_000_000
"""The largest picture of a video."""


def megabytes(count: int) -> str:
    """``384 MB``."""
    return f"{count / MB:,.0f} MB"
