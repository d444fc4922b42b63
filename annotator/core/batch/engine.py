"""Much work of one kind: asked in order over a pool, taken as it comes, and given up when it is vain."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled

Item = TypeVar("Item")
Answer = TypeVar("Answer")

_LOOK_SECONDS = 0.05
_LEAST_PATIENCE = 10
_MOST_UNREACHABLE = 3


@dataclass(frozen=True)
class Verdict:
    """What an answer came to.

    Parameters
    ----------
    made, failed : int
        How many things came of it, and how many should have and did not.
    error : str or None
        What is wrong with the model that answered; empty where it did well, None where the answer
        tells nothing about a model.
    model : str
        Which of several models that was.
    unreachable : bool
        The error is that its server cannot be reached or does not answer, which the next will meet too.
    """

    made: int = 0
    failed: int = 0
    error: str | None = None
    model: str = ""
    unreachable: bool = False


@dataclass(frozen=True)
class Summary:
    """What a batch did.

    Parameters
    ----------
    made, failed : int
        The sums of the verdicts.
    skipped : int
        What needed no asking, as :meth:`Batch.skip` was told.
    seconds : float
        How long it took.
    gave_up : str
        The last error of the model that it gave up; empty where everything was asked.
    """

    made: int
    failed: int
    skipped: int
    seconds: float
    gave_up: str = ""


class Batch(Generic[Item, Answer]):
    """Asks for items in a pool of threads and takes the answers as they come.

    No more than half as many again as are asked at once wait in the pool, and the groups that items
    come in are read only when there is room: a batch of any length takes the same memory.  When one
    model failed ``max(10, 2 × jobs)`` times in a row, or could not be reached three times in a row,
    nothing more is asked, and what is under way is dropped.

    Parameters
    ----------
    ask : callable
        ``ask(item, cancel)`` gives the answer; called in the pool.  It keeps the answer for another
        run before it returns, so that a kill costs none that had come.  What it raises ends the batch.
    take : callable
        ``take(item, answer)`` gives the :class:`Verdict`; called in the thread that runs the batch,
        in the order in which answers come.
    jobs : int
        How many items are asked at once.
    gives_up : bool
        Whether a model that fails again and again ends the batch.
    cancel : CancelToken, optional
        Ends the batch within a tenth of a second, provided that ``ask`` heeds the token it gets.
    """

    def __init__(
        self,
        ask: Callable[[Item, CancelToken], Answer],
        take: Callable[[Item, Answer], Verdict],
        *,
        jobs: int,
        gives_up: bool = True,
        cancel: CancelToken | None = None,
    ) -> None:
        self._ask, self._take = ask, take
        self._jobs = max(1, jobs)
        self._most = self._jobs + max(1, self._jobs // 2)
        self._patience = max(_LEAST_PATIENCE, 2 * self._jobs) if gives_up else 0
        self._cancel = cancel or CancelToken()
        self._stop = CancelToken()
        self._ready: deque[Item] = deque()
        self._came: SimpleQueue[tuple[Item, Future[Answer]]] = SimpleQueue()
        self._faults: Counter[str] = Counter()
        self._unreachable: Counter[str] = Counter()
        self.made = self.failed = self.skipped = 0
        """So far, as :class:`Summary` has them in the end."""
        self._under_way = 0
        self._gave_up = ""

    def put_first(self, items: Iterable[Item]) -> None:
        """Ask for ``items`` before everything that is not asked yet; for ``take`` to call."""
        self._ready.extendleft(reversed(list(items)))

    def skip(self, count: int = 1) -> None:
        """Count what needs no asking; for who makes the groups, or ``take``, to call."""
        self.skipped += count

    def run(self, groups: Iterable[Iterable[Item]]) -> Summary:
        """Ask for everything.

        Parameters
        ----------
        groups : iterable of iterables
            The items, read in this thread and as late as possible; a group may be empty.

        Returns
        -------
        Summary
            What was done until the end, or until a model was given up.

        Raises
        ------
        Cancelled
            Once ``cancel`` is cancelled.
        Exception
            What ``ask``, ``take`` or ``groups`` raised.
        """
        began = time.monotonic()
        source, more = iter(groups), True
        pool = ThreadPoolExecutor(self._jobs, "batch")
        try:
            while (more or self._ready or self._under_way) and not self._gave_up:
                self._cancel.check()
                room = self._under_way < self._most
                if room and self._ready:
                    self._submit(pool, self._ready.popleft())
                elif room and more:
                    group = next(source, None)
                    more = group is not None
                    self._ready.extend(group or ())
                else:
                    self._look(_LOOK_SECONDS)
                # Also while there is room: what comes may say that nothing more should be asked.
                while not self._gave_up and self._look(0):
                    pass
        finally:
            # Also an interrupt from the keyboard must not wait for slow answers.
            self._stop.cancel()
            pool.shutdown(cancel_futures=True)
        while self._look(0):
            pass
        seconds = round(time.monotonic() - began, 3)
        return Summary(self.made, self.failed, self.skipped, seconds, self._gave_up)

    def _submit(self, pool: ThreadPoolExecutor, item: Item) -> None:
        self._under_way += 1
        pool.submit(self._work, item).add_done_callback(lambda future: self._came.put((item, future)))

    def _work(self, item: Item) -> Answer:
        """Runs in the pool."""
        self._cancel.check()
        return self._ask(item, self._stop)

    def _look(self, seconds: float) -> bool:
        """Take an answer that comes within ``seconds``; whether one came."""
        try:
            item, future = self._came.get(timeout=seconds) if seconds else self._came.get_nowait()
        except Empty:
            return False
        self._under_way -= 1
        dropped = future.cancelled() or isinstance(future.exception(), Cancelled)
        if not (self._gave_up and dropped):
            self._count(self._take(item, future.result()))
        return True

    def _count(self, verdict: Verdict) -> None:
        self.made += verdict.made
        self.failed += verdict.failed
        if verdict.error is None:
            return
        model = verdict.model
        self._faults[model] = self._faults[model] + 1 if verdict.error else 0
        self._unreachable[model] = self._unreachable[model] + 1 if verdict.unreachable else 0
        vain = self._faults[model] >= self._patience or self._unreachable[model] >= _MOST_UNREACHABLE
        if self._patience and vain:
            self._gave_up = verdict.error
