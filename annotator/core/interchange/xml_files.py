"""XML of strangers, read without following anything out of it, and text that XML can hold.

Expat is driven directly: a document type is refused before anything of it is carried out, so there is
neither an outside entity nor one that grows, and depth and size are limited while reading.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.parsers import expat
from xml.sax.saxutils import escape

from viewer.core.errors import FileError

Element = ET.Element

_DEEPEST = 64
_MOST = 2_000_000
"""Elements; a day of words in ELAN has a tenth."""

_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEPT_IN_TEXT = {"\r": "&#13;"}
_KEPT_IN_VALUES = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"}
_DOCTYPE = "has a document type, which may lead anywhere"


def parse_xml(data: bytes, path: Path, what: str) -> Element:
    """The root of the XML in ``data``, the bytes of ``path``; ``what`` names in words what it should be.

    Raises :class:`FileError` for what is no XML, has a document type, or is larger or deeper than such
    files are.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate()
    depth = count = 0

    def start(name: str, values: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST:
            raise FileError(f"is no {what}: it is nested too deeply or too long", "choose another file", path)
        builder.start(name, values)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_arguments: object) -> None:
        raise FileError(_DOCTYPE, f"export the {what} again from the tool it comes from", path)

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        line = f" (line {error.lineno})" if isinstance(error, expat.ExpatError) else ""
        raise FileError(
            f"is no {what}: it is empty, cut off or no XML{line}", "export it again", path
        ) from None
    return builder.close()


def writable(text: str) -> str:
    """The text with what XML 1.0 cannot hold (control characters, half surrogate pairs) as �."""
    return _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


def in_text(text: str) -> str:
    """A text as the content of an element, exactly as it is but for :func:`writable`."""
    return escape(writable(text), _KEPT_IN_TEXT)


def in_value(text: str) -> str:
    """A text as the quoted value of an attribute, exactly as it is but for :func:`writable`."""
    return f'"{escape(writable(text), _KEPT_IN_VALUES)}"'


def tag(name: str, **values: object) -> str:
    """The inside of a start tag."""
    return " ".join([name, *(f"{key}={in_value(str(value))}" for key, value in values.items())])


def all_text(element: Element | None) -> str:
    """The text of an element, with that of elements within it."""
    return "" if element is None else "".join(element.itertext())
