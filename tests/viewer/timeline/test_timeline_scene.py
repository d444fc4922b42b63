"""What one sees of the timeline is a pyqtgraph scene, and what comes easily with one."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from tests.viewer.timeline.timeline_parts import (
    FPS,
    a_track,
    a_view,
    at,
    click,
    collect,
    drag,
    key,
    move,
    on_scene,
    picture,
    press,
    release,
)
from viewer.core.channels import NAMES
from viewer.core.errors import FileError
from viewer.core.marks import Mark, Span, TrackLayer
from viewer.palette import DARK, LIGHT
from viewer.scene.picture import KeptPicture
from viewer.timeline.axis import GUTTER
from viewer.timeline.view import TimelineView

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    made = a_view()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often items of each kind were painted; to be asked for before the view is made."""
    seen: Counter[str] = Counter()

    def counting(kind: type[Any]) -> Callable[..., None]:
        original = kind.paint

        def paint(self: object, *args: object) -> None:
            seen[kind.__name__] += 1
            original(self, *args)

        return paint

    for kind in (KeptPicture, pg.AxisItem, pg.ViewBox, pg.ImageItem, pg.LinearRegionItem, pg.InfiniteLine):
        monkeypatch.setattr(kind, "paint", counting(kind))
    return seen


# ---- the scene -------------------------------------------------------------------------------


def test_every_lane_is_a_box_of_one_scene_with_one_time(view: TimelineView) -> None:
    assert isinstance(view.graph, pg.GraphicsLayoutWidget)
    boxes = [item for item in view.graph.scene().items() if isinstance(item, pg.ViewBox)]
    assert set(boxes) == set(view.lanes) and len(boxes) == 7
    linked = [box.linkedView(pg.ViewBox.XAxis) for box in view.lanes]
    assert linked == [None] + [view.ruler] * 6
    view.axis.show_range(2.0, 3.0)
    for box in view.lanes:
        assert box.viewRange()[0] == pytest.approx([2.0, 3.0])
        assert not any(box.autoRangeEnabled()) and not box.menuEnabled()
    for box in view.lanes:
        box.setXRange(-50.0, 50.0, padding=0)
        assert box.viewRange()[0] == pytest.approx([0.0, 10.0]), "no lane shows what is not there"
    items = view.graph.scene().items()
    assert any(isinstance(item, pg.ImageItem) for item in items)
    assert sum(isinstance(item, pg.LinearRegionItem) for item in items) == 2
    assert sum(isinstance(item, pg.AxisItem) for item in items) == 7 + 2


def test_lanes_and_their_gutters_lie_at_the_same_pixels(view: TimelineView) -> None:
    for lane in view.lanes:
        assert lane.sceneBoundingRect().left() == 0.0
        assert lane.scenePos().x() == lane.gutter.geometry().right() + 8 == view.axis.left
        assert lane.scenePos().y() == lane.gutter.scenePos().y() == int(lane.scenePos().y())
        assert lane.width() == view.axis.right - view.axis.left


def test_moves_of_the_playhead_paint_no_item(painted: Counter[str], qtbot: QtBot) -> None:
    view = a_view()
    qtbot.addWidget(view)
    view.set_loop((2.0, 8.0))
    for t in (0.1, 0.2):
        view.show_time(t)
        QApplication.processEvents()
    assert painted["KeptPicture"] and painted["AxisItem"]
    painted.clear()
    renders = view.graph.renders
    for t in np.linspace(0.0, 9.9, 50):
        view.show_time(float(t))
        QApplication.processEvents()
    assert not painted and view.graph.renders == renders


def test_a_picture_is_kept_only_of_what_is_seen(view: TimelineView) -> None:
    view.axis.show_range(4.0, 4.2)
    QApplication.processEvents()
    for lane in view.lanes:
        kept = lane.picture._pixmap
        assert kept.width() <= view.width() and kept.height() <= lane.height()


def test_what_was_grabbed_is_what_is_shown_now(view: TimelineView) -> None:
    """Without a turn of the event loop in between."""
    before = picture(view.keyframes)
    view.set_marks([Mark("a", 5.0, "here")])
    assert picture(view.keyframes) != before


