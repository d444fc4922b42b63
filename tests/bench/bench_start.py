"""Starting the program to its first painted window, against importing what it is made of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.measuring import Spent, figure

PROJECT = Path(__file__).resolve().parents[2]
_IMPORTS = """
import json, time
import PySide6.QtWidgets, pyqtgraph, vtk
print(json.dumps({"painted": time.time(), "cpu": time.process_time()}), flush=True)
"""


def _start(arguments: list[str], environment: dict[str, str], spent: Spent) -> None:
    began = time.time()
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    facts = json.loads(ended.stdout.splitlines()[-1])
    spent.wall.append(1000.0 * (facts["painted"] - began))
    spent.cpu.append(1000.0 * facts["cpu"])


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Processes one after the other; the first of each fills the caches and is not counted.
    Processor time is of all threads, up to the first paint."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "KFSTUDIO_EXIT_AFTER_PAINT": "1",
            "KFSTUDIO_STATE_DIR": f"{folder}/state",
            "KFSTUDIO_CONFIG_DIR": f"{folder}/config",
        }
        # A user's Python keeps compiled modules; so must this one.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        ours, base = Spent([], []), Spent([], [])
        for i in range(1 + (2 if quick else 5)):
            kept = (ours, base) if i else (Spent([], []), Spent([], []))
            _start(["main.py"], environment, kept[0])
            _start(["-c", _IMPORTS], environment, kept[1])
    return [
        figure(
            "start to the first painted window",
            ours,
            base,
            against="importing PySide6, pyqtgraph and vtk",
            ratio_at_most=1.5,
        )
    ]
