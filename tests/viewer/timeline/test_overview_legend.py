"""The overview can be read: how bright is how much, and a blink stands out."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from tests.viewer.timeline.timeline_parts import a_view
from viewer.core.bands import ROWS
from viewer.overview_legend import OverviewLegend
from viewer.palette import DARK, LIGHT, Palette
from viewer.timeline.overview import heat_colours


def _light(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_a_blink_stands_out_from_open_eyes(palette: Palette) -> None:
    row = [channel.name for channel in ROWS].index("EyeBlinkLeft")
    levels = heat_colours(palette)[row].view("u1").reshape(-1, 4)
    open_eye, blink = (_light(QColor(*map(int, levels[at][:3]))) for at in (12, 255))
    low, high = sorted((open_eye, blink))
    assert (high + 0.05) / (low + 0.05) > 7


def test_the_legend_lies_beside_the_overview_and_covers_no_name(qtbot: QtBot) -> None:
    view = a_view()
    qtbot.addWidget(view)
    legend = OverviewLegend(view)
    legend.show()
    lane = view.overview
    top = lane.scenePos().y()
    assert top <= legend.y() and legend.geometry().bottom() <= top + lane.height()
    view.resize(view.width(), 640)
    qtbot.waitUntil(lambda: legend.height() == round(lane.height()) - 7)
    pixels = legend.grab().toImage()
    foot, head = (pixels.pixelColor(3, y) for y in (pixels.height() - 4, 4))
    assert _light(head) > _light(foot) + 0.3
    assert "45°" in legend.accessibleName()
