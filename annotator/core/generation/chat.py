"""A model server asked with chat messages: words and pictures in, text or JSON out.

Works with any OpenAI-compatible endpoint.  Calls run on one event loop in a thread of the
server object, so that a cancel or a time-out closes the connection at once, whatever the server
does.  A server is never trusted: no redirects, 2 MB an answer, a deadline for every attempt, no
key in anything that is shown or stored.
"""

from __future__ import annotations

import asyncio
import base64
import email.utils
import json
import random
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import httpx2
import openai

from annotator.core.generation.completion import Completion, read_completion
from annotator.core.generation.connection import (
    Endpoint,
    TooLargeError,
    TransportError,
    api_key,
    make_client,
    make_http,
)
from annotator.core.generation.protocol import AnswerProgress, no_answer_progress
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, GenerationError

T = TypeVar("T")
JsonSchema = Literal["auto", "always", "never"]

LONGEST_PAUSE = 60.0
"""Seconds that a server may ask to be left alone before another try; more is a fault."""

_ASK_SECONDS = 0.05
_FIRST_PAUSE = 0.5
_TOLD_SECONDS = 0.1
_GRACE = 0.5
_OVERLOADED = (408, 409, 425, 429)
_NEVER_MENDS = (501, 505)
_NAMED_PARTS = ("max_tokens", "temperature", "seed", "stream_options", "response_format")
_GENERAL_PARTS = ("response_format", "stream_options")


@dataclass(frozen=True)
class Question:
    """What is asked.  ``messages`` are chat messages, whose content may be parts with pictures
    (:func:`text_part`, :func:`image_part`); with ``schema`` the answer is JSON of that schema where
    the server can see to it; ``seed`` makes sampling repeatable.  ``cut`` allows an answer that
    ``max_tokens`` ended."""

    messages: Sequence[Mapping[str, Any]]
    schema: Mapping[str, Any] | None = None
    seed: int | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    cut: bool = False


@dataclass(frozen=True)
class Answer:
    """What was answered, without our key.  Token counts are the server's, or for the answer those
    that were seen to come; ``first`` and ``seconds`` are the times to its first piece and its end."""

    text: str
    prompt_tokens: int
    answer_tokens: int
    first: float
    seconds: float


def text_part(text: str) -> dict[str, Any]:
    """Words as a part of a message."""
    return {"type": "text", "text": text}


def image_part(data: bytes, kind: str = "image/png") -> dict[str, Any]:
    """A picture (the bytes of its file) as a part of a message, in OpenAI's vision format."""
    url = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


class _ClosedEarlyError(Exception):
    """The connection ended before the answer did."""


class _Loop:
    """An event loop in a thread of its own, with the client that lives on it."""

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


