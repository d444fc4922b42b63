"""Suggested keyframes in the window: shown, gone through, accepted, dismissed, snapped to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from annotator.session.settings import load_settings
from annotator.suggestions.ghost_lane import GhostLane
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import LEFT, Person, demo_at, target_of

APEX = 29
"""The frame at which the brows are highest."""


def test_suggestions_become_keyframes_by_one_key(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    (demo / "clips" / "02-letter" / "track.csv").unlink()
    anna = Person(open_window(), qtbot).open(demo, "03-birthday")
    suggestions, lane = anna.studio.suggestions, anna.window.timeline.keyframes
    assert isinstance(lane, GhostLane) and not lane.ghosts and not anna.keyframes
    anna.press("Shift+K")
    anna.wait(lambda: anna.frame == APEX)
    assert suggestions.shown and "apex of BrowInnerUp" in anna.told[-1]
    offered = lane.ghosts
    assert len(offered) > 3 and offered[0].frame == APEX and not anna.keyframes

    # Accepted: on the very frame, with no word that nobody wrote, and undone in one step.
    anna.press("Shift+M")
    (keyframe,) = anna.keyframes
    assert (keyframe.frame, keyframe.description, keyframe.note) == (APEX, "", "")
    assert keyframe.time == anna.session.playback.frame_times[APEX]
    assert lane.ghosts == offered[1:]
    anna.press("Ctrl+Z")
    assert not anna.keyframes and lane.ghosts == offered
    anna.press("Ctrl+Shift+Z")

    # Dismissed: the next one is, and nothing of the clip changes.
    anna.press("Shift+K")
    assert anna.frame == offered[1].frame
    before = anna.work
    anna.press("Shift+D")
    assert lane.ghosts == offered[2:] and anna.work == before
    anna.press("Shift+K", "Shift+J")
    assert "no suggestion before the playhead" in anna.told[-1]

    # By mouse: a click goes there, a double click marks.
    place, by = target_of(lane)
    at = by + QPoint(round(float(lane.axis.x_of(offered[3].time_in_clip))), 12)
    QTest.mouseClick(place, LEFT, pos=at)
    assert anna.frame == offered[3].frame and len(anna.keyframes) == 1
    assert offered[3].reason in lane.tip_at(lane.place_of(at.toPointF()))
    QTest.mouseDClick(place, LEFT, pos=at)
    assert [k.frame for k in anna.keyframes] == [APEX, offered[3].frame]

    # A keyframe a little late goes to the apex.
    anna.press("Ctrl+Z", "Ctrl+Z")
    anna.session.playback.seek(float(anna.session.playback.frame_times[APEX + 4]))
    anna.press("M")
    assert [k.frame for k in anna.keyframes] == [APEX + 4]
    anna.press("Shift+S")
    assert [k.frame for k in anna.keyframes] == [APEX] and anna.frame == APEX
    anna.press("Ctrl+Z")
    assert [k.frame for k in anna.keyframes] == [APEX + 4]

    # Off, and remembered; without a recording it says what is missing.
    anna.press("Shift+G")
    assert not lane.ghosts and not load_settings().suggestions
    anna.press("Shift+M")
    assert "No suggestions are shown" in anna.told[-1]
    anna.open(demo, "02-letter")
    anna.press("Shift+G")
    assert "no recording to find keyframes in" in anna.told[-1]
