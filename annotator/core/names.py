"""Names of people, clips and takes: which two are one, and which a file can have on every system.

Windows and macOS do not tell ``Ben`` from ``ben``, and macOS not ``é`` from ``e`` with an accent after it.
What is two files on Linux is one there, and the work in the other is gone after a copy.  So two names
are one here wherever they would be one anywhere.  The spelling that came first is kept and shown.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

CONFLICT = re.compile(r"\.conflict-\d{8}-\d{6}(-\d+)?$")
"""Ends the stem of the file that keeps one of two versions written at the same time."""

LONGEST = 255
"""Bytes of a name that Linux and macOS allow."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\0-\x1f]')
_RESERVED = re.compile(r"con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]", re.IGNORECASE)


@lru_cache(maxsize=8192)
def identity(name: str) -> str:
    """What two names have in common that are one: capital letters and the ways of writing an accent
    do not count."""
    folded = unicodedata.normalize("NFD", name.strip()).casefold()
    return unicodedata.normalize("NFC", folded)


def twins(names: Iterable[str]) -> list[list[str]]:
    """Those of ``names`` that are one, together, each group sorted."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        groups.setdefault(identity(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def safe_name(name: str, fallback: str = "annotator") -> str:
    """A file name for a person's or clip's name, on any system: letters, digits, space, ``-_.``.

    Names that differ stay different, and those that are one stay one: what had to be changed gets a
    short digest of its :func:`identity`.
    """
    return _safe(name, fallback, identity(name))


def spelling_of(name: str, stems: Iterable[str]) -> str | None:
    """Which of ``stems``, files' names without suffix, stands for ``name``; None where none does.

    The one spelled exactly so, else the first that is one with it, else the one that earlier versions
    made of it.
    """
    there = sorted(stems)
    wanted = safe_name(name)
    if wanted in there:
        return wanted
    folded = identity(wanted)
    found = next((stem for stem in there if identity(stem) == folded), None)
    if found is not None:
        return found
    earlier = _safe(name, "annotator", unicodedata.normalize("NFC", name).strip())
    return earlier if earlier in there else None


def flaw_of(name: str) -> str:
    """Why a file or folder cannot be called ``name`` on every system; empty where it can."""
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > LONGEST:
        return f"it is {size} bytes long, and no more than {LONGEST} work everywhere"
    found = _FORBIDDEN.search(name)
    if found is not None:
        shown = found[0] if found[0].isprintable() else "control characters"
        return f"Windows allows no {shown} in a name"
    if _is_reserved(name):
        return f"Windows keeps the name {name.partition('.')[0].strip()} for a device"
    if name != name.rstrip(" ."):
        return f"Windows drops the {'dot' if name.endswith('.') else 'space'} at its end"
    return ""


def told_otherwise(wanted: str, given: str, what: str) -> str:
    """A sentence on why ``what`` is called ``given`` and not ``wanted``; empty where it is called so."""
    if unicodedata.normalize("NFC", wanted) == given:
        return ""
    flaw = flaw_of(wanted)
    if flaw:
        return f"{what} is called {given}, because {flaw}"
    if safe_name(wanted, given) != given:
        return f"{what} is called {given}, because there is one of that name already"
    return f"{what} is called {given}, because a file cannot be called {wanted} on every system"


def _safe(name: str, fallback: str, digested: str) -> str:
    plain = unicodedata.normalize("NFC", name).strip()
    if not plain:
        return fallback
    safe = "".join(c if c.isalnum() or c in "-_. " else "_" for c in plain).strip(" .")[:60].rstrip(" .")
    if safe != plain or _is_reserved(safe) or CONFLICT.search(safe):
        digest = hashlib.sha256(digested.encode("utf-8", "surrogatepass")).hexdigest()[:6]
        start = "_" if _is_reserved(safe) else ""
        safe = f"{start}{safe[:50].rstrip(' .') or fallback}-{digest}"
    return safe


def _is_reserved(name: str) -> bool:
    return _RESERVED.fullmatch(name.partition(".")[0].rstrip(" ")) is not None
