"""The performance of the active take: its keys, how strongly each region acts, and its layers."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.protocol import KeyframeResult
from annotator.core.model import EASE_TITLES, EASES, TakeInfo
from annotator.core.performance import Performance, TakeKey
from annotator.generation.controller import GenerationController
from annotator.generation.explanation_view import ExplanationDialog
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController
from annotator.widgets.answer_line import AnswerLine, said_of
from annotator.widgets.card_column import CardColumn
from annotator.widgets.fields import ChoiceField, LineField, TextField, press_by_key, seconds_in
from annotator.widgets.pane_frame import ColourDot, ElidedLabel
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import wear
from annotator.widgets.when_shown import WhenShown
from viewer.core.channels import REGIONS

STRENGTHS = tuple(region for region in REGIONS if region != "eye rotation")
"""Regions with a slider; the eyes' rotations only mirror the gaze."""

_NAMES = 60


class KeyCard(QFrame):
    """One key: when, what, how it goes on; a press puts the playhead there."""

    chosen = Signal(int)

    def __init__(
        self, session: Session, performance: PerformanceController, generation: GenerationController
    ) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._session, self._performance, self._generation = session, performance, generation
        self._index = 0
        self._number = PlainLabel()
        self._number.setObjectName("Muted")
        self._number.setFixedWidth(16)
        self._time = LineField("seconds")
        self._time.setFixedWidth(64)
        self._time.setToolTip("Seconds of the clip; drag the key on the timeline for the same")
        self._ease = ChoiceField([EASE_TITLES[ease] for ease in EASES])
        self._ease.setToolTip("How the face continues from this key to the next")
        self._again = self._tool(
            "mdi6.refresh", "Generate this key again, and keep the rest ({regenerate_key})"
        )
        give_back = "Reset the values set by hand"
        self._release = self._tool("mdi6.hand-back-left-off-outline", give_back)
        self._words = TextField("No description", 2)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._words.setToolTip("Change the words here; the arrow above generates this key again")
        self._answer = AnswerLine()
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        for widget in (self._number, self._time):
            top.addWidget(widget)
        top.addWidget(self._ease, 1)
        top.addWidget(self._release)
        top.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._words)
        column.addWidget(self._answer)
        self._words.edited.connect(lambda text, gesture: performance.describe(self._index, text, gesture))
        self._time.edited.connect(self._typed)
        self._ease.chosen.connect(
            lambda title: performance.set_ease(self._index, next(e for e in EASES if EASE_TITLES[e] == title))
        )
        self._answer.why_asked.connect(self._explain)
        self._again.clicked.connect(self._generate_again)
        self._release.clicked.connect(lambda: performance.release_key(self._index))

    def _tool(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("Flat")
        wear(button, name)
        button.setFixedSize(24, 24)
        self._session.keys.tip(button, tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    def stops(self) -> tuple[QWidget, ...]:
        """Where Tab goes, in order."""
        return self._time, self._ease, self._words, self._answer.why

    def show_key(
        self, index: int, performance: Performance, words: str, answer: KeyframeResult, chosen: bool
    ) -> None:
        """Show the key at a place (from 0) of a performance."""
        self._index = index
        self._number.setText(str(index + 1))
        self._time.setAccessibleName(f"Time of key {index + 1}")
        self._words.setAccessibleName(f"Description of key {index + 1}")
        key = performance.keys[index]
        self._time.show_text(f"{key.time:.3f}")
        self._ease.show_choice(EASE_TITLES[key.ease])
        self._ease.setEnabled(index + 1 < len(performance.keys))
        self._words.show_text(words)
        self._answer.show_answer(answer, _by_hand(key))
        self._release.setVisible(bool(key.manual))
        self._again.setEnabled(not self._generation.running)
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self._index)

    def _generate_again(self) -> None:
        self._words.commit()
        self._generation.regenerate(self._index)

    def _explain(self) -> None:
        performed = self._performance
        ExplanationDialog(
            performed.answers(),
            self._index,
            self._session.palette,
            performed.built_in,
            self.window(),
            self._session.full_scale,
        ).exec()

    def _typed(self, text: str) -> None:
        time = seconds_in(text)
        if time is not None:
            self._performance.move_key(self._index, time)
        performance = self._performance.performance
        if performance is not None:
            # What is no time, or lies beyond a neighbour, goes back to where the key is.
            self._time.show_text(f"{performance.keys[self._index].time:.3f}")


class StrengthRow(QObject):
    """The parts of a region's strength from 0 to 200 %; a double click on its name is 100 % again."""

    def __init__(self, takes: TakesController, performance: PerformanceController, region: str) -> None:
        super().__init__()
        self._takes, self._performance = takes, performance
        self._region, self._gesture, self._take = region, "", ""
        self.name = PlainLabel(region.capitalize())
        self.name.setToolTip("Double-click: as generated")
        self.name.installEventFilter(self)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 200)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(25)
        self.slider.setAccessibleName(f"Strength of the {region}")
        self.value = PlainLabel()
        self.value.setObjectName("Muted")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.slider.sliderPressed.connect(self._begin)
        self.slider.sliderReleased.connect(self._end)
        self.slider.valueChanged.connect(self._moved)

    def show_factor(self, factor: float) -> None:
        """Show a strength (1 is as generated) without emitting anything; a slider that is held stays."""
        blocked = self.slider.blockSignals(True)
        if not self.slider.isSliderDown():
            self.slider.setValue(round(factor * 100))
        self.slider.blockSignals(blocked)
        self.value.setText(f"{factor:.0%}")

    def _begin(self) -> None:
        self._gesture, self._take = uuid.uuid4().hex, self._takes.active_id

    def _moved(self, percent: int) -> None:
        if self.slider.isSliderDown() and self._take != self._takes.active_id:
            return  # a drag must not go on with a take that was shown meanwhile
        near = 100 if abs(percent - 100) <= 3 else percent
        gesture = self._gesture if self.slider.isSliderDown() else f"strength-{self._region}"
        self._performance.set_strength(self._region, near / 100, gesture)

    def _end(self) -> None:
        performance = self._performance.performance
        if performance is not None:
            self.show_factor(performance.strength.get(self._region, 1.0))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self.name and event.type() == QEvent.Type.MouseButtonDblClick:
            self._performance.set_strength(self._region, 1.0)
            return True
        return False


