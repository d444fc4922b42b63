"""Faults of the program: the log, what is told of them, and the hooks they come by."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.core.faults.crash_file import take_crashes
from annotator.core.faults.details import fault_details, is_bug, versions
from annotator.core.faults.hooks import CaughtFault, FaultHooks, worth_logging
from annotator.core.faults.log_file import GENERATIONS, LogFile, log_path, read_log
from viewer.core.errors import Cancelled, FileError

WRITER = """
import logging, sys
from annotator.core.faults.log_file import LogFile
log = logging.getLogger("test")
log.addHandler(LogFile(most_bytes=4000))
for number in range(200):
    log.warning("writer %s line %d", sys.argv[1], number)
"""


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger that writes into a small log of this test."""
    logger = logging.getLogger("test of the log")
    handler = LogFile(most_bytes=2000)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[CaughtFault]]:
    """What the installed hooks told."""
    faults: list[CaughtFault] = []
    hooks = FaultHooks(faults.append)
    hooks.install()
    yield faults
    hooks.remove()


def test_the_log_is_empty_at_first_and_takes_any_text(log: logging.Logger) -> None:
    assert read_log() == "" and not log_path().exists()
    # Not through the logger: what pytest records of it could not be passed on between processes.
    odd = {"name": "x", "levelname": "ERROR", "msg": "é 漢字 \udcff %s", "args": ("and so on",)}
    LogFile().emit(logging.makeLogRecord(odd))
    assert "é 漢字 \\udcff and so on" in read_log()
    log.info("this is not a fault")
    assert "no fault" not in read_log()
    wrong = {"name": "x", "levelname": "ERROR", "msg": "%d", "args": ("no number",)}
    LogFile().emit(logging.makeLogRecord(wrong))
    assert read_log().endswith("ERROR x '%d'\n")


def test_the_log_keeps_a_few_generations_and_reads_over_them(log: logging.Logger) -> None:
    for number in range(400):
        log.warning("line %03d", number)
    files = sorted(log_path().parent.glob("studio.log*"))
    assert len(files) == GENERATIONS + 1
    assert all(file.stat().st_size <= 2000 for file in files)
    text = read_log()
    lines = [int(line.rsplit(" ", 1)[1]) for line in text.splitlines()]
    assert lines == list(range(lines[0], 400)) and len(lines) > 30
    assert len(read_log(500)) <= 500 and read_log(500) in text


def test_a_huge_record_is_cut_in_the_middle(log: logging.Logger) -> None:
    log.warning("begin %s end", "x" * 500_000)
    assert len(read_log()) < 70_000
    assert "begin" in read_log() and read_log().rstrip().endswith("end")


@pytest.mark.slow
def test_several_processes_write_to_one_log() -> None:
    asked = [[sys.executable, "-c", WRITER, str(number)] for number in range(3)]
    writers = [subprocess.Popen(words, stderr=subprocess.PIPE) for words in asked]
    assert [writer.communicate()[1] for writer in writers] == [b""] * 3
    lines = read_log().splitlines()
    assert len(lines) > 40
    assert all(line.split(" ")[-4] == "writer" for line in lines), "a line was cut or mixed"


def test_a_log_that_cannot_be_written_raises_and_says_nothing(
    log: logging.Logger, own_folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_folders / "state").write_text("in the way")
    log.warning("where to?")
    assert capsys.readouterr().err == ""


def test_what_is_a_fault_of_the_program() -> None:
    assert is_bug(ValueError()) and is_bug(AssertionError())
    for fault in (FileError("a", "b"), FileNotFoundError(), MemoryError(), Cancelled(), KeyboardInterrupt()):
        assert not is_bug(fault)


def test_details_hold_versions_and_the_traceback() -> None:
    try:
        raise RuntimeError("x" * 100_000)
    except RuntimeError as fault:
        details = fault_details(fault, "In the thread painter")
    assert details.startswith("KeyframeFace Studio") and "Python 3" in details and "Qt 6" in details
    assert "In the thread painter" in details and "test_faults.py" in details
    assert len(details) < 20_000
    assert str(Path.home()) not in versions()


def fail(text: str = "again") -> None:
    raise ValueError(text)


