"""The transport to a model server: one bounded exchange, whatever comes back.

For servers of other machines the proxies of the environment are asked (``HTTPS_PROXY``,
``HTTP_PROXY``, ``ALL_PROXY``, but for the hosts of ``NO_PROXY``); over https they see the host's name
alone.  For a server of this machine none is asked.
"""

from __future__ import annotations

import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx2
import openai

from annotator.core.generation.endpoint import Endpoint
from viewer.core.errors import GenerationError

REPLY_BYTES = 2_000_000
"""Bytes of one answer, compressed or not, after which the connection is dropped, where no long
answer is wanted."""

MOST_BYTES = 64_000_000
"""Bytes of the longest answer that may be wanted."""

MOST_CALLS = 256
"""Connections to one server at the same time."""

CONNECT_SECONDS = 15.0
"""The longest time for a connection to come about."""

_BYTES_A_TOKEN = 700

TransportError = httpx2.TransportError
ReadTimeoutError = httpx2.ReadTimeout

# They would tell a server's headers, in which our key may stand.
for _name in ("openai", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class TooLargeError(Exception):
    """The server sent more than an answer, or something that could unpack to more."""


class ReplyLimit:
    """How many bytes an answer of one server may take."""

    def __init__(self) -> None:
        self.most_bytes = REPLY_BYTES

    def make_room(self, max_tokens: int) -> None:
        """Let answers be as long as a stream of so many tokens."""
        self.most_bytes = min(max(self.most_bytes, max_tokens * _BYTES_A_TOKEN), MOST_BYTES)


class _Bounded(httpx2.AsyncByteStream):
    """A response's bytes, at most ``most`` of them."""

    def __init__(self, stream: httpx2.AsyncByteStream, most: int) -> None:
        self._stream, self._most = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._stream:
            count += len(chunk)
            if count > self._most:
                raise TooLargeError(f"sent far more than an answer (over {self._most / 1e6:.0f} MB)")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def proxy_of(endpoint: Endpoint) -> str:
    """The proxy that the environment names for a server; empty where there is none."""
    parts = urlsplit(endpoint.base)
    if endpoint.on_this_machine or urllib.request.proxy_bypass(parts.netloc):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def make_http(endpoint: Endpoint, key: str, silence: float, limit: ReplyLimit) -> httpx2.AsyncClient:
    """The transport: own time-outs, no redirects, only our key sent, answers bounded.

    ``silence`` is the longest time (s) between two pieces of an answer, and before its first.
    Raises :class:`GenerationError` for a proxy or a file of certificates that cannot be used.
    """

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
            raise TooLargeError("sent a compressed answer, which may unpack to far more than 2 MB")
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, limit.most_bytes)

    proxy = proxy_of(endpoint)
    try:
        return httpx2.AsyncClient(
            proxy=proxy or None,
            trust_env=False,
            verify=_certificates(endpoint.encrypted or proxy.startswith("https")),
            follow_redirects=False,
            # The whole of an answer has a deadline of its own.
            timeout=httpx2.Timeout(None, connect=min(silence, CONNECT_SECONDS), read=silence),
            limits=httpx2.Limits(max_connections=MOST_CALLS, max_keepalive_connections=MOST_CALLS),
            event_hooks={"request": [before], "response": [after]},
        )
    except (ImportError, ValueError, httpx2.InvalidURL) as error:
        raise GenerationError(
            f"the proxy that the environment names for {endpoint.host} cannot be used",
            "name an http proxy, or list the server in NO_PROXY",
        ) from error


def _certificates(needed: bool) -> ssl.SSLContext:
    """Whom we believe: the system's authorities, or those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``;
    nobody where no certificate is ``needed``, because reading theirs takes a moment."""
    if not needed:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx2.create_ssl_context(trust_env=True)
    except (OSError, ssl.SSLError) as error:
        raise GenerationError(
            "the file of certificates that SSL_CERT_FILE names cannot be read", "check the variable"
        ) from error


def make_client(http: httpx2.AsyncClient, base: str, key: str) -> openai.AsyncOpenAI:
    """The client on ``http``; retries are ours."""
    return openai.AsyncOpenAI(base_url=base, api_key=key or "none", max_retries=0, http_client=http)
