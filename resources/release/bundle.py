"""Make the bundle, a folder that runs without Python: ``python resources/release/bundle.py [--pack]``.

It works in build/bundle: an environment of its own with what the studio needs at run time and
nothing else, the wheel, the icons, then PyInstaller, then the smoke test.  With ``--pack`` the bundle
becomes one file in dist as well.  A bundle runs on systems like the one it was made on, so it is
made on each.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT))

from annotator.core.version import __version__  # noqa: E402 - this is a script

WORK = PROJECT / "build" / "bundle"
MADE = WORK / "dist" / "kfstudio"
_DOCUMENTS = ("README.md", "LICENSE", "THIRD_PARTY.md")
_STRIPPED = ("vtkmodules", "xllamacpp", "av")
"""Libraries that come with their tables of symbols, a quarter of the whole bundle.  Others that were
changed after they were linked (NumPy's, SciPy's) do not survive it."""

_WHEEL_OF = ("annotator", "viewer", "resources", "main.py", "pyproject.toml", *_DOCUMENTS)


def requirements() -> Iterator[str]:
    """What goes into the bundle, with the versions of constraints.txt where they differ from the
    wheel's: OpenCV without its own Qt, for the studio opens no window by it."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = dict(
        line.split("==")
        for line in (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    )
    for wanted in (*project["dependencies"], *project["optional-dependencies"]["local"]):
        if wanted == "opencv-python":
            yield f"opencv-python-headless=={pins[wanted]}"
        else:
            yield wanted


def run(*words: str | Path) -> None:
    """Run one step; its failure ends all."""
    print("·", *words, flush=True)
    subprocess.run([str(word) for word in words], cwd=WORK, check=True)  # noqa: S603 – our own words, no shell


def environment() -> Path:
    """The Python of the environment, made anew when what goes into it has changed."""
    folder = WORK / "venv"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = "\n".join(requirements()) + "".join(
        file.read_text("utf-8") for file in (PROJECT / "constraints.txt", HERE / "requirements-bundle.txt")
    )
    stamp = folder / "made-with.txt"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        pip = (python, "-m", "pip", "install", "--quiet")
        run(*pip, "--constraint", PROJECT / "constraints.txt", *requirements())
        run(*pip, "--requirement", HERE / "requirements-bundle.txt")
        stamp.write_text(wanted, "utf-8")
    return python


def copy_source(target: Path) -> None:
    """Copy what the wheel is built from to the empty folder ``target``: a build in the checkout would
    leave folders there, and take along what earlier builds left."""
    without = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in _WHEEL_OF:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, target / name, ignore=without)
        else:
            shutil.copyfile(PROJECT / name, target / name)


def install_studio(python: Path) -> None:
    """Put the studio's wheel into the environment."""
    source = WORK / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    copy_source(source)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", source)


def strip() -> None:
    """Take the tables of symbols out of the libraries that bring them; nothing at run time reads them."""
    if sys.platform != "linux" or shutil.which("strip") is None:
        return
    for folder in _STRIPPED:
        libraries = [file for file in (MADE / "parts" / folder).rglob("*.so*") if not file.is_symlink()]
        run("strip", "--strip-unneeded", *libraries)


def pack() -> Path:
    """The bundle as one file in dist, named after the version and the system."""
    name = f"keyframeface-studio-{__version__}-{sys.platform}-{platform.machine().lower()}"
    kind = "zip" if os.name == "nt" else "xztar"
    (PROJECT / "dist").mkdir(exist_ok=True)
    bundle = "KeyframeFace Studio.app" if sys.platform == "darwin" else MADE.name
    return Path(shutil.make_archive(str(PROJECT / "dist" / name), kind, MADE.parent, bundle))


def main() -> None:
    """Make the bundle and try it."""
    WORK.mkdir(parents=True, exist_ok=True)
    python = environment()
    install_studio(python)
    run(python, HERE / "make_icons.py", WORK / "icons")
    run(python, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", HERE / "kfstudio.spec")
    strip()
    for name in ("LICENSE", "THIRD_PARTY.md"):
        shutil.copy(PROJECT / name, MADE)
    if sys.platform == "linux":
        shutil.copytree(HERE / "linux", MADE / "share", dirs_exist_ok=True)
        shutil.copy(PROJECT / "resources" / "icons" / "app.svg", MADE / "share" / "kfstudio.svg")
    run(sys.executable, HERE / "smoke_bundle.py", MADE)
    size = sum(file.lstat().st_size for file in MADE.rglob("*") if file.is_file())
    print(f"{MADE.relative_to(PROJECT)}: {size / 1e6:,.0f} MB")
    if "--pack" in sys.argv[1:]:
        packed = pack()
        print(f"{packed.relative_to(PROJECT)}: {packed.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
