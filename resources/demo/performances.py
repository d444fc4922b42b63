"""The three performances of the demo: authored by hand for it, and labelled as synthetic.

Each is a story, a list of poses in time, and one annotator's work on it.  A pose names only the
channels it moves; everything else is at rest.  Rotations are in radians, as in Live Link CSVs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Pose = dict[str, float]


def both(stem: str, value: float, right: float | None = None) -> Pose:
    """The same shape on both sides; ``right`` makes it asymmetric."""
    return {f"{stem}Left": value, f"{stem}Right": value if right is None else right}


def look(x: float = 0.0, y: float = 0.0) -> Pose:
    """Gaze: ``x`` to the own left, ``y`` up, 1 as far as the eyes go."""
    pose: Pose = {}
    if x:
        out, into = ("EyeLookOutLeft", "EyeLookInRight") if x > 0 else ("EyeLookOutRight", "EyeLookInLeft")
        pose |= {out: abs(x), into: abs(x)}
    if y:
        pose |= both("EyeLookUp" if y > 0 else "EyeLookDown", abs(y))
    return pose


def head(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Pose:
    """Radians: to the own left, up, own left ear down."""
    return {"HeadYaw": yaw, "HeadPitch": pitch, "HeadRoll": roll}


@dataclass(frozen=True)
class Mark:
    """A keyframe as the demo's annotator made it."""

    time: float
    description: str
    emotion: str
    confidence: float = 1.0


@dataclass(frozen=True)
class Performance:
    """A clip of the demo.  ``poses`` are (seconds, pose); ``blinks`` seconds at which the eyes
    close; ``lost`` is (from, to) seconds in which a hand hides the face; ``speech`` lists
    (from, to) seconds of babble, which opens the jaw and is heard."""

    id: str
    seconds: float
    script: str
    background: str
    emotion: str
    lighting: str
    view: tuple[float, float]
    poses: tuple[tuple[float, Pose], ...]
    blinks: tuple[float, ...]
    marks: tuple[Mark, ...]
    spans: tuple[tuple[float, float, str, int], ...]
    lost: tuple[float, float] | None = None
    speech: tuple[tuple[float, float], ...] = ()
    variable_rate: bool = False
    tags: tuple[str, ...] = field(default=())


WAITING_ROOM = Performance(
    id="01-waiting-room",
    seconds=6.0,
    script="Nobody speaks. A door opens further down the corridor; he hears his name and gets up.",
    background="A young man waits outside an office for the second interview. "
    "The first one went badly and he knows it.",
    emotion="Anxiety kept down, then covered by a polite smile that does not reach the eyes.",
    lighting="window",
    view=(8.0, 2.0),
    tags=("no speech", "masking"),
    poses=(
        (0.0, both("BrowDown", 0.06) | both("MouthPress", 0.10)),
        (0.8, look(0, -0.45) | {"BrowInnerUp": 0.38} | both("MouthPress", 0.34) | {"MouthRollLower": 0.18}
         | head(0.02, -0.10, 0.02)),
        (1.7, look(-0.25, -0.40) | {"BrowInnerUp": 0.46} | both("BrowDown", 0.14) | both("MouthPress", 0.46, 0.38)
         | {"MouthRollLower": 0.26} | head(-0.06, -0.12, 0.03)),
        (2.5, look(0.42, 0.02) | {"BrowInnerUp": 0.52} | both("BrowOuterUp", 0.16) | both("EyeWide", 0.28)
         | both("MouthPress", 0.22) | head(0.22, 0.0, 0.0)),
        (3.3, look(0.30, 0.0) | {"BrowInnerUp": 0.44} | both("MouthStretch", 0.20) | both("MouthSmile", 0.12)
         | head(0.20, 0.02, -0.02)),
        (4.2, look(0.20, 0.04) | {"BrowInnerUp": 0.34} | both("MouthSmile", 0.46, 0.40) | both("MouthDimple", 0.16)
         | both("MouthPress", 0.12) | head(0.16, 0.03, -0.04)),
        (5.2, look(0.16, 0.0) | {"BrowInnerUp": 0.30} | both("MouthSmile", 0.38, 0.32) | both("MouthDimple", 0.14)
         | both("MouthPress", 0.16) | head(0.14, 0.0, -0.03)),
        (6.0, look(0.10, -0.06) | {"BrowInnerUp": 0.34} | both("MouthSmile", 0.20, 0.16) | both("MouthPress", 0.20)
         | head(0.10, -0.02, -0.01)),
    ),
    blinks=(0.35, 2.2, 3.75, 5.55),
    marks=(
        Mark(0.8, "The gaze drops, the inner brows lift and the lips press together.", "anxiety"),
        Mark(1.7, "Eyes lowered to his right, the lips pressed harder, the lower lip rolled in.", "anxiety", 0.66),
        Mark(2.5, "He looks up to his left with widened eyes; the brows go up in the middle.", "surprise"),
        Mark(4.2, "A restrained smile, a little stronger on his left; the inner brows stay raised.",
             "restrained smile"),
    ),
    spans=((0.3, 2.3, "anxiety", 3), (3.5, 5.8, "restrained smile", 3)),
)

