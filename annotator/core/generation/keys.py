"""The key of a model server: where it lies, to which host it belongs, and when it may be sent.

A key from the environment belongs to the host that ``KFSTUDIO_API_HOST`` names, else to the first it
was sent to, which is remembered in the state folder beside a salted digest of the key.  A key in the
keyring belongs to the host it was saved for.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from filelock import FileLock, Timeout

from annotator.core.faults.hidden import hide
from annotator.core.generation.endpoint import Endpoint
from annotator.core.storage.state_folder import state_folder
from viewer.core.errors import FileError, GenerationError
from viewer.core.files import atomic_write

KEY_VARIABLE = "KFSTUDIO_API_KEY"
HOST_VARIABLE = "KFSTUDIO_API_HOST"
KEYRING_SERVICE = "keyframeface-studio"

_LOCK_SECONDS = 5.0
_MOST_BYTES = 1 << 20


class PlainHttpError(GenerationError):
    """A key is not sent over plain http to another machine, ``host``, before the person allows it."""

    def __init__(self, host: str, *, first_use: bool) -> None:
        stated = f"; {HOST_VARIABLE} says which server the key is for" if first_use else ""
        super().__init__(
            f"the key would go to {host} over plain http, where others can read it on its way",
            "use https, or allow it: --allow-plain-http, or “Send the key over plain http” in the profile"
            + stated,
        )
        self.host = host


@dataclass(frozen=True)
class ServerKey:
    """What is sent to one server as its key.

    Attributes
    ----------
    text : str
        The key; empty where none is sent.
    withheld : str
        Why a key that is there is not sent, in words; else empty.
    first_use : bool
        The key has no host yet: :meth:`used` makes this one its host.
    """

    text: str = field(default="", repr=False)
    withheld: str = ""
    first_use: bool = False
    host: str = ""

    def used(self) -> None:
        """The server has seen the key: from now on it belongs to it."""
        if self.first_use:
            _Hosts().bind(self.text, self.host)


def server_key(url: str, *, given: str | None = None, plain_http: bool = False) -> ServerKey:
    """The key for a server: ``given``, else the environment's where it belongs to this host, else the
    keyring's for it.  May ask the user's keyring, so call it off the UI thread.

    Raises :class:`PlainHttpError` where the key would go over plain http to another machine and
    ``plain_http`` does not allow that, :class:`GenerationError` for a text that is no key.
    """
    endpoint = Endpoint.parse(url)
    key = ServerKey(_usable_key(given)) if given else _own_key(endpoint)
    hide(key.text)
    if key.text and not (endpoint.private or plain_http):
        raise PlainHttpError(endpoint.host, first_use=key.first_use)
    return key


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


def _own_key(endpoint: Endpoint) -> ServerKey:
    """The environment's key for this host, else the keyring's."""
    given = os.environ.get(KEY_VARIABLE, "")
    withheld = ""
    if given.strip():
        text = _usable_key(given)
        stated = os.environ.get(HOST_VARIABLE, "").strip()
        if stated:
            if _is_stated(endpoint, stated):
                return ServerKey(text, host=endpoint.host)
            withheld = f"{KEY_VARIABLE} is for {Endpoint.parse(stated).host}, as {HOST_VARIABLE} says"
        else:
            bound = _Hosts().host_of(text)
            if bound in ("", endpoint.host):
                return ServerKey(text, first_use=not bound, host=endpoint.host)
            withheld = f"{KEY_VARIABLE} was first used with {bound} and is not sent to any other server"
    kept = _kept_key(endpoint.host)
    return ServerKey(kept, host=endpoint.host) if kept else ServerKey(withheld=withheld)


def _is_stated(endpoint: Endpoint, stated: str) -> bool:
    try:
        return endpoint.is_of(stated)
    except GenerationError as error:
        raise GenerationError(
            f"{HOST_VARIABLE} names no host", "write it like api.example.org or localhost:8000"
        ) from error


def _kept_key(host: str) -> str:
    # Imported late: it looks for the desktop's secret service.
    import keyring

    try:
        kept = keyring.get_password(KEYRING_SERVICE, host) or ""
    except Exception:  # whatever a desktop's secret service does, most servers need no key
        return ""
    return _usable_key(kept)


def _usable_key(key: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise GenerationError("the key holds characters that no key has", "copy the key again")
    return key


class _Hosts:
    """The hosts that keys of the environment belong to, in a file of the state folder.

    The keys are not in it, only what tells them apart: a salted digest that is slow to compute.
    """

    _known: ClassVar[dict[tuple[Path, str], str]] = {}
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.path = state_folder() / "key-hosts.json"

    def host_of(self, key: str) -> str:
        """The host that ``key`` belongs to; empty before it was sent anywhere."""
        with self._lock:
            known = self._known.get((self.path, key))
            if known is None:
                known = next((host for digest, host in self._rows() if _is_of(digest, key)), "")
                if known:
                    self._known[self.path, key] = known
            return known

    def bind(self, key: str, host: str) -> None:
        """Remember that ``key`` belongs to ``host``, if it belongs to none.

        Raises :class:`GenerationError` where that cannot be written down.
        """
        if self.host_of(key):
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
                rows = self._rows()
                bound = next((known for digest, known in rows if _is_of(digest, key)), "")
                if not bound:
                    records = [{"digest": digest, "host": known} for digest, known in rows]
                    records.append({"digest": _digest(key, secrets.token_hex(16)), "host": host})
                    atomic_write(self.path, json.dumps(records, indent=2) + "\n")
                with self._lock:
                    self._known[self.path, key] = bound or host
        except (OSError, Timeout, FileError) as error:
            raise GenerationError(
                "the host that the key belongs to cannot be saved",
                f"set {HOST_VARIABLE} to the host of its server",
                self.path,
            ) from error

    def _rows(self) -> list[tuple[str, str]]:
        try:
            with self.path.open("rb") as file:
                records = json.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return []
        return [row for row in map(_row, records if isinstance(records, list) else []) if row is not None]


def _row(record: Any) -> tuple[str, str] | None:
    """Digest and host of a record of the file; None for what is none."""
    if not isinstance(record, dict):
        return None
    digest, host = record.get("digest"), record.get("host")
    return (digest, host) if isinstance(digest, str) and isinstance(host, str) else None


def _digest(key: str, salt: str) -> str:
    made = hashlib.scrypt(key.encode(), salt=salt.encode(), n=2**12, r=8, p=1, dklen=16)
    return f"{salt}:{made.hex()}"


def _is_of(digest: str, key: str) -> bool:
    return secrets.compare_digest(_digest(key, digest.partition(":")[0]).encode(), digest.encode())
