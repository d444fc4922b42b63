"""The package as others install it: what is in the wheel, and that it works away from the source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from annotator.core.version import __version__
from tests.e2e.conftest import plain_environment
from tests.scripts import load_script

PROJECT = Path(__file__).resolve().parents[1]
RELEASE = PROJECT / "resources" / "release"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: a build leaves folders behind, and takes along what is in them."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    load_script(RELEASE / "bundle.py").copy_source(source)
    words = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(source)]
    built = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    if "No matching distribution found for setuptools" in built.stderr:
        pytest.skip("pip cannot get setuptools here, which builds the wheel")
    assert built.returncode == 0, built.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that ``pip install --target`` filled."""
    target = tmp_path_factory.mktemp("installed")
    words = ["pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", *words], capture_output=True, check=True)
    return target


@pytest.mark.release
@pytest.mark.slow
def test_the_wheel_holds_code_and_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        (info,) = [name for name in names if name.endswith("dist-info/METADATA")]
        metadata = file.read(info).decode()
        scripts = file.read(info.replace("METADATA", "entry_points.txt")).decode()
    demo = PROJECT / "resources" / "demo" / "dataset"
    assert {str(f.relative_to(PROJECT).as_posix()) for f in demo.rglob("*") if f.is_file()} <= names
    facs = PROJECT / "resources" / "facs"
    assert {f"resources/facs/{f.name}" for f in facs.iterdir() if f.suffix in (".toml", ".txt")} <= names
    assert {
        "annotator/py.typed",
        "viewer/py.typed",
        "resources/head/head.npz",
        "resources/theme.qss",
    } <= names
    folders = {name.partition("/")[0] for name in names}
    assert folders == {"annotator", "viewer", "resources", "main.py", info.partition("/")[0]}
    # The scripts that make the data belong to the source.
    assert [n for n in names if n.startswith("resources/") and n.endswith(".py")] == ["resources/__init__.py"]
    assert f"\nVersion: {__version__}\n" in metadata
    assert "[console_scripts]\nkfstudio = main:main" in scripts
    assert "[gui_scripts]\nkeyframeface-studio = main:main" in scripts


@pytest.mark.release
@pytest.mark.slow
def test_what_pip_installs_into_any_folder_works_without_the_source(installed: Path, tmp_path: Path) -> None:
    # A folder of the same name where one works is not taken for ours.
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "theme.qss").write_text("", "utf-8")
    environment = plain_environment(tmp_path / "home", PYTHONPATH=str(installed), QT_QPA_PLATFORM="offscreen")
    environment["KFSTUDIO_STATE_DIR"] = str(tmp_path / "state")
    (script,) = (installed / ("Scripts" if os.name == "nt" else "bin")).glob("kfstudio*")
    start = [str(script)] if script.suffix == ".exe" else [sys.executable, str(script)]

    def ran(*words: str) -> str:
        done = subprocess.run(
            [*start, *words], cwd=tmp_path, env=environment, capture_output=True, timeout=110, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    assert "Usage: kfstudio" in ran("--help")
    made = json.loads(ran("demo", "--headless", "--out", "made"))
    assert all(Path(path).stat().st_size > 0 for path in made["made"].values())
    asked = [sys.executable, "-c", "from viewer.core.resources import resource as r; print(r('theme.qss'))"]
    where = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert Path(where.stdout.strip()) == (installed / "resources" / "theme.qss").resolve()


def test_the_version_is_the_same_wherever_it_is_told() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {
        "attr": "annotator.core.version.__version__"
    }
    cited = re.search(r"^version: (.+)$", (PROJECT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited is not None and cited[1] == __version__
    newest = re.search(r"^## \[.+$", (PROJECT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None and __version__ in newest[0]


def test_every_package_that_the_studio_needs_is_named_with_its_licence() -> None:
    text = (PROJECT / "THIRD_PARTY.md").read_text("utf-8")
    named = dict(re.findall(r"^\| (\S+) \| (.+) \|$", text, re.MULTILINE))
    missing = load_script(RELEASE / "third_party.py").needed().items() - named.items()
    assert not missing, "run python resources/release/third_party.py"