def test_the_grip_gives_the_overview_or_the_curves_more_room(view: TimelineView) -> None:
    grip = view.graph.grip.scenePos().toPoint() + QPoint(500, 2)
    tall, whole = view.overview.height(), view.overview.height() + view.curves.height()
    target = view.graph.viewport()
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=grip)
    QTest.mouseMove(target, grip + QPoint(0, 30))
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=grip + QPoint(0, 30))
    assert view.overview.height() == pytest.approx(tall + 30, abs=4)
    assert view.overview.height() + view.curves.height() == whole
    assert view.graph.grip.scenePos().y() == view.overview.scenePos().y() + view.overview.height()


# ---- keys ------------------------------------------------------------------------------------


def test_lanes_have_names_and_are_reached_by_tab(view: TimelineView, qtbot: QtBot) -> None:
    view.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is view)
    assert [lane.keys.accessibleName() for lane in view.lanes] == [
        "time",
        "sound",
        "keyframes",
        "take",
        "emotions",
        "overview",
        "curves",
    ]
    view.keyframes.keys.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view.keyframes.keys, Qt.Key.Key_Tab)
    assert view.emotions.keys.hasFocus(), "lanes out of sight are passed over"
    place = on_scene(view.emotions, QPoint(0, 5))[1]
    assert view.grab().toImage().pixelColor(place).name() == DARK.accent


def test_escape_ends_the_drag_of_a_loops_end(view: TimelineView) -> None:
    loops = collect(view.loop_requested)
    view.set_loop((4.0, 6.0))
    drag(view.ruler, at(view.ruler, 6.0), at(view.ruler, 8.0), let_go=False)
    assert loops[-1] == pytest.approx((4.0, 8.0), abs=1 / FPS)
    key(view.ruler, Qt.Key.Key_Escape)
    assert loops[-1] == (4.0, 6.0) and view.ruler.loop.getRegion() == (4.0, 6.0)
    count = len(loops)
    move(view.ruler, at(view.ruler, 9.0))
    release(view.ruler, at(view.ruler, 9.0))
    assert len(loops) == count


def test_a_loops_end_can_be_dragged_over_the_other(view: TimelineView) -> None:
    loops = collect(view.loop_requested)
    view.loop_requested.connect(lambda start, end: view.set_loop((start, end)))
    view.set_loop((4.0, 6.0))
    drag(view.ruler, at(view.ruler, 6.0), at(view.ruler, 2.0))
    assert loops[-1] == pytest.approx((2.0, 4.0), abs=1 / FPS)
    assert view.ruler.loop.getRegion() == view.axis.loop


def test_a_region_stands_behind_the_selected_span(view: TimelineView) -> None:
    assert not view.emotions.region.isVisible()
    view.set_spans([Span("s", 1.0, 3.0, selected=True), Span("o", 5.0, 5.0, open=True)])
    assert view.emotions.region.isVisible() and view.emotions.region.getRegion() == (1.0, 3.0)
    view.set_spans([Span("s", 1.0, 3.0), Span("o", 5.0, 5.0, open=True, selected=True)])
    view.show_time(7.0)
    assert view.emotions.region.getRegion() == (5.0, 7.0)


def test_a_key_without_a_value_has_no_handle(view: TimelineView) -> None:
    keys = (1.0, 3.5)
    view.set_layers([TrackLayer("t", "take", a_track(lost=(3.0, 4.0)), dashed=True, keys=keys)])
    assert [(handle.key, handle.row.channel.name) for handle in view.curves.handles()] == [
        (0, "JawOpen"),
        (0, "HeadPitch"),
    ]


@pytest.mark.parametrize("name", ["keyframes", "emotions", "curves"])
def test_the_tip_at_the_mouse_is_shown(view: TimelineView, name: str) -> None:
    view.set_marks([Mark("a", 5.0, "smiles")])
    view.set_spans([Span("s", 4.0, 6.0, "relief", 2)])
    lane = getattr(view, name)
    target, place = on_scene(lane, at(lane, 5.0, 15))
    for where in (place, view.graph.grip.scenePos().toPoint() + QPoint(500, 2)):
        event = QHelpEvent(QEvent.Type.ToolTip, where, target.mapToGlobal(where))
        QApplication.sendEvent(target, event)
        tip = lane.tip_at(at(lane, 5.0, 15).toPointF()) if where == place else view.graph.grip.toolTip()
        assert tip and QToolTip.text() == tip