LETTER = Performance(
    id="02-letter",
    seconds=7.0,
    script="She reads to the end of the letter, covers her eyes for a moment, and breathes out.",
    background="A woman opens the letter from the hospital alone at the kitchen table, "
    "sure that it holds bad news about her brother.",
    emotion="Dread and grief giving way to relief that still hurts.",
    lighting="evening",
    view=(-10.0, 0.0),
    variable_rate=True,
    tags=("no speech", "face hidden"),
    lost=(3.55, 3.95),
    poses=(
        (0.0, look(0, -0.50) | both("BrowDown", 0.16) | head(0.0, -0.12, 0.0)),
        (1.0, look(0.10, -0.55) | {"BrowInnerUp": 0.40} | both("BrowDown", 0.28) | both("MouthPress", 0.24)
         | head(0.02, -0.14, 0.0)),
        (2.0, look(-0.10, -0.55) | {"BrowInnerUp": 0.78} | both("BrowDown", 0.34) | both("MouthFrown", 0.42, 0.36)
         | {"MouthShrugLower": 0.40} | both("EyeSquint", 0.30) | head(0.0, -0.16, 0.05)),
        (3.2, look(0, -0.30) | {"BrowInnerUp": 0.88} | both("BrowDown", 0.30) | both("MouthFrown", 0.52)
         | {"MouthShrugLower": 0.55, "MouthShrugUpper": 0.20} | both("EyeSquint", 0.45) | both("CheekSquint", 0.20)
         | both("MouthStretch", 0.22) | head(-0.03, -0.18, 0.08)),
        (4.2, {"BrowInnerUp": 0.55, "JawOpen": 0.16} | both("EyeBlink", 0.85) | both("MouthFrown", 0.20)
         | both("MouthStretch", 0.14) | head(0.0, 0.02, 0.02)),
        (5.0, look(0, 0.30) | {"BrowInnerUp": 0.50, "JawOpen": 0.22, "MouthFunnel": 0.18}
         | both("MouthLowerDown", 0.10) | head(0.0, 0.14, 0.0)),
        (6.0, look(0, -0.05) | {"BrowInnerUp": 0.46} | both("MouthSmile", 0.42, 0.48) | both("CheekSquint", 0.26)
         | both("EyeSquint", 0.24) | head(0.03, 0.02, -0.04)),
        (7.0, look(0, -0.15) | {"BrowInnerUp": 0.38} | both("MouthSmile", 0.34, 0.40) | both("CheekSquint", 0.18)
         | both("EyeSquint", 0.18) | head(0.03, -0.03, -0.03)),
    ),
    blinks=(1.45, 2.65, 5.45, 6.6),
    marks=(
        Mark(1.0, "Reading, the brows begin to knit and the lips tighten.", "fear"),
        Mark(3.2, "Inner brows high and drawn together, mouth corners down, the chin pushed up.", "sadness"),
        Mark(5.0, "The head goes back, the jaw drops slightly and she breathes out.", "relief", 0.66),
        Mark(6.0, "A small trembling smile with the brows still raised in the middle.", "relief"),
    ),
    spans=((0.6, 3.5, "sadness", 4), (4.4, 6.9, "relief", 3)),
)

