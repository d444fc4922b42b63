"""The way in: checks the environment before anything of Qt is imported, then the command line."""

from __future__ import annotations

import os
import sys


def prepare_environment() -> None:
    """Settings that must stand before Qt, pyqtgraph or OpenCV are imported."""
    # Run straight from a checkout, any Python may have picked this file up.
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"error: Python {version} is too old – use Python 3.11 or newer")
    os.environ["QT_API"] = "pyside6"
    os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
    # OpenCV's wheel points Qt at its own plugins and fonts; a shell may have inherited that.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]
    if getattr(sys, "frozen", False) and "LD_LIBRARY_PATH" in os.environ:
        # The bundle's libraries have been found by now, and are not for a browser that we open.
        del os.environ["LD_LIBRARY_PATH"]
        if "LD_LIBRARY_PATH_ORIG" in os.environ:
            os.environ["LD_LIBRARY_PATH"] = os.environ.pop("LD_LIBRARY_PATH_ORIG")


def _insist_on_utf8() -> None:
    """In a C locale without Python's UTF-8 mode no name with an umlaut could be written: start again
    in that mode."""
    if sys.getfilesystemencoding() == "ascii" and not getattr(sys, "frozen", False):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def main() -> None:
    """Run the command line and exit with its code."""
    prepare_environment()
    _insist_on_utf8()
    from viewer.core.child_process import run_part
    from viewer.core.interrupts import INTERRUPTED, take_interrupts

    if run_part(sys.argv[1:]):
        return
    take_interrupts()
    try:
        from annotator.cli import run
    except KeyboardInterrupt:
        print("error: interrupted – nothing was done yet", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] in ("annotator", "viewer"):
            raise
        # Run straight from a checkout by a Python that it was not set up for.
        todo = "run `make run` once, then use the Python in .venv"
        sys.exit(f"error: this Python lacks the package {missing.name} – {todo}")

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
