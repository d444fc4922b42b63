"""How rotations of recordings are to be read, and what that makes of the open clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QVBoxLayout, QWidget

from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from viewer.core.pose import UNITS, PoseConvention

_UNIT_TITLES = dict(zip(UNITS, ("Normalized, −1 to 1", "Radians", "Degrees"), strict=True))
_MOST = 90.0
"""Degrees further than which no head turns."""

_AXES = (
    ("yaw_sign", "HeadYaw", "A positive yaw turns", ("to the own left", "to the own right")),
    ("pitch_sign", "HeadPitch", "A positive pitch turns", ("up", "down")),
    ("roll_sign", "HeadRoll", "A positive roll tips", ("to the own left", "to the own right")),
)

Values = npt.NDArray[np.float32]


class PoseForm(QWidget):
    """Works on a copy: ``pose`` is what the convention is to be.

    Parameters
    ----------
    largest
        (3,) the largest yaw, pitch and roll of the open clip, as recorded and without sign; None
        without a recording.
    """

    def __init__(self, largest: Values | None) -> None:
        super().__init__()
        self.pose = PoseConvention()
        self._largest = largest
        self._moment: Values | None = None
        self.unit = ChoiceField(list(_UNIT_TITLES.values()))
        self.unit.setAccessibleName("Unit of rotations")
        self.scale = QDoubleSpinBox()
        self.scale.setRange(0.01, 360.0)
        self.scale.setDecimals(2)
        self.scale.setSuffix("°")
        self.scale.setAccessibleName("Degrees of a normalized 1")
        self.signs: dict[str, ChoiceField] = {}
        self.lines: dict[str, PlainLabel] = {}
        self.range = PlainLabel()
        self.range.setObjectName("Muted")
        self.range.setAccessibleName("The largest rotations of this clip")
        self.range.setWordWrap(True)
        self._lay_out()
        self.unit.activated.connect(lambda index: self._change(unit=UNITS[index]))
        self.scale.valueChanged.connect(lambda degrees: self._change(full_scale=degrees))

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setSpacing(8)
        form.addRow("Unit", self.unit)
        form.addRow("A value of 1 is", self.scale)
        for field, channel, title, ways in _AXES:
            sign = self.signs[field] = ChoiceField(ways)
            sign.setAccessibleName(title)
            sign.activated.connect(lambda way, field=field: self._change(**{field: -1 if way else 1}))
            line = self.lines[channel] = PlainLabel()
            line.setAccessibleName(f"{channel} at the playhead")
            line.setWordWrap(True)
            form.addRow(title, sign)
            form.addRow(line)
        note = PlainLabel("It holds for the head and the eyes of every recording of the dataset.")
        note.setObjectName("Muted")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(form)
        column.addWidget(self.range)
        column.addWidget(note)
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

    def show_moment(self, values: Values | None) -> None:
        """The (3,) yaw, pitch and roll recorded at the playhead; NaN where the face was lost, None
        without a recording."""
        self._moment = values
        self._show()

    def _change(self, **fields: object) -> None:
        self.pose = replace(self.pose, **fields)  # type: ignore[arg-type]
        self._show()

    def _show(self) -> None:
        self._form.setRowVisible(self.scale, self.pose.unit == "normalized")
        turned = None if self._moment is None else np.degrees(self.pose.radians(self._moment))
        for at, (_field, channel, _title, ways) in enumerate(_AXES):
            self.lines[channel].setVisible(turned is not None)
            if turned is None or self._moment is None:
                continue
            words = "the face is lost in this frame"
            if np.isfinite(turned[at]):
                way = "" if abs(turned[at]) < 0.05 else f" {ways[0 if turned[at] > 0 else 1]}"
                words = f"{abs(turned[at]):.1f}°{way}"
            self.lines[channel].setText(f"{channel} at the playhead: {words}")
        self.range.setText(self._range_words())

    def _range_words(self) -> str:
        if self._largest is None:
            return "Open a clip with a track to see what this makes of it."
        degrees = np.abs(np.degrees(self.pose.radians(self._largest)))
        words = "Largest in this clip: yaw {:.1f}°, pitch {:.1f}°, roll {:.1f}°.".format(*degrees)
        if degrees.max() > _MOST:
            words += " That is further than a head turns: is the unit right?"
        return words
