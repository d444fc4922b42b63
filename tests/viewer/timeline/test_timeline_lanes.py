"""Keyframes and emotion spans by mouse alone and by keyboard alone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.viewer.timeline.timeline_parts import (
    FPS,
    a_view,
    at,
    click,
    collect,
    double_click,
    drag,
    key,
    move,
    on_scene,
    picture,
    release,
    wheel,
)
from viewer.core.marks import Mark, Span
from viewer.timeline.lane import Lane
from viewer.timeline.view import TimelineView

ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
FRAME = 1 / FPS


@pytest.fixture
def view(qtbot: QtBot) -> TimelineView:
    made = a_view()
    qtbot.addWidget(made)
    made.set_marks([Mark("a", 2.0, "looks down", selected=True), Mark("b", 5.0, "smiles")])
    made.set_spans(
        [
            Span("s", 1.0, 3.0, "anxious", 3, selected=True),
            Span("u", 2.0, 6.0, "relief", 2),
            Span("o", 8.0, 8.0, "awe", 4, open=True),
        ]
    )
    QApplication.processEvents()
    return made


def on_span(view: TimelineView, t: float, row: int = 0) -> QPoint:
    return at(view.emotions, t, 15 + 24 * row)


# ---- keyframes -------------------------------------------------------------------------------


def test_click_selects_and_click_beside_deselects(view: TimelineView) -> None:
    chosen = collect(view.mark_selected)
    click(view.keyframes, at(view.keyframes, 5.0))
    click(view.keyframes, at(view.keyframes, 5.0) + QPoint(7, 0))
    click(view.keyframes, at(view.keyframes, 7.0))
    assert chosen == ["b", "b", ""]


def test_drag_asks_in_one_gesture_on_frames_and_shows_the_frame(view: TimelineView) -> None:
    moves, times = collect(view.mark_move_requested), collect(view.time_requested)
    drag(view.keyframes, at(view.keyframes, 5.0), at(view.keyframes, 7.0))
    assert {m[0] for m in moves} == {"b"} and len({m[2] for m in moves}) == 1 and len(moves) > 2
    assert moves[-1][1] == pytest.approx(7.0, abs=FRAME)
    assert all(abs(m[1] * FPS - round(m[1] * FPS)) < 1e-6 for m in moves)
    assert times == [m[1] for m in moves]
    drag(view.keyframes, at(view.keyframes, 5.0), at(view.keyframes, 6.0))
    assert len({m[2] for m in moves}) == 2


def test_a_shaking_hand_moves_nothing(view: TimelineView) -> None:
    moves = collect(view.mark_move_requested)
    drag(view.keyframes, at(view.keyframes, 5.0), at(view.keyframes, 5.0) + QPoint(2, 1))
    assert moves == []


def test_escape_puts_the_keyframe_and_the_playhead_back(view: TimelineView) -> None:
    view.show_time(1.0)
    moves, times = collect(view.mark_move_requested), collect(view.time_requested)
    drag(view.keyframes, at(view.keyframes, 5.0), at(view.keyframes, 7.0), let_go=False)
    key(view.keyframes, Qt.Key.Key_Escape)
    assert moves[-1][:2] == ("b", 5.0) and len({m[2] for m in moves}) == 1
    assert times[-1] == 1.0
    count = len(moves)
    move(view.keyframes, at(view.keyframes, 8.0))
    release(view.keyframes, at(view.keyframes, 8.0))
    assert len(moves) == count


def test_drag_stays_inside_the_clip(view: TimelineView) -> None:
    moves = collect(view.mark_move_requested)
    drag(view.keyframes, at(view.keyframes, 2.0), QPoint(-400, 10))
    assert moves[-1][1] == 0.0


def test_double_click_adds_on_a_frame(view: TimelineView) -> None:
    added = collect(view.mark_add_requested)
    double_click(view.keyframes, at(view.keyframes, 7.01))
    assert added == [pytest.approx(7.0, abs=FRAME)]
    assert abs(added[0] * FPS - round(added[0] * FPS)) < 1e-6
    times = collect(view.time_requested)
    double_click(view.keyframes, at(view.keyframes, 5.0))
    assert len(added) == 1 and times == [5.0]


def test_delete_and_nudge_by_key(view: TimelineView) -> None:
    gone, moves = collect(view.mark_delete_requested), collect(view.mark_move_requested)
    key(view.keyframes, Qt.Key.Key_Right, ALT)
    key(view.keyframes, Qt.Key.Key_Left, ALT)
    assert [m[1] for m in moves] == [pytest.approx(2 + FRAME), pytest.approx(2 - FRAME)]
    key(view.keyframes, Qt.Key.Key_Delete)
    assert gone == ["a"]
    view.set_marks([Mark("b", 5.0)])
    key(view.keyframes, Qt.Key.Key_Delete)
    assert gone == ["a"]


def test_lanes_take_the_focus_by_tab_but_leave_the_arrows_to_the_window(view: TimelineView) -> None:
    assert view.keyframes.keys.focusPolicy() & Qt.FocusPolicy.TabFocus
    moves = collect(view.mark_move_requested)
    key(view.keyframes, Qt.Key.Key_Right)
    assert moves == []


# ---- emotion spans ---------------------------------------------------------------------------


def test_overlapping_spans_lie_on_rows_of_their_own(view: TimelineView) -> None:
    chosen = collect(view.span_selected)
    click(view.emotions, on_span(view, 2.5, 0))
    click(view.emotions, on_span(view, 2.5, 1))
    click(view.emotions, on_span(view, 9.8, 1))
    assert chosen == ["s", "u", ""]
    tall = view.emotions.height()
    view.set_spans([Span("s", 1.0, 3.0)])
    assert view.emotions.height() < tall


def test_drag_an_edge_and_the_middle(view: TimelineView) -> None:
    asked = collect(view.span_change_requested)
    drag(view.emotions, on_span(view, 3.0), on_span(view, 4.0))
    assert asked[-1][:3] == ("s", 1.0, pytest.approx(4.0, abs=FRAME))
    drag(view.emotions, on_span(view, 1.0), on_span(view, 1.5))
    assert asked[-1][:3] == ("s", pytest.approx(1.5, abs=FRAME), 3.0)
    drag(view.emotions, on_span(view, 2.0), on_span(view, 4.0))
    assert asked[-1][1] == pytest.approx(3.0, abs=FRAME)
    assert asked[-1][2] - asked[-1][1] == pytest.approx(2.0)
    assert len({a[3] for a in asked}) == 3


def test_edges_never_cross_and_bodies_stay_inside(view: TimelineView) -> None:
    asked = collect(view.span_change_requested)
    drag(view.emotions, on_span(view, 3.0), on_span(view, 0.2))
    assert asked[-1][1:3] == (1.0, pytest.approx(1.0 + FRAME))
    drag(view.emotions, on_span(view, 1.0), on_span(view, 5.0))
    assert asked[-1][1] < asked[-1][2] == 3.0
    drag(view.emotions, on_span(view, 2.0), on_span(view, 9.9) + QPoint(300, 0))
    assert asked[-1][2] <= 10.0 and asked[-1][2] - asked[-1][1] == pytest.approx(2.0)


def test_the_end_can_reach_the_end_of_the_clip(view: TimelineView) -> None:
    asked = collect(view.span_change_requested)
    drag(view.emotions, on_span(view, 6.0, 1), on_span(view, 10.0, 1) + QPoint(20, 0))
    assert asked[-1][2] == 10.0


def test_escape_puts_the_span_back(view: TimelineView) -> None:
    asked = collect(view.span_change_requested)
    drag(view.emotions, on_span(view, 2.0), on_span(view, 4.0), let_go=False)
    key(view.emotions, Qt.Key.Key_Escape)
    assert asked[-1][:3] == ("s", 1.0, 3.0) and len({a[3] for a in asked}) == 1


def test_drag_on_empty_ground_adds_a_span_unless_escaped(view: TimelineView) -> None:
    added = collect(view.span_add_requested)
    drag(view.emotions, on_span(view, 7.5), on_span(view, 6.6))
    assert added == [(pytest.approx(6.6, abs=FRAME), pytest.approx(7.5, abs=FRAME))]
    drag(view.emotions, on_span(view, 6.6), on_span(view, 7.5), let_go=False)
    key(view.emotions, Qt.Key.Key_Escape)
    release(view.emotions, on_span(view, 7.5))
    assert len(added) == 1


def test_an_open_span_grows_with_the_playhead_and_has_no_end_to_drag(view: TimelineView) -> None:
    chosen = collect(view.span_selected)
    view.show_time(9.5)
    QApplication.processEvents()
    click(view.emotions, on_span(view, 9.2))
    assert chosen == ["o"]
    asked = collect(view.span_change_requested)
    drag(view.emotions, on_span(view, 9.5), on_span(view, 9.0))
    assert all(a[2] - a[1] == pytest.approx(0.0) for a in asked)


def test_span_keys(view: TimelineView) -> None:
    asked, gone = collect(view.span_change_requested), collect(view.span_delete_requested)
    key(view.emotions, Qt.Key.Key_Right, ALT)
    assert asked[-1][1:3] == (pytest.approx(1 + FRAME), pytest.approx(3 + FRAME))
    key(view.emotions, Qt.Key.Key_Left, ALT | SHIFT)
    assert asked[-1][1:3] == (1.0, pytest.approx(3 - FRAME))
    key(view.emotions, Qt.Key.Key_Backspace)
    assert gone == ["s"]


# ---- menus, tips, pointers -------------------------------------------------------------------


def test_context_menus_say_what_was_meant(view: TimelineView) -> None:
    asked = collect(view.menu_requested)

    def menu(
        lane: Lane, pos: QPoint, reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse
    ) -> None:
        by_key = reason == QContextMenuEvent.Reason.Keyboard
        widget, place = (lane.keys, pos) if by_key else on_scene(lane, pos)
        QApplication.sendEvent(widget, QContextMenuEvent(reason, place, widget.mapToGlobal(place)))

    menu(view.keyframes, at(view.keyframes, 5.0))
    menu(view.keyframes, at(view.keyframes, 7.0))
    menu(view.emotions, on_span(view, 2.5))
    menu(view.emotions, QPoint(0, 0), QContextMenuEvent.Reason.Keyboard)
    assert [a[:2] for a in asked] == [("mark", "b"), ("keyframes", ""), ("span", "s"), ("span", "s")]
    assert view.axis.time_of(float(view.mapFromGlobal(asked[1][2]).x())) == pytest.approx(7.0, abs=0.02)


def test_tips_tell_everything_and_the_keys(view: TimelineView) -> None:
    view.set_marks([Mark("a", 2.0, "looks down", confidence=0.4, has_values=True)])
    tip = view.keyframes.tip_at(at(view.keyframes, 2.0).toPointF())
    assert "looks down" in tip and "40%" in tip and "by hand" in tip and "{delete}" in tip
    tip = view.emotions.tip_at(on_span(view, 2.5).toPointF())
    assert "anxious" in tip and "3 of 5" in tip and "0:01.000" in tip


def test_pointer_shapes_tell_what_a_drag_will_do(view: TimelineView) -> None:
    move(view.emotions, on_span(view, 3.0))
    assert view.emotions.cursor().shape() == Qt.CursorShape.SizeHorCursor
    move(view.emotions, on_span(view, 2.4))
    assert view.emotions.cursor().shape() == Qt.CursorShape.OpenHandCursor
    move(view.emotions, on_span(view, 7.0))
    assert view.emotions.cursor().shape() == Qt.CursorShape.CrossCursor


def test_selected_and_unselected_look_different(view: TimelineView) -> None:
    def pictures(selected: bool) -> tuple[QImage, QImage]:
        view.set_marks([Mark("a", 2.0, "x", selected=selected)])
        view.set_spans([Span("s", 1.0, 3.0, "anxious", selected=selected)])
        QApplication.processEvents()
        return picture(view.keyframes), picture(view.emotions)

    for plain, chosen in zip(pictures(False), pictures(True), strict=True):
        assert plain != chosen


def test_arrows_up_and_down_select_in_order_of_time(view: TimelineView) -> None:
    marks, spans = collect(view.mark_selected), collect(view.span_selected)
    key(view.keyframes, Qt.Key.Key_Down)
    key(view.keyframes, Qt.Key.Key_Up)
    key(view.emotions, Qt.Key.Key_Down)
    assert marks == ["b", "a"] and spans == ["u"]


def test_zooming_during_a_drag_keeps_the_keyframe_under_the_mouse(view: TimelineView) -> None:
    moves = collect(view.mark_move_requested)
    end = at(view.keyframes, 6.0)
    drag(view.keyframes, at(view.keyframes, 5.0), end, let_go=False)
    wheel(view.keyframes, end.x(), 3)
    move(view.keyframes, end + QPoint(1, 0))
    assert moves[-1][1] == pytest.approx(6.0, abs=2 * FRAME)
    release(view.keyframes, end)