# ---- a rectangle to zoom to ------------------------------------------------------------------


def test_a_rectangle_over_the_overview_shows_its_time(view: TimelineView) -> None:
    times, moved = collect(view.time_requested), collect(view.axis.navigated)
    drag(view.overview, at(view.overview, 7.0, 10), at(view.overview, 4.0, 60), SHIFT)
    assert (view.axis.start, view.axis.end) == pytest.approx((4.0, 7.0), abs=0.02)
    assert times == [] and moved
    assert all(box.viewRange()[1] == [0.0, 1.0] for box in view.lanes if box is not view.curves)


def test_a_rectangle_over_the_curves_shows_its_rows_too_and_all_come_back(view: TimelineView) -> None:
    view.set_channels(NAMES[:12])
    tall = view.curves.rows()[0].area.height()
    corner = QPoint(at(view.curves, 2.0).x(), round(2.2 * tall))
    drag(view.curves, corner, QPoint(at(view.curves, 5.0).x(), round(3.9 * tall)), SHIFT)
    assert (view.axis.start, view.axis.end) == pytest.approx((2.0, 5.0), abs=0.02)
    assert [row.channel.name for row in view.curves.rows()] == list(NAMES[2:4])
    assert view.curves.rows()[0].area.height() > 2 * tall
    view.fit_all()
    assert (view.axis.start, view.axis.end) == (0.0, 10.0)
    assert view.curves.rows()[0].area.height() == pytest.approx(tall)


@pytest.mark.parametrize("name", ["waveform", "overview", "curves"])
def test_the_rectangle_is_seen_while_it_is_drawn(view: TimelineView, name: str) -> None:
    view.waveform.set_waveform(np.zeros(8000, np.float32), 800)
    lane = getattr(view, name)
    QApplication.processEvents()
    inside = at(lane, 8.0, 16)
    before = picture(lane).pixelColor(inside)
    drag(lane, at(lane, 7.0, 4), at(lane, 9.0, 28), SHIFT, let_go=False)
    assert picture(lane).pixelColor(inside) != before
    key(lane, Qt.Key.Key_Escape)
    assert picture(lane).pixelColor(inside) == before
    release(lane, at(lane, 9.0, 28))


def test_escape_drops_the_rectangle(view: TimelineView) -> None:
    drag(view.curves, at(view.curves, 2.0, 10), at(view.curves, 5.0, 60), SHIFT, let_go=False)
    assert view.curves.rbScaleBox.isVisible()
    key(view.curves, Qt.Key.Key_Escape)
    assert not view.curves.rbScaleBox.isVisible()
    move(view.curves, at(view.curves, 6.0, 60))
    release(view.curves, at(view.curves, 6.0, 60), SHIFT)
    assert (view.axis.start, view.axis.end) == (0.0, 10.0) and not view.curves.rbScaleBox.isVisible()


def test_the_right_button_zooms_nothing(view: TimelineView) -> None:
    drag(view.curves, at(view.curves, 2.0, 10), at(view.curves, 5.0, 60), button=Qt.MouseButton.RightButton)
    assert (view.axis.start, view.axis.end) == (0.0, 10.0)


# ---- the values at the mouse -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["overview", "curves"])
def test_the_mouse_reads_every_visible_curve(view: TimelineView, name: str) -> None:
    lane = getattr(view, name)
    strong = np.pi / 6
    move(lane, at(lane, strong))
    assert view.readout.isVisible() and view.readout.title.startswith("0:00.5")
    assert view.readout.title.endswith("frame 15")
    values = {channel: [text for text, _ in row] for channel, row in view.readout.lines}
    assert list(values) == ["JawOpen", "HeadPitch"]
    assert float(values["JawOpen"][0]) == pytest.approx(1.0, abs=0.01) and values["HeadPitch"] == ["0.00°"]
    move(lane, at(lane, 3.5))
    assert [text for _, row in view.readout.lines for text, _ in row] == ["no face"] * 2
    move(lane, QPoint(GUTTER - 60, 10))
    assert not view.readout.isVisible()


