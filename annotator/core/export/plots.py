"""The plots of a report, drawn as SVG that follows the colours of the page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from annotator.core.comparison.statistics import Mean, Preference, Strength
from annotator.core.export.markup import Html, element

WIDTH = 920
_LEFT, _RIGHT = 132, 24
_TEXT = 12


@dataclass(frozen=True)
class Dots:
    """One line of a dot plot: the single values, their mean and interval; ``colour`` is the number
    of the model's colour."""

    values: Sequence[float]
    mean: Mean
    colour: int
    title: str


def nice_step(top: float, steps: int = 5) -> float:
    """A round distance of ticks so that about ``steps`` of them reach ``top``."""
    if not math.isfinite(top) or top <= 0:
        return 1.0
    rough = top / steps
    size = 10.0 ** math.floor(math.log10(rough))
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * (1 - 1e-9))


def dot_plot(groups: Sequence[tuple[str, Sequence[Dots]]], label: str) -> Html:
    """Groups under each other, in each a line of dots a model: every clip a dot, the mean a bar with
    its interval."""
    row, gap, top_space = 18, 12, 8
    drawn = [line for _, lines in groups for line in lines]
    values = [v for line in drawn for v in (*line.values, line.mean.mean, line.mean.high)]
    highest = max((v for v in values if math.isfinite(v)), default=1.0) or 1.0
    step = nice_step(highest)
    end = step * math.ceil(highest / step - 1e-9)

    def x(value: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(value, 0.0), end) / end, 1)

    parts: list[Html] = []
    y = float(top_space)
    for name, lines in groups:
        middle = y + row * len(lines) / 2
        parts.append(_words(name, _LEFT - 12, middle + 4, "end"))
        for line in lines:
            parts += _dots(line, x, y + row / 2)
            y += row
        y += gap
    bottom = y - gap / 2
    ticks: list[Html] = []
    for i in range(round(end / step) + 1):
        at = x(i * step)
        ticks.append(element("line", x1=at, x2=at, y1=0, y2=bottom, class_="grid"))
        ticks.append(_words(f"{i * step:.6g}", at, bottom + 16, "middle", "faint"))
    return _picture([*ticks, *parts], bottom + 24, label)


def _dots(line: Dots, place: Callable[[float], float], y: float) -> list[Html]:
    # Dots on one another would hide how many there are; the shift is the same every time.
    shifts = np.random.default_rng(len(line.values)).uniform(-4, 4, len(line.values))
    marks = [
        element("circle", cx=place(value), cy=round(y + float(shift), 1), r=2.4, class_=f"dot m{line.colour}")
        for value, shift in zip(line.values, shifts, strict=True)
        if math.isfinite(value)
    ]
    mean = line.mean
    if mean.count and math.isfinite(mean.low):
        marks.append(
            element(
                "line", x1=place(mean.low), x2=place(mean.high), y1=y, y2=y, class_=f"interval m{line.colour}"
            )
        )
    if mean.count:
        at = place(mean.mean)
        marks.append(element("line", x1=at, x2=at, y1=y - 7, y2=y + 7, class_=f"mean m{line.colour}"))
    return [element("g", element("title", line.title), *marks)]


def votes_bar(result: Preference, first: int, second: int, label: str) -> Html:
    """One bar: votes for the first, without preference, for the second; the middle is marked."""
    height, width = 22, 420
    parts: list[Html] = []
    at = 0.0
    counts = ((result.first, f"m{first}"), (result.undecided, "none"), (result.second, f"m{second}"))
    for count, css in counts:
        share = width * count / max(result.total, 1)
        if count:
            parts.append(
                element(
                    "rect",
                    x=round(at, 1),
                    y=1,
                    width=round(max(share - 1, 1), 1),
                    height=height - 2,
                    class_=f"bar {css}",
                )
            )
            if share >= 18:
                parts.append(_words(str(count), at + share / 2, height / 2 + 4, "middle", f"on {css}"))
        at += share
    parts.append(element("line", x1=width / 2, x2=width / 2, y1=-2, y2=height + 2, class_="half"))
    return element(
        "svg",
        element("title", label),
        *parts,
        viewBox=f"0 -3 {width} {height + 6}",
        width=width,
        height=height + 6,
        role="img",
        class_="votes",
    )


def strengths_plot(strengths: Sequence[Strength], colours: dict[str, int], label: str) -> Html:
    """The share in which each model would be preferred, with its interval, from 0 to 100 %."""
    row = 26

    def x(share: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * share, 1)

    bottom = 8 + row * len(strengths)
    parts: list[Html] = []
    for i in range(5):
        at = x(i / 4)
        parts.append(element("line", x1=at, x2=at, y1=0, y2=bottom, class_="half" if i == 2 else "grid"))
        parts.append(_words(f"{25 * i} %", at, bottom + 16, "middle", "faint"))
    for i, strength in enumerate(strengths):
        y = 8 + row * (i + 0.5)
        css = f"m{colours.get(strength.name, 9)}"
        parts.append(_words(_short(strength.name), _LEFT - 12, y + 4, "end"))
        parts.append(
            element("line", x1=x(strength.low), x2=x(strength.high), y1=y, y2=y, class_=f"interval {css}")
        )
        parts.append(element("circle", cx=x(strength.share), cy=y, r=5, class_=f"point {css}"))
    return _picture(parts, bottom + 24, label)


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"


def _words(words: str, x: float, y: float, anchor: str, css: str = "") -> Html:
    return element(
        "text", words, x=round(x, 1), y=round(y, 1), text_anchor=anchor, font_size=_TEXT, class_=css or None
    )


def _picture(parts: Sequence[Html], height: float, label: str) -> Html:
    return element(
        "svg",
        element("title", label),
        *parts,
        viewBox=f"0 0 {WIDTH} {round(height)}",
        role="img",
        class_="plot",
    )
