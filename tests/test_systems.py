"""The tests are collected on systems that lack what POSIX has; what needs it is skipped there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# As on Windows.  What the libraries ask for after they were loaded stays, so they are loaded first.
WITHOUT = """
import importlib, os, signal, sys
import av, cv2, hypothesis, numpy, pandas, PIL.Image, platformdirs, psutil, pyqtgraph, pytest, pytestqt
import PySide6.QtWidgets
platformdirs.user_data_dir()
for name in ("geteuid", "getuid", "fork", "mkfifo", "setsid", "killpg", "wait4"):
    delattr(os, name) if hasattr(os, name) else None
for name in ("SIGKILL", "SIGALRM", "SIGHUP", "SIGILL", "alarm", "setitimer"):
    delattr(signal, name) if hasattr(signal, name) else None
for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
failed = []
for module in sys.argv[1:]:
    try:
        importlib.import_module(module)
    except Exception as error:
        failed.append(f"{module}: {type(error).__name__}: {error}")
print("\\n".join(failed))
"""


@pytest.mark.slow
def test_every_test_is_collected_where_posix_is_missing() -> None:
    files = sorted(path.relative_to(PROJECT).with_suffix("") for path in (PROJECT / "tests").rglob("*.py"))
    modules = [".".join(path.parts) for path in files if path.name not in ("__main__", "forking")]
    assert len(modules) > 100
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *modules],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr
