"""The engine of every batch: what is asked when, when it ends, and that it keeps little in memory."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annotator.core.batch.engine import Batch, Summary, Verdict
from annotator.core.batch.log import LineLog
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled

PROJECT = Path(__file__).resolve().parents[4]
WELL = Verdict(made=1, error="")


def fault(error: str = "gone", model: str = "") -> Verdict:
    return Verdict(failed=1, error=error, model=model)


def each(items: object) -> Iterator[list[int]]:
    """Every item in a group of its own."""
    return ([item] for item in items)  # type: ignore[attr-defined]


def ran(
    groups: Iterator[list[int]],
    ask: Callable[[int, CancelToken], int],
    take: Callable[[int, int], Verdict] = lambda item, answer: WELL,
    **how: object,
) -> Summary:
    return Batch(ask, take, **{"jobs": 1, **how}).run(groups)  # type: ignore[arg-type]


# ---- order -------------------------------------------------------------------------------------


def test_items_are_asked_in_order_and_answers_taken_as_they_come() -> None:
    asked, taken, second = [], [], threading.Event()

    def ask(item: int, cancel: CancelToken) -> int:
        asked.append(item)
        if item == 0:
            assert second.wait(30)
        return 10 * item

    def take(item: int, answer: int) -> Verdict:
        taken.append((item, answer))
        second.set()
        return WELL

    summary = ran(iter([[0, 1], [], [2]]), ask, take, jobs=2)
    assert sorted(asked) == [0, 1, 2] and asked.index(1) < asked.index(2)
    assert taken[0] == (1, 10) and sorted(taken) == [(0, 0), (1, 10), (2, 20)]
    assert (summary.made, summary.failed, summary.skipped, summary.gave_up) == (3, 0, 0, "")


def test_what_an_answer_leads_to_is_asked_before_the_rest() -> None:
    asked: list[int] = []

    def ask(item: int, cancel: CancelToken) -> int:
        asked.append(item)
        return item

    def take(item: int, answer: int) -> Verdict:
        if item == 0:
            batch.put_first([100, 101])
        return WELL

    batch = Batch(ask, take, jobs=1)
    assert batch.run(each(range(6))).made == 8
    assert asked.index(100) + 1 == asked.index(101) < asked.index(3)
    assert [item for item in asked if item < 100] == list(range(6))


def test_what_comes_last_may_lead_to_more() -> None:
    def take(item: int, answer: int) -> Verdict:
        if item < 3:
            batch.put_first([item + 1])
        return WELL

    batch: Batch[int, int] = Batch(lambda item, cancel: item, take, jobs=4)
    assert batch.run(iter([[0]])).made == 4


def test_as_many_are_under_way_as_there_are_jobs_and_no_more() -> None:
    gate, lock, busy, most = threading.Barrier(4, timeout=30), threading.Lock(), 0, 0

    def ask(item: int, cancel: CancelToken) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        # Passes only when four are here at once.
        gate.wait()
        with lock:
            busy -= 1
        return item

    assert ran(each(range(20)), ask, jobs=4).made == 20
    assert most == 4


def test_what_needs_no_asking_is_counted() -> None:
    def groups() -> Iterator[list[int]]:
        for item in range(5):
            if item % 2:
                batch.skip()
            yield [] if item % 2 else [item]

    batch: Batch[int, int] = Batch(lambda item, cancel: item, lambda item, answer: WELL, jobs=2)
    summary = batch.run(groups())
    assert (summary.made, summary.skipped) == (3, 2)


# ---- giving up ---------------------------------------------------------------------------------


def test_a_dead_model_ends_a_batch_before_everything_was_asked() -> None:
    asked: list[int] = []

    def ask(item: int, cancel: CancelToken) -> int:
        asked.append(item)
        return item

    summary = ran(each(range(1000)), ask, lambda item, answer: fault(f"gone at {item}"), jobs=2)
    assert summary.gave_up.startswith("gone at ") and 10 <= summary.failed == len(asked) <= 13


def test_it_gives_up_while_answers_come_although_nothing_is_left_to_ask() -> None:
    read, dropped = threading.Event(), threading.Event()

    def groups() -> Iterator[list[int]]:
        yield [99, *range(10)]
        read.set()

    def ask(item: int, cancel: CancelToken) -> int:
        if item == 99:
            # Never answers of itself.
            dropped.set() if cancel.wait(30) else None
            cancel.check()
        elif item == 9:
            assert read.wait(30)
        return item

    summary = ran(groups(), ask, lambda item, answer: fault(), jobs=2)
    assert (summary.gave_up, summary.failed) == ("gone", 10) and dropped.is_set()


def test_one_good_answer_renews_the_patience_and_none_is_lost() -> None:
    summary = ran(
        each(range(40)), lambda item, cancel: item, lambda item, answer: WELL if item % 10 == 9 else fault()
    )
    assert (summary.made, summary.failed, summary.gave_up) == (4, 36, "")


def test_answers_that_tell_nothing_about_a_model_neither_count_nor_renew() -> None:
    silent = Verdict(failed=1)
    assert not ran(each(range(50)), lambda item, cancel: item, lambda item, answer: silent).gave_up
    mixed = ran(
        each(range(50)),
        lambda item, cancel: item,
        lambda item, answer: fault() if item % 2 else Verdict(made=1),
    )
    assert mixed.gave_up


def test_a_dead_model_is_noticed_beside_one_that_lives() -> None:
    summary = ran(
        each(range(50)),
        lambda item, cancel: item,
        lambda item, answer: fault(model="image") if item % 2 else Verdict(made=1, error="", model="words"),
    )
    assert summary.gave_up and summary.failed == 10


def test_who_does_not_give_up_asks_for_everything() -> None:
    summary = ran(each(range(50)), lambda item, cancel: item, lambda item, answer: fault(), gives_up=False)
    assert (summary.failed, summary.gave_up) == (50, "")


# ---- ending early ------------------------------------------------------------------------------


def test_cancelling_reaches_those_under_way_and_begins_no_other() -> None:
    token, asked, on_progress = CancelToken(), [], []

    def ask(item: int, cancel: CancelToken) -> int:
        asked.append(item)
        if len(asked) == 3:
            token.cancel()
        on_progress.append(cancel.wait(30))
        cancel.check()
        return item

    with pytest.raises(Cancelled):
        ran(each(range(100)), ask, jobs=3, cancel=token)
    assert sorted(asked) == [0, 1, 2] and on_progress == [True] * 3


def test_a_long_search_for_work_can_be_cancelled() -> None:
    token, looked = CancelToken(), []

    def groups() -> Iterator[list[int]]:
        for item in range(1000):
            looked.append(item)
            if item == 5:
                token.cancel()
            yield []

    with pytest.raises(Cancelled):
        ran(groups(), lambda item, cancel: item, cancel=token)
    assert len(looked) == 6


@pytest.mark.parametrize("where", ["ask", "take", "groups"])
def test_what_is_raised_ends_the_batch_and_those_under_way(where: str) -> None:
    ended, under_way = threading.Event(), threading.Event()

    def fails(here: str) -> None:
        if here == where:
            assert under_way.wait(30)
            raise KeyError(here)

    def ask(item: int, cancel: CancelToken) -> int:
        if item == 0:
            under_way.set()
            ended.set() if cancel.wait(30) else None
        else:
            fails("ask")
        return item

    def take(item: int, answer: int) -> Verdict:
        fails("take")
        return WELL

    def groups() -> Iterator[list[int]]:
        yield [0, 1]
        fails("groups")

    with pytest.raises(KeyError, match=where):
        ran(groups(), ask, take, jobs=2)
    assert ended.is_set()


# ---- memory ------------------------------------------------------------------------------------


class Heavy:
    """An answer that can be counted."""


def test_a_long_batch_keeps_only_what_is_under_way() -> None:
    alive: weakref.WeakSet[Heavy] = weakref.WeakSet()
    read = taken = furthest = 0
    most_alive = 0

    def groups() -> Iterator[list[int]]:
        nonlocal read, furthest
        for item in range(2100):
            read += 1
            furthest = max(furthest, read - taken)
            yield [item]

    def ask(item: int, cancel: CancelToken) -> Heavy:
        answer = Heavy()
        alive.add(answer)
        return answer

    def take(item: int, answer: Heavy) -> Verdict:
        nonlocal taken, most_alive
        taken += 1
        most_alive = max(most_alive, len(alive))
        return WELL

    assert Batch(ask, take, jobs=8).run(groups()).made == 2100
    # Eight under way, four that wait, and the one that was just read.
    assert furthest <= 13 and most_alive <= 14
    gc.collect()
    assert not alive


# ---- the log -----------------------------------------------------------------------------------

KILLED = """
import sys
from pathlib import Path
from annotator.core.batch.engine import Batch, Verdict
from annotator.core.batch.log import LineLog
log = LineLog(Path(sys.argv[1]), lambda record: record.get("key"))
def ask(item, cancel):
    if item >= 40:
        print("stuck", flush=True)
        cancel.wait(60)
    log.append({"key": str(item), "answer": 10 * item})
