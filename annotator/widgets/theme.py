"""Applying a palette to the application."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication

from annotator.widgets.wheel_guard import GuardingStyle
from viewer.core.resources import resource
from viewer.palette import DARK, LIGHT, Palette


def choose_palette(app: QApplication, setting: str) -> Palette:
    """The palette for ``dark``, ``light`` or ``system`` (dark unless the system says light)."""
    if setting == "light":
        return LIGHT
    if setting == "dark":
        return DARK
    return LIGHT if app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK


def wear_style(app: QApplication) -> None:
    """Draw as Fusion does, on every system.  Before the window is built, since a style is put on every
    widget there is; only once, since another, even the same, would be put on them anew."""
    if not app.styleSheet():
        app.setStyle(GuardingStyle("Fusion"))


def apply_palette(app: QApplication, palette: Palette) -> None:
    """Colour the whole application."""
    roles = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, palette.window),
        (QPalette.ColorRole.WindowText, palette.text),
        (QPalette.ColorRole.Base, palette.field),
        (QPalette.ColorRole.AlternateBase, palette.panel),
        (QPalette.ColorRole.Text, palette.text),
        (QPalette.ColorRole.Button, palette.raised),
        (QPalette.ColorRole.ButtonText, palette.text),
        (QPalette.ColorRole.Highlight, palette.accent),
        (QPalette.ColorRole.HighlightedText, palette.accent_text),
        (QPalette.ColorRole.PlaceholderText, palette.muted),
        (QPalette.ColorRole.ToolTipBase, palette.raised),
        (QPalette.ColorRole.ToolTipText, palette.text),
        (QPalette.ColorRole.Mid, palette.line),
    ):
        roles.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        roles.setColor(QPalette.ColorGroup.Disabled, role, QColor(palette.muted))
    # Replacing one sheet by another, Qt styles every widget once for each widget around it; putting
    # the first away styles it once, and so does a new one.
    app.setStyleSheet("")
    app.setPalette(roles)
    app.setStyleSheet(style_sheet(palette))


def style_sheet(palette: Palette) -> str:
    """theme.qss with its ``@names`` replaced by the palette's colours and the icons' paths."""
    values = {
        "down_arrow": resource("icons", "down.svg").as_posix(),
        "check": resource("icons", "check.svg").as_posix(),
    }

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return values.get(name) or str(getattr(palette, name))

    return re.sub(r"@([a-z_]+)", value, resource("theme.qss").read_text(encoding="utf-8"))


def icon(name: str, colour: str) -> QIcon:
    """A Font Awesome or Material icon in one colour, e.g. ``mdi6.play``."""
    import qtawesome

    made: QIcon = qtawesome.icon(name, color=colour, color_disabled=_faded(colour))
    return made


def wear(button: QAbstractButton, name: str, *, muted: bool = False) -> None:
    """Show an icon on a button, in the colour of the theme's text, or of its muted text, also after the theme
    has changed."""
    role = QPalette.ColorRole.PlaceholderText if muted else QPalette.ColorRole.ButtonText
    button.installEventFilter(_Wearing(button, name, role))


class _Wearing(QObject):
    """Draws the icon of its button anew when the colours of the application change."""

    def __init__(self, button: QAbstractButton, name: str, role: QPalette.ColorRole) -> None:
        super().__init__(button)
        self._button, self._name, self._role = button, name, role
        self._draw()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()
        return False

    def _draw(self) -> None:
        colour = QApplication.palette().color(self._role)
        self._button.setIcon(icon(self._name, colour.name()))


def _faded(colour: str) -> QColor:
    faded = QColor(colour)
    faded.setAlphaF(0.35)
    return faded
