"""HTML and SVG put together so that no text can become markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"img", "meta", "br", "line", "rect", "circle", "path", "polyline"})


class Html(str):
    """Markup that is safe as it stands.  Any other text is escaped when it is put into an element."""

    __slots__ = ()


def text(value: object) -> Html:
    """A value as text: escaped, without what a document may not hold."""
    if isinstance(value, Html):
        return value
    return Html(html.escape(_NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True))


def joined(parts: Iterable[object], between: str = "") -> Html:
    """The parts one after the other, each escaped unless it is :class:`Html`."""
    return Html(text(between).join(text(part) for part in parts))


def element(name: str, /, *content: object, **attributes: object) -> Html:
    """``<name …>content</name>``.  Names of attributes may end in ``_`` and use ``_`` for ``-``; one
    that is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not content:
        return Html(f"<{name}{given}/>")
    return Html(f"<{name}{given}>{joined(content)}</{name}>")


def table(head: Iterable[object], rows: Iterable[Iterable[object]], **attributes: object) -> Html:
    """A table whose first column names the rows and whose other columns are numbers or words."""
    titles = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = []
    for row in rows:
        first, *others = row
        body.append(element("tr", element("th", first, scope="row"), *(element("td", c) for c in others)))
    whole = element("table", element("thead", titles), element("tbody", *body), **attributes)
    # Wide tables scroll by themselves, so that the page never does.
    return element("div", whole, class_="scroll", tabindex=0)