class ChatServer:
    """A model behind an OpenAI-compatible URL (the host, or with ``/v1``).

    ``model`` empty takes the first the server lists.  ``timeout`` seconds hold for one attempt;
    ``retries`` follow on overload and lost connections, after pauses that double, or as long as the
    server asks for.  ``json_schema`` "auto" asks for schema-true answers until the server refuses
    that.  ``key`` is looked up in the environment and the keyring when it is None.  Call
    :meth:`close`, or let it be collected.  Methods may be called from several threads at once and
    raise :class:`GenerationError`, :class:`~viewer.core.errors.Cancelled`.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str | None = None,
        *,
        timeout: float = 120.0,
        retries: int = 4,
        json_schema: JsonSchema = "auto",
    ) -> None:
        self.endpoint = Endpoint.parse(url)
        self.model = model
        self.timeout, self.retries = timeout, retries
        self.served = model
        """The model that answers, once it is known."""
        self.without = frozenset(("response_format",) if json_schema == "never" else ())
        """The parts of a request that this server refuses."""
        self._insist_schema = json_schema == "always"
        self._given_key = key
        self._secret = ""
        self._hold_until = 0.0
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
        self._closer: weakref.finalize[..., Any] | None = None

    def ask(
        self, question: Question, cancel: CancelToken, on_progress: AnswerProgress = no_answer_progress
    ) -> Answer:
        """The answer to ``question``; ``on_progress`` is told how far it is, from another thread."""
        cancel.check()
        loop = self._ready()
        return loop.call(self._answer(loop, question, on_progress), cancel)

    def models(self, cancel: CancelToken) -> list[dict[str, Any]]:
        """The models the server lists, each with its ``id`` and whatever else it says of it."""
        cancel.check()
        loop = self._ready()
        return loop.call(self._models(loop), cancel)

    def look(self, path: str, cancel: CancelToken) -> Any:
        """The JSON at ``path`` of the server's root (not under ``/v1``); None where there is none."""
        cancel.check()
        loop = self._ready()
        return loop.call(self._look(loop, path), cancel)

    def close(self) -> None:
        """Drop open calls and end the thread.  A later call opens it again."""
        with self._lock:
            if self._closer is not None:
                self._closer()
            self._loop = self._closer = None

    def told(self, what: str, todo: str = "check that the URL is a model server's") -> GenerationError:
        """A fault of this server in words."""
        return GenerationError(f"the model server {self.endpoint.shown} {what}", todo)

    # ---- the calls -----------------------------------------------------------------------

    def _ready(self) -> _Loop:
        with self._lock:
            if self._loop is None:
                base = self.endpoint.base
                self._secret = self._given_key or api_key(base)
                http = make_http(base, self._secret, self.timeout)
                self._loop = _Loop(http, make_client(http, base, self._secret))
                self._closer = weakref.finalize(self, self._loop.stop)
                self._hold_until = 0.0
            return self._loop

    async def _answer(self, loop: _Loop, question: Question, on_progress: AnswerProgress) -> Answer:
        if not self.served:
            self.served = str((await self._models(loop))[0]["id"])
        without = self.without
        while True:
            body = self._body(question, without)

            async def once(body: dict[str, Any] = body) -> Answer:
                return await self._complete(loop.client, body, question.cut, on_progress)

            try:
                answer = await self._persist(once, on_progress)
            except openai.APIStatusError as error:
                refused = self._refused_part(error, body)
                if not refused:
                    raise self._fault(error) from error
                without |= {refused}
                continue
            # Only an answer proves that these were the trouble.
            self.without |= without
            return answer

    def _body(self, question: Question, without: frozenset[str]) -> dict[str, Any]:
        """What is sent, but for the parts that this server refuses."""
        body: dict[str, Any] = {
            "model": self.served,
            "messages": list(question.messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": question.temperature,
            "max_tokens": question.max_tokens,
        }
        if "max_tokens" in without:
            # What newer models of one large provider call it.
            body["max_completion_tokens"] = question.max_tokens
        if question.seed is not None:
            body["seed"] = question.seed
        if question.schema is not None:
            strict = {"name": "answer", "schema": question.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": strict}
        return {name: value for name, value in body.items() if name not in without}

    def _refused_part(self, error: openai.APIStatusError, body: Mapping[str, Any]) -> str:
        """The part of the request to leave out next; empty when that would not help."""
        if error.status_code not in (400, 415, 422, 501):
            return ""
        said = str(error.message).lower()
        # Where nothing is named, the parts that the fewest servers know go first.
        order = [name for name in _NAMED_PARTS if name in said] or list(_GENERAL_PARTS)
        if "context" in said:
            order = [name for name in order if name not in _GENERAL_PARTS]
        kept = "response_format" if self._insist_schema else ""
        return next((name for name in order if name in body and name != kept), "")

    async def _models(self, loop: _Loop) -> list[dict[str, Any]]:
        async def once() -> str:
            return self._clean(await self._bounded(loop.client.get("/models", cast_to=str)))

        try:
            text = await self._persist(once, no_answer_progress)
        except openai.APIStatusError as error:
            raise self._fault(error) from error
        try:
            rows = [row for row in json.loads(text)["data"] if isinstance(row["id"], str) and row["id"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self.told("does not list models as an OpenAI-compatible server does") from error
        if not rows:
            raise self.told("serves no model", "load a model on it, or name one")
        return [{**row, "id": row["id"][:200]} for row in rows[:200]]

    async def _look(self, loop: _Loop, path: str) -> Any:
        root = httpx2.URL(self.endpoint.base).copy_with(path=path)
        try:
            async with asyncio.timeout(self.timeout):
                response = await loop.http.get(root)
                return json.loads(self._clean(response.text)) if response.status_code == 200 else None
        except (httpx2.HTTPError, TooLargeError, TimeoutError, OSError, ValueError, RecursionError):
            # What a server says of itself is a courtesy; it may say nothing.
            return None

    async def _persist(self, once: Callable[[], Awaitable[T]], on_progress: AnswerProgress) -> T:
        """``once``, and again after a pause while that may help.

        Raises :class:`GenerationError`, or :class:`openai.APIStatusError` for a status that
        another try does not change.
        """
        clock = asyncio.get_running_loop()
        for attempt in range(self.retries + 1):
            while (left := self._hold_until - clock.time()) > 0:
                on_progress(f"waits {left:.1f} s, as the server asks")
                await asyncio.sleep(left)
            try:
                async with asyncio.timeout(self.timeout):
                    return await once()
            except openai.APIStatusError as error:
                if not _may_mend(error):
                    raise
                fault, wanted = self._fault(error), _seconds(error.response.headers.get("retry-after", ""))
            except (openai.APIConnectionError, TransportError, _ClosedEarlyError, ConnectionError) as error:
                fault, wanted = self._fault(error), None
            except TimeoutError as error:
                what = f"did not answer within {self.timeout:g} seconds"
                raise self.told(what, "try again, or allow it more time") from error
            if attempt == self.retries:
                raise fault
            if wanted is not None and wanted > LONGEST_PAUSE:
                raise self.told(f"asks to be left alone for {wanted:.0f} seconds", "try again after that")
            pause = wanted if wanted is not None else _FIRST_PAUSE * 2**attempt
            # Spread, so that those who wait do not come back all at once.
            pause = min(pause * random.uniform(1.0, 1.25), LONGEST_PAUSE)
            if wanted:
                self._hold_until = max(self._hold_until, clock.time() + wanted)
            on_progress(f"waits {max(pause, 0.1):.1f} s for another try")
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _complete(
        self, client: openai.AsyncOpenAI, body: dict[str, Any], cut: bool, on_progress: AnswerProgress
    ) -> Answer:
        """One attempt at an answer."""
        began = time.monotonic()
        data, kind, pieces, first = await self._bounded(self._read(client, body, on_progress))
        try:
            found = read_completion(data, kind)
        except ValueError as error:
            raise self.told(f"answered with {error}") from error
        self._check(found, body, cut)
        ended = time.monotonic()
        tokens = found.answer_tokens or pieces
        return Answer(
            self._clean(found.text), found.prompt_tokens, tokens, (first or ended) - began, ended - began
        )

    async def _read(
        self, client: openai.AsyncOpenAI, body: dict[str, Any], on_progress: AnswerProgress
    ) -> tuple[bytes, str, int, float]:
        """The bytes of an answer, their kind, the pieces they came in and when the first came."""
        clock = asyncio.get_running_loop()
        pieces, first, told = 0, 0.0, 0.0
        data = bytearray()
        # The bytes are read here and not by the library, because some servers do not stream.
        # The library looks through every typed part of a request; a schema is large and plain.
        plain = {name: value for name, value in body.items() if name == "response_format"}
        typed = {name: value for name, value in body.items() if name not in plain}
        response = (await client.chat.completions.create(**typed, extra_body=plain)).response
        try:
            async with asyncio.timeout(None) as limit:
                async for chunk in response.aiter_bytes():
                    data += chunk
                    pieces += chunk.count(b"data:")
                    first = first or time.monotonic()
                    if pieces and clock.time() - told > _TOLD_SECONDS:
                        told = clock.time()
                        on_progress(f"{pieces} {'token' if pieces == 1 else 'tokens'}")
                    if data.endswith(b"data: [DONE]\n\n"):
                        # Some keep the connection open after the end; it is not waited for.
                        limit.reschedule(clock.time() + _GRACE)
        except TimeoutError:
            pass
        finally:
            await response.aclose()
        # The end, the reason for it and the counts are events too.
        return bytes(data), response.headers.get("content-type", ""), max(0, pieces - 2), first

    async def _bounded(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except (TooLargeError, openai.APIConnectionError) as error:
            if isinstance(error, TooLargeError) or isinstance(error.__cause__, TooLargeError):
                raise self.told("sent far more than an answer (over 2 MB)") from error
            raise

    def _check(self, found: Completion, body: Mapping[str, Any], cut: bool) -> None:
        if not found.ended:
            raise _ClosedEarlyError
        if found.ended == "length" and not cut:
            most = body.get("max_tokens", body.get("max_completion_tokens"))
            raise self.told(f"cut its reply off after {most} tokens", "allow more tokens for an answer")

    # ---- words ---------------------------------------------------------------------------

    def _clean(self, text: str) -> str:
        """Text of a server without our key, should it send it back."""
        return text.replace(self._secret, "•••") if self._secret else text

    def _fault(self, error: Exception) -> GenerationError:
        """Plain words for what the client library raised."""
        if isinstance(error, openai.APITimeoutError):
            return self.told("did not answer in time", "try again, or allow it more time")
        if not isinstance(error, openai.APIStatusError):
            return self.told("cannot be reached, or closed the connection", "check that it runs, and the URL")
        status = error.status_code
        if 300 <= status < 400:
            return self.told("sends requests on to another address", "enter the final address instead")
        if status in (401, 403):
            return self.told("refuses the key", "set KFSTUDIO_API_KEY, or save the key for this server")
        if status == 404:
            return self.told("does not know this address or model", "check the URL and the model's name")
        if status == 429 and not _may_mend(error):
            return self.told("says that the quota of this key is used up", "look at the account of the key")
        if status == 429:
            return self.told("has too much to do, or its quota is used up", "wait, or use fewer jobs")
        said = self._clean(" ".join(str(error.message).split()))[:160]
        if status >= 500:
            return self.told(f"failed ({status}: {said})", "look at its log, then try again")
        return self.told(f"refused the request ({status}: {said})", "check the model and its settings")


def _may_mend(error: openai.APIStatusError) -> bool:
    """Whether the same request may be answered a little later."""
    if error.code == "insufficient_quota" or "insufficient_quota" in str(error.message):
        return False
    return error.status_code in _OVERLOADED or (
        error.status_code >= 500 and error.status_code not in _NEVER_MENDS
    )


def _seconds(wanted: str) -> float | None:
    """What a ``Retry-After`` asks for, in seconds or as a date; None where it says nothing usable."""
    text = wanted.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), 1e6)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
