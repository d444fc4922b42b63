"""The scripts behind `make run`: they find a Python that fits and make a spoilt environment anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
SETUP = PROJECT / "resources" / "setup"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell and links")


def _sh(script: str, *words: str | Path, path: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    """A script of the set-up where only ``path`` and the system's own tools are found."""
    tools = path / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "dirname", "rm"):
        found = next(p for p in (Path("/usr/bin", name), Path("/bin", name)) if p.exists())
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    environment = {"PATH": f"{path}:{tools}", "PYTHON": python, "LC_ALL": "C", "PYTHONUTF8": "0"}
    return subprocess.run(
        ["/bin/sh", str(SETUP / script), *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _broken(path: Path) -> None:
    """What is called python3 and cannot be used: too old, a shim, a placeholder of the system's."""
    path.write_text("#!/bin/sh\necho 'Python 3.10.4'\nexit 1\n", "ascii")
    path.chmod(0o755)


def test_the_first_python_that_fits_is_found(tmp_path: Path) -> None:
    _broken(tmp_path / "python3")
    (tmp_path / "python3.12").symlink_to(sys.executable)
    found = _sh("find_python.sh", path=tmp_path)
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).samefile(sys.executable)
    named = _sh("find_python.sh", path=tmp_path, python=sys.executable)
    assert Path(named.stdout.strip()).samefile(sys.executable)


def test_without_one_it_says_which_is_needed(tmp_path: Path) -> None:
    _broken(tmp_path / "python3")
    for asked, words in (("", "3.11 to 3.14 is needed"), (str(tmp_path / "python3"), "3.11 to 3.14")):
        ran = _sh("find_python.sh", path=tmp_path, python=asked)
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.startswith("error: ") and words in ran.stderr


@pytest.mark.release
@pytest.mark.slow
def test_a_half_made_environment_is_made_anew_and_a_whole_one_kept(tmp_path: Path) -> None:
    folder = tmp_path / ".venv"
    inside = folder / "bin" / "python"
    inside.parent.mkdir(parents=True)
    inside.symlink_to("/nowhere/python3.10")
    (folder / ".run").touch()
    (tmp_path / "python3").symlink_to(sys.executable)
    made = _sh("make_venv.sh", folder, inside, path=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "making it anew" in made.stdout
    assert not (folder / ".run").exists()
    subprocess.run([str(inside), "-m", "pip", "--version"], check=True, capture_output=True)

    (folder / ".run").touch()
    kept = _sh("make_venv.sh", folder, inside, path=tmp_path)
    assert (kept.returncode, kept.stdout, kept.stderr) == (0, "", "")
    _broken(tmp_path / "old")
    refused = _sh("make_venv.sh", folder, inside, path=tmp_path, python=str(tmp_path / "old"))
    assert refused.returncode == 1 and refused.stderr.startswith("error: ")
    assert (folder / ".run").exists()