Batch(ask, lambda item, answer: Verdict(made=1), jobs=1).run([item] for item in range(100))
"""


@pytest.mark.slow
def test_a_killed_batch_keeps_every_answer_that_came_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.readline() == b"stuck\n"
        child.kill()
    with path.open("ab") as file:
        file.write(b'{"key": "40", "ans')
    log = LineLog(path, lambda record: record.get("key"))
    asked: list[int] = []

    def ask(item: int, cancel: CancelToken) -> None:
        asked.append(item)
        log.append({"key": str(item), "answer": 10 * item})

    def groups() -> Iterator[list[int]]:
        for item in range(100):
            if str(item) in log:
                batch.skip()
                yield []
            else:
                yield [item]

    batch = Batch(ask, lambda item, answer: WELL, jobs=1)
    summary = batch.run(groups())
    assert (summary.made, summary.skipped) == (60, 40) and asked == list(range(40, 100))
    assert [log.record(str(item)) for item in (0, 40)] == [
        {"key": "0", "answer": 0},
        {"key": "40", "answer": 400},
    ]
    log.close(remove=False)
    assert len(path.read_bytes().splitlines()) == 101, "the torn line stays, on a line of its own"


def test_a_log_reads_what_it_wrote_and_passes_over_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    deep = "[" * 100_000
    lines = ['{"key": "a", "n": 1}', "not JSON", "[1]", '{"n": 2}', '{"key": 3}', deep]
    lines.append('{"key": "a", "n": 4}')
    path.write_text("\n".join(lines), "utf-8")
    log = LineLog(path, lambda record: key if isinstance(key := record.get("key"), str) else None)
    assert "a" in log and "b" not in log and log.record("b") is None
    assert log.record("a") == {"key": "a", "n": 4}
    log.append({"key": "b", "words": "naïve \ud800"})
    assert log.record("b") == {"key": "b", "words": "naïve ?"}
    log.close(remove=True)
    assert not path.exists()


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    log = LineLog(path, lambda record: record.get("key"))
    gate = threading.Barrier(8, timeout=30)

    def ask(item: int, cancel: CancelToken) -> None:
        gate.wait()
        for part in range(50):
            log.append({"key": f"{item}:{part}", "text": "x" * 500})
            assert log.record(f"{item}:{part}") is not None

    ran(each(range(8)), ask, jobs=8)  # type: ignore[arg-type]
    log.close(remove=False)
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 400
