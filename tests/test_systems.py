"""The tests are collected on systems that lack what POSIX has; what needs it is skipped there."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

ONLY_POSIX = {
    "os": ("geteuid", "getuid", "fork", "mkfifo", "setsid", "killpg", "wait4"),
    "signal": ("SIGKILL", "SIGALRM", "SIGHUP", "alarm", "setitimer"),
}
ASKED_FIRST = ("hasattr(", "importorskip(", "pytest.skip(", "sys.platform", "skipif(")
"""What a function says that knows how to go on where one of them is missing."""

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


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.timeout(330)
def test_every_module_can_be_imported_where_posix_is_missing() -> None:
    files = [
        path.relative_to(PROJECT).with_suffix("")
        for part in ("annotator", "viewer", "tests")
        for path in sorted((PROJECT / part).rglob("*.py"))
    ]
    modules = [".".join(path.parts) for path in files if path.name not in ("__init__", "__main__", "forking")]
    assert len(modules) > 400
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "main", *modules],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr


def test_what_only_posix_has_is_asked_for_first() -> None:
    found = []
    for part in ("annotator", "viewer", "tests"):
        for file in sorted((PROJECT / part).rglob("*.py")):
            # The server of forks is started where there are forks.
            if file.name != "forking.py":
                found += [f"{file.relative_to(PROJECT)}:{line}" for line in _unasked(file.read_text("utf-8"))]
    assert found == [], "ask with hasattr, or skip the test and say why"


def _unasked(source: str) -> list[int]:
    """Lines that use what only POSIX has, in a function, or a statement outside of one, that does not ask
    for it."""
    if not any(name in source for names in ONLY_POSIX.values() for name in names):
        return []
    lines: list[int] = []
    tree, text = ast.parse(source), source.splitlines()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for part in (*(part for part in tree.body if not isinstance(part, ast.ClassDef)), *functions):
        first = min(each.lineno for each in (part, *getattr(part, "decorator_list", ())))
        whole = "\n".join(text[first - 1 : part.end_lineno])
        if any(word in whole for word in ASKED_FIRST):
            continue
        for node in ast.walk(part):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                lines += [node.lineno] * (node.attr in ONLY_POSIX.get(node.value.id, ()))
    return sorted(set(lines))
