"""Try a bundle: ``python resources/release/smoke_bundle.py FOLDER``.

It is run as on a machine that has no Python: with an empty PATH and a home of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def try_bundle(folder: Path) -> None:
    """Raises :class:`AssertionError` or :class:`subprocess.SubprocessError` for what does not work."""
    program = folder / ("kfstudio.exe" if os.name == "nt" else "kfstudio")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        environment = {
            "HOME": name,
            "PATH": "",
            "QT_QPA_PLATFORM": "offscreen",
            "KFSTUDIO_CONFIG_DIR": str(home / "config"),
            "KFSTUDIO_STATE_DIR": str(home / "state"),
            "KFSTUDIO_DATA_DIR": str(home / "data"),
            **{kept: os.environ[kept] for kept in ("SYSTEMROOT", "TEMP") if kept in os.environ},
        }

        def ran(*words: str, said: str = "", **more: str) -> str:
            done = subprocess.run(  # noqa: S603 – the bundle itself, no shell
                [str(program), *words],
                cwd=home,
                env={**environment, **more},
                input=said,
                capture_output=True,
                encoding="utf-8",
                timeout=600,
                check=False,
            )
            assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            return done.stdout

        print("version", ran("--version").strip())
        parts = ran("--run-part", "annotator.cli.self_check")
        assert parts.endswith(" 0 failed\n"), parts
        print(parts.strip())
        if sys.platform == "linux":
            tried = ran("--run-part", "viewer.opengl_trial", "vtkEGLRenderWindow")
            assert tried.splitlines()[-1:] == ["drawn vtkEGLRenderWindow"], tried
        made = json.loads(ran("demo", "--headless", "--out", "made"))["made"]
        assert all(Path(path).stat().st_size > 0 for path in made.values()), made
        print("demo", *(Path(path).name for path in made.values()))
        assert "painted" in json.loads(ran("demo", KFSTUDIO_EXIT_AFTER_PAINT="1"))
        print("window opened and closed")
        words = {"path": str(home / "no.gguf"), "name": "no", "key": "k"}
        asked = json.dumps({**words, "context": 512, "slots": 1, "threads": 1}) + "\n"
        answer = json.loads(ran("--run-part", "annotator.core.generation.local_process", said=asked))
        assert "ModuleNotFoundError" not in answer["error"], answer
        print("local models:", answer["error"])


if __name__ == "__main__":
    try_bundle(Path(sys.argv[1]).resolve())
