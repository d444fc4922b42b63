"""The faces of a clip as a table of a report."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from annotator.core.export.markup import Html, element
from annotator.core.export.report_words import (
    seconds,
)

RECORDED_COLOUR = 9
"""A class of the style sheet; models have the lower numbers."""


@dataclass(frozen=True)
class Strip:
    """Pictures of a clip at the same moments: the line's name, its model's or recording's colour,
    and a JPEG a moment (empty where there is nothing to see)."""

    title: str
    model: str
    pictures: tuple[bytes, ...]


@dataclass(frozen=True)
class ClipPictures:
    """``times`` seconds of the clip, and what is seen then."""

    times: tuple[float, ...]
    strips: tuple[Strip, ...]


def faces_table(colours: Mapping[str, int], pictures: ClipPictures) -> Html:
    """A row of pictures for each strip, under their times; ``colours`` are the models'."""
    rows = []
    for strip in pictures.strips:
        css = f"model m{colours.get(strip.model, RECORDED_COLOUR)}"
        title = element("th", element("span", strip.title, class_=css), scope="row")
        cells = (
            element("td", _image(data, f"{strip.title} at {seconds(time)}") if data else "–")
            for time, data in zip(pictures.times, strip.pictures, strict=True)
        )
        rows.append(element("tr", title, *cells))
    times = (element("th", seconds(time), scope="col") for time in pictures.times)
    head = element("thead", element("tr", element("th", ""), *times))
    return element(
        "div",
        element("table", head, element("tbody", *rows), class_="faces"),
        class_="scroll",
        tabindex=0,
    )


def _image(data: bytes, words: str) -> Html:
    """A JPEG as an element of the page itself."""
    source = "data:image/jpeg;base64," + base64.b64encode(data).decode("ascii")
    return element("img", src=source, alt=words, width=150, height=150)
