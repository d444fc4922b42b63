"""How the studio talks to a model server: its address, its key, one bounded exchange."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import openai

from viewer.core.errors import GenerationError

KEY_VARIABLE = "KFSTUDIO_API_KEY"
KEYRING_SERVICE = "keyframeface-studio"
REPLY_BYTES = 2_000_000
"""Bytes of one answer, compressed or not, after which the connection is dropped."""

MOST_CALLS = 256
"""Connections to one server at the same time."""

TransportError = httpx2.TransportError


class TooLargeError(Exception):
    """The server sent more than :data:`REPLY_BYTES`."""


@dataclass(frozen=True)
class Endpoint:
    """Where a server is.  ``base`` ends in its version, ``shown`` is safe to show and store."""

    base: str
    shown: str
    host: str

    @staticmethod
    def parse(url: str) -> Endpoint:
        """Take a host, a root URL, a URL with ``/v1`` or a full endpoint.

        Raises :class:`GenerationError` for anything else, and for a URL with a password.
        """
        fault = GenerationError("that is no address of a model server", "write it like http://localhost:8000")
        text = url.strip()
        if "://" not in text:
            text = f"{_usual_scheme(text)}://{text}"
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise fault from None
        if parts.scheme.lower() not in ("http", "https") or not re.fullmatch(r"[\w.:%-]+", host):
            raise fault
        if parts.username or parts.password or parts.query:
            raise GenerationError(
                "the server's address holds a user name, a key or a query",
                f"write the bare address and set {KEY_VARIABLE}, or save the key in the keyring",
            )
        path = re.sub(r"/(chat/completions|completions|models)?/*$", "", parts.path)
        if not any(re.match(r"v\d", part) for part in path.split("/")):
            path += "/v1"
        name = f"[{host}]" if ":" in host else host
        where = name if port is None else f"{name}:{port}"
        base = f"{parts.scheme.lower()}://{where}{path}"
        return Endpoint(base, base, where)


def _usual_scheme(text: str) -> str:
    """http for this machine, an address or a port; https for a public name."""
    host = re.split(r"[/?#]", text)[0]
    name = host.rsplit(":", 1)[0]
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return "http" if name != host or name == "localhost" else "https"
    return "http"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _usable_key(key: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise GenerationError("the key holds characters that no key has", "copy the key again")
    return key


def api_key(url: str) -> str:
    """The key for a server: the environment's ``KFSTUDIO_API_KEY``, else the keyring's for its
    host; empty when there is none.  May ask the user's keyring, so call it off the UI thread."""
    from_environment = os.environ.get(KEY_VARIABLE, "")
    if from_environment.strip():
        return _usable_key(from_environment)
    # Imported late: it looks for the desktop's secret service.
    import keyring

    host = Endpoint.parse(url).host
    try:
        kept = keyring.get_password(KEYRING_SERVICE, host) or ""
    except Exception:  # whatever a desktop's secret service does, most servers need no key
        return ""
    return _usable_key(kept)


def save_api_key(url: str, key: str) -> None:
    """Keep ``key`` for the host of ``url`` in the user's keyring; an empty one removes it.

    Raises :class:`GenerationError` where there is no keyring.
    """
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    host = Endpoint.parse(url).host
    try:
        if key.strip():
            keyring.set_password(KEYRING_SERVICE, host, _usable_key(key))
        else:
            keyring.delete_password(KEYRING_SERVICE, host)
    except PasswordDeleteError:
        return
    except KeyringError as error:
        raise GenerationError(
            "this system has no keyring to save the key in", f"set the variable {KEY_VARIABLE} instead"
        ) from error


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, at most :data:`REPLY_BYTES` of them."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._stream:
            count += len(chunk)
            if count > REPLY_BYTES:
                raise TooLargeError
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def make_http(base: str, key: str, timeout: float) -> httpx2.AsyncClient:
    """The transport: own time-outs, no redirects, only our key sent, answers bounded."""

    async def before(request: httpx2.Request) -> None:
        # The library would send the user's OpenAI organisation, and facts about this machine.
        for name in list(request.headers):
            if name.lower().startswith(("openai-", "x-stainless-")) or name.lower() == "authorization":
                del request.headers[name]
        if key:
            request.headers["Authorization"] = f"Bearer {key}"
        # A compressed answer could grow past every limit while it is unpacked.
        request.headers["Accept-Encoding"] = "identity"

    async def after(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise TooLargeError
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream)

    return httpx2.AsyncClient(
        # A proxy of the company's does not know the servers of this machine.
        trust_env=not _is_this_machine(urlsplit(base).hostname or ""),
        follow_redirects=False,
        # The whole of an answer has a deadline of its own.
        timeout=httpx2.Timeout(None, connect=min(timeout, 15.0)),
        limits=httpx2.Limits(max_connections=MOST_CALLS, max_keepalive_connections=MOST_CALLS),
        event_hooks={"request": [before], "response": [after]},
    )


def make_client(http: httpx2.AsyncClient, base: str, key: str) -> openai.AsyncOpenAI:
    """The client on ``http``; retries are ours."""
    return openai.AsyncOpenAI(base_url=base, api_key=key or "none", max_retries=0, http_client=http)
