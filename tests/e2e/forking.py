"""Runs main.py many times at the price of one start: each run is a fork of a process that has loaded
what main.py would, but has run nothing of it.

Reads a JSON line per run (words, folder, environment, files for stdout and stderr, seconds) and
answers with its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
from pathlib import Path
from typing import Any

MAIN = Path(__file__).resolve().parents[2] / "main.py"

LIBRARIES = (
    *("filelock", "msgspec.json", "msgspec.toml"),
    *("av", "cyclopts.help", "numpy", "openai.resources.chat", "pandas", "pygltflib", "pyvista.plotting"),
    *("rapidfuzz.fuzz", "rich.markdown", "rich.table", "scipy.interpolate", "scipy.sparse.csgraph"),
    # OpenCV, kept from Qt.
    *("scipy.spatial", "viewer.core.opencv"),
)


OURS = ("viewer.core", "annotator.core", "annotator.cli.work")


def _load() -> None:
    """Load all that needs no window."""
    for library in LIBRARIES:
        importlib.import_module(library)
    for room in map(importlib.import_module, OURS):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("annotator.cli")


def _run(call: dict[str, Any]) -> None:
    """Become main.py."""
    words = [str(word) for word in call["words"]]
    os.chdir(str(call["folder"]))
    os.environ.clear()
    os.environ.update(call["environment"])
    for number, key in ((1, "out"), (2, "err")):
        file = os.open(str(call[key]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.alarm(int(str(call["seconds"])))
    sys.argv = [str(MAIN), *words]
    runpy.run_path(str(MAIN), run_name="__main__")


def main() -> None:
    """Serve until stdin ends."""
    sys.path.insert(0, str(MAIN.parent))
    _load()
    # A collection in a child would have every page of this process copied.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 99
            try:
                _run(json.loads(line))
            except SystemExit as done:
                code = done.code if isinstance(done.code, int) else int(done.code is not None)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
