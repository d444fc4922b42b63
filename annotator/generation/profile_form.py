"""The settings of one profile: which model, how it samples, what it is told, what it may cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.profiles import MOST_TAKES, Profile, Profiles
from annotator.core.generation.prompts import PLAN_PROMPT, SYSTEM_PROMPT, ZERO_SHOT_PROMPT
from annotator.widgets.fields import ChoiceField, LineField
from annotator.widgets.plain_label import PlainLabel
from viewer.core.errors import GenerationError

_KINDS = {"A server": "server", "A file on this machine": "local"}
_STYLES = {"KeyframeFace's own": "keyframeface", "General, for any chat model": "zero-shot"}
_LEFT_OUT_NOTES = {
    "keyframeface": "This prompt asks for all 61 channels; an answer that leaves some out is an error.",
    "zero-shot": "This prompt asks to leave out channels that are 0. If you write another, say what it asks.",
}
_MOST_SECONDS = 86_400
_ITSELF = "This model"
_LEFT_OUT: dict[str, bool | None] = {"As its prompt asks": None, "Are 0": True, "Are an error": False}
_USUAL_DAMPING = {"keyframeface": 1.0, "zero-shot": 0.5}


class ProfileForm(QTabWidget):
    """Edits a profile; ``edited(profile)`` brings each change, ``renamed(name)`` a new name and
    ``key_wanted()`` asks for the server's key."""

    edited = Signal(object)
    renamed = Signal(str)
    key_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._profile = Profile(name="")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self._make_model_fields()
        self._make_numbers()
        self._make_prompts()
        self.addTab(self._model_page(), "Model")
        self.addTab(self._sampling_page(), "Sampling")
        self.addTab(self._prompt_page(), "Prompts")
        self.addTab(self._cost_page(), "Limits and cost")
        self._connect()

    # ---- the fields ------------------------------------------------------------------------

    def _make_model_fields(self) -> None:
        self.name = LineField("name of the profile")
        self.kind = ChoiceField(list(_KINDS))
        self.url = LineField("http://host:port/v1")
        self.model = ChoiceField(free=True)
        line = self.model.lineEdit()
        assert line is not None
        line.setPlaceholderText("the server's first model")
        self.file = LineField("path of a GGUF file")
        self._browse = QPushButton("Browse…")
        self._key = QPushButton("Key…")
        self._key.setToolTip("Save the server's key in your keyring; it is not written anywhere else")
        self.plain_http = QCheckBox("Send the key over plain http")
        self.plain_http.setToolTip("Everyone on the network path to the server can read it")
        self.style_ = ChoiceField(list(_STYLES))
        self.left_out = ChoiceField(list(_LEFT_OUT))
        self.planner = ChoiceField()
        for button in (self._browse, self._key):
            button.setAutoDefault(False)

        self._left_out_note = _note()

    def _make_numbers(self) -> None:
        self.temperature = _decimal(0.0, 2.0, 0.1, 2)
        self.max_tokens = _whole(16, 131_072)
        self.damping = _decimal(0.05, 2.0, 0.05, 2)
        self.takes = _whole(1, MOST_TAKES)
        self.seed = LineField("new ones each time")
        self.seed.setValidator(QIntValidator(0, 2**31 - 1))
        self.jobs = _whole(1, 256)
        self.timeout = _whole(1, _MOST_SECONDS)
        self.silence = _whole(0, _MOST_SECONDS)
        self.silence.setSpecialValueText("all that time")
        for box in (self.timeout, self.silence):
            box.setSuffix(" s")
        self.context = _whole(512, 1_048_576)
        self.prompt_price = _decimal(0.0, 1e6, 0.1, 4)
        self.answer_price = _decimal(0.0, 1e6, 0.1, 4)
        self.currency = LineField("USD")
        self._alike = _note("At temperature 0 the answer is the same for every seed.")

    def _make_prompts(self) -> None:
        self.system_prompt, self.plan_prompt = _prompt(), _prompt()
        self._system_note, self._plan_note = _note(), _note()
        self._system_own, self._plan_own = QPushButton("Restore"), QPushButton("Restore")
        for button in (self._system_own, self._plan_own):
            button.setToolTip("Put back the studio's own prompt")
            button.setAutoDefault(False)

    # ---- the pages -------------------------------------------------------------------------

    def _model_page(self) -> QWidget:
        self._form = _form()
        self._form.addRow("Name", self.name)
        self._form.addRow("Where it runs", self.kind)
        self._address = _beside(self.url, self._key)
        self._form.addRow("Address", self._address)
        self._form.addRow("", self.plain_http)
        self._form.addRow("Model", self.model)
        self._gguf = _beside(self.file, self._browse)
        self._form.addRow("File", self._gguf)
        self._form.addRow("Prompt", self.style_)
        self._form.addRow("Channels it leaves out", self.left_out)
        self._form.addRow("", self._left_out_note)
        self._form.addRow("Keyframes are planned by", self.planner)
        self._built_in = _note(
            "The built-in model reads descriptions by rules, on this machine. It has no settings."
        )
        self._form.addRow(self._built_in)
        return _page(self._form)

    def _sampling_page(self) -> QWidget:
        self._sampling = _form()
        self._sampling.addRow("Temperature", self.temperature)
        self._sampling.addRow("Tokens of an answer, at most", self.max_tokens)
        self._sampling.addRow("Strengths are multiplied by", self.damping)
        self._sampling.addRow(
            "", _note("General models exaggerate 2 to 2.5 times. Gaze, blinks and the head are left alone.")
        )
        self._sampling.addRow("Takes at once", self.takes)
        self._sampling.addRow("First seed", self.seed)
        self._sampling.addRow("", self._alike)
        return _page(self._sampling)

    def _prompt_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 16, 0, 0)
        column.setSpacing(6)
        for title, note, button, field in (
            ("For the values of a keyframe", self._system_note, self._system_own, self.system_prompt),
            ("For planning the keyframes", self._plan_note, self._plan_own, self.plan_prompt),
        ):
            row = QHBoxLayout()
            row.addWidget(PlainLabel(title), 1)
            row.addWidget(button)
            column.addLayout(row)
            column.addWidget(field, 1)
            column.addWidget(note)
        return page

    def _cost_page(self) -> QWidget:
        self._cost = _form()
        self._cost.addRow("Requests at once", self.jobs)
        self._cost.addRow("An answer may take", self.timeout)
        self._cost.addRow("The server may be silent for", self.silence)
        self._cost.addRow("Context, tokens", self.context)
        self._cost.addRow("Price of a million prompt tokens", self.prompt_price)
        self._cost.addRow("Price of a million answer tokens", self.answer_price)
        self._cost.addRow("Currency", self.currency)
        self._cost.addRow("", _note("Prices are used for the estimate before a dataset is generated."))
        return _page(self._cost)

    def _connect(self) -> None:
        self.name.edited.connect(self.renamed)
        self.kind.chosen.connect(self._choose_kind)
        self.url.edited.connect(lambda text: self._set(url=text.strip()))
        self.model.chosen.connect(lambda text: self._set(model=text.strip()))
        self.file.edited.connect(lambda text: self._set(model=text.strip()))
        self._browse.clicked.connect(self._choose_file)
        self._key.clicked.connect(self.key_wanted)
        self.plain_http.toggled.connect(lambda on: self._set(plain_http=on))
        self.left_out.chosen.connect(lambda text: self._set(sparse=_LEFT_OUT[text]))
        self.style_.chosen.connect(lambda text: self._set(style=_STYLES[text], damping=None))
        self.planner.chosen.connect(lambda text: self._set(planner="" if text == _ITSELF else text))
        for name in ("temperature", "max_tokens", "takes", "jobs", "context"):
            getattr(self, name).valueChanged.connect(lambda value, name=name: self._set(**{name: value}))
        for name in ("prompt_price", "answer_price"):
            getattr(self, name).valueChanged.connect(lambda value, name=name: self._set(**{name: value}))
        self.damping.valueChanged.connect(self._set_damping)
        self.timeout.valueChanged.connect(lambda value: self._set(timeout=float(value)))
        self.silence.valueChanged.connect(lambda value: self._set(silence=float(value) if value else None))
        self.seed.edited.connect(lambda text: self._set(seed=int(text) if text.strip() else None))
        self.currency.edited.connect(lambda text: self._set(currency=text.strip()[:8]))
        self.system_prompt.textChanged.connect(self._set_prompts)
        self.plan_prompt.textChanged.connect(self._set_prompts)
        self._system_own.clicked.connect(lambda: self.system_prompt.setPlainText(ZERO_SHOT_PROMPT))
        self._plan_own.clicked.connect(lambda: self.plan_prompt.setPlainText(PLAN_PROMPT))

    # ---- showing ---------------------------------------------------------------------------

    def show_profile(self, profile: Profile, profiles: Profiles) -> None:
        """Show a profile; ``profiles`` are those that may plan for it."""
        self._profile = profile
        widgets = self.findChildren(QWidget)
        blocked = [widget.blockSignals(True) for widget in widgets]
        self.name.show_text(profile.name)
        self.kind.show_choice(_title(_KINDS, profile.backend))
        self.url.show_text(profile.url)
        self.model.show_choice(profile.model if profile.backend == "server" else "")
        self.file.show_text(profile.model if profile.backend == "local" else "")
        self.style_.show_choice(_title(_STYLES, profile.style))
        self.plain_http.setChecked(profile.plain_http)
        self.left_out.show_choice(
            next(title for title, sparse in _LEFT_OUT.items() if sparse is profile.sparse)
        )
        self._left_out_note.setText(_LEFT_OUT_NOTES[profile.style])
        self.planner.clear()
        self.planner.addItems([_ITSELF, *(name for name in profiles.names if name != profile.name)])
        planner = profiles.planner_of(profile)
        self.planner.show_choice(_ITSELF if planner == profile else planner.name)
        for name in ("temperature", "max_tokens", "takes", "jobs", "context", "prompt_price", "answer_price"):
            getattr(self, name).setValue(getattr(profile, name))
        usual = _USUAL_DAMPING[profile.style]
        self.damping.setValue(usual if profile.damping is None else profile.damping)
        self.timeout.setValue(round(profile.timeout))
        self.silence.setValue(round(profile.silence or 0))
        self.seed.show_text("" if profile.seed is None else str(profile.seed))
        self.currency.show_text(profile.currency)
        self._show_prompts(planner)
        for widget, before in zip(widgets, blocked, strict=True):
            widget.blockSignals(before)
        self._show_rows(profile)

    def show_models(self, names: Sequence[str]) -> None:
        """Offer the models that a server lists."""
        chosen = self.model.currentText()
        self.model.clear()
        self.model.addItems(list(names))
        self.model.show_choice(chosen)

    def _show_rows(self, profile: Profile) -> None:
        own = profile.backend == "facs"
        fields: tuple[QWidget, ...] = (self.name, self.kind, self.style_, self.left_out, self.planner)
        for field in fields:
            self._form.setRowVisible(field, not own)
        self._form.setRowVisible(self._built_in, own)
        fields = (self._address, self.model)
        for field in fields:
            self._form.setRowVisible(field, profile.backend == "server")
        self._form.setRowVisible(self.plain_http, profile.backend == "server" and is_open(profile.url))
        self._form.setRowVisible(self._left_out_note, not own and profile.sparse is None)
        self._form.setRowVisible(self._gguf, profile.backend == "local")
        self._cost.setRowVisible(self.context, profile.backend == "local")
        fields = (self.prompt_price, self.answer_price, self.currency)
        for field in fields:
            self._cost.setRowVisible(field, profile.backend == "server")
        for index in (1, 2, 3):
            self.setTabEnabled(index, not own)
        self._sampling.setRowVisible(self._alike, profile.samples_alike)

    def _show_prompts(self, planner: Profile) -> None:
        profile = self._profile
        trained = profile.style == "keyframeface"
        for field, text in (
            (self.system_prompt, SYSTEM_PROMPT if trained else profile.system_prompt or ZERO_SHOT_PROMPT),
            (self.plan_prompt, profile.plan_prompt or PLAN_PROMPT),
        ):
            if field.toPlainText() != text:
                field.setPlainText(text)
        self.system_prompt.setReadOnly(trained)
        self._system_note.setText(
            "The model was trained with these words, so they are sent unchanged." if trained else ""
        )
        self._plan_note.setText(
            "" if planner == profile else f"{planner.name} plans for this profile, so this is not sent."
        )
        self._system_note.setVisible(trained)
        self._plan_note.setVisible(planner != profile)
        self._show_restore()

    def _show_restore(self) -> None:
        changed = self.system_prompt.toPlainText() != ZERO_SHOT_PROMPT
        self._system_own.setVisible(changed and not self.system_prompt.isReadOnly())
        self._plan_own.setVisible(self.plan_prompt.toPlainText() != PLAN_PROMPT)

    # ---- changing --------------------------------------------------------------------------

    def _set(self, **fields: Any) -> None:
        self._profile = msgspec.structs.replace(self._profile, **fields)
        self.edited.emit(self._profile)

    def _set_damping(self, value: float) -> None:
        usual = _USUAL_DAMPING[self._profile.style]
        self._set(damping=None if abs(value - usual) < 1e-6 else round(value, 4))

    def _set_prompts(self) -> None:
        system, plan = self.system_prompt.toPlainText(), self.plan_prompt.toPlainText()
        if self.system_prompt.isReadOnly():
            system = self._profile.system_prompt
        self._show_restore()
        self._set(
            system_prompt="" if system == ZERO_SHOT_PROMPT else system,
            plan_prompt="" if plan == PLAN_PROMPT else plan,
        )

    def _choose_kind(self, title: str) -> None:
        # The name of a served model is no file, nor the other way round.
        self._set(backend=_KINDS[title], model="")

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Choose a model", self.file.text(), "GGUF models (*.gguf);;All files (*)"
        )
        if chosen:
            self._set(model=chosen)


