"""What only some systems have, and what a test does where it is missing: it is skipped and says why."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Windows knows no user who is kept from reading a file by its mode alone.
needs_permissions = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever runs the tests may read every file"
)


def make_pipe(path: Path) -> None:
    """A named pipe at ``path``."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(path)


def make_twin(path: Path, name: str) -> Path:
    """A copy of ``path`` beside it under another spelling of its name; Windows and macOS know but one."""
    twin = path.with_name(name)
    if twin.exists():
        pytest.skip("this system does not tell the two names apart")
    if path.is_dir():
        shutil.copytree(path, twin)
    else:
        shutil.copyfile(path, twin)
    return twin


def make_link(path: Path, target: str | Path) -> None:
    """A symbolic link at ``path``; Windows allows it to developers and administrators alone."""
    try:
        path.symlink_to(target)
    except OSError:
        if os.name == "posix":
            raise
        pytest.skip("this system does not let the user make symbolic links")


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process may become larger than ``size`` bytes meanwhile, as on a full disk."""
    resource = pytest.importorskip("resource", reason="this system cannot limit the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of ``size`` (as ``16m``) at the new ``folder``, in memory."""
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not let the user mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True)


def fill(disk: Path) -> Path:
    """A file that takes all the room there is left on ``disk``; with it gone there is room again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (65536, 4096, 1):
            try:
                while file.write(b"x" * block) == block:
                    pass
            except OSError:
                continue
    return filler
