"""Work off the main thread: what it brings, and that nothing of it stays."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from annotator.session.jobs import Job, Jobs
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()
    QCoreApplication.processEvents()


class Held:
    """What a job's work knows: something dear."""

    def __init__(self) -> None:
        self.values = np.zeros(10)


def let_go() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


def started(jobs: Jobs, how: str, release: threading.Event | None = None) -> list[weakref.ref[object]]:
    """Start a job whose listeners hold it, and each other, as those of panels do; what must not live
    on after its end."""
    held, brought = Held(), Held()

    def work(_token: CancelToken, progress: Progress) -> Held:
        progress(1, 2, f"{held.values.size} values")
        if release is not None:
            release.wait(5)
        if how == "fails":
            raise StudioError("it is broken", "mend it")
        return brought

    def hear(*news: object) -> None:
        assert job.title and news is not None

    job: Job = jobs.run("Look", work, done=hear, failed=hear, valid=lambda: held.values.size > 0)
    for signal in (job.progress, job.ended):
        signal.connect(hear)
    return [weakref.ref(each) for each in (job, held, brought)]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["succeeds", "fails"])
def test_nothing_of_a_finished_job_stays(jobs: Jobs, qtbot: QtBot, how: str) -> None:
    refs = started(jobs, how)
    qtbot.waitUntil(lambda: not jobs.running)
    let_go()
    assert [ref() for ref in refs] == [None, None, None]


@pytest.mark.slow
def test_nothing_of_a_cancelled_job_stays(jobs: Jobs, qtbot: QtBot) -> None:
    release = threading.Event()
    refs = started(jobs, "succeeds", release)
    jobs.running[0].cancel()
    release.set()
    qtbot.waitUntil(lambda: not jobs.running)
    let_go()
    assert [ref() for ref in refs] == [None, None, None]


def test_news_come_in_order_and_on_the_main_thread(jobs: Jobs, qtbot: QtBot) -> None:
    on_progress: list[tuple[str, object, bool]] = []

    def hear(what: str, value: object = None) -> None:
        on_progress.append((what, value, threading.current_thread() is threading.main_thread()))

    def work(_token: CancelToken, progress: Progress) -> str:
        for step in range(3):
            progress(step, 3, "step")
        return "found"

    job = jobs.run("Look", work, done=lambda value: hear("done", value))
    job.progress.connect(lambda done, _total, _what: hear("progress", done))
    job.ended.connect(lambda: hear("ended", job in jobs.running))
    qtbot.waitUntil(lambda: len(on_progress) == 5)
    assert on_progress == [
        ("progress", 0, True),
        ("progress", 1, True),
        ("progress", 2, True),
        ("done", "found", True),
        ("ended", False, True),
    ]
    assert not job.running and job.title == "Look" and not job.token.cancelled


def test_a_stale_result_is_handed_to_nobody(jobs: Jobs, qtbot: QtBot) -> None:
    on_progress: list[str] = []
    job = jobs.run(
        "Look",
        lambda _token, _progress: 1,
        done=lambda _found: on_progress.append("done"),
        valid=lambda: False,
    )
    job.cancelled.connect(lambda: on_progress.append("cancelled"))
    qtbot.waitUntil(lambda: not jobs.running)
    assert on_progress == ["cancelled"]


def test_after_the_end_nothing_begins(jobs: Jobs) -> None:
    jobs.close()
    begun: list[int] = []
    job: Job = jobs.run("Look", lambda _token, _progress: begun.append(1))
    assert not job.running and job.token.cancelled and begun == [] and jobs.running == ()
