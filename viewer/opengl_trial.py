"""Draws a small picture with OpenGL, in a process of its own: see :mod:`viewer.opengl`.

Called with the names of VTK's kinds of windows, it tries one after the other and writes a line
``trying NAME`` before each, and ``drawn NAME`` for the first that drew what was asked.  Some drivers
end the process instead, so nothing of the studio is imported here.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from typing import Any

_SIDE = 16
_COLOUR = (255, 128, 0)
_OSMESA = ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so", "osmesa.dll")
"""Where VTK looks; it ends the process where it finds none."""


def _leave_no_dump() -> None:
    """Keep the system from recording, or telling the user of, a crash that is expected here."""
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(0x8003)
    else:
        import resource

        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _has_osmesa() -> bool:
    for name in _OSMESA:
        with contextlib.suppress(OSError):
            ctypes.CDLL(name)
            return True
    return False


def _draws(window: Any) -> bool:
    from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
    from vtkmodules.vtkRenderingCore import vtkRenderer

    window.SetOffScreenRendering(True)
    window.SetShowWindow(False)
    window.SetMultiSamples(0)
    window.SetSize(_SIDE, _SIDE)
    if not window.SupportsOpenGL():
        return False
    ground = vtkRenderer()
    ground.SetBackground(*(part / 255 for part in _COLOUR))
    window.AddRenderer(ground)
    window.Render()
    pixels = vtkUnsignedCharArray()
    window.GetRGBACharPixelData(0, 0, _SIDE - 1, _SIDE - 1, False, pixels)
    found = [pixels.GetValue(part) for part in range(3)]
    window.Finalize()
    return all(abs(a - b) <= 1 for a, b in zip(found, _COLOUR, strict=True))


def _try(names: list[str]) -> None:
    from vtkmodules import vtkRenderingOpenGL2

    for name in names:
        print("trying", name, flush=True)
        kind = getattr(vtkRenderingOpenGL2, name, None)
        if kind is None or (name == "vtkOSOpenGLRenderWindow" and not _has_osmesa()):
            continue
        if _draws(kind()):
            print("drawn", name, flush=True)
            return


if __name__ == "__main__":
    _leave_no_dump()
    # Faces are drawn beside the main thread, and that is what has to work.
    trial = threading.Thread(target=_try, args=(sys.argv[1:],))
    trial.start()
    trial.join()
