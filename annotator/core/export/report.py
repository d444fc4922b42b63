"""The report of a comparison: one HTML file that needs nothing else and says what it rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from annotator.core.comparison.statistics import Mean, Preference
from annotator.core.comparison.study import (
    RECORDED,
    Contest,
    StudiedClip,
    StudiedTake,
    Study,
    worst_of,
)
from annotator.core.export.markup import Html, element, joined, table
from annotator.core.export.plots import Dots, dot_plot, strengths_plot, votes_bar
from annotator.core.export.report_pictures import RECORDED_COLOUR, ClipPictures, faces_table
from annotator.core.export.report_words import (
    METHODS,
    MOVEMENT,
    Measure,
    Section,
    counted,
    mean_error,
    number,
    of_region,
    p_value,
    percent,
    seconds,
    shortened,
)
from viewer.core.channels import REGIONS, TURNING_REGIONS

COLOURS = 6
_MOMENTS = 16
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing is fetched and nothing runs, whatever the texts of the clips hold."""

_MEASURED_WITH_FEW = 3
"""Clips from which on a difference between two models is told."""


@dataclass(frozen=True)
class Facts:
    """What stands in the head and at the foot: when and with what the report was made, whose
    keyframes were used, and the style of the page."""

    made: str
    studio: str
    annotator: str
    style: str


def report(study: Study, pictures: Mapping[str, ClipPictures], facts: Facts) -> str:
    """The whole document.  ``pictures`` by clip id; clips without any are told without."""
    page = _Page(study, pictures, facts)
    title = f"Comparison of takes – {study.name}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        # The style is a file of the studio's own and holds no text of anybody else.
        element("style", Html(facts.style)),
    )
    sections = [section for section in page.sections() if section is not None]
    links = (element("a", name, href=f"#{id}") for id, name, _ in sections)
    body = element(
        "body",
        element("header", element("h1", title), *page.opening(), element("nav", *links)),
        element(
            "main",
            *(element("section", element("h2", name), *content, id=id) for id, name, content in sections),
        ),
    )
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