def test_reading_paints_no_item(painted: Counter[str], qtbot: QtBot) -> None:
    view = a_view()
    qtbot.addWidget(view)
    for t in (1.0, 1.1):
        move(view.curves, at(view.curves, t))
        QApplication.processEvents()
    painted.clear()
    renders = view.graph.renders
    for t in np.linspace(1.0, 9.0, 20):
        move(view.curves, at(view.curves, float(t)))
        QApplication.processEvents()
    assert not painted and view.graph.renders == renders


def test_the_values_stay_inside_the_timeline_and_leave_while_scrubbing(view: TimelineView) -> None:
    view.set_channels(NAMES)
    for t in (0.0, 9.9):
        for y in (3, view.curves.height() - 3):
            move(view.curves, at(view.curves, t, y))
            assert view.graph.rect().contains(view.readout.geometry())
    press(view.curves, at(view.curves, 5.0, 3))
    move(view.curves, at(view.curves, 6.0, 3))
    assert not view.readout.isVisible()
    release(view.curves, at(view.curves, 6.0, 3))
    view.set_channels(())
    move(view.curves, at(view.curves, 3.0))
    assert not view.readout.isVisible(), "no curve, no value"


# ---- the picture of it -----------------------------------------------------------------------


def test_the_plot_is_written_as_a_picture(view: TimelineView, tmp_path: Path) -> None:
    view.set_theme(LIGHT)
    view.set_marks([Mark("a", 5.0, "smiles")])
    view.show_time(5.0)
    view.export_picture(tmp_path / "plot.png")
    image = QImage(str(tmp_path / "plot.png"))
    shown = view.graph.grab().toImage()
    assert image.size() == shown.size()
    for lane in (view.keyframes, view.curves, view.overview):
        place = on_scene(lane, at(lane, 3.3, 12))[1]
        assert image.pixelColor(place) == shown.pixelColor(place)


def test_the_plot_is_written_with_lines_and_letters(view: TimelineView, tmp_path: Path) -> None:
    view.set_marks([Mark("a", 5.0, "smiles")])
    path = tmp_path / "plot.svg"
    view.export_picture(str(path))
    tree = ElementTree.parse(path)
    words = {"".join(node.itertext()).strip() for node in tree.iter("{http://www.w3.org/2000/svg}text")}
    assert {"smiles", "JawOpen", "keyframes", "0:05", "recorded"} <= words
    assert any(node.tag.endswith("}path") for node in tree.iter())
    assert picture(view.keyframes) == picture(view.keyframes), "the scene draws for the screen again"
    assert not any(item.exporting for item in view.graph.scene().items() if isinstance(item, KeptPicture))


def test_a_picture_of_no_known_kind_is_a_fault_and_an_old_file_stays(
    view: TimelineView, tmp_path: Path
) -> None:
    old = tmp_path / "plot.gif"
    old.write_bytes(b"old")
    with pytest.raises(FileError, match=r"\.png or \.svg"):
        view.export_picture(old)
    assert old.read_bytes() == b"old"
    with pytest.raises(FileError):
        view.export_picture(old / "plot.png")
    assert [path.name for path in tmp_path.iterdir()] == ["plot.gif"]