@dataclass(frozen=True)
class _ShownKey:
    """What a key's card says beside the key itself; ``shape`` decides on its height."""

    words: str
    answer: KeyframeResult
    shape: Hashable


class PerformanceView(QWidget):
    """Shows the active take's performance and asks for its changes."""

    def __init__(
        self,
        session: Session,
        takes: TakesController,
        performance: PerformanceController,
        generation: GenerationController,
    ) -> None:
        super().__init__()
        self._session, self._takes = session, takes
        self._performance, self._generation = performance, generation
        self._info: TakeInfo | None = None
        self._keys: list[_ShownKey] = []
        self._shown: Performance | None = None
        self._make_parts()
        self._lay_out()
        WhenShown(self, self.refresh).after(performance.changed, generation.changed)
        session.clip_closed.connect(self.refresh)
        self.refresh()

    def _make_parts(self) -> None:
        self._dot, self._name = ColourDot(), ElidedLabel()
        self._name.setObjectName("PaneTitle")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._empty = PlainLabel()
        self._empty.setObjectName("Muted")
        self._empty.setWordWrap(True)
        self._body = QWidget()
        self.cards = CardColumn(
            self._make_card, self._fill_card, lambda index: self._keys[index].shape, KeyCard.stops
        )
        self._strengths = {
            region: StrengthRow(self._takes, self._performance, region) for region in STRENGTHS
        }
        self._blinks = QCheckBox("Blinks")
        self._blinks.setToolTip("About 17 per minute, never over a key; in exports only if chosen there")
        self._micro = QCheckBox("Micro-motion")
        self._micro.setToolTip("The small drift of a face that is held still; nothing at the keys")
        self._other = QPushButton("Others")
        self._other.setToolTip("Different blinks and drift")
        self._unlock = QPushButton("Unlock all")
        self._locked = PlainLabel()
        self._locked.setObjectName("Muted")
        self._locked.setWordWrap(True)
        press_by_key(self._other, self._unlock)
        self._blinks.clicked.connect(self._set_layers)
        self._micro.clicked.connect(self._set_layers)
        self._other.clicked.connect(self._reseed)
        self._unlock.clicked.connect(self._unlock_all)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._dot)
        head.addWidget(self._name, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._empty)
        column.addWidget(self._body)
        column.addStretch(1)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        body.addWidget(_title("Keys"))
        body.addWidget(self.cards)
        body.addWidget(_title("Strength"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for at, row in enumerate(self._strengths.values()):
            grid.addWidget(row.name, at, 0)
            grid.addWidget(row.slider, at, 1)
            grid.addWidget(row.value, at, 2)
        grid.setColumnMinimumWidth(2, 44)
        grid.setColumnStretch(1, 1)
        body.addLayout(grid)
        body.addWidget(_title("Layers"))
        layers = QHBoxLayout()
        for widget in (self._blinks, self._micro):
            layers.addWidget(widget)
        layers.addStretch(1)
        layers.addWidget(self._other)
        body.addLayout(layers)
        body.addWidget(_title("Locks"))
        locks = QHBoxLayout()
        locks.addWidget(self._locked, 1)
        locks.addWidget(self._unlock)
        body.addLayout(locks)

    def refresh(self) -> None:
        """Show the active take as it is now; only the cards whose key has changed are drawn anew."""
        take, performance = self._performance.take, self._performance.performance
        self._body.setVisible(performance is not None)
        self._empty.setVisible(performance is None)
        self._dot.show_colour("" if take is None else take.colour)
        self._name.setText("" if take is None else take.name)
        if performance is None:
            # Nothing of a take that is gone is kept.
            self._info, self._shown, self._keys = None, None, []
            self.cards.show_items([])
        if take is None:
            self._empty.setText("No take yet. Generate one, then change its keys, strength and layers here.")
            return
        if performance is None:
            self._empty.setText("This take has a track and no keys. Generate it again to change it.")
            return
        self._show_cards(take.info, performance)
        for region, row in self._strengths.items():
            row.show_factor(performance.strength.get(region, 1.0))
        self._blinks.setChecked(performance.layers.blinks)
        self._micro.setChecked(performance.layers.micro_motion)
        self._other.setEnabled(performance.layers.blinks or performance.layers.micro_motion)
        locked = sorted(performance.locked)
        names = ", ".join(locked)
        names = names if len(names) <= _NAMES else f"{len(locked)} channels"
        self._locked.setText(names or "None. Lock channels in the Channels tab to keep them as they are.")
        self._locked.setToolTip(", ".join(locked))
        self._unlock.setVisible(bool(locked))

    def _show_cards(self, info: TakeInfo, performance: Performance) -> None:
        if info is self._info:
            self.cards.refresh()
            return
        self._info, self._shown = info, performance
        told = zip(performance.keys, self._performance.marks(), self._performance.answers(), strict=True)
        self._keys = [
            _ShownKey(words, answer, (said_of(answer, _by_hand(key)), bool(answer.reasons)))
            for key, (_time, words, _hand), answer in told
        ]
        self.cards.show_items(range(len(self._keys)))

    def _make_card(self) -> KeyCard:
        card = KeyCard(self._session, self._performance, self._generation)
        card.chosen.connect(self._performance.choose)
        return card

    def _fill_card(self, card: KeyCard, index: int, _place: int) -> None:
        assert self._shown is not None
        key = self._keys[index]
        card.show_key(index, self._shown, key.words, key.answer, index == self._performance.key)

    def _set_layers(self) -> None:
        performance = self._performance.performance
        if performance is not None:
            self._performance.set_layers(
                replace(
                    performance.layers, blinks=self._blinks.isChecked(), micro_motion=self._micro.isChecked()
                )
            )

    def _reseed(self) -> None:
        performance = self._performance.performance
        if performance is not None:
            layers = performance.layers
            self._performance.set_layers(replace(layers, seed=layers.seed + 1))

    def _unlock_all(self) -> None:
        performance = self._performance.performance
        if performance is not None:
            self._performance.lock(sorted(performance.locked), False)


def _by_hand(key: TakeKey) -> str:
    """How much of a key was set by hand."""
    return f"{len(key.manual)} set by hand" if key.manual else ""


def _title(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("SectionTitle")
    return label
