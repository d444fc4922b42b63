"""A model server asked with chat messages: words and pictures in, text or JSON out.

Works with any OpenAI-compatible endpoint.  Calls run on one event loop in a thread of the
server object, so that a cancel or a time-out closes the connection at once, whatever the server
does.  A server is never trusted: no redirects, a bounded answer, a deadline for every attempt, no
key in anything that is shown or stored, none sent to a host it does not belong to.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import httpx2
import openai

from annotator.core.generation.client_loop import ClientLoop
from annotator.core.generation.completion import Completion, read_completion, read_json
from annotator.core.generation.connection import (
    CONNECT_SECONDS,
    ReadTimeoutError,
    ReplyLimit,
    TooLargeError,
    TransportError,
    make_client,
    make_http,
)
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.keys import ServerKey, server_key
from annotator.core.generation.protocol import AnswerProgress, UnreachableError, no_answer_progress
from annotator.core.generation.request_body import NO_THINKING, body_of, refused_parts
from annotator.core.generation.request_body import Question as Question
from annotator.core.generation.server_faults import (
    ClosedEarlyError,
    ServerFaults,
    has_bad_certificate,
    may_mend,
    never_connected,
    plain_words,
    wanted_pause,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

T = TypeVar("T")
JsonSchema = Literal["auto", "always", "never"]

LONGEST_PAUSE = 60.0
"""Seconds that a server may ask to be left alone before another try; more is a fault."""

_FIRST_PAUSE = 0.5
_TOLD_SECONDS = 0.1
_GRACE = 0.5
_LONGEST_NAME = 200
_MOST_MODELS = 200
_END = b"data: [DONE]\n\n"
_REASON = re.compile(rb'"finish_reason"\s*:\s*"[^"]')
_THINKING_PARTS = frozenset(NO_THINKING)


@dataclass(frozen=True)
class Answer:
    """What was answered, without our key and without thoughts.  Token counts are the server's, or for
    the answer those that were seen to come; ``first`` and ``seconds`` are the times to its first piece
    and its end; ``from_thoughts``: the model gave none, and this is what it thought."""

    text: str
    prompt_tokens: int
    answer_tokens: int
    first: float
    seconds: float
    from_thoughts: bool = False


def text_part(text: str) -> dict[str, Any]:
    """Words as a part of a message."""
    return {"type": "text", "text": text}


def image_part(data: bytes, kind: str = "image/png") -> dict[str, Any]:
    """A picture (the bytes of its file) as a part of a message, in OpenAI's vision format."""
    url = f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


@dataclass(frozen=True)
class _Came:
    """One whole answer and what it took: when its first piece came and its end, in seconds."""

    found: Completion
    tokens: int
    first: float
    seconds: float

    @property
    def answer_tokens(self) -> int:
        """The server's count, else the pieces that came."""
        return self.found.answer_tokens or self.tokens


