"""Three ways to use one window: which columns stand beside the video and the faces, and which share of
the room each part gets until somebody gives it another."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.session.settings import Splits

COLUMNS = ("clips", "video", "faces", "marks", "inspector")
"""The columns of the upper half, from the left."""
SIDES = ("clips", "marks")
"""Those of them that may be put away."""
GAP = 8
"""Pixels between two columns."""

_BANDS = ((1240, "narrow"), (1680, "usual"), (2200, "wide"))
_LANES = 280
"""Pixels of the timeline with which three curves are in sight below all other lanes."""
_FACES_SHARE = (0.34, 0.5, 0.56, 0.62)
"""How much of what they share with the video the faces get: while there is none yet, one, two, and more."""


@dataclass(frozen=True)
class Workspace:
    """One of the three.

    ``main`` is the pane it is made for, ``tab`` the one of the inspector it begins with.  ``columns`` are
    the side columns it has, by the band of the window's width.  ``marks`` and ``inspector`` are the least
    pixels, the share of the window's width and the most pixels they take.  ``video`` is the share of
    the room of video and faces that the video gets, None where it depends on how many faces there are.
    ``lanes`` is the timeline's share of the height; ``rows`` are the least and the most pixels of a curve,
    ``overview`` is the overview's share of what it divides with the curves.
    """

    id: str
    title: str
    tip: str
    icon: str
    main: str
    tab: str
    columns: dict[str, tuple[str, ...]]
    marks: tuple[int, float, int]
    inspector: tuple[int, float, int]
    video: float | None
    lanes: float
    rows: tuple[float, float]
    overview: float

    def shown(self, column: str, band: str) -> bool:
        """Whether a column is there in windows of this band, as long as nobody wants otherwise."""
        return column not in SIDES or column in self.columns[band]

    def splits(self, width: int, height: int, faces: int) -> Splits:
        """The sizes of its parts in a window ``width`` pixels wide that shows so many faces; panes and
        timeline share its ``height``."""
        video = self.video if self.video is not None else 1.0 - _FACES_SHARE[min(faces, 3)]
        return Splits(
            clips=_within((148, 0.125, 260), width),
            marks=_within(self.marks, width),
            inspector=_within(self.inspector, width),
            video=video,
            lanes=max(self.lanes, min(_LANES / max(height, 1), 0.5)),
            overview=self.overview,
        )


def sound(splits: Splits, width: int) -> Splits:
    """Sizes that leave something of every part, whatever a file says."""
    sides = {
        name: min(max(getattr(splits, name), 140), width // 2) for name in ("clips", "marks", "inspector")
    }
    shares = {name: min(max(getattr(splits, name), 0.1), 0.9) for name in ("video", "lanes", "overview")}
    return Splits(**sides, **shares)


def _within(limits: tuple[int, float, int], width: int) -> int:
    least, share, most = limits
    return min(max(round(share * width), least), most)


def band_of(width: int) -> str:
    """The band of a window ``width`` pixels wide: each has its own columns and remembers its own sizes."""
    return next((band for most, band in _BANDS if width < most), "huge")


def _by_band(*columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict(zip(("narrow", "usual", "wide", "huge"), columns, strict=True))


WORKSPACES = (
    Workspace(
        id="annotate",
        title="Annotate",
        tip="Video and face large, the list of marks beside the keyframe",
        icon="mdi6.pencil-outline",
        main="video",
        tab="keyframe",
        columns=_by_band(("marks",), SIDES, SIDES, SIDES),
        marks=(228, 0.19, 420),
        inspector=(340, 0.235, 560),
        video=None,
        lanes=0.42,
        rows=(19.0, 72.0),
        overview=0.32,
    ),
    Workspace(
        id="compare",
        title="Compare",
        tip="Up to four faces large, takes and their measures beside them",
        icon="mdi6.compare",
        main="faces",
        tab="takes",
        columns=_by_band((), (), ("clips",), ("clips",)),
        marks=(228, 0.19, 420),
        inspector=(340, 0.31, 640),
        video=0.24,
        lanes=0.36,
        rows=(19.0, 72.0),
        overview=0.32,
    ),
    Workspace(
        id="curves",
        title="Curves",
        tip="The timeline large, with tall rows of curves",
        icon="mdi6.chart-bell-curve",
        main="lanes",
        tab="channels",
        columns=_by_band((), ("marks",), SIDES, SIDES),
        marks=(220, 0.22, 480),
        inspector=(340, 0.28, 560),
        video=None,
        lanes=0.62,
        rows=(48.0, 240.0),
        overview=0.2,
    ),
)
BY_ID = {workspace.id: workspace for workspace in WORKSPACES}