class _Page:
    """The parts of one report."""

    def __init__(self, study: Study, pictures: Mapping[str, ClipPictures], facts: Facts) -> None:
        self.study, self.pictures, self.facts = study, pictures, facts
        self.models = study.models
        self.colours = {model: place % COLOURS for place, model in enumerate(self.models)}
        self.colours[RECORDED] = RECORDED_COLOUR
        self.measured = [m for m in self.models if study.by_clip(m, mean_error)]

    def sections(self) -> list[Section | None]:
        return [
            self._errors(),
            self._movement(),
            self._votes(),
            self._moments(),
            self._clips(),
            self._left_out(),
            self._methods(),
        ]

    def model(self, name: str) -> Html:
        return element("span", name, class_=f"model m{self.colours.get(name, RECORDED_COLOUR)}")

    # ---- the opening -------------------------------------------------------------------------

    def opening(self) -> list[Html]:
        study = self.study
        takes = sum(len(clip.takes) for clip in study.clips)
        counts = ", ".join(
            (
                counted(len(study.clips), "clip"),
                counted(takes, "take"),
                counted(len(self.models), "model"),
                counted(study.votes, "counted vote"),
            )
        )
        whose = f"keyframes of {self.facts.annotator}" if self.facts.annotator else "annotated keyframes"
        found: list[Html] = [element("p", f"{counts}. Made {self.facts.made}; {whose}.", class_="faint")]
        said = [*self._said_by_errors(), *self._said_by_votes()]
        if said:
            found.append(element("ul", *(element("li", line) for line in said), class_="lead"))
        elif not study.clips:
            found.append(element("p", "There was no clip with a take to compare.", class_="lead"))
        return found

    def _said_by_errors(self) -> list[Html]:
        """In words what the errors tell of each two models, the nearer one first."""
        said = []
        for one, other in combinations(self.measured, 2):
            apart = self.study.difference(one, other, mean_error)
            if not apart.count:
                continue
            near, far, sign = (one, other, 1.0) if apart.mean >= 0 else (other, one, -1.0)
            clips = counted(apart.count, "clip")
            if apart.count < _MEASURED_WITH_FEW or not math.isfinite(apart.low):
                said.append(
                    joined(
                        (
                            self.model(near),
                            " is nearer to the recording than ",
                            self.model(far),
                            f" by {number(abs(apart.mean))} on {clips}, which is too few to conclude from.",
                        )
                    )
                )
                continue
            low, high = sorted((sign * apart.low, sign * apart.high))
            size = f"{number(abs(apart.mean))} (95 % interval {number(low)} to {number(high)}, {clips})"
            if low > 0:
                said.append(
                    joined(
                        (
                            self.model(near),
                            " is nearer to the recording than ",
                            self.model(far),
                            f" by {size}.",
                        )
                    )
                )
            else:
                said.append(
                    joined(
                        (
                            self.model(near),
                            " and ",
                            self.model(far),
                            f" are about equally near to the recording: they differ by {size}, "
                            "which chance can explain.",
                        )
                    )
                )
        return said[:6]

    def _said_by_votes(self) -> list[Html]:
        said = []
        for contest in self.study.contests[:6]:
            result = contest.result
            ahead, behind, wins = (
                (contest.first, contest.second, result.first)
                if result.first >= result.second
                else (contest.second, contest.first, result.second)
            )
            decided = result.first + result.second
            if not decided:
                continue
            clear = result.p < 0.05
            verdict = " was preferred to " if clear else " was not clearly preferred to "
            said.append(
                joined(
                    (
                        "By votes on “",
                        contest.criterion,
                        "”, ",
                        self.model(ahead),
                        verdict,
                        self.model(behind),
                        f": {wins} of {counted(decided, 'decided vote')}, {p_value(result.p)}.",
                    )
                )
            )
        return said

    # ---- errors ------------------------------------------------------------------------------

    def _errors(self) -> Section | None:
        if not self.measured:
            return None
        study = self.study
        shown = [
            region
            for region in REGIONS
            if any(any(study.by_clip(model, of_region(region)).values()) for model in self.measured)
        ]
        lines: list[tuple[str, Measure, bool]] = [
            ("all shapes", mean_error, False),
            *((region, of_region(region), region in TURNING_REGIONS) for region in shown),
        ]
        shapes: list[tuple[str, list[Dots]]] = []
        turns: list[tuple[str, list[Dots]]] = []
        rows = []
        for name, measure, turning in lines:
            means = {model: study.mean(model, measure) for model in self.measured}
            dots = [
                Dots(
                    list(study.by_clip(model, measure).values()),
                    means[model],
                    self.colours[model],
                    f"{name}, {model}: {number(means[model].mean)}{'°' if turning else ''}",
                )
                for model in self.measured
            ]
            (turns if turning else shapes).append((name, dots))
            rows.append([f"{name}, degrees" if turning else name, *self._mean_cells(means)])
        content: list[Html] = [
            element(
                "p",
                "Mean absolute difference from the recording: of shapes in their weights, 0 to 1, of "
                "rotations in degrees. Smaller is nearer, which need not be better.",
            ),
            element("p", joined((self.model(model) for model in self.measured), "  ")),
            element(
                "figure",
                dot_plot(shapes, "Errors of each model by region"),
                element(
                    "figcaption",
                    "Each dot is a clip, the upright bar the mean over clips, the line its 95 % interval.",
                ),
            ),
            *self._turns(turns),
            table(["Region", *(self.model(m) for m in self.measured)], rows),
            element(
                "p", "Mean ± standard deviation over clips; bold is the smallest of a line.", class_="note"
            ),
        ]
        paired = self._paired()
        if paired is not None:
            content += [
                element("h3", "Clip by clip"),
                paired,
                element(
                    "p",
                    "Only clips that both models have: error of the second minus that of the first, so a "
                    "positive number speaks for the first.",
                    class_="note",
                ),
            ]
        return "errors", "Distance from the recording", content

    def _turns(self, groups: list[tuple[str, list[Dots]]]) -> list[Html]:
        """The plot of the rotations, which have no scale in common with shapes."""
        if not groups:
            return []
        plot = dot_plot(groups, "Errors of each model in rotations, in degrees")
        return [element("figure", plot, element("figcaption", "Rotations of head and eyes, in degrees."))]

    def _mean_cells(self, means: Mapping[str, Mean]) -> list[Html]:
        known = {model: mean.mean for model, mean in means.items() if mean.count}
        best = min(known.values(), default=math.nan)
        cells = []
        for model, mean in means.items():
            spread = f" ± {number(mean.deviation)}" if math.isfinite(mean.deviation) else ""
            is_best = len(known) > 1 and known.get(model) == best
            cells.append(element("span", f"{number(mean.mean)}{spread}", class_="best" if is_best else None))
        return cells

    def _paired(self) -> Html | None:
        rows = []
        for one, other in combinations(self.measured, 2):
            apart = self.study.difference(one, other, mean_error)
            if apart.count:
                interval = f"{number(apart.low)} to {number(apart.high)}" if apart.count > 1 else "–"
                rows.append(
                    [
                        joined((self.model(one), " and ", self.model(other))),
                        str(apart.count),
                        number(apart.mean),
                        interval,
                    ]
                )
        return table(["Models", "Clips", "Mean difference", "95 % interval"], rows) if rows else None

    def _movement(self) -> Section | None:
        if not self.measured:
            return None
        rows = [
            [self.model(model), *(self._movement_cell(model, of, digits) for *_, of, digits in MOVEMENT)]
            for model in self.measured
        ]
        head = ["Model", *(element("span", title, title=why) for title, why, *_ in MOVEMENT)]
        legend = "; ".join(f"{title}: {why}" for title, why, *_ in MOVEMENT)
        return (
            "movement",
            "Movement and timing",
            [
                table(head, rows),
                element("p", f"Means over clips. {legend}.", class_="note"),
            ],
        )

    def _movement_cell(self, model: str, value: Measure, digits: int) -> str:
        mean = self.study.mean(model, value)
        return number(mean.mean, digits) if mean.count else "–"

    # ---- votes -------------------------------------------------------------------------------

    def _votes(self) -> Section | None:
        if not self.study.contests:
            return None
        content: list[Html] = []
        for criterion in dict.fromkeys(contest.criterion for contest in self.study.contests):
            content.append(element("h3", f"“{criterion}”" if criterion else "No criterion given"))
            content += [self._contest(c) for c in self.study.contests if c.criterion == criterion]
            for ranking in self.study.rankings:
                if ranking.criterion == criterion:
                    content.append(
                        element(
                            "figure",
                            strengths_plot(ranking.strengths, self.colours, "Preference of each model"),
                            element(
                                "figcaption",
                                "How often each would be preferred to the others on average, "
                                "from all votes together (Bradley–Terry), with 95 % intervals "
                                "from drawing the clips anew.",
                            ),
                        )
                    )
        content.append(
            element(
                "p",
                "Order and names were hidden. Votes without preference are the grey part; share, interval "
                "(Wilson, 95 %) and test (two-sided sign test) look at the decided ones. “Shown first” is "
                "how often A won: far from half it would mean that place mattered more than the face.",
                class_="note",
            )
        )
        return "votes", "Blind votes", content

    def _contest(self, contest: Contest) -> Html:
        result: Preference = contest.result
        decided = result.first + result.second
        changed = (
            ""
            if not contest.changed
            else (f" {counted(contest.changed, 'vote')} on takes that were changed afterwards.")
        )
        told = (
            f"{percent(result.share)} of {counted(decided, 'decided vote')} for the first "
            f"({percent(result.low)} to {percent(result.high)}), {p_value(result.p)}; "
            f"{result.undecided} without preference. {counted(contest.voters, 'voter')}, "
            f"{counted(contest.clips, 'clip')}. Shown first: {contest.shown_first} of {decided}.{changed}"
            if decided
            else f"{counted(result.undecided, 'vote')} without preference, none decided."
        )
        bar = votes_bar(
            result,
            self.colours.get(contest.first, RECORDED_COLOUR),
            self.colours.get(contest.second, RECORDED_COLOUR),
            f"{contest.first} {result.first}, no preference {result.undecided}, "
            f"{contest.second} {result.second}",
        )
        names = element("div", self.model(contest.first), " against ", self.model(contest.second))
        return element("div", names, bar, element("div", told, class_="note"), class_="contest")

    # ---- moments and clips -------------------------------------------------------------------

    def _moments(self) -> Section | None:
        found = worst_of(self.study.clips, _MOMENTS)
        if not found:
            return None
        rows = [
            [
                clip.info.id,
                self._take_words(take),
                seconds(moment.time_in_track + clip.offset),
                moment.region,
                moment.channel,
                number(moment.difference, 2),
                number(moment.error),
            ]
            for clip, take, moment in found
        ]
        return (
            "moments",
            "Worst moments",
            [
                table(
                    ["Clip", "Take", "Time", "Region", "Channel", "Take − recording", "Error"],
                    rows,
                    class_="words",
                ),
                element(
                    "p",
                    "Where takes are farthest from the recording (root mean square over the shapes), at "
                    "most two moments a take and six a model. In the studio U goes to the worst moment "
                    "of the active take.",
                    class_="note",
                ),
            ],
        )

    def _take_words(self, take: StudiedTake) -> Html:
        return element("span", take.name, class_=f"model m{self.colours[take.model]}", title=take.model)

    def _clips(self) -> Section | None:
        if not self.study.clips:
            return None
        content = [self._clip(clip) for clip in self.study.clips]
        left = [clip for clip in self.study.clips if clip.info.id not in self.pictures]
        if self.pictures and left:
            content.insert(0, element("p", f"{counted(len(left), 'clip')} without pictures.", class_="note"))
        return "clips", "Clips", content

    def _clip(self, clip: StudiedClip) -> Html:
        info = clip.info
        parts: list[Html] = [element("h3", info.id)]
        story = (("Background", info.background), ("Emotion", info.emotion), ("Script", info.script))
        told = [f"{name}: {shortened(words)}" for name, words in story if words]
        if told:
            lines = joined(told, Html("<br/>"))
            parts.append(element("blockquote", lines))
        pictures = self.pictures.get(info.id)
        if pictures is not None:
            parts.append(faces_table(self.colours, pictures))
        rows = [self._take_row(take) for take in clip.takes]
        head = ["Take", "Model", "Mean error", "Correlation", "Later by", "Error at the keyframes"]
        parts.append(table(head, rows) if rows else element("p", "No take."))
        if clip.recording is None:
            parts.append(
                element("p", "Without a recording there is nothing to measure against.", class_="note")
            )
        return element("section", *parts, class_="clip")

    def _take_row(self, take: StudiedTake) -> list[object]:
        name = element("span", take.name, class_=f"model m{self.colours[take.model]}")
        found = take.measures
        if found is None:
            return [name, take.model, "–", "–", "–", "–"]
        later = found.lag.seconds
        keyframes = [number(k.mae) for k in found.keyframes if k.mae is not None]
        return [
            name,
            take.model,
            number(found.overall.mae),
            number(found.overall.correlation, 2),
            "–" if later is None else seconds(later),
            "  ".join(keyframes[:8]) or "–",
        ]

    # ---- the end -----------------------------------------------------------------------------

    def _left_out(self) -> Section | None:
        if not self.study.left_out:
            return None
        lines = (element("li", element("b", entry.what), ": ", entry.why) for entry in self.study.left_out)
        return "left-out", "Left out", [element("ul", *lines)]

    def _methods(self) -> Section:
        return (
            "methods",
            "Methods and caveats",
            [
                element("ul", *(element("li", line) for line in METHODS)),
                element("p", f"Made with KeyframeFace Studio {self.facts.studio}.", class_="faint"),
            ],
        )
