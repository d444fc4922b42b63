"""Two processes that edit one clip at once; the long form is ``python -m tests.soak.races``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.races import race


@pytest.mark.slow
@pytest.mark.parametrize("apart", [False, True], ids=["one machine", "no lock in common"])
def test_two_writers_at_once_lose_nothing_and_leave_one_file(tmp_path: Path, apart: bool) -> None:
    found = race(tmp_path, rounds=25, seed=2, apart=apart)
    assert (found["lost"], found["clashes"], found["strays"]) == ([], 0, [])
