"""What another program has open is waited for a moment, and told as what it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from viewer.core.files import WriteError, atomic_write
from viewer.core.in_use import InUseError, rename_when_free, when_free


def refused(code: int, times: int) -> Callable[[], str]:
    """Something that Windows refuses ``times`` times with its error ``code``."""
    left = [times]

    def act() -> str:
        left[0] -= 1
        if left[0] >= 0:
            error = PermissionError(13, "refused", "a.json")
            error.winerror = code  # type: ignore[attr-defined,unused-ignore]
            raise error
        return "done"

    return act


@pytest.mark.parametrize("code", [5, 32, 33])
def test_a_file_that_is_held_for_a_moment_is_waited_for(code: int) -> None:
    assert when_free(refused(code, 2)) == "done"


def test_a_file_that_stays_open_is_told_and_missing_permissions_are_not_taken_for_it() -> None:
    with pytest.raises(InUseError, match="another program has it open"):
        when_free(refused(32, 9), pauses=(0,))
    with pytest.raises(InUseError):
        when_free(refused(5, 9), permitted=True, pauses=(0,))
    with pytest.raises(PermissionError, match="refused"):
        when_free(refused(5, 9), pauses=(0,))


def test_nothing_else_is_tried_twice() -> None:
    tries = []

    def act() -> None:
        tries.append(1)
        raise PermissionError(13, "not yours")

    with pytest.raises(PermissionError, match="not yours"):
        when_free(act)
    assert len(tries) == 1


@pytest.mark.skipif(os.name != "nt", reason="only Windows keeps open files from being replaced")
def test_a_save_over_an_open_file_says_who_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    with path.open(), pytest.raises(WriteError, match="another program has it open"):
        atomic_write(path, "after")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    rename_when_free(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