def test_a_lane_that_cannot_be_drawn_does_not_take_the_window_along(
    view: TimelineView, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    """An error inside of a scene's painting must not end the program."""

    def broken(painter: QPainter) -> None:
        raise ValueError("no such colour")

    monkeypatch.setattr(view.keyframes, "draw", broken)
    view.set_marks([Mark("a", 5.0)])
    with qtbot.captureExceptions() as errors:
        picture(view.keyframes)
    assert [kind for kind, *_ in errors] == [ValueError]
    monkeypatch.undo()
    view.keyframes.refresh()
    view.set_marks([])
    healed = picture(view.keyframes)
    view.set_marks([Mark("a", 5.0)])
    assert picture(view.keyframes) != healed


def test_where_the_video_ends_a_line_goes_through_all_lanes(view: TimelineView) -> None:
    before = view.grab().toImage()
    view.set_video_end(7.0)
    after = view.grab().toImage()
    for lane in (view.ruler, view.keyframes, view.emotions, view.overview, view.curves):
        line = on_scene(lane, QPoint(round(view.axis.x_of(7.0)), 18))[1]
        assert after.pixelColor(line).name() == DARK.warning, lane.title
        assert after.pixelColor(line - QPoint(3, 0)) == before.pixelColor(line - QPoint(3, 0))
    view.set_video_end(None)
    assert view.grab().toImage() == before


def test_all_curves_lie_on_one_axis_and_can_be_told_apart(view: TimelineView) -> None:
    curves = view.curves
    take = replace(a_track(), values=a_track().values * 0.5)
    recorded = TrackLayer("r", "recorded", a_track(lost=(3.0, 4.0)))
    view.set_layers([recorded, TrackLayer("t", "take", take, dashed=True, keys=(6.0,))])
    names = ("JawOpen", "HeadPitch", "BrowInnerUp")
    view.set_channels(names)
    curves.set_overlaid(True)
    QApplication.processEvents()
    jaw, pitch, _brow = curves.rows()
    assert jaw.area == pitch.area and jaw.area.height() == curves.height(), "each has all the room"
    assert (jaw.low, jaw.high) == (pitch.low / 45, pitch.high / 45) and jaw.high == 1.0
    assert jaw.zero == pytest.approx(pitch.zero)
    assert [text.split()[0] for _, text in curves.labels()] == list(names)
    assert [colour for _, _, colour in curves.strips()] == [DARK.curve(i) for i in range(3)]

    def seen(colour: str, t: float) -> int:
        shown, x = picture(curves), round(curves.axis.x_of(t))
        near = [shown.pixelColor(x + dx, y) for dx in range(-6, 7) for y in range(shown.height())]
        want = QColor(colour)
        return sum(abs(c.hue() - want.hue()) < 12 and c.saturation() > 90 for c in near)

    assert seen(DARK.curve(0), 1.0) > 5
    assert seen(DARK.warning, 3.5) > 20, "frames without a face are hatched"
    # On what is read at the mouse the tracks come first, then each channel in its colour.
    (header, tracks), (name, said), *_ = curves.readout(1.0)
    assert header == "" and [text for text, _ in tracks] == ["recorded", "take"]
    assert name == "JawOpen" and {colour for _, colour in said} == {DARK.curve(0)}
    assert float(said[0][0]) == pytest.approx(2 * float(said[1][0]), abs=2e-3)
    # A name brings its curve out and takes it away; a key of the take is dragged on the one axis.
    asked = collect(view.channels_changed)
    pressed = collect(view.take_value_requested)
    handle = next(h for h in curves.handles() if h.row.channel.name == "JawOpen")
    half = QPoint(round(handle.spot.x()), round(jaw.zero - 0.5 * jaw.scale))
    drag(curves, handle.spot.toPoint(), half)
    assert pressed[-1][1] == "JawOpen" and pressed[-1][3] == pytest.approx(0.5, abs=0.01)
    second = round(1.5 * curves.height() / curves.viewRange()[1][1])
    move(curves, QPoint(60, second))
    assert curves.hover == "HeadPitch"
    click(curves, QPoint(GUTTER - 12, second))
    assert asked == [("JawOpen", "BrowInnerUp")]
    curves.set_overlaid(False)
    assert len({row.area.top() for row in curves.rows()}) > 1


def test_many_frames_on_one_axis_are_drawn_as_few_are(view: TimelineView) -> None:
    """Above a frame a pixel curves are masks; the colours stay."""
    long = a_track(120.0)
    view.set_duration(120.0)
    view.set_layers([TrackLayer("t", "take", long, dashed=True)])
    view.curves.set_overlaid(True)
    view.fit_all()
    QApplication.processEvents()
    shown, want = picture(view.curves), QColor(DARK.curve(0))
    columns = range(GUTTER + 30, shown.width() - 30)
    drawn = [any(shown.pixelColor(x, y) == want for y in range(shown.height())) for x in columns]
    assert 0.4 < sum(drawn) / len(drawn) < 0.9, "dashed"
