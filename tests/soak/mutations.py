"""Ways in which files come damaged: bytes turned, cut, spliced, and values nobody expected."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

from tests.soak.reader import OUTSIDE

TOKENS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1", b"0", b"1e-320", b"null", b"true", b"[]", b"{}",
    b'""', b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b",", b";", b"\t", b'"', b"'", b"/", b"\\",
    b"99999999999999999999", b"-2147483649", b"4294967296", b"1e308", b"0x10", b"1_0", b"\xed\xa0\x80",
    b"../../../../etc/passwd", b"file:///etc/passwd", b"<img src=x>", b"\xe2\x80\xae", b"00:00:00:00",
    b"a" * 300, b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"-" * 50, b"%s%n",
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e308, 1e-320,
    float("nan"), float("inf"), float("-inf"), "", "x", "\0", "é\u202e", "\ud800", "a" * 5000, "../x",
    "/etc/passwd", f"../../../../{OUTSIDE}/kept", f"../{OUTSIDE}/kept", "12", "NaN", "2026-01-01T00:00:00",
    "9999-99-99", [], {}, [[]], [None], [1, "a", None], {"": ""}, {"id": None}, {"time": "x"},
    [[1.0, 2.0]] * 3,
)  # fmt: skip


def mutated(data: bytes, chance: random.Random, kind: str) -> bytes:
    """``data`` damaged in one to four ways that suit its ``kind``: json, lines (of JSON), cells (of a
    table), zip, glb, npz, npy, in place (nothing moves) or bytes."""
    special = _SPECIAL.get(kind)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if special is not None and chance.random() < 0.7:
            try:
                data = special(data, chance)
                continue
            except Exception:  # it is damaged so far that it cannot be taken apart any more
                pass
        data = chance.choice(_PLAIN)(data, chance)
    return data[: 1 << 22]


def _place(data: bytes, chance: random.Random) -> int:
    """Often near the beginning, where headers are."""
    return int(len(data) * chance.random() ** chance.choice((1, 1, 3)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        if out:
            out[min(_place(data, chance), len(out) - 1)] = chance.choice((0, 0xFF, chance.randrange(256)))
    return bytes(out)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + data[start + chance.choice((1, 4, 100)) :]


def _splice(data: bytes, chance: random.Random) -> bytes:
    start, source = _place(data, chance), _place(data, chance)
    return data[:start] + data[source : source + chance.choice((1, 16, 500))] + data[start:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + chance.choice(TOKENS) + data[start + chance.choice((0, 0, 1, 4)) :]


def _number(data: bytes, chance: random.Random) -> bytes:
    """Four or eight bytes that claim a size."""
    start = _place(data, chance)
    value = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0x00FFFFFF, chance.randrange(1 << 32)))
    form = chance.choice(("<I", ">I", "<Q", ">Q"))
    packed = struct.pack(form, value)
    return data[:start] + packed + data[start + len(packed) :]


def _repeat_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    other = chance.randrange(len(lines))
    lines[at : at + chance.choice((0, 1))] = [lines[other]] * chance.choice((0, 1, 2, 50))
    return b"\n".join(lines)


def _cell(data: bytes, chance: random.Random) -> bytes:
    """Another value in one cell of a table."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    cells = lines[at].split(b",")
    cells[chance.randrange(len(cells))] = chance.choice(TOKENS)
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


_PLAIN: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip, _cut, _drop, _splice, _insert, _number, _repeat_line, _cell,
)  # fmt: skip


def _json(data: bytes, chance: random.Random) -> bytes:
    return json.dumps(_changed(json.loads(data), chance), ensure_ascii=chance.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def _changed(value: Any, chance: random.Random) -> Any:
    """Something somewhere in it replaced, doubled, removed or nested."""
    holder: Any = [value]
    key: Any = 0
    while isinstance(holder[key], dict | list) and holder[key] and chance.random() < 0.85:
        holder = holder[key]
        key = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
    how = chance.random()
    if how < 0.6:
        holder[key] = chance.choice(VALUES)
    elif how < 0.7:
        del holder[key]
    elif how < 0.8:
        for _ in range(chance.choice((1, 5, 400))):
            holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
    elif isinstance(holder, list):
        holder[key:key] = [holder[key]] * chance.choice((1, 3))
    else:
        holder[str(chance.choice(VALUES))] = holder[key]
    return value


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    lines[at] = _json(lines[at], chance)
    return b"\n".join(lines)


def _glb(data: bytes, chance: random.Random) -> bytes:
    """Its description changed, with all sizes put right again."""
    size = struct.unpack_from("<I", data, 12)[0]
    text = _json(data[20 : 20 + size], chance)
    text += b" " * (-len(text) % 4)
    whole = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + size :]
    return b"glTF" + struct.pack("<II", 2, 12 + len(whole)) + whole


def _npz(data: bytes, chance: random.Random) -> bytes:
    """One array changed, with its check sum put right again."""
    return _member(data, chance, _npy)


def _zip(data: bytes, chance: random.Random) -> bytes:
    """One file of an archive changed, with its check sum put right again."""
    return _member(data, chance, lambda content, chance: chance.choice(_PLAIN)(content, chance))


def _member(data: bytes, chance: random.Random, change: Callable[[bytes, random.Random], bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content, chance) if name == chosen else content)
    return out.getvalue()


def _npy(data: bytes, chance: random.Random) -> bytes:
    """Its header made to claim another shape or kind."""
    size = struct.unpack_from("<H", data, 8)[0]
    header = data[10 : 10 + size]
    swaps = (
        (b"(", b"(" + chance.choice((b"99999999999999, ", b"0, ", b"-1, ", b"1, ", b"4294967296, "))),
        (b"<f4", chance.choice((b"|O", b"<f8", b"<i8", b"<U9", b"<c8", b"|S3", b"<f2", b"<M8[s]"))),
        (b"False", chance.choice((b"True", b"None", b"(" * 200))),
        (b"descr", b"x"),
    )
    header = header.rstrip().replace(*chance.choice(swaps), 1)
    header = header.ljust(size - 1)[: max(size - 1, len(header))] + b"\n"
    return data[:8] + struct.pack("<H", len(header) & 0xFFFF) + header + data[10 + size :]


def _in_place(data: bytes, chance: random.Random) -> bytes:
    """Nothing moves, so that what says where things lie stays right."""
    return chance.choice((_flip, _number))(data, chance)


_SPECIAL = {
    "json": _json, "lines": _lines, "cells": _cell, "zip": _zip, "glb": _glb, "npz": _npz, "npy": _npy,
    "in place": _in_place,
}  # fmt: skip
