"""Any OpenAI-compatible endpoint as a generation model: vLLM, llama.cpp, Ollama, a cloud.

Calls run on one event loop in a thread of the backend, so that a cancel or a time-out closes
the connection at once, whatever the server does.  A server is never trusted: no redirects,
2 MB a reply, a deadline for the whole call, no key in anything that is shown or stored.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
import weakref
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, Literal, TypeVar

import openai

from annotator.core.generation import prompts
from annotator.core.generation.connection import (
    Endpoint,
    TooLarge,
    TransportError,
    api_key,
    make_client,
    reply_text,
)
from annotator.core.generation.prompts import Message, Style
from annotator.core.generation.protocol import GenerationRequest, KeyframeResult, PlannedKeyframe
from annotator.core.generation.replies import read_plan, read_values
from viewer.core.cancel import CancelToken
from viewer.core.errors import Cancelled, GenerationFault

T = TypeVar("T")
JsonSchema = Literal["auto", "always", "never"]

DAMPING = 0.5
"""Zero-shot models peak 2 to 2.5 times too strong."""

_ASK_SECONDS = 0.05
_LONGEST_PAUSE = 20.0


class _ClosedEarly(Exception):
    """The connection ended before the answer did."""


class _Loop:
    """An event loop in a thread of its own, with the client that lives on it."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self.client = client
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
            self._loop.stop()

    def stop(self) -> None:
        """Drop every call and end the thread; safe from any thread, once."""
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop)
        if threading.current_thread() is not self._thread:
            self._thread.join(2.0)


