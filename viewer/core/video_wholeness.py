"""Whether a video's file is all there: what its container promises against the bytes it has.

FFmpeg reads files that were cut off without a word.  Containers tell how long their parts are;
only their heads and ends are read here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

_EBML_OPENED = {0x18538067, 0x1F43B675}
"""Segment and cluster: their parts are looked at one by one."""
_EBML_PARTS = _EBML_OPENED | {
    *(0x1A45DFA3, 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367),
    *(0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0xAF, 0xEC, 0xBF, 0x5854),
}
_MAX_PARTS = 200_000
_TS_SIZES = (188, 192, 204)
_TS_SYNC = 0x47
_TAIL = 1 << 16
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_BROADCAST = 1
_FIRST_BOXES = {b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"}
_INDEX_BOXES = {b"moov", b"moof"}
_MAX_GIF = 256 << 20
_NUT_INDEX = b"NX\xdd\x67\x2f\x23\xe6\x4e"
_DV_BYTES = {"625": 144_000, "525": 120_000}
"""Of a frame of 25 Mbit/s by its lines; those of faster kinds are several times as long."""
_Y4M_SAMPLES = {"420": (2, 2), "411": (4, 1), "422": (2, 1), "444": (1, 1), "mono": (0, 0)}
"""By how much the two planes of colours are smaller, across and down; 0 where there are none."""
_LONGEST_LINE = 512
_GIF_PICTURE, _GIF_EXTENSION, _GIF_END = 0x2C, 0x21, 0x3B

CUT = "the file is cut off"


def cut_off(path: Path, format_name: str) -> str | None:
    """Why a video's file is not whole, in a few words that begin with :data:`CUT`; None where nothing
    tells that it is cut.  ``format_name`` is FFmpeg's."""
    names = set(format_name.split(","))
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=0) as file:
            return next((look(file, size) for kind, look in _LOOKS.items() if kind in names), None)
    except (OSError, struct.error):
        return None


def lacks_index(path: Path) -> bool:
    """Whether a file is an MP4 or MOV without the whole of its index: what is left when recording or
    copying ends before its time."""
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=0) as file:
            boxes = _boxes(file, size)
    except OSError:
        return False
    whole = {kind for kind, end in boxes if end <= size}
    return bool(boxes) and boxes[0][0] in _FIRST_BOXES and not whole & _INDEX_BOXES


def gif_picture(packet: bytes) -> bool:
    """Whether the packet of a GIF holds a picture, and not only comments and the file's end."""
    return any(kind == _GIF_PICTURE for kind, _ in _gif_parts(packet))


def _gif_parts(data: bytes) -> Iterator[tuple[int, int]]:
    """Kind of each part of a GIF or a packet of one, and where it ends; 0 where it does not."""
    at = 13 + _gif_colours(data, 10) if data[:3] == b"GIF" else 0
    while 0 < at < len(data) or (not at and data):
        kind = data[at]
        if kind == _GIF_PICTURE:
            at = _gif_blocks(data, at + 11 + _gif_colours(data, at + 9))
        elif kind == _GIF_EXTENSION:
            at = _gif_blocks(data, at + 2)
        else:
            yield kind, at + 1
            return
        yield kind, at
        if not at:
            return


def _gif_colours(packet: bytes, at: int) -> int:
    """Bytes of the colour table that the flags at ``at`` announce."""
    flags = packet[at] if at < len(packet) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_blocks(packet: bytes, at: int) -> int:
    """The place after a chain of data blocks, 0 where it has no end."""
    while at < len(packet):
        if not packet[at]:
            return at + 1
        at += 1 + packet[at]
    return 0


def _said(wanted: int, size: int) -> str:
    return f"{CUT}: {size:,} of {wanted:,} bytes are there"


def _boxes(file: FileIO, size: int) -> list[tuple[bytes, int]]:
    """Kind and end of each outer box (ISO 14496-12, 4.2)."""
    found: list[tuple[bytes, int]] = []
    at = 0
    while at + 8 <= size and len(found) < _MAX_PARTS:
        file.seek(at)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        if not kind.isalnum() or (length and length < 8):
            break
        at = at + length if length else size
        found.append((kind, at))
    return found


def _cut_mov(file: FileIO, size: int) -> str | None:
    boxes = _boxes(file, size)
    end = boxes[-1][1] if boxes else 0
    return _said(end, size) if end > size else None


def _cut_matroska(file: FileIO, size: int) -> str | None:
    """By the sizes of segment, clusters and blocks; the first two are unknown in a live recording."""
    at = 0
    for _ in range(_MAX_PARTS):
        file.seek(at)
        head = file.read(12)
        if not head:
            return None
        id, length = _vint(head, marker=True)
        part, more = _vint(head[length:], marker=False)
        if id not in _EBML_PARTS or not more:
            return f"{CUT} inside a part of it" if len(head) < 12 else f"{CUT} or damaged at byte {at:,}"
        end = at + length + more + part
        at = at + length + more if id in _EBML_OPENED else end
        if end > size and part != (1 << 7 * more) - 1:
            return _said(end, size)
    return None


def _vint(data: bytes, *, marker: bool) -> tuple[int, int]:
    """A number of EBML (RFC 8794, 4) and its length in bytes; (0, 0) where there is none."""
    if not data or not data[0]:
        return 0, 0
    length = 9 - data[0].bit_length()
    if len(data) < length:
        return 0, 0
    value = int.from_bytes(data[:length], "big")
    return (value if marker else value & ((1 << 7 * length) - 1)), length


def _cut_riff(file: FileIO, size: int) -> str | None:
    at = 0
    while at + 12 <= size:
        file.seek(at)
        head = file.read(8)
        if head[:4] != b"RIFF":
            return None
        length = int.from_bytes(head[4:], "little")
        if not length:
            return f"{CUT}: its recording was not finished"
        at += 8 + length
        if at > size + 1:
            return _said(at, size)
        at += length % 2
    return None


