"""The kind of OpenGL is found out in another process, and kept while the machine stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kinds are kept on Linux only"),
]
ASK = """
import os, resource
from viewer.opengl import look_ahead, settle_opengl
look_ahead()
settle_opengl()
print(os.environ["VTK_DEFAULT_OPENGL_WINDOW"], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0)
"""


def test_a_kind_that_worked_is_kept_until_something_changes(tmp_path: Path) -> None:
    def asked(**names: str) -> list[str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("VTK_", "LIBGL_"))}
        environment = {**plain, "XDG_CACHE_HOME": str(tmp_path), **names}
        ran = subprocess.run(
            [sys.executable, "-c", ASK], env=environment, cwd=PROJECT, capture_output=True, check=True
        )
        return ran.stdout.decode().split()

    kind, tried = asked()
    assert tried == "True"
    assert asked() == [kind, "False"], "no second trial"
    assert asked(LIBGL_DEBUG="quiet") == [kind, "True"], "another environment"
    (kept,) = tmp_path.rglob("opengl.json")
    kept.write_text('{"window": "vtkNoWindow", "machine": 1}', "utf-8")
    assert asked() == [kind, "True"], "a file that says nothing"
