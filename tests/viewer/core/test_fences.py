"""Folders from others: what is read or written in them stays in them, and pipes are no files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systems import make_link, make_pipe
from viewer.core import fences, files
from viewer.core.errors import FileError
from viewer.core.files import WriteError


@pytest.fixture
def fenced(tmp_path: Path) -> Path:
    root = tmp_path / "stranger"
    (root / "clips" / "a").mkdir(parents=True)
    fences.fence(root, "clips")
    return root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "precious").write_text("mine")
    return folder


def test_a_link_that_leads_out_is_neither_read_nor_written_and_named(fenced: Path, outside: Path) -> None:
    link = fenced / "clips/a/t.csv"
    make_link(link, outside / "precious")
    for act in (lambda: files.atomic_write(link, "x"), lambda: files.read_bytes(link)):
        with pytest.raises(FileError, match="leads out of the folder stranger") as told:
            act()
        assert told.value.path == link
    assert (outside / "precious").read_text() == "mine" and link.is_symlink()


@pytest.mark.parametrize("link", ["clips/b", "clips/a/takes", "clips/a/x/../takes"])
def test_nothing_is_made_behind_a_link_to_a_folder(fenced: Path, outside: Path, link: str) -> None:
    (fenced / "clips/a/x").mkdir()
    make_link(fenced / os.path.normpath(link), outside)
    with pytest.raises(WriteError, match="leads out") as told:
        files.atomic_write(fenced / link / "deeper/new.csv", "x")
    assert told.value.path is not None
    assert os.path.normpath(told.value.path) == str(fenced / os.path.normpath(link))
    with pytest.raises(WriteError, match="leads out"):
        files.make_folder(fenced / link / "deeper")
    with pytest.raises(WriteError, match="leads out"), files.new_file(fenced / link / "new.csv"):
        pass
    assert [path.name for path in outside.iterdir()] == ["precious"]


def test_a_link_to_a_name_that_is_not_there_yet_makes_nothing_there(fenced: Path, outside: Path) -> None:
    make_link(fenced / "clips/a/t.csv", outside / "new")
    with pytest.raises(WriteError, match="leads out"):
        files.atomic_write(fenced / "clips/a/t.csv", "x")
    assert not (outside / "new").exists()


def test_a_link_that_stays_inside_is_read_and_then_replaced_itself(fenced: Path) -> None:
    (fenced / "store").mkdir()
    (fenced / "store/object").write_text("kept")
    link = fenced / "clips/a/t.csv"
    make_link(link, "../../store/object")
    assert files.read_bytes(link) == b"kept"
    files.atomic_write(link, "new")
    assert not link.is_symlink() and link.read_text() == "new"
    assert (fenced / "store/object").read_text() == "kept"


def test_the_fence_holds_under_another_name_of_the_root(fenced: Path, outside: Path, tmp_path: Path) -> None:
    make_link(tmp_path / "alias", fenced)
    fences.fence(tmp_path / "alias", "clips")
    make_link(fenced / "clips/a/t.csv", outside / "precious")
    for root in (tmp_path / "alias", fenced):
        with pytest.raises(WriteError, match="leads out"):
            files.atomic_write(root / "clips/a/t.csv", "x")
    files.atomic_write(tmp_path / "alias/clips/a/other.csv", "fine")
    assert (fenced / "clips/a/other.csv").read_text() == "fine"


def test_a_folder_that_becomes_a_link_between_check_and_write_stops_the_walk(
    fenced: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fences.HAS_HANDLES:
        pytest.skip("this system opens no files below an open folder")
    folder = fences.to_read(fenced / "clips/a", fenced.resolve())
    folder.rmdir()
    make_link(fenced / "clips/a", outside)
    with pytest.raises(FileError, match="leads out"), fences.entered(folder, fenced.resolve()):
        pass


def test_a_folder_swapped_after_it_was_entered_changes_nothing_outside(fenced: Path, outside: Path) -> None:
    if not fences.HAS_HANDLES:
        pytest.skip("this system opens no files below an open folder")
    pieces = iter([b"one"])

    def swapping() -> Iterator[bytes]:
        yield next(pieces)
        (fenced / "clips/a").rename(fenced / "clips/moved")
        make_link(fenced / "clips/a", outside)

    files.atomic_write(fenced / "clips/a/precious", swapping())
    assert (outside / "precious").read_text() == "mine"
    assert (fenced / "clips/moved/precious").read_bytes() == b"one"


def test_the_root_is_never_made_again(fenced: Path) -> None:
    (fenced / "clips/a").rmdir()
    (fenced / "clips").rmdir()
    fenced.rmdir()
    with pytest.raises(WriteError):
        files.atomic_write(fenced / "clips/a/t.csv", "x")
    assert not fenced.exists()


def test_what_lies_beside_the_fenced_parts_is_free(fenced: Path, outside: Path) -> None:
    make_link(fenced / "mine.csv", outside / "precious")
    files.atomic_write(fenced / "mine.csv", "new")
    assert (outside / "precious").read_text() == "new" and (fenced / "mine.csv").is_symlink()


def test_a_pipe_is_no_file_for_anybody(fenced: Path, tmp_path: Path) -> None:
    for path in (fenced / "clips/a/pipe", tmp_path / "pipe"):
        make_pipe(path)
        for act in (files.read_bytes, files.read_head, files.open_plain):
            with pytest.raises(FileError, match="not a plain file"):
                act(path)
    with pytest.raises(WriteError, match="not a plain file"):
        files.atomic_write(fenced / "clips/a/pipe", "x")
    with pytest.raises(OSError, match="not a plain file"):
        files.open_record(tmp_path / "pipe")


def test_a_pipe_put_in_between_does_not_hold_anybody_up(tmp_path: Path) -> None:
    """The kind is looked at on what was opened: here the name is swapped all the time."""
    file, pipe, name = tmp_path / "file", tmp_path / "pipe", tmp_path / "name"
    file.write_bytes(b"text")
    make_pipe(pipe)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for source in (file, pipe):
                (tmp_path / "next").unlink(missing_ok=True)
                os.link(source, tmp_path / "next")
                (tmp_path / "next").replace(name)

    os.link(file, name)
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(300):
            try:
                assert files.read_bytes(name) == b"text"
            except FileError as error:
                assert "not a plain file" in error.what
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("name", ["a" * 256, "é" * 200, "/".join(["b" * 200] * 30)])
def test_names_too_long_are_said_to_be_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="too long for this system"):
        files.read_bytes(tmp_path / name)
    with pytest.raises(WriteError, match="too long for this system"):
        files.atomic_write(tmp_path / name, "x")


def test_a_name_with_nul_is_refused(tmp_path: Path) -> None:
    for act in (files.read_bytes, lambda path: files.atomic_write(path, "x"), files.make_folder):
        with pytest.raises(FileError, match="no file name may"):
            act(tmp_path / "a\0b")