class ServerBackend:
    """A model behind an OpenAI-compatible URL (the host, or with ``/v1``).

    ``model`` empty takes the first the server lists.  ``style`` is KeyframeFace's own prompt or
    the zero-shot one, whose answers name at most ``channels`` and whose strengths are scaled by
    ``damping``.  ``timeout`` seconds hold for one whole answer; ``retries`` follow on overload
    and lost connections.  ``json_schema`` "auto" asks for schema-true answers until the server
    refuses that.  ``key`` is looked up in the environment and the keyring when it is None.
    Call :meth:`close`, or let it be collected.
    """

    name = "server"

    def __init__(
        self,
        url: str,
        model: str = "",
        key: str | None = None,
        *,
        style: Style = "keyframeface",
        timeout: float = 120.0,
        retries: int = 3,
        temperature: float = 0.0,
        max_tokens: int = 1024,
        json_schema: JsonSchema = "auto",
        damping: float | None = None,
        channels: int = prompts.SPARSE_CHANNELS,
    ) -> None:
        self.endpoint = Endpoint.parse(url)
        self.model = model
        self.style: Style = style
        self.timeout, self.retries = timeout, retries
        self.temperature, self.max_tokens = temperature, max_tokens
        self.damping = damping if damping is not None else (DAMPING if style == "zero-shot" else 1.0)
        self.channels = channels
        self._given_key = key
        self._without: set[str] = {"response_format"} if json_schema == "never" else set()
        self._insist_schema = json_schema == "always"
        self._served = ""
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
        self._secret = ""
        self._closer: weakref.finalize[..., Any] | None = None

    def describe(self) -> Mapping[str, Any]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        return {
            "backend": self.name,
            "model": self.model,
            "served_model": self._served or self.model,
            "served_without": sorted(self._without),
            "url": self.endpoint.shown,
            "settings": {
                "style": self.style,
                "temperature": self.temperature,
                "max_tokens": self.max_tokens,
                "damping": self.damping,
                "channels": self.channels,
            },
        }

    def plan(self, request: GenerationRequest, cancel: CancelToken) -> tuple[PlannedKeyframe, ...]:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        text = self._ask(prompts.plan_messages(request), prompts.plan_schema(), request.seed, cancel)
        return read_plan(text)

    def keyframe(self, request: GenerationRequest, target: int, cancel: CancelToken) -> KeyframeResult:
        """See :class:`~annotator.core.generation.protocol.Backend`."""
        messages = prompts.request_messages(request, target, self.style)
        text = self._ask(messages, self._values_schema(target), request.seed, cancel)
        values, notes = read_values(text, sparse=self.style == "zero-shot", damping=self.damping)
        return KeyframeResult(target, request.descriptions[target], values, notes=notes, reply=text)

    def _values_schema(self, target: int) -> dict[str, Any]:
        return prompts.values_schema(target, self.style, self.channels)

    def test_connection(self, cancel: CancelToken | None = None) -> dict[str, Any]:
        """What the server is: ``url``, ``models`` (names), ``latency`` (s) of listing them.
        Raises :class:`GenerationFault`, :class:`~viewer.core.errors.Cancelled`."""
        token = cancel or CancelToken()
        loop = self._ready()
        began = time.monotonic()
        models = loop.call(self._list_models(loop.client), token)
        latency = round(time.monotonic() - began, 4)
        return {"url": self.endpoint.shown, "models": models, "latency": latency}

    def close(self) -> None:
        """Drop open calls and end the backend's thread.  A later call opens it again."""
        with self._lock:
            if self._closer is not None:
                self._closer()
            self._loop = self._closer = None

    def _ready(self) -> _Loop:
        with self._lock:
            if self._loop is None:
                self._secret = self._given_key or api_key(self.endpoint.base)
                self._loop = _Loop(make_client(self.endpoint.base, self._secret, self.timeout))
                self._closer = weakref.finalize(self, self._loop.stop)
            return self._loop

    def _ask(
        self, messages: list[Message], schema: dict[str, Any], seed: int | None, cancel: CancelToken
    ) -> str:
        cancel.check()
        loop = self._ready()
        return loop.call(self._answer(loop.client, messages, schema, seed), cancel)

    async def _answer(
        self, client: openai.AsyncOpenAI, messages: list[Message], schema: dict[str, Any], seed: int | None
    ) -> str:
        if not self.model and not self._served:
            self._served = (await self._list_models(client))[0]
        without = set(self._without)
        while True:
            body = self._body(messages, schema, seed, without)
            try:
                text = await self._with_retries(client, body)
            except openai.APIStatusError as error:
                refused = self._refused_part(error, body)
                if not refused:
                    raise self._fault(error) from error
                without.add(refused)
                continue
            # Only an answer proves that these were the trouble.
            self._without |= without
            return text

    def _body(
        self, messages: list[Message], schema: dict[str, Any], seed: int | None, without: set[str]
    ) -> dict[str, Any]:
        """What is sent, but for the parts that this server refuses."""
        strict = {"name": "keyframe", "schema": schema, "strict": True}
        body: dict[str, Any] = {
            "model": self.model or self._served,
            "messages": messages,
            "stream": True,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": seed,
            "response_format": {"type": "json_schema", "json_schema": strict},
        }
        if "max_tokens" in without:
            # What newer models of one large provider call it.
            body["max_completion_tokens"] = self.max_tokens
        if seed is None:
            del body["seed"]
        return {name: value for name, value in body.items() if name not in without}

    def _refused_part(self, error: openai.APIStatusError, body: Mapping[str, Any]) -> str:
        """The part of the request to leave out next; empty when that would not help."""
        if error.status_code not in (400, 415, 422, 501):
            return ""
        said = str(error.message).lower()
        named = [name for name in ("max_tokens", "temperature", "seed") if name in body and name in said]
        if named:
            return named[0]
        return "response_format" if "response_format" in body and not self._insist_schema else ""

    async def _list_models(self, client: openai.AsyncOpenAI) -> list[str]:
        try:
            text = await self._with_retries(client, None)
        except openai.APIStatusError as error:
            raise self._fault(error) from error
        try:
            rows = json.loads(text)["data"]
            names = [row["id"] for row in rows if isinstance(row["id"], str) and row["id"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._told("does not list models as an OpenAI-compatible server does") from error
        if not names:
            raise self._told("serves no model", "load a model on it, or name one")
        return [self._clean(name)[:200] for name in names[:200]]

    async def _with_retries(self, client: openai.AsyncOpenAI, body: dict[str, Any] | None) -> str:
        """The answer's text (without ``body``: the list of models) within the deadline.

        Raises :class:`GenerationFault`, or :class:`openai.APIStatusError` for a status that a
        retry does not change.
        """
        try:
            async with asyncio.timeout(self.timeout):
                for attempt in range(self.retries + 1):
                    try:
                        return self._clean(await self._once(client, body))
                    except openai.APIStatusError as error:
                        overloaded = error.status_code in (408, 409, 425, 429) or error.status_code >= 500
                        if not overloaded:
                            raise
                        fault, wanted = self._fault(error), error.response.headers.get("retry-after", "")
                    except (openai.APIConnectionError, TransportError, _ClosedEarly, OSError) as error:
                        fault, wanted = self._fault(error), ""
                    if attempt == self.retries:
                        raise fault
                    pause = float(wanted) if wanted.isascii() and wanted.isdigit() else 0.4 * 2**attempt
                    await asyncio.sleep(min(pause, _LONGEST_PAUSE) * random.uniform(0.8, 1.2))
        except TimeoutError as error:
            raise self._told(
                f"did not answer within {self.timeout:g} seconds", "try again, or allow it more time"
            ) from error
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, client: openai.AsyncOpenAI, body: dict[str, Any] | None) -> str:
        try:
            if body is None:
                return await client.get("/models", cast_to=str)
            # The bytes are read here and not by the library, because some servers do not stream.
            response = (await client.chat.completions.create(**body)).response
            try:
                kind = response.headers.get("content-type", "")
                data = b"".join([chunk async for chunk in response.aiter_bytes()])
            finally:
                await response.aclose()
            return self._read(data, kind)
        except (TooLarge, openai.APIConnectionError) as error:
            if isinstance(error, TooLarge) or isinstance(error.__cause__, TooLarge):
                raise self._told("sent far more than an answer (over 2 MB)") from error
            raise

    def _read(self, data: bytes, kind: str) -> str:
        try:
            text, ended = reply_text(data, kind)
        except ValueError as error:
            raise self._told(f"answered with {error}", "check that the URL is a model server's") from error
        if not ended:
            raise _ClosedEarly
        if ended == "length":
            raise self._told(
                f"cut its reply off after {self.max_tokens} tokens", "allow more tokens for an answer"
            )
        return text

    def _clean(self, text: str) -> str:
        """Text of a server without our key, should it send it back."""
        return text.replace(self._secret, "•••") if self._secret else text

    def _told(self, what: str, todo: str = "check that the URL is a model server's") -> GenerationFault:
        return GenerationFault(f"the model server {self.endpoint.shown} {what}", todo)

    def _fault(self, error: Exception) -> GenerationFault:
        """Plain words for what the client library raised."""
        if isinstance(error, openai.APITimeoutError):
            return self._told("did not answer in time", "try again, or allow it more time")
        if not isinstance(error, openai.APIStatusError):
            return self._told(
                "cannot be reached, or closed the connection", "check that it runs, and the URL"
            )
        status = error.status_code
        if 300 <= status < 400:
            return self._told("sends requests on to another address", "enter the final address instead")
        if status in (401, 403):
            return self._told("refuses the key", "set KFSTUDIO_API_KEY, or save the key for this server")
        if status == 404:
            return self._told("does not know this address or model", "check the URL and the model's name")
        if status == 429:
            return self._told("has too much to do, or its quota is used up", "wait, or use fewer jobs")
        said = self._clean(" ".join(str(error.message).split()))[:160]
        if status >= 500:
            return self._told(f"failed ({status}: {said})", "look at its log, then try again")
        return self._told(f"refused the request ({status}: {said})", "check the model and its settings")
