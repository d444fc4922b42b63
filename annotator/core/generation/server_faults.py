"""Plain words for what can go wrong between the studio and a model server."""

from __future__ import annotations

import email.utils
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx2
import openai

from annotator.core.faults.hidden import SHORTEST_SECRET
from annotator.core.generation.connection import proxy_of
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.protocol import UnreachableError
from viewer.core.errors import GenerationError

_OVERLOADED = (408, 409, 425, 429)
_NEVER_MENDS = (501, 505)
_GATEWAY = (502, 503, 504)
_MOST_WORDS = 160
_NO_HTTP = re.compile(r"^illegal (?:request|status) line")
"""How the library says that the first line of an answer is no HTTP."""

_UNKNOWN = "its authority is not known here", "name the authority's file in the variable SSL_CERT_FILE"
_CERTIFICATES = {
    9: ("it is not valid yet", "check the clock of this machine and of the server"),
    10: ("it has expired", "have it renewed"),
    18: ("it is signed by itself", "name its file in the variable SSL_CERT_FILE if you trust it"),
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    23: ("it was revoked", "have it replaced"),
    62: ("it is for another host", "enter the address that the certificate is for"),
    64: ("it is for another host", "enter the address that the certificate is for"),
}
"""What OpenSSL's numbers mean, and what to do."""


class ClosedEarlyError(Exception):
    """The connection ended before the answer did."""


class ServerFaults:
    """Words for the faults of one server, without our key, ``secret``."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.secret = ""

    def clean(self, text: str) -> str:
        """Text of a server without our key, should it send it back."""
        return text.replace(self.secret, "•••") if len(self.secret) >= SHORTEST_SECRET else text

    def told(self, what: str, todo: str, kind: type[GenerationError] = GenerationError) -> GenerationError:
        """``what`` this server did, as a fault."""
        return kind(f"the model server {self._endpoint.shown} {plain_words(self.clean(what), None)}", todo)

    def of(self, error: Exception, withheld: str = "") -> GenerationError:
        """The fault that the client library's ``error`` means; ``withheld`` says why it got no key."""
        if isinstance(error, openai.APIStatusError):
            return self._of_status(error, withheld)
        return self._of_connection(error)

    def _of_connection(self, error: Exception) -> GenerationError:
        causes = list(_causes(error))
        bad = next((each for each in causes if isinstance(each, ssl.SSLCertVerificationError)), None)
        if bad is not None:
            return self._of_certificate(bad)
        what, todo = "cannot be reached, or closed the connection", "check that it runs, and the URL"
        if any(isinstance(each, ssl.SSLError) for each in causes):
            what, todo = "does not speak https as it should", "write http:// if it speaks plain http"
        elif any(_NO_HTTP.search(str(each)) for each in causes):
            what = "cannot be reached: what answers there does not speak http"
            todo = "check the URL, and write https:// if it speaks that"
        elif any(isinstance(each, socket.gaierror) for each in causes):
            what, todo = "cannot be reached: its name is not known", "check the URL and the network"
        proxy = proxy_of(self._endpoint)
        if proxy:
            place = proxy.partition("://")[2].rpartition("@")[2].strip("/")
            what, todo = f"{what} through the proxy {place}", f"{todo}, or list it in NO_PROXY"
        return self.told(what, todo, UnreachableError)

    def _of_certificate(self, error: ssl.SSLCertVerificationError) -> GenerationError:
        code = getattr(error, "verify_code", 0)
        usual = f"it cannot be trusted ({getattr(error, 'verify_message', '') or 'no reason is given'})"
        what, todo = _CERTIFICATES.get(code, (usual, "have the server's certificate fixed"))
        return self.told(f"has a bad certificate: {what}; nothing was sent to it", todo, UnreachableError)

    def _of_status(self, error: openai.APIStatusError, withheld: str) -> GenerationError:
        status = error.status_code
        if 300 <= status < 400:
            return self.told(
                "sends requests on to another address", "enter the final address instead", UnreachableError
            )
        if status in (401, 403):
            if withheld:
                return self.told(
                    f"wants a key, and got none: {withheld}",
                    "save its key in the keyring, or name its host in KFSTUDIO_API_HOST",
                )
            return self.told("refuses the key", "set KFSTUDIO_API_KEY, or save the key for this server")
        if status == 404:
            return self.told("does not know this address or model", "check the URL and the model's name")
        if status == 407:
            return self.told(
                "is behind a proxy that wants a password", "write it into HTTPS_PROXY", UnreachableError
            )
        if status == 429 and not may_mend(error):
            return self.told("says that the quota of this key is used up", "look at the account of the key")
        if status == 429:
            return self.told("has too much to do, or its quota is used up", "wait, or use fewer jobs")
        # The library's own message says no more than the number where the server sent no JSON.
        said = error.body if isinstance(error.body, str) else str(error.message)
        words = plain_words(self.clean(said), _MOST_WORDS)
        because = f"{status}: {words}" if words else f"{status}"
        if status >= 500:
            kind = UnreachableError if status in _GATEWAY else GenerationError
            return self.told(f"failed ({because})", "look at its log, then try again", kind)
        return self.told(f"refused the request ({because})", "check the model and its settings")


def plain_words(text: str, most: int | None) -> str:
    """A server's words in one line of printable letters; a web page says only that it is one."""
    if re.match(r"\s*<(?:!doctype|html|\?xml|head|body)", text, re.IGNORECASE):
        return "a web page"
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if most is None else line[:most]


def never_connected(error: BaseException) -> bool:
    """Whether the server cannot have seen anything of the request."""
    met = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, ssl.SSLCertVerificationError)
    return any(isinstance(each, met) for each in _causes(error))


def has_bad_certificate(error: BaseException) -> bool:
    """Whether another try will meet the same bad certificate."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error))


def may_mend(error: openai.APIStatusError) -> bool:
    """Whether the same request may be answered a little later."""
    if error.code == "insufficient_quota" or "insufficient_quota" in str(error.message):
        return False
    return error.status_code in _OVERLOADED or (
        error.status_code >= 500 and error.status_code not in _NEVER_MENDS
    )


def wanted_pause(wanted: str) -> float | None:
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


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came of."""
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__
