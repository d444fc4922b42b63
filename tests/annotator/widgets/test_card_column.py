"""A column of cards: only those in sight exist, and nobody notices."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from annotator.widgets.card_column import CardColumn


class NameCard(QWidget):
    """A field for a name, and words below it where there are any."""

    made = 0

    def __init__(self) -> None:
        super().__init__()
        NameCard.made += 1
        self.field, self.words = QLineEdit(), QLabel()
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(self.field)
        column.addWidget(self.words)


class Form(QScrollArea):
    """A column between two buttons, in a scroll area, as panels have it."""

    def __init__(self, words: dict[int, str]) -> None:
        super().__init__()
        self.words, self.filled = words, 0
        self.above, self.below = QPushButton("above"), QPushButton("below")
        self.column = CardColumn(
            NameCard,
            self._fill,
            lambda item: self.words.get(item, ""),
            lambda card: (card.field,),
            tab_after=self.above,
        )
        body = QWidget()
        rows = QVBoxLayout(body)
        for widget in (self.above, self.column, self.below):
            rows.addWidget(widget)
        rows.addStretch(1)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.resize(300, 400)

    def _fill(self, card: NameCard, item: int, place: int) -> None:
        self.filled += 1
        card.field.setText(f"{place}: {item}")
        card.words.setText(self.words.get(item, ""))
        card.words.setVisible(item in self.words)

    def card(self, item: int) -> NameCard:
        """The card of an item in sight."""
        found = self.column.card_of(item)
        assert found is not None
        return found

    def cards(self) -> dict[int, NameCard]:
        """Those that exist, by their items."""
        found = {item: self.column.card_of(item) for item in self.column.items}
        return {item: card for item, card in found.items() if card is not None}

    def seen(self) -> list[str]:
        """What the fields in sight say, from above."""
        cards = [card for card in self.cards().values() if not card.visibleRegion().isEmpty()]
        return [card.field.text() for card in sorted(cards, key=lambda card: card.y())]


def show(form: Form, qtbot: QtBot, count: int) -> None:
    """Show ``count`` items and wait until the area knows how high they are."""
    form.column.show_items(range(count))
    body = form.widget()
    assert body is not None
    qtbot.waitUntil(lambda: body.height() >= form.column.minimumHeight() + 2 * form.above.height())


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    NameCard.made = 0
    made = Form({item: "many words " * (1 + item % 9) for item in range(1, 200, 3)})
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


def test_cards_are_made_for_what_is_in_sight(form: Form, qtbot: QtBot) -> None:
    show(form, qtbot, 200)
    assert form.seen()[0] == "0: 0" and 10 <= NameCard.made <= 30
    for place in range(0, form.verticalScrollBar().maximum(), 150):
        form.verticalScrollBar().setValue(place)
        shown = [int(text.split(": ")[1]) for text in form.seen()]
        assert shown == list(range(shown[0], shown[-1] + 1)), "no gap in what is seen"
    form.verticalScrollBar().setValue(form.verticalScrollBar().maximum())
    assert form.seen()[-1] == "199: 199" and form.below.visibleRegion().isEmpty() is False
    assert NameCard.made <= 40, "cards go on to other items"


def test_the_column_is_as_high_as_all_its_cards(form: Form, qtbot: QtBot) -> None:
    form.resize(300, 1200)
    show(form, qtbot, 12)
    cards = [form.card(item) for item in range(12)]
    assert [card.height() for card in cards] == [wanted(card) for card in cards]
    assert len({card.height() for card in cards}) > 2
    assert [card.y() for card in cards[1:]] == [card.geometry().bottom() + 5 for card in cards[:-1]]
    assert form.column.height() == cards[-1].geometry().bottom() + 1
    form.resize(200, 1200)
    qtbot.waitUntil(lambda: form.column.width() < 200)
    assert [card.height() for card in cards] == [wanted(card) for card in cards]


def press(key: Qt.Key) -> None:
    """Press a key where the focus is."""
    held = QApplication.focusWidget()
    assert held is not None
    QTest.keyClick(held, key)


def wanted(card: NameCard) -> int:
    return card.heightForWidth(card.width()) if card.hasHeightForWidth() else card.sizeHint().height()


def test_nothing_is_made_while_the_column_is_hidden(form: Form) -> None:
    form.column.hide()
    form.column.show_items(range(200))
    QApplication.processEvents()
    assert NameCard.made == 0 and form.cards() == {}
    form.column.show()
    assert form.seen()[0] == "0: 0"


def test_a_card_with_the_focus_stays_with_its_item(form: Form, qtbot: QtBot) -> None:
    show(form, qtbot, 200)
    card = form.card(2)
    card.field.setFocus()
    QTest.keyClicks(card.field, "x")
    form.verticalScrollBar().setValue(form.verticalScrollBar().maximum())
    form.column.show_items([9, *range(8), *range(10, 200)])
    assert form.card(2) is card and card.field.hasFocus()
    form.column.show_items(range(5, 200))
    assert QApplication.focusWidget() is form, "keys go to the window when the card is gone"


def test_tab_goes_through_all_items_and_on(form: Form, qtbot: QtBot) -> None:
    show(form, qtbot, 30)
    form.above.setFocus()
    for item in range(30):
        press(Qt.Key.Key_Tab)
        assert form.card(item).field.hasFocus(), item
        assert not form.card(item).visibleRegion().isEmpty()
    press(Qt.Key.Key_Tab)
    assert form.below.hasFocus()
    press(Qt.Key.Key_Backtab)
    assert form.card(29).field.hasFocus()


def test_one_item_is_shown_anew_and_the_others_are_left_alone(form: Form, qtbot: QtBot) -> None:
    show(form, qtbot, 200)
    before, high = form.filled, form.column.height()
    form.words[2] = "now it says something"
    form.column.refresh(2)
    assert form.card(2).words.text() == form.words[2] and form.filled - before <= 2
    assert form.column.height() > high
    form.column.refresh(150)
    assert form.filled - before <= 2, "what is out of sight is not filled"


def test_an_item_far_below_is_revealed(form: Form, qtbot: QtBot) -> None:
    show(form, qtbot, 200)
    card = form.column.reveal(150)
    assert card is not None and "150: 150" in form.seen()
    form.column.show_items(range(201))
    assert form.column.reveal(200) is not None and form.seen()[-1] == "200: 200"
