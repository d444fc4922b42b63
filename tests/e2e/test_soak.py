"""The short form of ``make soak``: random work in the real window, killed at random."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.soak.ledger import lost
from tests.soak.rounds import Soak

pytestmark = pytest.mark.slow


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 here")
def test_random_work_killed_at_random_loses_nothing(tmp_path: Path) -> None:
    soak = Soak(tmp_path, seed=11)
    soak.kill_once()
    figures = soak.report([])
    assert figures["edits"] > 5 and figures["kills"] == 1
    left = ("lost_first", "faults", "conflict_files", "temporary_files", "journals")
    assert {name: figures[name] for name in left if figures[name]} == {}


def test_the_ledger_tells_what_is_lost() -> None:
    one, two = ("c", "keyframe", "one"), ("c", "keyframe", "two")
    assert lost({one: "a"}, {}, {one: "a", two: "more"}) == []
    assert lost({one: "b"}, {}, {one: "a"}) == ["c keyframe one"]
    assert lost({one: "a", two: ""}, {}, {two: "back"}) == ["c keyframe one", "c keyframe two"]
    assert lost({one: "a"}, {one: "b"}, {one: "b"}) == [] == lost({one: "a"}, {one: "b"}, {one: "a"})
