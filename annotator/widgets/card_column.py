"""Many cards one below the other, of which only those in sight exist."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from annotator.widgets.fields import leave

_MARGIN = 240
"""Pixels above and below what is in sight where cards exist, too: Tab finds its next field there."""


AnyItem = TypeVar("AnyItem", bound=Hashable)
AnyCard = TypeVar("AnyCard", bound=QWidget)


class CardColumn(QWidget, Generic[AnyItem, AnyCard]):
    """A card for each item in sight of the scroll area around it, as high as it needs.

    Cards go from one item to another while the column is scrolled: ``make`` makes one, ``fill`` lets
    it show an item at a place (from 0), ``shape`` says what of an item decides on the height of its
    card.  ``stops`` of a card are where Tab goes in it; the column's stops follow ``tab_after``.  A
    card with the focus stays with its item.
    """

    def __init__(
        self,
        make: Callable[[], AnyCard],
        fill: Callable[[AnyCard, AnyItem, int], None],
        shape: Callable[[AnyItem], Hashable],
        stops: Callable[[AnyCard], Sequence[QWidget]],
        *,
        spacing: int = 4,
        tab_after: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._make, self._fill, self._shape, self._stops = make, fill, shape, stops
        self._spacing, self._tab_after = spacing, tab_after
        self._items: list[AnyItem] = []
        self._cards: dict[AnyItem, AnyCard] = {}
        self._spare: list[AnyCard] = []
        self._heights: dict[tuple[Hashable, int], int] = {}
        self._tops: list[int] = [0]
        self._measured = -1
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.refresh)
        self._area: QScrollArea | None = None
        self._arranging = self._again = self._stale = False

    @property
    def items(self) -> Sequence[AnyItem]:
        """All items in their order, also those whose card is out of sight."""
        return self._items

    def show_items(self, items: Sequence[AnyItem]) -> None:
        """Show these, in this order; no two are equal."""
        self._items = list(items)
        self.refresh()

    def refresh(self, item: AnyItem | None = None) -> None:
        """An item, or any of them, is to be shown anew."""
        self._measured = -1
        if item is not None and self.isVisible():
            if item in self._cards:
                self._fill(self._cards[item], item, self._items.index(item))
        else:
            self._stale = True
        self._arrange()

    def card_of(self, item: AnyItem) -> AnyCard | None:
        """The card that shows an item; None while it is out of sight."""
        return self._cards.get(item)

    def reveal(self, item: AnyItem) -> AnyCard | None:
        """Scroll to an item and return its card; None while the column itself is hidden."""
        body = None if self._area is None else self._area.widget()
        if self._area is not None and body is not None:
            # The area learns of the new height later; what is to be seen lies beyond the old one.
            layout = body.layout()
            if layout is not None:
                layout.activate()
            body.resize(body.width(), max(body.sizeHint().height(), self._area.viewport().height()))
            place = self._items.index(item)
            top = self.mapTo(body, self.rect().topLeft()).y() + self._tops[place]
            half = (self._tops[place + 1] - self._tops[place]) // 2
            self._area.ensureVisible(0, top + half, 0, half + self._spacing)
        self._arrange()
        return self.card_of(item)

    def sizeHint(self) -> QSize:
        return QSize(200, self._tops[-1])

    # ---- where cards are -----------------------------------------------------------------------

    def _arrange(self) -> None:
        """Let the items in sight have cards, in their places."""
        if self._arranging:
            self._again = True
            return
        self._arranging = True
        self._again = self.isVisible()
        while self._again:
            self._again = False
            self._arrange_once()
        self._arranging = False

    def _arrange_once(self) -> None:
        stale, self._stale = self._stale, False
        if self._measured != self.width():
            self._measured = self.width()
            self._measure(self._measured)
        wanted = self._wanted()
        for item in [item for item in self._cards if item not in wanted]:
            card = self._cards.pop(item)
            self._put_away(card)
            self._spare.append(card)
        for item, place in wanted.items():
            fresh = item not in self._cards
            if fresh:
                self._cards[item] = self._spare.pop() if self._spare else self._new_card()
            card = self._cards[item]
            if fresh or stale:
                self._fill(card, item, place)
            top = self._tops[place]
            card.setGeometry(0, top, self.width(), self._tops[place + 1] - self._spacing - top)
            card.show()
        self._keep_tab_order(wanted)

    def _new_card(self) -> AnyCard:
        card = self._make()
        card.setParent(self)
        return card

    @staticmethod
    def _put_away(card: QWidget) -> None:
        held = QApplication.focusWidget()
        if held is not None and card.isAncestorOf(held):
            # Qt would hand the focus to another field, and keys would type there.
            leave(held)
        card.hide()

    def _measure(self, wide: int) -> None:
        """Find the height of each item's card, and be as high as all of them."""
        heights = []
        for place, item in enumerate(self._items):
            key = self._shape(item), wide
            if key not in self._heights:
                self._heights[key] = self._height_of(item, place, wide)
            heights.append(self._heights[key] + self._spacing)
        self._tops = list(accumulate(heights, initial=0))
        high = max(self._tops[-1] - self._spacing, 0)
        if high != self.minimumHeight() or high != self.maximumHeight():
            self.setFixedHeight(high)

    def _height_of(self, item: AnyItem, place: int, wide: int) -> int:
        """What a card needs for an item; a spare one tells."""
        if not self._spare:
            self._spare.append(self._new_card())
        card = self._spare[-1]
        self._fill(card, item, place)
        layout = card.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()
        return card.heightForWidth(wide) if card.hasHeightForWidth() else card.sizeHint().height()

    def _wanted(self) -> dict[AnyItem, int]:
        """The items that need a card, with their places: those in sight or near, the first and the
        last, and those around the focus."""
        places = set(self._places_in_sight())
        held = QApplication.focusWidget()
        for item, card in self._cards.items():
            if held is not None and card.isAncestorOf(held) and item in self._items:
                at = self._items.index(item)
                places |= {at - 1, at, at + 1}
        last = len(self._items) - 1
        return {self._items[place]: place for place in sorted(places | {0, last}) if 0 <= place <= last}

    def _places_in_sight(self) -> Iterator[int]:
        seen = self.rect()
        if self._area is not None:
            viewport = self._area.viewport()
            seen = viewport.rect().translated(-self.mapTo(viewport, self.rect().topLeft()))
        first = bisect_right(self._tops, seen.top() - _MARGIN) - 1
        last = bisect_right(self._tops, seen.bottom() + _MARGIN) - 1
        yield from range(first, last + 1)

    def _keep_tab_order(self, wanted: dict[AnyItem, int]) -> None:
        before = self._tab_after
        for item in wanted:
            for stop in self._stops(self._cards[item]):
                if before is not None:
                    QWidget.setTabOrder(before, stop)
                before = stop

    # ---- what changes it -----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        area = self._around()
        if area is not self._area and area is not None:
            for seen in (area.viewport(), area.widget()):
                if seen is not None:
                    seen.installEventFilter(self)
        self._area = area
        self._arrange()

    def _around(self) -> QScrollArea | None:
        parent = self.parentWidget()
        while parent is not None and not isinstance(parent, QScrollArea):
            parent = parent.parentWidget()
        return parent

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            # Many of them come at once.
            self._heights.clear()
            self._later.start()
        super().changeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._arrange()
        return False
