"""Faults of the program itself, in the real window: they are told, logged, and nothing is lost."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QTimer, qCritical, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from annotator.core.faults.crash_file import take_crashes
from annotator.core.faults.log_file import LogFile, read_log
from annotator.session.messages import Message
from annotator.window.application import watch_faults
from annotator.window.banner import stays
from annotator.window.fault_messages import show_crashes
from annotator.window.log_dialog import LogDialog
from annotator.window.window import StudioWindow
from tests.e2e.window_parts import Person, annotation_of, demo_at

FIRST, SECOND = "01-waiting-room", "02-letter"
SAVED = "Something went wrong, your work is saved"
WORKER = Path(__file__).with_name("faulty_window.py")

# It would take each exception for a failure of the test.
pytestmark = pytest.mark.qt_no_exception_capture


@pytest.fixture
def person(window: StudioWindow, qtbot: QtBot, tmp_path: Path) -> Iterator[Person]:
    """Somebody at the window as the application starts it, with a clip open and a log."""
    handler = LogFile()
    logging.getLogger().addHandler(handler)
    watch = watch_faults(window)
    yield Person(window, qtbot).open(demo_at(tmp_path))
    watch.remove()
    logging.getLogger().removeHandler(handler)


def break_(text: str = "on purpose") -> None:
    raise ValueError(text)


def faults_told(person: Person) -> list[str]:
    return [line for line in person.told if line.startswith("Something went wrong")]


def test_a_fault_in_a_slot_is_told_logged_and_the_work_is_saved(person: Person, tmp_path: Path) -> None:
    banner = person.window.banner
    person.session.selection_changed.connect(break_)
    person.press("M")
    person.wait(lambda: faults_told(person))
    assert person.told[-1].startswith(SAVED) and banner.isVisible() and banner.text == person.told[-1]
    assert len(annotation_of(tmp_path / "demo", FIRST)["keyframes"]) == 1
    assert "ValueError: on purpose" in read_log() and "test_window_bugs.py" in read_log()
    person.click(banner.first.copy)
    copied = QGuiApplication.clipboard().text()
    assert "ValueError: on purpose" in copied and copied.startswith("KeyframeFace Studio")
    assert banner.first.copy.text() == "Copied"
    person.press("Escape")
    assert not banner.isVisible()


def test_a_timer_that_goes_wrong_is_told_once_and_counted(person: Person) -> None:
    timer = QTimer(person.window)
    timer.timeout.connect(break_)
    timer.start(1)
    banner = person.window.banner
    person.wait(lambda: " times)" in banner.text)
    assert len(faults_told(person)) == 1 and len(banner.messages) == 1
    first = banner.text
    person.wait(lambda: banner.text != first)
    person.press("Escape")
    assert not banner.isVisible()
    with person.qtbot.waitSignal(timer.timeout):
        pass
    timer.stop()
    assert len(faults_told(person)) == 1 and not banner.isVisible()
    assert read_log().count("ValueError: on purpose") < 8


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_a_thread_is_told_on_the_main_thread(person: Person) -> None:
    on_progress = []
    person.session.message.connect(lambda _message: on_progress.append(threading.current_thread()))
    thread = threading.Thread(target=break_, name="painter")
    thread.start()
    person.wait(lambda: faults_told(person))
    thread.join()
    assert on_progress == [threading.main_thread()]
    assert "In the thread painter" in read_log()


def test_a_fault_in_an_event_handler_and_one_in_a_job(person: Person) -> None:
    class Broken(QPlainTextEdit):
        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.User:
                break_("in an event")
            return super().event(event)

    widget = Broken(person.window)
    QGuiApplication.postEvent(widget, QEvent(QEvent.Type.User))
    person.wait(lambda: faults_told(person))
    person.session.jobs.run(
        "Break", lambda _token, _progress: break_("in a job"), failed=person.session.show_error
    )
    person.wait(lambda: any("in a job" in line for line in person.told))
    assert "in an event" in read_log() and "in a job" in read_log()
    person.press("Escape")
    banner = person.window.banner
    assert "in a job" in banner.text and banner.first.copy.isVisible()


def test_what_qt_says_goes_to_the_log_and_not_to_the_user(person: Person) -> None:
    for _ in range(50):
        qWarning("a layout is odd")
    qCritical("the device is odd")
    text = read_log()
    assert text.count("a layout is odd") == 2 and "the device is odd" in text
    assert not person.window.banner.isVisible() and faults_told(person) == []


def test_what_is_not_saved_is_not_called_saved(person: Person, tmp_path: Path) -> None:
    folder = tmp_path / "demo" / "clips" / FIRST / "annotations"
    folder.mkdir(exist_ok=True)
    moved = folder.rename(tmp_path / "moved")
    folder.write_text("a file where the folder was")
    QTimer.singleShot(0, break_)
    person.press("M")
    person.wait(lambda: faults_told(person))
    assert f"the last edits of {FIRST} are not saved yet" in faults_told(person)[0]
    banner = person.window.banner
    folder.unlink()
    moved.rename(folder)
    person.press("Ctrl+S")
    person.wait(lambda: banner.text.startswith(SAVED))
    assert len(banner.messages) == 1, "what could not be saved is saved: its message is gone"
    assert len(annotation_of(tmp_path / "demo", FIRST)["keyframes"]) == 1


def test_an_edit_that_a_fault_kept_from_the_saver_is_saved(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = person.session.current
    assert clip is not None
    submit = clip.saver.submit
    monkeypatch.setattr(clip.saver, "submit", lambda *_: break_("before the saver"))
    QTimer.singleShot(0, lambda: monkeypatch.setattr(clip.saver, "submit", submit))
    person.press("M")
    QTimer.singleShot(10, break_)
    person.wait(lambda: faults_told(person))
    person.wait(lambda: clip.saved)
    assert len(annotation_of(tmp_path / "demo", FIRST)["keyframes"]) == 1


def test_escape_closes_the_message_first_and_then_does_what_it_did(person: Person) -> None:
    banner = person.window.banner
    person.press("E")
    assert person.studio.keyframes.pending is not None
    person.press("Escape")
    assert person.studio.keyframes.pending is None
    person.press("M")
    assert person.session.selection[1]
    for text in ("one", "two"):
        person.session.show_message(Message(text, "", "warning"))
    assert [row.text.text() for row in banner.rows if row.isVisible()] == ["one", "two"]
    person.press("Escape")
    assert banner.text == "two" and person.session.selection[1]
    person.press("Escape")
    assert not banner.isVisible() and person.session.selection[1]
    person.press("Escape")
    assert not person.session.selection[1]
    person.session.show_message(Message("three", "", "warning"))
    person.window.show_tab("story")
    person.window.story_panel.findChildren(QPlainTextEdit)[0].setFocus()
    person.press("Escape")
    assert banner.isVisible(), "a field is left first"
    person.press("Shift+Escape")
    assert not banner.isVisible()


def test_messages_stack_and_a_warning_leaves_when_it_has_been_read(person: Person) -> None:
    window, banner = person.window, person.window.banner
    asks = Message("It went wrong", "choose another", "error", action="open_file")
    warns = Message("The video is damaged", "copy it again", "warning")
    for message in (
        asks,
        warns,
        Message("third", level="warning", cause="x"),
        Message("fourth", level="error"),
    ):
        window.session.show_message(message)
    rows = [row for row in banner.rows if row.isVisible()]
    assert [row.action.isVisible() for row in rows] == [True, False, False]
    assert rows[2].count.text() == "+1 more"
    person.wait(lambda: rows[0].height() > 0 and rows[1].y() > rows[0].y())
    assert rows[0].x() == 0, "at the left"
    assert [stays(message) for message in banner.messages] == [True, False, True, True]
    # Its time is over at once: it need not be waited for.
    rows[1]._reading.start(0.1)
    person.wait(lambda: warns not in banner.messages)
    assert [message.text for message in banner.messages] == ["It went wrong", "third", "fourth"]
    assert not rows[0]._reading._timer.isActive()
    window.session.show_message(Message("Saved it", level="success"))
    news = window.status_bar.news
    assert news.mapTo(window, news.rect().topLeft()).x() < 40, "at the left"
    news._reading.start(0.1)
    person.wait(lambda: news.text == "")
    for _ in range(3):
        person.press("Shift+Escape")
    assert not banner.isVisible()


def test_messages_leave_when_their_cause_is_over(person: Person, tmp_path: Path) -> None:
    banner, session = person.window.banner, person.session
    session.open_path(tmp_path / "nothing")
    person.wait(lambda: banner.isVisible())
    session.open_clip(SECOND)
    person.wait_for_clip(SECOND)
    assert not banner.isVisible()
    (tmp_path / "demo" / "clips" / FIRST / "track.csv").write_bytes(b"junk")
    session.open_clip(FIRST)
    person.wait_for_clip(FIRST)
    assert "track.csv" in banner.text
    session.show_message(Message("a fault without a cause", "", "warning"))
    session.open_clip(SECOND)
    person.wait_for_clip(SECOND)
    assert banner.text == "a fault without a cause"


@pytest.mark.parametrize("size", [(1024, 720), (1440, 900)])
def test_a_message_moves_and_covers_no_control(person: Person, size: tuple[int, int]) -> None:
    window = person.window
    window.resize(*size)
    person.wait(lambda: (window.width(), window.height()) == size)
    fixed = (window.top_bar, window.arrangement.panes, window.transport, window.status_bar)

    def places() -> list[object]:
        return [(part.mapTo(window, part.rect().topLeft()), part.size()) for part in fixed]

    before, height = places(), window.timeline.height()
    window.session.show_message(Message("No keyframe is selected " * 6, "press M to mark one"))
    long = Message("It went wrong", "look at it " * 12, "error", "", "show_log", "details")
    window.session.show_message(long)
    person.wait(lambda: window.timeline.height() < height)
    assert places() == before
    banner = window.banner
    area = banner.rect().translated(banner.mapTo(window, banner.rect().topLeft()))
    for part in (*fixed, window.timeline):
        assert not area.intersects(part.rect().translated(part.mapTo(window, part.rect().topLeft())))
    for child in (banner.first.text, banner.first.action, banner.first.copy, banner.first.close_button):
        assert banner.first.rect().contains(child.geometry())
    assert banner.accessibleName().startswith("Error: It went wrong")


def shown_log(person: Person) -> LogDialog:
    dialog = person.window.findChild(LogDialog)
    assert dialog is not None
    return dialog


def test_the_log_is_shown_also_when_it_is_empty(person: Person) -> None:
    window = person.window
    window.actions_by_id["show_log"].trigger()
    dialog = shown_log(person)
    assert dialog.text.toPlainText() == "" and not dialog.copy.isEnabled()
    assert "Nothing has gone wrong" in dialog.text.placeholderText()
    dialog.accept()
    logging.getLogger("test").error("line one\nline two")
    person.wait(lambda: window.findChild(LogDialog) is None)
    window.session.show_message(Message("It went wrong", "", "error", "", "show_log"))
    person.click(window.banner.first.action)
    dialog = shown_log(person)
    assert dialog.text.toPlainText().rstrip().endswith("line one\nline two")
    person.click(dialog.copy)
    assert "line two" in QGuiApplication.clipboard().text()
    dialog.reject()
    person.wait(lambda: window.findChild(LogDialog) is None)


def run_worker(folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "KFSTUDIO_ANNOTATOR": "anna"}
    return subprocess.run(
        [sys.executable, str(WORKER), str(folder), how],
        capture_output=True,
        text=True,
        env=environment,
        timeout=90,
        check=False,
    )


@pytest.mark.parametrize("how", ["crash", "fatal"])
def test_after_a_crash_the_next_start_says_so_once(
    open_window: Callable[[], StudioWindow], qtbot: QtBot, tmp_path: Path, how: str
) -> None:
    demo = demo_at(tmp_path)
    assert run_worker(demo, how).returncode != 0
    person = Person(open_window(), qtbot)
    show_crashes(person.session, take_crashes())
    assert person.told == [person.window.banner.text]
    assert person.told[0].startswith("The studio closed unexpectedly last time")
    person.click(person.window.banner.first.copy)
    assert "faulty_window.py" in QGuiApplication.clipboard().text()
    person.open(demo)
    assert len(person.keyframes) == 1
    assert len([line for line in person.told if "unexpectedly" in line]) == 1
    assert take_crashes() == []


def test_the_application_watches_and_ends_properly(tmp_path: Path, own_folders: Path) -> None:
    demo = demo_at(tmp_path)
    ran = run_worker(demo, "fault")
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0 and told[-1].startswith(SAVED), ran.stderr
    assert len(annotation_of(demo, FIRST)["keyframes"]) == 1
    assert not list((own_folders / "state" / "crashes").iterdir()) and take_crashes() == []
    assert run_worker(demo, "interrupt").returncode == 0
