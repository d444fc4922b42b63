"""An event loop in a thread of its own, on which the calls to one model server run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

import httpx2
import openai

from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled

T = TypeVar("T")

_ASK_SECONDS = 0.05


class ClientLoop:
    """The loop, its thread and the client that lives on it."""

    def __init__(self, http: httpx2.AsyncClient, client: openai.AsyncOpenAI) -> None:
        self.http, self.client = http, client
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="model server", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def call(self, work: Coroutine[Any, Any, T], cancel: CancelToken) -> T:
        """The result of ``work``; asks every 50 ms whether it is cancelled."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        while True:
            try:
                return future.result(_ASK_SECONDS)
            except TimeoutError:
                if future.done():
                    raise
            except CancelledError:
                raise Cancelled from None
            except BaseException:
                future.cancel()
                raise
            if cancel.cancelled:
                future.cancel()
                raise Cancelled

    async def _finish(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        try:
            async with asyncio.timeout(1.0):
                await self.client.close()
        finally:
            # Its threads look up names; closing the loop alone would not wait for them.
            await self._loop.shutdown_default_executor()
            self._loop.stop()

    def stop(self) -> None:
        """Drop every call and end the thread; safe from any thread, once."""
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop)
        if threading.current_thread() is not self._thread:
            self._thread.join(2.0)
