"""The table of keyframes and spans: it tells its views of the rows that changed and of no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from annotator.core.model import ClipInfo, ClipState, EmotionSpan, Keyframe
from annotator.keyframes.marks_model import MarkRow, MarksModel, rows_of

ROWS = st.lists(
    st.builds(
        MarkRow,
        st.floats(0, 4000),
        st.integers(0, 9).map(str),
        st.sampled_from(["keyframe", "span"]),
        st.sampled_from(["", "proud"]),
        st.text(max_size=2),
    ),
    max_size=12,
    unique_by=lambda row: (row.kind, row.id),
).map(sorted)


class Told:
    """What a model told its views: how many rows changed, came and went, and whether all of it."""

    def __init__(self, model: MarksModel) -> None:
        self.changed = self.came = self.gone = self.resets = 0
        model.dataChanged.connect(self._changed)
        model.rowsInserted.connect(self._came)
        model.rowsRemoved.connect(self._gone)
        model.modelReset.connect(self._reset)

    def _changed(self, first: QModelIndex, last: QModelIndex, _roles: object) -> None:
        self.changed += last.row() - first.row() + 1

    def _came(self, _parent: object, first: int, last: int) -> None:
        self.came += last - first + 1

    def _gone(self, _parent: object, first: int, last: int) -> None:
        self.gone += last - first + 1

    def _reset(self) -> None:
        self.resets += 1


def keyframes(*times: float) -> ClipState:
    return ClipState(ClipInfo("c"), tuple(Keyframe(f"k{i}", time) for i, time in enumerate(times)))


@pytest.mark.slow
@given(ROWS, ROWS)
def test_any_rows_become_any_others(before: list[MarkRow], after: list[MarkRow]) -> None:
    model = MarksModel()
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    tester, told = QAbstractItemModelTester(model, mode), Told(model)
    model.show_rows(before)
    model.show_rows(after)
    assert list(model.rows) == after and told.resets == 0
    shown = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert [text[:1] for text in shown] == ["◆" if row.kind == "keyframe" else "▬" for row in after]
    del tester


def test_an_edit_tells_of_its_own_row() -> None:
    model = MarksModel()
    model.show_rows(rows_of(keyframes(*range(100)), ()))
    told = Told(model)
    moved = [float(k) for k in range(100)]
    moved[40] = 40.5
    model.show_rows(rows_of(keyframes(*moved), ()))
    assert (told.changed, told.came, told.gone) == (1, 0, 0)
    model.show_rows(rows_of(keyframes(*moved, 100.0), ()))
    assert (told.changed, told.came, told.gone) == (1, 1, 0)
    model.show_rows(rows_of(keyframes(*range(100)), ()))
    assert (told.changed, told.came, told.gone) == (2, 1, 1) and told.resets == 0


def test_a_mark_that_passes_its_neighbour_takes_both_rows_along() -> None:
    model = MarksModel()
    model.show_rows(rows_of(keyframes(*range(100)), ()))
    told = Told(model)
    passed = [float(k) for k in range(100)]
    passed[40] = 41.5
    model.show_rows(rows_of(keyframes(*passed), ()))
    assert (told.changed, told.came, told.gone) == (0, 2, 2)


def test_spans_stand_among_the_keyframes_with_how_long_and_strong_they_are() -> None:
    state = ClipState(
        ClipInfo("c"),
        (Keyframe("k", 1.0, emotion="proud", description="A smile."),),
        (EmotionSpan("e", 0.5, 2.0, "tired", 4),),
    )
    model = MarksModel()
    model.show_rows(rows_of(state, ("proud", "tired")))
    assert [[model.index(row, column).data() for column in range(3)] for row in range(2)] == [
        ["▬ 00:00.500", "tired", "1.50 s · intensity 4"],
        ["◆ 00:01.000", "proud", "A smile."],
    ]
    assert (model.row_of("k"), model.row_of("nobody")) == (1, -1)
    told = Told(model)
    model.use_colours({"proud": "#aa3300"})
    assert told.changed == 2 and told.resets == 0
    colour = Qt.ItemDataRole.DecorationRole
    assert model.index(1, 1).data(colour) is not None and model.index(1, 2).data(colour) is None
    assert model.index(0, 1).data(colour) is None, "no colour says that the vocabulary has none for it"
