"""The timeline as a person uses it: looking, zooming, scrubbing, following."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.viewer.timeline.timeline_parts import (
    FPS,
    a_track,
    a_view,
    at,
    click,
    collect,
    double_click,
    drag,
    key,
    on_scene,
    picture,
    release,
    wheel,
)
from viewer.core.formats import read
from viewer.core.marks import Mark, Span, TrackLayer
from viewer.palette import DARK, LIGHT, REGION_COLOURS
from viewer.timeline.axis import GUTTER
from viewer.timeline.view import TimelineView


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    made = a_view()
    qtbot.addWidget(made)
    return made


def renders(view: TimelineView) -> list[int]:
    return [lane.picture.renders for lane in view.lanes]


# ---- the playhead ----------------------------------------------------------------------------


def test_the_playhead_redraws_no_lane(view: TimelineView) -> None:
    QApplication.processEvents()
    before = renders(view)
    for t in np.linspace(0.0, 9.9, 50):
        view.show_time(float(t))
        QApplication.processEvents()
    assert renders(view) == before


def test_the_playhead_stands_at_its_time_over_all_lanes(view: TimelineView) -> None:
    view.show_time(4.0)
    middle = view.playhead.geometry().center().x()
    assert abs(middle - view.axis.x_of(4.0)) <= 1
    assert view.playhead.geometry().bottom() >= view.curves.sceneBoundingRect().bottom() - 1
    image = view.grab().toImage()
    y = on_scene(view.overview, QPoint(0, 20))[1].y()
    assert image.pixelColor(middle, y).name() == DARK.playhead


def test_setters_called_twice_draw_once(view: TimelineView) -> None:
    track = a_track()
    layers = [TrackLayer("r", "recorded", track)]
    for _ in range(2):
        view.set_duration(10.0)
        view.set_layers(layers)
        view.set_marks([Mark("a", 1.0, "x")])
        view.set_spans([Span("s", 2.0, 3.0)])
        view.set_loop((1.0, 2.0))
        view.set_channels(("JawOpen",))
        view.set_theme(DARK)
        QApplication.processEvents()
        before = renders(view)
    view.set_layers(list(layers))
    view.set_marks([Mark("a", 1.0, "x")])
    view.set_loop((1.0, 2.0))
    QApplication.processEvents()
    assert renders(view) == before


# ---- zoom and pan ----------------------------------------------------------------------------


def test_wheel_zooms_around_the_mouse(view: TimelineView) -> None:
    x = round(view.axis.x_of(7.0))
    t = view.axis.time_of(x)
    wheel(view.overview, x, 3)
    assert view.axis.span < 6.0
    assert view.axis.time_of(x) == pytest.approx(t, abs=1e-6)
    wheel(view.overview, x, -30)
    assert (view.axis.start, view.axis.end) == (0.0, 10.0)


def test_shift_wheel_and_middle_drag_pan(view: TimelineView) -> None:
    view.axis.show_range(4.0, 6.0)
    wheel(view.curves, 500, -1, Qt.KeyboardModifier.ShiftModifier)
    assert view.axis.start > 4.0 and view.axis.span == pytest.approx(2.0)
    start = view.axis.start
    drag(view.keyframes, QPoint(600, 10), QPoint(700, 10), button=Qt.MouseButton.MiddleButton)
    assert view.axis.start < start and view.axis.span == pytest.approx(2.0)


def test_zoom_in_stops_at_a_few_frames_and_fit_shows_all(view: TimelineView) -> None:
    for _ in range(60):
        view.zoom_in()
    assert 2.9 / FPS <= view.axis.span <= 0.2
    view.fit_all()
    assert (view.axis.start, view.axis.end) == (0.0, 10.0)


def test_zoom_to_loop_and_selection(view: TimelineView) -> None:
    view.set_loop((2.0, 3.0))
    view.zoom_to_chosen()
    assert view.axis.start < 2.0 < 3.0 < view.axis.end and view.axis.span < 1.5
    view.set_spans([Span("s", 6.0, 8.0, selected=True)])
    view.zoom_to_chosen()
    assert view.axis.start < 6.0 < 8.0 < view.axis.end and view.axis.span < 3.0


def test_scroll_bar_follows_and_moves_the_view(view: TimelineView) -> None:
    view.axis.show_range(5.0, 6.0)
    bar = view._scroll
    assert bar.value() / (bar.maximum() + bar.pageStep()) == pytest.approx(0.5, abs=0.01)
    bar.setValue(0)
    assert view.axis.start == pytest.approx(0.0) and view.axis.span == pytest.approx(1.0)


def test_a_longer_clip_stays_fitted_but_a_zoomed_view_stays_where_it_is(view: TimelineView) -> None:
    view.set_duration(20.0)
    assert (view.axis.start, view.axis.end) == (0.0, 20.0)
    view.axis.show_range(2.0, 4.0)
    view.set_duration(30.0)
    assert (view.axis.start, view.axis.end) == (2.0, 4.0)


# ---- following -------------------------------------------------------------------------------


def test_the_page_turns_when_the_playhead_leaves_it(view: TimelineView) -> None:
    view.axis.show_range(0.0, 2.0)
    view.set_playing(True)
    view.show_time(1.9)
    assert view.axis.start == 0.0
    view.show_time(2.05)
    assert 1.8 <= view.axis.start <= 2.05 and view.axis.span == pytest.approx(2.0)


def test_a_person_who_scrolls_away_while_playing_is_left_alone(view: TimelineView) -> None:
    view.axis.show_range(0.0, 2.0)
    view.set_playing(True)
    view.show_time(1.0)
    view.axis.pan_by(5.0)
    view.show_time(1.1)
    assert view.axis.start == pytest.approx(5.0)
    view.show_time(5.5)
    view.show_time(7.1)
    assert view.axis.start > 6.5


def test_stepping_out_of_sight_brings_the_view_along(view: TimelineView) -> None:
    view.axis.show_range(4.0, 6.0)
    view.show_time(3.5)
    assert view.axis.start < 3.5 < view.axis.end


# ---- scrubbing -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ruler", "overview", "curves"])
def test_scrub_by_click_and_drag(view: TimelineView, name: str) -> None:
    lane = getattr(view, name)
    times, began = collect(view.time_requested), collect(view.scrub_started)
    ended = collect(view.scrub_finished)
    drag(lane, at(lane, 2.0), at(lane, 5.0))
    assert len(began) == len(ended) == 1
    assert times[0] == pytest.approx(2.0, abs=1.5 / FPS) and times[-1] == pytest.approx(5.0, abs=1.5 / FPS)
    frames = np.arange(300) / FPS
    assert all(np.isclose(frames, t).any() for t in times)


def test_escape_returns_the_playhead(view: TimelineView) -> None:
    view.show_time(1.0)
    times, ended = collect(view.time_requested), collect(view.scrub_finished)
    drag(view.overview, at(view.overview, 2.0), at(view.overview, 5.0), let_go=False)
    key(view.overview, Qt.Key.Key_Escape)
    assert times[-1] == 1.0 and len(ended) == 1
    release(view.overview, at(view.overview, 5.0))
    assert len(ended) == 1


def test_scrubbing_past_the_edge_moves_the_view(view: TimelineView) -> None:
    view.axis.show_range(2.0, 4.0)
    drag(view.ruler, at(view.ruler, 3.0), QPoint(view.width() + 100, 10))
    assert view.axis.start > 2.0


def test_shift_drag_on_the_ruler_asks_for_a_loop_and_handles_move_it(view: TimelineView) -> None:
    loops, times = collect(view.loop_requested), collect(view.time_requested)
    drag(view.ruler, at(view.ruler, 6.0), at(view.ruler, 4.0), Qt.KeyboardModifier.ShiftModifier)
    assert loops[-1] == pytest.approx((4.0, 6.0), abs=1 / FPS)
    assert times == []
    view.set_loop((4.0, 6.0))
    drag(view.ruler, at(view.ruler, 6.0), at(view.ruler, 8.0))
    assert loops[-1] == pytest.approx((4.0, 8.0), abs=1 / FPS)


# ---- what is shown ---------------------------------------------------------------------------


def test_waveform_lane_appears_only_with_sound(view: TimelineView) -> None:
    assert not view.waveform.isVisible()
    rate = 8000
    sound = np.zeros(10 * rate, np.float32)
    sound[4 * rate : 5 * rate] = 0.8 * np.sin(np.arange(rate) / 3.0)
    view.waveform.set_waveform(sound, rate)
    QApplication.processEvents()
    assert view.waveform.isVisible()
    image = picture(view.waveform)
    quiet, loud = at(view.waveform, 2.0, 8), at(view.waveform, 4.5, 8)
    assert image.pixelColor(quiet).name() == DARK.field
    assert image.pixelColor(loud) != image.pixelColor(quiet)
    view.waveform.set_waveform(None)
    assert not view.waveform.isVisible()


def test_lost_frames_are_hatched_in_the_overview(view: TimelineView) -> None:
    image = picture(view.overview)
    x0, x1 = at(view.overview, 3.1).x(), at(view.overview, 3.9).x()
    row = {image.pixelColor(x, 30).name() for x in range(x0, x1)}
    assert DARK.field in row and len(row) >= 2


def test_a_strong_value_shows_in_its_regions_row(view: TimelineView) -> None:
    lane = view.overview
    y = next(y for y in range(lane.height()) if lane.channel_at(y).name == "JawOpen")
    image = picture(lane)
    strong, weak = np.pi / 6, np.pi / 2
    light, dark = (image.pixelColor(at(lane, t, y + 1)).lightness() for t in (strong, weak))
    assert light > dark + 40
    assert "JawOpen 0.99" in lane.tip_at(at(lane, strong, y + 1).toPointF())
    assert "no face" in lane.tip_at(at(lane, 3.5, y + 1).toPointF())


def test_click_on_a_region_shows_its_curves_and_a_cross_takes_one_away(view: TimelineView) -> None:
    chosen = collect(view.channels_changed)
    lane = view.overview
    y = next(y for y in range(lane.height()) if lane.channel_at(y).region == "brows")
    click(lane, QPoint(60, y + 3))
    assert len(chosen[-1]) == 5 and all(name.startswith("Brow") for name in chosen[-1])
    click(view.curves, QPoint(GUTTER - 16, 8))
    assert chosen[-1] == view.curves.channels and len(chosen[-1]) == 4


def test_many_channels_can_be_scrolled(view: TimelineView) -> None:
    from viewer.core.channels import NAMES

    view.set_channels(NAMES)
    QApplication.processEvents()
    assert view.curves._scroll.isVisible() and view.curves._scroll.maximum() > 500
    view.curves._scroll.setValue(view.curves._scroll.maximum())
    assert view.curves.id_at(QPoint(400, view.curves.height() - 6).toPointF()) == NAMES[-1]


def test_both_themes_at_both_widths_draw_the_real_recording(qtbot: QtBot, shared: Path) -> None:
    track = read(shared / "data/live_link_csv/s88_30fps_face_lost.csv")
    for palette in (DARK, LIGHT):
        for width in (1440, 1024):
            view = TimelineView()
            qtbot.addWidget(view)
            view.resize(width, 300)
            view.set_theme(palette)
            view.set_duration(track.duration)
            take = TrackLayer("t", "take", track, 1.0, dashed=True)
            view.set_layers([TrackLayer("r", "recorded", track), take])
            view.set_channels(("JawOpen",))
            view.show()
            QApplication.processEvents()
            image = view.grab().toImage()
            hues = {image.pixelColor(x, y).name() for x in range(GUTTER, width, 3) for y in range(90, 260, 2)}
            assert len(hues) > 60
            gutter = on_scene(view.overview, QPoint(GUTTER - 5, 3))[1]
            assert image.pixelColor(gutter).name() == REGION_COLOURS["brows"]


def test_a_clip_with_nothing_in_it(qtbot: QtBot) -> None:
    view = TimelineView()
    qtbot.addWidget(view)
    view.resize(600, 240)
    view.show()
    QApplication.processEvents()
    seen = collect(view.mark_add_requested)
    double_click(view.keyframes, QPoint(300, 10))
    assert seen == [] and not view.playhead.isVisible()
    view.set_layers([])
    view.set_duration(0.0)
    view.show_time(0.0)
    wheel(view.ruler, 300, 4)
    view.fit_all()
    QApplication.processEvents()


def test_a_track_that_lost_the_face_throughout(view: TimelineView) -> None:
    track = a_track(2.0, lost=(0.0, 2.0))
    view.set_layers([TrackLayer("r", "recorded", track)])
    for span in ((0.0, 10.0), (0.0, 0.4)):
        view.axis.show_range(*span)
        QApplication.processEvents()
    assert "no face" in view.curves.tip_at(at(view.curves, 0.2, 5).toPointF())