BIRTHDAY = Performance(
    id="03-birthday",
    seconds=5.0,
    script="“Oh! Oh no, you didn't, all of you?” She laughs and hides a little behind the smile.",
    background="She comes home after a double shift. The light goes on and the whole family is in the kitchen.",
    emotion="Delighted surprise that turns into touched embarrassment.",
    lighting="studio",
    view=(0.0, 3.0),
    tags=("speech",),
    speech=((1.05, 1.40), (1.75, 3.05)),
    poses=(
        (0.0, both("EyeBlink", 0.28) | both("MouthFrown", 0.08) | head(0.10, -0.06, 0.04)),
        (0.6, both("EyeBlink", 0.20) | head(0.06, -0.04, 0.03)),
        (0.9, {"BrowInnerUp": 0.85, "JawOpen": 0.42} | both("BrowOuterUp", 0.82) | both("EyeWide", 0.75)
         | head(-0.02, 0.06, 0.0)),
        (1.5, {"BrowInnerUp": 0.62, "JawOpen": 0.20} | both("BrowOuterUp", 0.58) | both("EyeWide", 0.42)
         | both("MouthSmile", 0.48) | both("CheekSquint", 0.22) | head(-0.04, 0.02, -0.03)),
        (2.6, {"BrowInnerUp": 0.34, "JawOpen": 0.22} | both("MouthSmile", 0.80, 0.74) | both("CheekSquint", 0.56)
         | both("EyeSquint", 0.36) | both("MouthUpperUp", 0.22) | head(0.05, 0.0, -0.08)),
        (3.4, look(-0.35, -0.50) | {"BrowInnerUp": 0.40} | both("MouthSmile", 0.58, 0.66) | both("CheekSquint", 0.40)
         | both("MouthPress", 0.30) | both("EyeSquint", 0.20) | head(-0.16, -0.14, 0.08)),
        (4.2, look(0.10, 0.10) | {"BrowInnerUp": 0.42} | both("MouthSmile", 0.62, 0.68) | both("CheekSquint", 0.42)
         | both("MouthPress", 0.22) | both("EyeSquint", 0.24) | head(-0.08, -0.06, 0.06)),
        (5.0, look(0.05, 0.02) | {"BrowInnerUp": 0.34} | both("MouthSmile", 0.52, 0.56) | both("CheekSquint", 0.34)
         | both("MouthDimple", 0.14) | both("EyeSquint", 0.20) | head(-0.04, -0.04, 0.05)),
    ),
    blinks=(0.45, 2.0, 3.6, 4.7),
    marks=(
        Mark(0.9, "The brows fly up, the eyes open wide and the jaw drops.", "surprise"),
        Mark(2.6, "A broad laughing smile, cheeks pushed up, eyes narrowed.", "happiness"),
        Mark(3.4, "She looks down to her right, head turned away, lips pressed over the smile.", "embarrassment"),
        Mark(4.2, "The gaze comes back up; the smile stays, pressed at the corners.", "tenderness", 0.66),
    ),
    spans=((0.75, 1.6, "surprise", 5), (1.6, 3.1, "happiness", 4), (3.1, 5.0, "embarrassment", 3)),
)

PERFORMANCES = (WAITING_ROOM, LETTER, BIRTHDAY)
