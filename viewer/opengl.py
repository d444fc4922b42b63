"""Which kind of OpenGL faces can be drawn with here, found out before anything is at stake.

Where no driver can be used, VTK does not fail: it ends the whole process.  So a child process
draws a small picture first, with each kind there is until one works.  A kind that worked is kept
in the cache folder and asked for again only when the machine, its drivers or the environment
have changed, so that a machine in order pays once.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import platformdirs

from viewer.core.child_process import part_command
from viewer.core.errors import DrawingError, FileError
from viewer.core.files import atomic_write, read_bytes

_VARIABLE = "VTK_DEFAULT_OPENGL_WINDOW"
"""What VTK makes its windows by."""

_TRIAL = "viewer.opengl_trial"
_PATIENCE = 180.0
"""Seconds: a driver may hang for ever, but a machine that is only busy must not lose its faces."""

_KINDS = {
    # EGL needs no X server, and its contexts may live in any thread.
    "linux": ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", "vtkXOpenGLRenderWindow"),
    "win32": ("vtkWin32OpenGLRenderWindow", "vtkOSOpenGLRenderWindow"),
}
"""By platform.  Every Mac has OpenGL, and VTK knows one way to it."""

_DEPENDS_ON = (
    *("DISPLAY", "XAUTHORITY", "LD_", "VTK_", "EGL_", "__EGL_", "__GLX_", "__GL_"),
    *("LIBGL_", "MESA_", "GALLIUM_", "CUDA_VISIBLE_DEVICES", "NVIDIA_", "VK_"),
)
"""What the names of environment variables begin with that drivers heed."""

_DRIVERS = (
    "/etc/ld.so.cache",
    "/etc/glvnd/egl_vendor.d",
    "/usr/share/glvnd/egl_vendor.d",
    "/dev/dri",
)
"""What changes when drivers come and go."""

_MESA = {
    "apt-get": "sudo apt install libegl1 libgl1-mesa-dri",
    "dnf": "sudo dnf install mesa-libEGL mesa-dri-drivers",
    "pacman": "sudo pacman -S mesa",
}
"""What brings drivers that work without a graphics card, by the program that installs it."""

_log = logging.getLogger(__name__)


class _Choice:
    """The kind of this process: looked for once, by whoever draws first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._settled = False
        self._error: tuple[str, str] | None = None

    def look_ahead(self) -> None:
        with self._lock:
            if not self._settled and self._child is None and _kinds() and _kept() is None:
                self._child = _begin(_kinds())

    def settle(self) -> None:
        with self._lock:
            if not self._settled:
                self._settle()
                self._settled = True
            if self._error is not None:
                raise DrawingError(*self._error)

    def _settle(self) -> None:
        kinds = _kinds()
        if not kinds:
            return
        kind = _kept() if self._child is None else None
        if kind is None:
            kind = self._tried(kinds)
            if kind is not None:
                _keep(kind)
        if kind is None:
            self._error = ("faces cannot be drawn here: no OpenGL driver works", _what_to_do())
            _log.warning("%s – %s", *self._error)
        else:
            os.environ[_VARIABLE] = kind

    def _tried(self, kinds: tuple[str, ...]) -> str | None:
        """The first of ``kinds`` that draws; None where none does.  A trial that did not come to draw
        says nothing of the driver, and the first counts as good."""
        while kinds:
            lines = _said(self._child or _begin(kinds))
            self._child = None
            tried = [name for word, _, name in lines if word == "trying"]
            drawn = [name for word, _, name in lines if word == "drawn"]
            if drawn or not tried:
                return drawn[0] if drawn else kinds[0]
            # The last one that was tried ended the child, or none was left.
            kinds = kinds[kinds.index(tried[-1]) + 1 :] if tried[-1] in kinds else ()
        return None


_choice = _Choice()


def look_ahead() -> None:
    """Begin to find the kind, without waiting for it: to be called before VTK is loaded, which takes as
    long."""
    _choice.look_ahead()


def settle_opengl() -> None:
    """Have VTK make its windows of a kind that works here; to be called before the first one is made.
    It takes up to a few seconds the first time, and nothing later.

    Raises :class:`~viewer.core.errors.DrawingError` where no kind works.
    """
    _choice.settle()


def _what_to_do() -> str:
    if sys.platform == "win32":
        return "install the driver of the graphics card, or do not work over Remote Desktop"
    ways = [command for program, command in _MESA.items() if shutil.which(program)]
    return f"install Mesa ({ways[0]})" if ways else "install Mesa with its EGL or OSMesa driver"


def _kinds() -> tuple[str, ...]:
    """What may work here, the best first; what the user asks for comes before."""
    kinds = list(_KINDS.get(sys.platform, ()))
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        kinds.remove("vtkXOpenGLRenderWindow")
    asked = os.environ.get(_VARIABLE)
    if asked in kinds:
        kinds.remove(asked)
        kinds.insert(0, asked)
    return tuple(kinds)


def _begin(kinds: tuple[str, ...]) -> subprocess.Popen[str] | None:
    try:
        child = subprocess.Popen(  # noqa: S603 – our own file, no shell
            part_command(_TRIAL, *kinds),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError:
        _log.debug("the trial of OpenGL cannot be started", exc_info=True)
        return None
    atexit.register(child.kill)
    return child


def _said(child: subprocess.Popen[str] | None) -> list[tuple[str, str, str]]:
    """What a child wrote until it ended, in words."""
    if child is None:
        return []
    try:
        told, _ = child.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        told, _ = child.communicate()
    atexit.unregister(child.kill)
    return [line.partition(" ") for line in told.splitlines()]


def _kept_file() -> Path:
    return platformdirs.user_cache_path("keyframeface-studio") / "opengl.json"


def _kept() -> str | None:
    """The kind that worked here before, if nothing has changed since."""
    try:
        kept = json.loads(read_bytes(_kept_file(), 4096))
        kind, facts = kept["window"], kept["machine"]
    except (FileError, ValueError, KeyError, TypeError, OSError, RuntimeError):
        return None
    return kind if kind in _kinds() and facts == _machine() else None


def _keep(kind: str) -> None:
    machine = _machine()
    if machine is not None:
        with contextlib.suppress(FileError, OSError, RuntimeError):
            atomic_write(_kept_file(), json.dumps({"window": kind, "machine": machine}))


def _machine() -> str | None:
    """A digest of all that decides which kind works; None where that cannot be told."""
    if sys.platform != "linux":
        return None
    vtk = importlib.util.find_spec("vtkmodules")
    facts = [platform.node(), sys.executable, *_kinds(), str(vtk and vtk.origin)]
    facts += sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(_DEPENDS_ON))
    vendors = os.environ.get("__EGL_VENDOR_LIBRARY_DIRS", "").split(":")
    for place in (*_DRIVERS, *filter(None, vendors), *([vtk.origin] if vtk and vtk.origin else [])):
        try:
            facts.append(f"{place} {Path(place).stat().st_mtime_ns}")
        except OSError:
            facts.append(place)
    with contextlib.suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
    return hashlib.sha256("\0".join(facts).encode("utf-8", "surrogateescape")).hexdigest()
