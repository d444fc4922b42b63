"""One colour, one meaning, in the whole window, and at once after a change of theme."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from annotator.core.model import STATUSES
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, demo_at


def _colours(icon: QIcon) -> set[str]:
    """The opaque colours of an icon."""
    image = icon.pixmap(24, 24).toImage()
    every = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {colour.name() for colour in every if colour.alpha() == 255}


def test_emotions_status_and_icons_keep_their_colours_in_both_themes(
    window: StudioWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    person = Person(window, qtbot).open(demo_at(tmp_path), "02-letter")
    person.press("M", "2", "E", "2", "Right", "Right", "E")
    (keyframe,), (span,) = person.keyframes, person.spans
    assert keyframe.emotion == span.label == "sadness"
    bar = window.top_bar
    for theme in ("light", "dark"):
        window.set_theme(theme)
        palette = window.session.palette
        sad = window.session.label_colours["sadness"]
        assert [mark.colour for mark in window.timeline.keyframes.shown] == [sad]
        assert [each.colour for each in window.timeline.emotions.shown] == [sad]
        assert palette.text in _colours(window.generate_panel.model_chooser._edit.icon())
        signs = [_colours(bar._status.itemIcon(place)) for place in range(len(STATUSES))]
        assert palette.muted in signs[STATUSES.index("new")]
        assert palette.success in signs[STATUSES.index("done")]
        assert palette.warning in signs[STATUSES.index("needs review")]
        assert not any(palette.accent in sign for sign in signs)

    alone = Qt.ToolButtonStyle.ToolButtonIconOnly
    window.resize(1440, 900)
    person.wait(lambda: bar.width() == 1440)
    words = [button.text() for button in bar._worded if button.toolButtonStyle() != alone]
    assert words == ["Undo", "Redo", "Commands"]
    window.resize(1300, 800)
    person.wait(lambda: bar.width() == 1300)
    assert all(button.toolButtonStyle() == alone and button.toolTip() for button in bar._worded)
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and not button.icon().isNull() and not button.text():
            assert button.toolTip() and button.accessibleName(), button
    # The time stands in one place.
    time, said = window.transport.time_label.text(), window.status_bar._facts.text()
    assert time.startswith("00:0") and time not in said and "fps" in said