class ChatServer:
    """A model behind an OpenAI-compatible URL (the host, or with ``/v1``).

    ``model`` empty takes the first the server lists.  ``timeout`` seconds hold for one attempt, of
    which it may be silent for ``silence`` (None: for all); ``retries`` follow on overload and lost
    connections, after pauses that double, or as long as the server asks for; a server that never
    answered is tried once more only.  ``json_schema`` "auto" asks for schema-true answers until the
    server refuses that.  ``key`` is looked up in the environment and the keyring when it is None;
    ``plain_http`` allows to send it over http to another machine.  A model that thinks instead of
    answering is asked again without thinking.  Call :meth:`close`, or let it be collected.  Methods
    may be called from several threads at once and raise :class:`GenerationError`,
    :class:`~viewer.core.errors.Cancelled`.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str | None = None,
        *,
        timeout: float = 120.0,
        silence: float | None = None,
        retries: int = 4,
        json_schema: JsonSchema = "auto",
        plain_http: bool = False,
    ) -> None:
        self.endpoint = Endpoint.parse(url)
        self.model = model
        self.timeout, self.silence, self.retries = timeout, silence, retries
        self.plain_http = plain_http
        self.served = model
        """The model that answers, once it is known."""
        self.without = frozenset(("response_format",) if json_schema == "never" else ())
        """The parts of a request that this server refuses."""
        self.thinks_instead = False
        """The model is known to answer only when its thinking is switched off."""
        self._kept = frozenset(("response_format",) if json_schema == "always" else ())
        self._given_key = key
        self._key = ServerKey()
        self._faults = ServerFaults(self.endpoint)
        self._met = False
        self._limit = ReplyLimit()
        self._hold_until = 0.0
        self._lock = threading.Lock()
        self._loop: ClientLoop | None = None
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
        return self._faults.told(what, todo)

    # ---- the calls -----------------------------------------------------------------------

    def _ready(self) -> ClientLoop:
        with self._lock:
            if self._loop is None:
                self._key = server_key(self.endpoint.base, given=self._given_key, plain_http=self.plain_http)
                silence = min(self.silence or self.timeout, self.timeout)
                self._faults.secret = self._key.text
                http = make_http(self.endpoint, self._key.text, silence, self._limit)
                self._loop = ClientLoop(http, make_client(http, self.endpoint.base, self._key.text))
                self._closer = weakref.finalize(self, self._loop.stop)
                self._hold_until = 0.0
            return self._loop

    async def _answer(self, loop: ClientLoop, question: Question, on_progress: AnswerProgress) -> Answer:
        if not self.served:
            self.served = str((await self._models(loop))[0]["id"])
        thinking = not self.thinks_instead
        came = await self._come(loop, question, thinking, on_progress)
        able = thinking and not self.without >= _THINKING_PARTS
        if came.found.only_thought and able and not question.cut:
            on_progress("it only thought; asking again without thinking")
            came = await self._come_unthought(loop, question, came, on_progress)
        return self._made(came, question)

    async def _come_unthought(
        self, loop: ClientLoop, question: Question, thought: _Came, on_progress: AnswerProgress
    ) -> _Came:
        """The answer of a model whose thinking is switched off, else what it thought before."""
        try:
            came = await self._come(loop, question, False, on_progress)
        except UnreachableError:
            raise
        except GenerationError:
            return thought
        self.thinks_instead = self.thinks_instead or not came.found.only_thought
        counted = replace(
            came.found,
            prompt_tokens=came.found.prompt_tokens + thought.found.prompt_tokens,
            answer_tokens=came.answer_tokens + thought.answer_tokens,
        )
        return replace(came, found=counted)

    def _made(self, came: _Came, question: Question) -> Answer:
        """The answer that was meant, or why there is none."""
        found, text, from_thoughts = came.found, came.found.text, False
        if found.only_thought and found.ended == "length" and not question.cut:
            raise self.told(
                f"has a model that only thought: {question.max_tokens} tokens were used up before its answer",
                "allow more tokens (--max-tokens), or switch its thinking off on the server",
            )
        if found.ended == "length" and not question.cut:
            raise self.told(
                f"cut its reply off after {question.max_tokens} tokens",
                "allow more tokens for an answer (--max-tokens)",
            )
        if found.only_thought and not question.cut:
            if question.schema is None or "{" not in found.thought:
                raise self.told(
                    "has a model that only thought, and gave no answer",
                    "switch its thinking off on the server, or choose another model",
                )
            text, from_thoughts = found.thought, True
        if found.refusal and not text.strip():
            raise self.told(
                f"has a model that refuses: “{plain_words(found.refusal, 160)}”", "describe it in other words"
            )
        if found.ended == "content_filter" and not text.strip():
            raise self.told("held its answer back by a filter of contents", "describe it in other words")
        return Answer(
            self._faults.clean(text),
            found.prompt_tokens,
            came.answer_tokens,
            came.first,
            came.seconds,
            from_thoughts,
        )

    async def _come(
        self, loop: ClientLoop, question: Question, thinking: bool, on_progress: AnswerProgress
    ) -> _Came:
        """A whole completion; asked again without the parts that the server refuses."""
        without = self.without
        self._limit.make_room(question.max_tokens)
        while True:
            body = body_of(question, self.served, without, thinking=thinking)

            async def once(body: dict[str, Any] = body) -> _Came:
                return await self._complete(loop.client, body, on_progress)

            try:
                came = await self._persist(once, on_progress)
            except openai.APIStatusError as error:
                refused = refused_parts(error.status_code, str(error.message), body, self._kept)
                if not refused:
                    raise self._faults.of(error, self._key.withheld) from error
                without |= refused
                if not thinking and without >= _THINKING_PARTS:
                    self.without |= without
                    raise self.told("does not know how to switch a model's thinking off") from error
                continue
            # Only an answer proves that these were the trouble.
            self.without |= without
            return came

    async def _models(self, loop: ClientLoop) -> list[dict[str, Any]]:
        async def once() -> str:
            return await self._bounded(loop.client.get("/models", cast_to=str))

        try:
            text = await self._persist(once, no_answer_progress)
        except openai.APIStatusError as error:
            raise self._faults.of(error, self._key.withheld) from error
        try:
            listed = self._said(text)["data"]
            rows = [row for row in listed if isinstance(row["id"], str) and row["id"].strip()]
        except (ValueError, TypeError, KeyError) as error:
            raise self.told("does not list models as an OpenAI-compatible server does") from error
        if not rows:
            raise self.told("serves no model", "load a model on it, or name one")
        return [{**row, "id": plain_words(row["id"], _LONGEST_NAME)} for row in rows[:_MOST_MODELS]]

    async def _look(self, loop: ClientLoop, path: str) -> Any:
        root = httpx2.URL(self.endpoint.base).copy_with(path=path)
        try:
            async with asyncio.timeout(self.timeout):
                response = await loop.http.get(root)
                return self._said(response.text) if response.status_code == 200 else None
        except (httpx2.HTTPError, TooLargeError, TimeoutError, OSError, ValueError):
            # What a server says of itself is a courtesy; it may say nothing.
            return None

    def _said(self, text: str) -> Any:
        """A server's JSON without our key, however it is spelt there.  Raises :class:`ValueError`."""
        return read_json(self._faults.clean(json.dumps(read_json(text), ensure_ascii=False)))

    async def _persist(self, once: Callable[[], Awaitable[T]], on_progress: AnswerProgress) -> T:
        """``once``, and again after a pause while that may help.

        Raises :class:`GenerationError`, or :class:`openai.APIStatusError` for a status that
        another try does not change.
        """
        clock = asyncio.get_running_loop()
        attempt = 0
        while True:
            while (left := self._hold_until - clock.time()) > 0:
                on_progress(f"waits {left:.1f} s, as the server asks")
                await asyncio.sleep(left)
            try:
                async with asyncio.timeout(self.timeout):
                    got = await once()
                self._meet()
                return got
            except openai.APIStatusError as error:
                self._meet()
                if not may_mend(error):
                    raise
                fault = self._faults.of(error, self._key.withheld)
                wanted = wanted_pause(error.response.headers.get("retry-after", ""))
            except (TimeoutError, openai.APITimeoutError, ReadTimeoutError) as error:
                raise self._too_slow(error) from error
            except (openai.APIConnectionError, TransportError, ClosedEarlyError, ConnectionError) as error:
                fault, wanted = self._faults.of(error), None
                if not never_connected(error):
                    self._key.used()
                if has_bad_certificate(error):
                    raise fault from error
            # One that nobody ever heard of is not waited for as one that starts again.
            if attempt >= (self.retries if self._met else min(self.retries, 1)):
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
            attempt += 1

    def _meet(self) -> None:
        """There is a server, and it has seen the key."""
        self._met = True
        self._key.used()

    def _too_slow(self, error: Exception) -> GenerationError:
        """The fault of an attempt that took too long, at the beginning, in between or in all."""
        todo = "try again, or allow it more time (--timeout, --silence)"
        if never_connected(error):
            seconds = min(self.silence or self.timeout, self.timeout, CONNECT_SECONDS)
            what = f"cannot be reached: no connection within {seconds:g} seconds"
            return self._faults.told(what, "check that it runs, and the URL", UnreachableError)
        self._key.used()
        silent = not isinstance(error, TimeoutError) and self.silence and self.silence < self.timeout
        what = f"sent nothing for {self.silence:g} seconds" if silent else ""
        what = what or f"did not answer within {self.timeout:g} seconds"
        return self._faults.told(what, todo, UnreachableError)

    async def _complete(
        self, client: openai.AsyncOpenAI, body: dict[str, Any], on_progress: AnswerProgress
    ) -> _Came:
        """One attempt at an answer."""
        began = time.monotonic()
        data, kind, pieces, first = await self._bounded(self._read(client, body, on_progress))
        try:
            found = read_completion(data, kind)
        except ValueError as error:
            raise self.told(f"answered with {error}") from error
        if not found.ended:
            raise ClosedEarlyError
        ended = time.monotonic()
        return _Came(found, pieces, (first or ended) - began, ended - began)

    async def _read(
        self, client: openai.AsyncOpenAI, body: dict[str, Any], on_progress: AnswerProgress
    ) -> tuple[bytes, str, int, float]:
        """The bytes of an answer, their kind, the pieces they came in and when the first came."""
        clock = asyncio.get_running_loop()
        pieces, first, told, ended = 0, 0.0, 0.0, False
        data = bytearray()
        # The bytes are read here and not by the library, because some servers do not stream.
        # The library looks through every typed part of a request; a schema is large and plain.
        plain = {name: value for name, value in body.items() if name in _UNTYPED}
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
                    if data.endswith(_END) or (pieces and _REASON.search(chunk)):
                        # Some keep the connection open after the end; it is not waited for.
                        ended = True
                        limit.reschedule(clock.time() + _GRACE)
        except (TimeoutError, TransportError):
            # How a connection ends that has brought everything does not matter.
            if not ended:
                raise
        finally:
            await response.aclose()
        # The end, the reason for it and the counts are events too.
        return bytes(data), response.headers.get("content-type", ""), max(0, pieces - 2), first

    async def _bounded(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except (TooLargeError, openai.APIConnectionError) as error:
            large = error if isinstance(error, TooLargeError) else error.__cause__
            if isinstance(large, TooLargeError):
                raise self.told(str(large)) from error
            raise


_UNTYPED = _THINKING_PARTS | {"response_format"}