def is_open(url: str) -> bool:
    """Whether what is sent to this address can be read on its way."""
    try:
        return not Endpoint.parse(url).private
    except GenerationError:
        return False


def _title(titles: dict[str, str], value: str) -> str:
    return next((title for title, known in titles.items() if known == value), next(iter(titles)))


def _decimal(low: float, high: float, step: float, decimals: int) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(low, high)
    box.setSingleStep(step)
    box.setDecimals(decimals)
    return box


def _whole(low: int, high: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(low, high)
    return box


def _prompt() -> QPlainTextEdit:
    field = QPlainTextEdit()
    field.setTabChangesFocus(True)
    return field


def _note(text: str = "") -> QLabel:
    label = PlainLabel(text)
    label.setObjectName("Muted")
    label.setWordWrap(True)
    return label


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setVerticalSpacing(8)
    form.setHorizontalSpacing(16)
    form.setContentsMargins(0, 16, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    return form


def _page(form: QFormLayout) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(form)
    column.addStretch(1)
    return page


def _beside(field: QWidget, button: QPushButton) -> QWidget:
    row = QWidget()
    across = QHBoxLayout(row)
    across.setContentsMargins(0, 0, 0, 0)
    across.setSpacing(8)
    across.addWidget(field, 1)
    across.addWidget(button)
    return row