def _cut_transport(file: FileIO, size: int) -> str | None:
    head = file.read(8 * max(_TS_SIZES))
    for length in _TS_SIZES:
        first = head.find(_TS_SYNC)
        while 0 <= first < length:
            if all(head[k] == _TS_SYNC for k in range(first, len(head), length)):
                return _cut_in_packet(file, size, first, length)
            first = head.find(_TS_SYNC, first + 1)
    return None


def _cut_in_packet(file: FileIO, size: int, first: int, length: int) -> str | None:
    """Whether packets of ``length`` bytes fill the file, each with its mark where ``first`` is."""
    # Those of Blu-ray discs and cameras have four bytes of time before the mark.
    before = 4 if length == 192 else 0
    if (size - first + min(before, first)) % length:
        return f"{CUT} inside a packet"
    file.seek(size - length + before)
    return None if file.read(1) == bytes([_TS_SYNC]) else f"{CUT} or damaged: its last packets are empty"


def _cut_flash(file: FileIO, size: int) -> str | None:
    """The last four bytes say how long the tag before them is, which says so itself."""
    file.seek(max(0, size - 4))
    length = int.from_bytes(file.read(4), "big")
    start = size - 4 - length
    if start < 9:
        return f"{CUT} inside a tag"
    file.seek(start)
    tag = file.read(4)
    fits = tag[0] & 31 in (8, 9, 18) and int.from_bytes(tag[1:], "big") + 11 == length
    return None if fits else f"{CUT} inside a tag"


def _cut_ogg(file: FileIO, size: int) -> str | None:
    """The last page of every stream is marked as such."""
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    last = tail.rfind(b"OggS")
    if last < 0 or last + 27 > len(tail):
        return CUT
    lengths = tail[last + 27 : last + 27 + tail[last + 26]]
    end = last + 27 + tail[last + 26] + sum(lengths)
    if end > len(tail):
        return f"{CUT} inside a page"
    return None if tail[last + 5] & 4 else f"{CUT}: its last page is not marked as the end"


def _cut_gif(file: FileIO, size: int) -> str | None:
    if size > _MAX_GIF:
        return None
    *_, (kind, _) = (0, 0), *_gif_parts(file.read())
    return None if kind == _GIF_END else f"{CUT} or damaged: its end is not marked"


def _cut_asf(file: FileIO, size: int) -> str | None:
    head = file.read(_TAIL)
    at = head.find(_ASF_FILE)
    if at < 0 or at + 92 > len(head):
        return None
    (wanted,) = struct.unpack_from("<Q", head, at + 40)
    (flags,) = struct.unpack_from("<I", head, at + 88)
    return _said(wanted, size) if wanted > size and not flags & _ASF_BROADCAST else None


def _cut_ivf(file: FileIO, size: int) -> str | None:
    head = file.read(32)
    at = int.from_bytes(head[6:8], "little")
    while at + 12 <= size:
        file.seek(at)
        at += 12 + int.from_bytes(file.read(4), "little")
    return None if at == size else f"{CUT} inside a frame"


def _cut_nut(file: FileIO, size: int) -> str | None:
    """A file that was brought to an end has an index there, which says how long it is."""
    file.seek(max(0, size - 12))
    tail = file.read()
    length = int.from_bytes(tail[:8], "big")
    start = size - length
    if 0 < length < size:
        file.seek(start)
        if file.read(8) == _NUT_INDEX:
            return None
    return f"{CUT}, or was not finished: its index is missing"


def _cut_y4m(file: FileIO, size: int) -> str | None:
    """All pictures are equally long, each after a line of its own."""
    head, at = _line(file, 0)
    kinds = {word[:1]: word[1:] for word in head.split()[1:]}
    kind = kinds.get("C", "420")
    across, down = _Y4M_SAMPLES.get("mono" if kind.startswith("mono") else kind[:3], (-1, -1))
    width, height = (int(side) if (side := kinds.get(key, "")).isdigit() else 0 for key in "WH")
    if across < 0 or not width or not height or "alpha" in kind:
        return None
    colours = 2 * -(-width // across) * -(-height // down) if across else 0
    depth = kind.removeprefix("mono").rpartition("p")[2]
    picture = (width * height + colours) * (2 if depth in ("9", "10", "12", "14", "16") else 1)
    while at < size:
        line, at = _line(file, at)
        if not line.startswith("FRAME"):
            return f"{CUT} or damaged: a frame does not begin where it should"
        at += picture
    return _said(at, size) if at > size else None


def _line(file: FileIO, at: int) -> tuple[str, int]:
    """The line at ``at``, and where the next one begins."""
    file.seek(at)
    line = file.read(_LONGEST_LINE).partition(b"\n")[0]
    return line.decode("ascii", "replace"), at + len(line) + 1


def _cut_dv(file: FileIO, size: int) -> str | None:
    head = file.read(4)
    frame = _DV_BYTES["625" if len(head) == 4 and head[3] & 0x80 else "525"]
    return f"{CUT} inside a frame" if size % frame else None


_LOOKS: dict[str, Callable[[FileIO, int], str | None]] = {
    "mov": _cut_mov,
    "matroska": _cut_matroska,
    "avi": _cut_riff,
    "mpegts": _cut_transport,
    "flv": _cut_flash,
    "ogg": _cut_ogg,
    "asf": _cut_asf,
    "ivf": _cut_ivf,
    "gif": _cut_gif,
    "nut": _cut_nut,
    "yuv4mpegpipe": _cut_y4m,
    "dv": _cut_dv,
}
