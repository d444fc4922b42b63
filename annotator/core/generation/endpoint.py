"""The address of a model server."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from viewer.core.errors import GenerationError

_USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Endpoint:
    """Where a server is.  ``base`` ends in its version, ``shown`` is safe to show and store, ``host``
    has the port where that is not the usual one."""

    base: str
    shown: str
    host: str

    @staticmethod
    def parse(url: str) -> Endpoint:
        """Take a host, a root URL, a URL with ``/v1`` or a full endpoint.

        Raises :class:`GenerationError` for anything else, and for a URL with a password.
        """
        fault = GenerationError(
            "that is not an address of a model server", "write it like http://localhost:8000"
        )
        text = url.strip()
        if "://" not in text:
            text = f"{_usual_scheme(text)}://{text}"
        try:
            parts = urlsplit(text)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            raise fault from None
        scheme = parts.scheme.lower()
        if scheme not in _USUAL_PORTS or not re.fullmatch(r"[\w.:%-]+", host):
            raise fault
        if parts.username or parts.password or parts.query:
            raise GenerationError(
                "the server's address holds a user name, a key or a query",
                "write the bare address and set KFSTUDIO_API_KEY, or save the key in the keyring",
            )
        path = re.sub(r"/(chat/completions|completions|models)?/*$", "", parts.path)
        if not any(re.match(r"v\d", part) for part in path.split("/")):
            path += "/v1"
        name = f"[{host}]" if ":" in host else host
        where = name if port is None else f"{name}:{port}"
        base = f"{scheme}://{where}{path}"
        return Endpoint(base, base, name if port == _USUAL_PORTS[scheme] else where)

    @property
    def on_this_machine(self) -> bool:
        """Whether what is sent never leaves this machine."""
        name = urlsplit(self.base).hostname or ""
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost"
        return address.is_loopback or address.is_unspecified

    @property
    def encrypted(self) -> bool:
        """Whether it is spoken to over https."""
        return self.base.startswith("https:")

    @property
    def private(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.encrypted or self.on_this_machine

    def is_of(self, stated: str) -> bool:
        """Whether it is a server of the host ``stated``: a name, which holds for every port, a name
        with a port, or an address.  Raises :class:`GenerationError`."""
        other = Endpoint.parse(stated)
        if "://" not in stated and not re.search(r"(?:^[^:]*|\]):\d+", stated):
            return urlsplit(self.base).hostname == urlsplit(other.base).hostname
        return self.host == other.host


def _usual_scheme(text: str) -> str:
    """http for this machine, an address or a port; https for a public name."""
    host = re.split(r"[/?#]", text)[0]
    name = host.rsplit(":", 1)[0]
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return "http" if name != host or name == "localhost" else "https"
    return "http"
