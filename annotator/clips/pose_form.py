"""How rotations of recordings are to be read, and what that makes of the open clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QGridLayout, QVBoxLayout, QWidget

from annotator.core.storage.pose_effects import PoseEffects
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from viewer.core.channels import SHAPE_COUNT
from viewer.core.pose import UNITS, PoseConvention
from viewer.face_pane import FacePane

_UNIT_TITLES = dict(zip(UNITS, ("Normalized, −1 to 1", "Radians", "Degrees"), strict=True))
_MOST = 90.0
"""Degrees further than which no head turns."""
_FACE = 150
_NAMED = 3
"""Clips that are named; of more there is a count."""

_AXES = (
    ("yaw_sign", "HeadYaw", "A positive yaw turns", ("to the own left", "to the own right")),
    ("pitch_sign", "HeadPitch", "A positive pitch turns", ("up", "down")),
    ("roll_sign", "HeadRoll", "A positive roll tips", ("to the own left", "to the own right")),
)

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """The open clip's recording.  ``reading`` makes of a dataset's convention the one that the numbers
    of its file would be read by, ``now`` tells the one that they are read by now; ``largest`` (3,) are
    the largest yaw, pitch and roll in it, as numbers of the file and without sign."""

    reading: Callable[[PoseConvention], PoseConvention]
    now: Callable[[], PoseConvention]
    largest: npt.NDArray[np.float64]


class PoseForm(QWidget):
    """Works on a copy: ``pose`` is what the convention is to be.  ``seen`` is the recording that shows
    what it makes of it, None without one."""

    def __init__(self, seen: Seen | None) -> None:
        super().__init__()
        self.pose = PoseConvention()
        self._seen = seen
        self._moment: Values | None = None
        self._effects: PoseEffects | None = None
        self.face = FacePane()
        self.face.setAccessibleName("The head at the playhead, with these settings")
        self.face.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.face.setFixedSize(_FACE, _FACE)
        self.face.setVisible(seen is not None)
        self.unit = ChoiceField(list(_UNIT_TITLES.values()))
        self.unit.setAccessibleName("Unit of rotations")
        self.scale = QDoubleSpinBox()
        self.scale.setRange(0.01, 360.0)
        self.scale.setDecimals(2)
        self.scale.setSuffix("°")
        self.scale.setAccessibleName("Degrees of a normalised 1")
        self.signs: dict[str, ChoiceField] = {}
        self.lines: dict[str, PlainLabel] = {}
        self.range = PlainLabel()
        self.range.setObjectName("Muted")
        self.range.setAccessibleName("The largest rotations of this clip")
        self.range.setWordWrap(True)
        self.about = PlainLabel()
        self.about.setObjectName("Muted")
        self.about.setAccessibleName("Which clips it affects")
        self.about.setWordWrap(True)
        self._lay_out()
        self.unit.activated.connect(lambda index: self._change(unit=UNITS[index]))
        self.scale.valueChanged.connect(lambda degrees: self._change(full_scale=degrees))

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Unit", self.unit)
        form.addRow("A normalised 1 is", self.scale)
        for field, channel, title, ways in _AXES:
            sign = self.signs[field] = ChoiceField(ways)
            sign.setAccessibleName(title)
            sign.activated.connect(lambda way, field=field: self._change(**{field: -1 if way else 1}))
            line = self.lines[channel] = PlainLabel()
            line.setAccessibleName(f"{channel} at the playhead")
            line.setWordWrap(True)
            form.addRow(title, sign)
        below = QGridLayout()
        below.setHorizontalSpacing(12)
        below.setVerticalSpacing(4)
        below.addWidget(self.face, 0, 0, 5, 1)
        for at, line in enumerate((*self.lines.values(), self.range)):
            below.addWidget(line, at, 1)
        below.setRowStretch(4, 1)
        below.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(form)
        column.addLayout(below)
        column.addWidget(self.about)
        column.addStretch(1)

    def show_pose(self, pose: PoseConvention) -> None:
        """Begin with this convention."""
        self.pose = pose
        self.unit.setCurrentIndex(UNITS.index(pose.unit))
        # Rounding to what the field can show is no change.
        blocked = self.scale.blockSignals(True)
        self.scale.setValue(pose.full_scale)
        self.scale.blockSignals(blocked)
        for field, sign in self.signs.items():
            sign.setCurrentIndex(0 if getattr(pose, field) > 0 else 1)
        self._show()

    def show_moment(self, row: Values | None) -> None:
        """The recorded values (61,) at the playhead, rotations in degrees as they are read now; NaN
        where the face was lost, None without a recording."""
        self._moment = row
        self._show()

    def show_effects(self, effects: PoseEffects) -> None:
        """Say which clips it is about."""
        self._effects = effects
        self._show()

    def _change(self, **fields: object) -> None:
        self.pose = replace(self.pose, **fields)  # type: ignore[arg-type]
        self._show()

    def _show(self) -> None:
        row = self._turned_row()
        for at, (_field, channel, _title, ways) in enumerate(_AXES):
            self.lines[channel].setVisible(row is not None)
            if row is None:
                continue
            words = "no face was detected in this frame"
            degrees = float(row[SHAPE_COUNT + at])
            if np.isfinite(degrees):
                way = "" if abs(degrees) < 0.05 else f" {ways[0 if degrees > 0 else 1]}"
                words = f"{abs(degrees):.1f}°{way}"
            self.lines[channel].setText(f"{channel} at the playhead: {words}")
        self.face.show_values(row)
        self.range.setText(self._range_words())
        self.about.setText(self._effect_words())

    def _turned_row(self) -> Values | None:
        """The values at the playhead as this convention reads them."""
        if self._seen is None or self._moment is None:
            return None
        row = self._moment.copy()
        numbers = self._seen.now().numbers(row[SHAPE_COUNT:])
        row[SHAPE_COUNT:] = self._seen.reading(self.pose).degrees(numbers)
        return row

    def _range_words(self) -> str:
        if self._seen is None:
            return "Open a clip with a track to see the effect."
        degrees = np.abs(self._seen.reading(self.pose).degrees(self._seen.largest))
        words = "Largest in this clip: yaw {:.1f}°, pitch {:.1f}°, roll {:.1f}°.".format(*degrees)
        if degrees.max() > _MOST:
            words += " That is further than a head turns: is the unit right?"
        return words

    def _effect_words(self) -> str:
        found = self._effects
        if found is None:
            return "Looking for the recordings it applies to …"
        words = [f"The signs apply to {_clips(found.states + found.follow)}."]
        if not found.follow:
            words.append("The unit applies to none: each recording states its own.")
        else:
            others = "; the others state their own" if found.states else ""
            words.append(f"The unit applies to {_clips(found.follow)}{others}.")
        own = f", all takes and {_clips(found.normalized)}" if found.normalized else " and all takes"
        words.append(f"A normalised 1 applies to models{own}.")
        return " ".join(words)


def _clips(ids: tuple[str, ...]) -> str:
    """``no recording``, ``the recording of a``, ``the recordings of a and b`` or ``12 recordings``."""
    if not ids:
        return "no recording"
    if len(ids) > _NAMED:
        return f"{len(ids)} recordings"
    if len(ids) == 1:
        return f"the recording of {ids[0]}"
    return f"the recordings of {', '.join(ids[:-1])} and {ids[-1]}"
