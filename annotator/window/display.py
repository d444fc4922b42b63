"""Whether a window can be opened here, found out without Qt, which would abort the process."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from pathlib import Path

from viewer.core.errors import StudioError

_X_PORT = 6000
_PATIENCE = 2.0


def has_display() -> bool:
    """Whether a window can be opened: always on Windows and macOS, and where the user chose a Qt
    platform; else when a display server answers."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return _wayland_answers() or _x_answers()


def check_display() -> None:
    """Raise :class:`StudioError` when no window can be opened here."""
    if not has_display():
        raise StudioError(
            "there is no display to open a window on",
            "run `kfstudio demo --headless`, or start under xvfb-run",
        )
    chosen = os.environ.get("QT_QPA_PLATFORM", "xcb")
    if sys.platform.startswith("linux") and chosen.startswith("xcb") and not _wayland_answers():
        try:
            ctypes.CDLL("libxcb-cursor.so.0")
        except OSError:
            raise StudioError(
                "the system library xcb-cursor, which windows need, is missing",
                "install it (Debian, Ubuntu: apt install libxcb-cursor0)",
            ) from None


def _wayland_answers() -> bool:
    name, folder = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and _answers(socket.AF_UNIX, str(Path(folder) / str(name)))


def _x_answers() -> bool:
    """Whether the server of DISPLAY ([host]:number[.screen]) takes a connection."""
    host, colon, rest = os.environ.get("DISPLAY", "").rpartition(":")
    number = rest.partition(".")[0]
    if not colon or not number.isdigit():
        return False
    if host and host != "unix":
        return _answers(socket.AF_INET, (host, _X_PORT + int(number)))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  where every X server listens
    return _answers(socket.AF_UNIX, path) or _answers(socket.AF_UNIX, f"\0{path}")


def _answers(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(address)
        except (OSError, ValueError):
            return False
    return True