def hook_with(fault: BaseException) -> None:
    """What Python does with an exception nobody caught."""
    sys.excepthook(type(fault), fault, fault.__traceback__)


def test_one_fault_again_and_again_is_one_fault(
    told: list[CaughtFault], caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1000):
        try:
            fail(f"number {number}")
        except ValueError as fault:
            hook_with(fault)
    assert len({fault.key for fault in told}) == 1
    assert [fault.count for fault in told] == list(range(1, 1001))
    assert len([record for record in caplog.records if record.name == "faults"]) == 4
    assert [n for n in range(1, 2000) if worth_logging(n)] == [1, 10, 100, 1000]
    try:
        raise KeyError("another")
    except KeyError as fault:
        hook_with(fault)
    assert told[-1].count == 1 and told[-1].key != told[0].key


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_threads_and_what_python_ignores_are_heard(told: list[CaughtFault]) -> None:
    thread = threading.Thread(target=fail, name="painter")
    thread.start()
    thread.join()
    assert "In the thread painter" in told[-1].details and told[-1].what == "ValueError: again"

    class Broken:
        def __del__(self) -> None:
            fail("on going")

    thing = Broken()
    del thing
    gc.collect()
    assert "__del__" in told[-1].details and "on going" in told[-1].details


def test_a_fault_while_telling_ends_there(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def tell(fault: CaughtFault) -> None:
        calls.append(fault)
        hook_with(ValueError("inside"))
        raise RuntimeError("the window is gone")

    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    hooks = FaultHooks(tell)
    hooks.install()
    try:
        hook_with(ValueError("outside"))
        hook_with(Unspeakable())
    finally:
        hooks.remove()
    assert [fault.what for fault in calls] == ["ValueError: outside", "Unspeakable"]


def test_ctrl_c_is_no_fault(told: list[CaughtFault], capsys: pytest.CaptureFixture[str]) -> None:
    hook_with(KeyboardInterrupt())
    assert told == [] and "KeyboardInterrupt" in capsys.readouterr().err
    asked = []
    hooks = FaultHooks(told.append, lambda: asked.append(True))
    hooks.install()
    hook_with(KeyboardInterrupt())
    hooks.remove()
    assert asked == [True] and told == []


def test_the_hooks_leave_what_was_there_before() -> None:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    hooks = FaultHooks()
    hooks.install()
    hooks.install()
    assert sys.excepthook != before[0]
    hooks.remove()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


CRASHING = """
import faulthandler, sys, threading
from annotator.core.faults.crash_file import CrashFile
file = CrashFile.begin()
def paint():
    faulthandler._sigsegv()
if sys.argv[1] == "crash":
    faulthandler._sigsegv()
elif sys.argv[1] == "thread":
    thread = threading.Thread(target=paint)
    thread.start()
    thread.join()
elif sys.argv[1] == "end":
    file.end()
else:
    import os
    os._exit(1)
"""


@pytest.mark.slow
def test_a_crash_is_found_once_and_goes_into_the_log(own_folders: Path) -> None:
    handler = LogFile()
    logging.getLogger().addHandler(handler)
    try:
        for how in ("end", "killed", "crash", "thread"):
            subprocess.run([sys.executable, "-c", CRASHING, how], check=False)
        first, second = take_crashes()
    finally:
        logging.getLogger().removeHandler(handler)
    assert "Fatal Python error" in first or "Windows fatal exception" in first
    assert first.startswith("Started ") and "KeyframeFace Studio" in first
    assert "in paint" in second and "in paint" not in first
    assert take_crashes() == []
    assert not list((own_folders / "state" / "crashes").iterdir())
    assert read_log().count("The studio crashed") == 2


@pytest.mark.slow
def test_an_open_window_is_not_taken_for_a_crashed_one(own_folders: Path) -> None:
    waiting = (
        "import sys\nfrom annotator.core.faults.crash_file import CrashFile\n"
        "file = CrashFile.begin()\nprint(flush=True)\nsys.stdin.read()\nfile.end()"
    )
    asked = [sys.executable, "-c", waiting]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
        assert take_crashes() == []
        assert list((own_folders / "state" / "crashes").glob("*.txt"))
        other.stdin.close()
        assert other.wait(20) == 0
    assert not list((own_folders / "state" / "crashes").iterdir())
