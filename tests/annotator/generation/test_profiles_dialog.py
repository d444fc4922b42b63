"""The profiles dialog: what a person changes is kept with Save and forgotten with Cancel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from annotator.core.generation.profiles import BUILT_IN, PRESETS
from annotator.generation.model_chooser import ModelChooser
from annotator.generation.models import ModelsController
from annotator.generation.plain_http_question import PlainHttpQuestion
from annotator.generation.profiles_dialog import ProfilesDialog
from annotator.session.session import Session
from annotator.session.settings import Settings, load_settings
from tests.model_server import model_server, never


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object) -> Iterator[Session]:
    monkeypatch.setenv("KFSTUDIO_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    made = Session(Settings())
    yield made
    made.shut_down()
    made.deleteLater()


@pytest.fixture
def models(session: Session) -> ModelsController:
    return ModelsController(session)


@pytest.fixture
def dialog(session: Session, models: ModelsController, qtbot: QtBot) -> Iterator[ProfilesDialog]:
    host = QWidget()
    made = ProfilesDialog(session, models, host)
    made.show()
    yield made
    host.deleteLater()


def choose(dialog: ProfilesDialog, name: str) -> None:
    dialog.list.setCurrentRow(dialog.profiles.names.index(name))


def test_a_new_profile_is_filled_in_and_kept(dialog: ProfilesDialog, models: ModelsController) -> None:
    dialog.new.click()
    form = dialog.form
    form.name.setText("My GPU")
    form.name.editingFinished.emit()
    form.url.setText("http://me:secret@gpu:8000/v1")
    form.url.editingFinished.emit()
    assert form.url.text() == "http://gpu:8000/v1" and "Key…" in dialog.found.text()
    form.temperature.setValue(0.8)
    form.takes.setValue(3)
    form.damping.setValue(0.4)
    form.system_prompt.setPlainText("Pose it.")
    form.planner.setCurrentText(BUILT_IN)
    form.planner.activated.emit(form.planner.currentIndex())
    dialog.buttons.accepted.emit()
    kept = models.chosen
    assert (kept.name, kept.url, kept.temperature, kept.takes) == ("My GPU", "http://gpu:8000/v1", 0.8, 3)
    assert (kept.damping, kept.system_prompt, kept.planner) == (0.4, "Pose it.", BUILT_IN)
    assert load_settings().profile == "My GPU"


def test_cancel_forgets_and_the_built_in_profile_cannot_be_lost(
    dialog: ProfilesDialog, session: Session, models: ModelsController
) -> None:
    before = models.profiles
    choose(dialog, BUILT_IN)
    assert not dialog.delete.isEnabled() and not dialog.form.isTabEnabled(1)
    choose(dialog, PRESETS[2].name)
    dialog.delete.click()
    assert dialog.list.count() == 3
    dialog.reject()
    assert models.profiles == before


def test_duplicate_rename_and_reset(dialog: ProfilesDialog) -> None:
    choose(dialog, PRESETS[2].name)
    dialog.form.max_tokens.setValue(333)
    dialog.copy.click()
    copied = dialog.shown
    assert copied.name == f"{PRESETS[2].name} copy" and copied.max_tokens == 333
    dialog.form.name.setText(BUILT_IN)
    dialog.form.name.editingFinished.emit()
    assert "already a profile" in dialog.found.text() and dialog.shown.name == copied.name
    dialog.reset.click()
    assert dialog.shown.max_tokens == PRESETS[2].max_tokens == dialog.form.max_tokens.value()


def test_the_trained_prompt_is_shown_and_cannot_be_changed(dialog: ProfilesDialog) -> None:
    choose(dialog, PRESETS[1].name)
    assert dialog.form.system_prompt.isReadOnly()
    assert dialog.form.system_prompt.toPlainText().startswith("You are a professional facial animator.")
    choose(dialog, PRESETS[2].name)
    assert not dialog.form.system_prompt.isReadOnly()
    dialog.form.system_prompt.setPlainText("")
    assert dialog.form.system_prompt.toPlainText() == "", "the default does not come back while typing"


def test_the_connection_test_tells_what_the_server_is(dialog: ProfilesDialog, qtbot: QtBot) -> None:
    choose(dialog, PRESETS[1].name)
    with model_server(models=["base", "keyframeface"]) as server:
        dialog.form.url.setText(server.url)
        dialog.form.url.editingFinished.emit()
        dialog.test.click()
        qtbot.waitUntil(lambda: "tokens per second" in dialog.found.text(), timeout=20_000)
    offered = [dialog.form.model.itemText(row) for row in range(dialog.form.model.count())]
    assert offered == ["base", "keyframeface"] and dialog.form.model.currentText() == "keyframeface"


def test_the_test_in_the_panel_can_be_stopped_and_forgets_a_late_answer(
    session: Session, models: ModelsController, qtbot: QtBot
) -> None:
    chooser = ModelChooser(session, models)
    qtbot.addWidget(chooser)
    chooser.show()
    with model_server(never) as server:
        profile = msgspec.structs.replace(PRESETS[1], url=server.url)
        models.keep(models.profiles.changed(profile), profile.name)
        assert profile.name == chooser.profile.currentText()
        chooser._test.click()
        qtbot.waitUntil(lambda: bool(server.asked), timeout=20_000)
        chooser._test.click()
        assert chooser._found.text() == "Stopped"
        qtbot.waitUntil(lambda: not session.jobs.running, timeout=20_000)
        assert chooser._found.text() == "Stopped"


def test_a_key_over_plain_http_is_a_setting_where_others_could_read_it(dialog: ProfilesDialog) -> None:
    dialog.new.click()
    form = dialog.form
    for url, shown in (
        ("http://gpu:8000", True),
        ("https://gpu:8000", False),
        ("http://localhost:8000", False),
        ("gpu", False),
        ("192.0.2.7", True),
    ):
        form.url.setText(url)
        form.url.editingFinished.emit()
        assert form.plain_http.isVisible() == shown
    form.plain_http.click()
    assert dialog.shown.plain_http


def test_how_long_and_what_is_left_out_are_settings(dialog: ProfilesDialog) -> None:
    choose(dialog, "KeyframeFace server")
    form = dialog.form
    assert (form.timeout.value(), form.silence.value()) == (600, 120)
    form.silence.setValue(0)
    assert dialog.shown.silence is None and form.silence.text() == "all that time"
    assert "all 61" in form._left_out_note.text()
    for title, sparse in (("Are 0", True), ("Are an error", False), ("As its prompt asks", None)):
        form.left_out.setCurrentText(title)
        form.left_out.activated.emit(form.left_out.currentIndex())
        assert dialog.shown.sparse is sparse


def test_the_test_of_a_connection_asks_before_a_key_goes_over_plain_http(
    dialog: ProfilesDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", "sk-secret")
    dialog.new.click()
    dialog.form.url.setText("http://192.0.2.7:9")
    dialog.form.url.editingFinished.emit()
    dialog.test.click()
    qtbot.waitUntil(lambda: dialog.findChild(PlainHttpQuestion) is not None)
    question = dialog.findChild(PlainHttpQuestion)
    assert question is not None and "192.0.2.7:9" in question.text()
    assert "plain http" in dialog.found.text() and "sk-secret" not in dialog.found.text()
    question.keep.click()
    assert not dialog.shown.plain_http
