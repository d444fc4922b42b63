"""Going to a typed moment, and choosing an emotion by its letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from annotator.keyframes.label_palette import LabelPalette
from annotator.session.settings import load_settings
from annotator.window.go_to import GoToField
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at


def going_to(person: Person, text: str) -> str:
    """Type where to go and press Enter; what was said then, empty where it went."""
    person.press("Ctrl+J")
    field = QApplication.activePopupWidget()
    assert isinstance(field, GoToField)
    field.field.insert(text)
    QTest.keyClick(field.field, Qt.Key.Key_Return)
    told = "" if not field.isVisible() else field.told.text()
    field.close()
    return told


def labelling(person: Person, text: str, *, shift: bool = False) -> LabelPalette:
    """Type letters of an emotion and take the first that matches."""
    person.press("0")
    palette = QApplication.activePopupWidget()
    assert isinstance(palette, LabelPalette)
    QTest.keyClicks(palette.search, text)
    keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(palette.search, Qt.Key.Key_Return, keys)
    return palette


def test_moments_and_emotions_are_typed(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> None:
    person = Person(window, qtbot)
    assert not window.actions_by_id["go_to"].isEnabled()
    person.open(demo_at(tmp_path), "01-waiting-room")
    playback = person.session.playback
    times, last = playback.frame_times, playback.frames - 1
    for text, frame in (
        ("12", 12),
        ("+10", 22),
        ("-2", 20),
        ("2.0", 60),
        ("2s", 60),
        ("0:01,5", 45),
        ("+0.5", 60),
        ("−0:01", 30),
        (f"f {last}", last),
        ("0", 0),
    ):
        assert going_to(person, text) == ""
        assert playback.time == pytest.approx(times[frame]), text
    for text, word in (
        (str(last + 1), f"0 to {last}"),
        ("-1", "no frame -1"),
        ("-0.5", "0.500 s after"),
        ("99:00", "ends at"),
        ("9" * 400, "no frame"),
        ("half", "neither a frame nor a time"),
        ("1:75", "neither"),
        (".", "neither"),
        ("", "Type a frame"),
    ):
        assert word in going_to(person, text), text
        assert playback.time == 0.0

    # Nothing is selected: a span of the emotion begins, and a second choice ends it.
    labelling(person, "bitter")
    assert window.studio.keyframes.pending is not None
    assert window.studio.keyframes.pending.label == "bittersweet"
    person.press("Shift+Right")
    labelling(person, "surp sad")
    assert not person.spans, "what matches nothing is no label by itself"
    labelling(person, "sadly", shift=True)
    (span,) = person.spans
    assert (span.label, span.start) == ("sadly angry", 0.0) and span.end == pytest.approx(1.0)
    person.press("Escape", "M")
    labelling(person, "RESIG")
    assert person.keyframes[0].emotion == "resignation"
    labelling(person, "weltschmerz")
    assert person.keyframes[0].emotion == "weltschmerz", "a label of one's own, on purpose"
    person.press("Ctrl+Z")
    assert person.keyframes[0].emotion == "resignation"
    labelled = person.session.vocabulary
    reached = set()
    for label in labelled:
        labelling(person, label)
        reached.add(person.keyframes[0].emotion)
    assert reached == set(labelled) and len(labelled) >= 31


def test_work_goes_on_where_it_was_left_and_is_found_among_the_recent(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    demo = demo_at(tmp_path)
    other = tmp_path / "other" / "demo"
    demo_at(tmp_path / "other")
    person = Person(open_window(), qtbot).open(demo)
    person.press("PgDown")
    second = person.session.wanted_clip_id
    person.wait_for_clip(second)
    person.press("Ctrl+2", "Shift+Right")
    left = person.session.playback.time
    assert left > 0.9
    person.open(other)
    person.press("Ctrl+3")
    assert person.session.clip_id != second, "each dataset has its own place"
    person.open(demo)
    assert person.session.clip_id == second
    assert person.session.playback.time == pytest.approx(left)
    assert person.window.arrangement.workspace.id == "compare"
    person.window.close()
    assert load_settings().left[str(demo)].clip == second

    person = Person(open_window(), qtbot).open(demo)
    assert person.session.clip_id == second and person.session.playback.time == pytest.approx(left)
    person.window.actions_by_id["go_on"].trigger()
    person.open(other).open(demo)
    assert person.session.clip_id != second and "first clip" in " ".join(person.told)

    other.rename(tmp_path / "moved")
    menu = person.window.recent_menu
    person.press("Ctrl+Shift+R")
    person.wait(lambda: QApplication.activePopupWidget() is menu and not person.session.jobs.running)
    first, gone, *rest = menu.actions()
    assert first.text() == f"demo  –  {tmp_path}" and first.isEnabled()
    assert "Not found here" in gone.toolTip() and not gone.isEnabled()
    tidy, clear = rest[-2:]
    menu.close()
    tidy.trigger()
    assert load_settings().recent == [str(demo)]
    clear.trigger()
    assert not load_settings().recent and not load_settings().left
    person.session.set_annotator("ben")
    person.wait(lambda: person.session.annotator_id == "ben" and not person.session.jobs.running)
