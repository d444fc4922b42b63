"""What the frame field of a timecode counts, and what stands after it.

Every way of writing timecodes that is known is tried on all rows of a file; the first that explains
them is how the file was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from viewer.core.track import TimeArray

BASE = 60
"""What Live Link Face counts in a second, whatever the rate of its take."""

_BASES = (24, 25, 30, 48, 50, 10, 12, 15, 20, 100, 120)
_NTSC = 1000 / 1001
_MILLISECONDS_FROM = 120
"""A field that counts further than this holds milliseconds."""
_FEW = 3
"""Different frame numbers that must agree before a rule is believed that any one may meet by chance."""
_MANY = 10
"""Steps within seconds that must agree where there are fractions."""
_FEW_OF_APP = 5
"""As many where the app itself may have written the rows: its fractions can be anything."""
_SECONDS_SEEN = 3
"""In so many seconds every frame number of a base would have occurred, holes or not."""
_SECONDS_OF_NTSC = 30
"""Before that, 30 and 29.97 frames a second differ by less than one frame."""
_SPELLED_RATES = (30.0, 25.0, 24.0, 60.0, 50.0, 15.0, 20.0, 48.0, 12.0, 10.0, 120.0)
"""The most frequent first: rows of less than a second fit several."""

IntColumn = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Writer:
    """What a file tells of its writer besides the timecodes: what its column of counts is called
    (lower case) and what stands there as a rule (None: nothing)."""

    count_name: str = ""
    count: int | None = None

    @property
    def is_app(self) -> bool:
        """Whether it may be Live Link Face, which has 61 channels."""
        return self.count is None or self.count >= 61

    @property
    def adds_milliseconds(self) -> bool:
        """Whether it is the Unreal plugin that writes the milliseconds since the frame began."""
        return self.count_name == "numproperties"


@dataclass(frozen=True)
class TimecodeFields:
    """The parts of R timecodes: whole seconds (-1: not a timecode), the number in the frame field
    (-1: none) and the fraction after it; the least ``width`` of the frame field and the most
    ``places`` of the fraction in digits; whether a semicolon stands before the frames."""

    seconds: IntColumn
    frames: IntColumn
    fraction: TimeArray
    width: int = 2
    places: int = 0
    semicolon: bool = False

    def some(self, rows: npt.NDArray[np.bool_] | IntColumn) -> TimecodeFields:
        """The same of some rows, or in another order."""
        return replace(
            self, seconds=self.seconds[rows], frames=self.frames[rows], fraction=self.fraction[rows]
        )


def seconds_of(fields: TimecodeFields, notes: list[str], writer: Writer | None = None) -> TimeArray:
    """Seconds (R,) of timecodes that all have a frame field.

    Tried are, in this order: milliseconds in the frame field, a running number after it, milliseconds
    of the second after it, and frames counted on the base that makes the steps across seconds like
    those within them.  What differs from Live Link Face's way goes to ``notes``.
    """
    writer = writer or Writer()
    top = int(fields.frames.max())
    if fields.width >= 3 or top >= _MILLISECONDS_FROM:
        notes.append("the last field of the timecodes holds milliseconds")
        return fields.seconds + fields.frames / 1000.0
    rate = _running_number(fields, writer)
    if rate:
        notes.append(
            f"the timecodes count {_named(rate)} frames per second, and the digits after the point are "
            "the running number of the frame"
        )
        if fields.seconds.max() == fields.seconds.min():
            notes[-1] += "; how many frames a second has is assumed, as they last less than one"
        return _numbered(fields, rate) / rate
    if _are_milliseconds(fields, writer):
        notes.append("the timecodes end in milliseconds, not in a fraction of a frame")
        return fields.seconds + fields.fraction
    return _counted(fields, notes, writer)


def _counted(fields: TimecodeFields, notes: list[str], writer: Writer) -> TimeArray:
    ordered = _in_order(fields)
    steps = _Steps.of(ordered)
    base, sure = _counting_base(ordered, steps)
    if _drops_frames(ordered, base, steps):
        notes.append(
            f"the timecodes count {base} frames per second and drop numbers at full minutes; read as "
            f"{_named(base * _NTSC)} frames per second"
        )
        minutes = fields.seconds // 60
        dropped = base // 15 * (minutes - minutes // 10)
        return (fields.seconds * base + fields.frames - dropped) / (base * _NTSC)
    if base > BASE and not sure:
        notes.append(f"the timecodes count more than {BASE} frames per second; {base} assumed")
    elif base != BASE:
        notes.append(f"the timecodes count {base} frames per second, not {BASE}")
    elif not sure and fields.frames.size > 1:
        notes.append(
            f"the timecodes do not show how many frames per second they count; {BASE} assumed, as in the app"
        )
    if fields.frames.max() >= base:
        notes.append(f"frame numbers above {base - 1} were read as parts of a second")
    if _within_frame(fields, base, writer):
        notes.append("the digits after the point are milliseconds since the frame began")
        return fields.seconds + fields.frames / base + fields.fraction
    rate = _ntsc_rate(ordered, base, steps)
    if rate:
        notes[-1:] = [f"the timecodes count {_named(rate)} frames per second, not {BASE}"]
        return np.asarray(_number_at(fields, rate) / rate)
    return fields.seconds + (fields.frames + fields.fraction) / base


# ---- a running number after the point ------------------------------------------------------------


def _running_number(fields: TimecodeFields, writer: Writer) -> float:
    """The rate at which FF and second follow from ``.iii``, the frame's number modulo 1000; else 0.

    At 60 frames a second this looks like the app's recordings at 59.94, so there it is only believed
    of a writer that is not the app.
    """
    if fields.places != 3 or np.unique(fields.frames[:64]).size < _FEW:
        return 0.0
    top = int(fields.frames.max())
    for rate in _rates_above(top):
        if rate > 0.97 * BASE and writer.is_app:
            continue
        if rate > 32 and writer.is_app and fields.seconds.max() == fields.seconds.min():
            continue
        numbers = _numbered(fields, rate)
        whole, frames = np.divmod(numbers + 1e-9, rate)
        fits = (whole.astype(np.int64) == fields.seconds) & (frames.astype(np.int64) == fields.frames)
        if fits.mean() > 0.97:
            return rate
    return 0.0


def _rates_above(top: int) -> Iterator[float]:
    for rate in _SPELLED_RATES:
        if rate > top:
            yield rate
    for rate in (24.0, 30.0, 60.0, 48.0):
        if rate * _NTSC > top:
            yield rate * _NTSC
    if top + 1 not in _SPELLED_RATES:
        yield float(top + 1)


def _numbered(fields: TimecodeFields, rate: float) -> TimeArray:
    """The running numbers (R,), of which the timecodes give the last three digits."""
    last = np.round(fields.fraction * 1000)
    turns = np.round((fields.seconds * rate + fields.frames - last) / 1000)
    return np.asarray(last + 1000 * turns)


# ---- milliseconds after the point ----------------------------------------------------------------


def _are_milliseconds(fields: TimecodeFields, writer: Writer) -> bool:
    """True when the fraction of the second falls into the frame that FF names, in every row."""
    few = _FEW_OF_APP if writer.is_app and not writer.adds_milliseconds else _FEW
    if np.unique(fields.frames[:256]).size < few and np.unique(fields.frames).size < few:
        return False
    for base in dict.fromkeys((BASE, *_BASES, int(fields.frames.max()) + 1)):
        for some in (slice(0, 64), slice(None)):
            apart = (fields.fraction[some] + 5e-4) * base - fields.frames[some]
            # Cut off or rounded to the frame.
            if not ((apart >= -0.6) & (apart <= 1.1)).all():
                break
        else:
            return True
    return False


def _within_frame(fields: TimecodeFields, base: int, writer: Writer) -> bool:
    """Whether the digits after the point say how many milliseconds ago the frame began."""
    longest = float(fields.fraction.max()) if fields.places == 3 else 0.0
    if not 0 < longest <= 1 / base + 1.5e-3:
        return False
    different = np.unique(fields.fraction).size
    return writer.adds_milliseconds or (base != BASE and different > _FEW and fields.frames.size >= 10)


# ---- the base ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Steps:
    """Steps between rows in order: ``within`` one second in frames, and from a second into the next
    one (``over``), there FF of the new row less that of the old one."""

    within: IntColumn
    over: IntColumn
    usual: int
    """The longest step within a second that is not rare."""
    seconds_seen: int

    @staticmethod
    def of(fields: TimecodeFields) -> _Steps:
        """Of rows in the order of their timecodes."""
        seconds, frames = np.diff(fields.seconds), np.diff(fields.frames)
        within = frames[(seconds == 0) & (frames > 0)]
        usual = 1
        if within.size:
            counts = np.bincount(within)
            usual = int(np.flatnonzero(counts >= 0.1 * within.size)[-1])
        return _Steps(within, frames[seconds == 1], usual, int((seconds != 0).sum()) + 1)

    def even_with(self, rate: float) -> int:
        """How many of the steps into the next second are like those within one, at this rate."""
        across = self.over + rate
        return int(((across > 0.5) & (across <= self.usual + 0.5)).sum())

    def exact_with(self, rate: float) -> int:
        """How many of the steps into the next second are exactly the usual one."""
        if not self.within.size:
            return 0
        return int((self.over + rate == np.bincount(self.within).argmax()).sum())


def _in_order(fields: TimecodeFields) -> TimecodeFields:
    seconds, frames = np.diff(fields.seconds), np.diff(fields.frames)
    if ((seconds > 0) | ((seconds == 0) & (frames >= 0))).all():
        return fields
    return fields.some(np.lexsort((fields.fraction, fields.frames, fields.seconds)))


def _counting_base(fields: TimecodeFields, steps: _Steps) -> tuple[int, bool]:
    """How many frames a second FF counts, and whether the rows tell it."""
    top = int(fields.frames.max())
    if not steps.within.size and top == 0:
        return BASE, True
    if top >= BASE:
        above = [base for base in (100, 120) if base > top]
        best = max(above, key=lambda base: (steps.exact_with(base), -base), default=BASE)
        return best, not above or steps.even_with(best) > 0
    crossings = steps.over.size
    if crossings and steps.even_with(BASE) >= max(1, crossings / 2):
        return BASE, True
    candidates = [base for base in _BASES if top < base < BASE]
    if top + 1 not in _BASES and steps.exact_with(top + 1) >= _FEW:
        candidates.append(top + 1)
    best = max(candidates, key=lambda base: (steps.exact_with(base), steps.even_with(base), -base), default=0)
    # The app's fractions fit any base where rows are few and far apart.
    enough = _MANY if fields.fraction.any() else 1
    if not best or steps.within.size < enough:
        return BASE, top >= 50
    even = steps.even_with(best)
    if even and even >= crossings / 2:
        return best, True
    # Rows are missing where the seconds change.  Half of all numbers never occur by chance only once.
    if best <= 30 and steps.seconds_seen >= _SECONDS_SEEN and fields.frames.size >= 12:
        return best, True
    return BASE, top >= 50


def _ntsc_rate(fields: TimecodeFields, base: int, steps: _Steps) -> float:
    """29.97 for 30 and the like, where that explains more of the steps into the next second; else 0.
    Needs half a minute, after which such rows lack a number."""
    if base not in (24, 30) or fields.fraction.any() or not steps.within.size:
        return 0.0
    if steps.seconds_seen < _SECONDS_OF_NTSC:
        return 0.0
    rate = base * _NTSC
    numbers = _number_at(fields, rate)
    if (numbers / rate >= fields.seconds + 1).any():
        return 0.0
    usual = int(np.bincount(steps.within).argmax())
    across = np.diff(numbers)[np.diff(fields.seconds) == 1]
    gain = int((across == usual).sum()) - steps.exact_with(base)
    return rate if gain >= _FEW or (gain > 0 and (across == usual).all()) else 0.0


def _number_at(fields: TimecodeFields, rate: float) -> TimeArray:
    """The number (R,) of the only frame whose second and FF these are at a broken rate."""
    return np.asarray(np.ceil(fields.seconds * rate + fields.frames - 1e-6))


def _drops_frames(fields: TimecodeFields, base: int, steps: _Steps) -> bool:
    """Whether each minute but every tenth begins with the third number (of 60: the fifth), as
    drop-frame timecode does."""
    if base not in (30, 60) or (base == BASE and fields.places):
        return False
    if fields.semicolon:
        return True
    minutes = np.diff(fields.seconds // 60) == 1
    begins = fields.seconds[1:][minutes] % 60 == 0
    tenth = (fields.seconds[1:][minutes] // 60 % 10 == 0)[begins]
    before, after = fields.frames[:-1][minutes][begins], fields.frames[1:][minutes][begins]
    full = (before == base - 1) & (fields.seconds[:-1][minutes][begins] % 60 == 59)
    others = full & ~tenth
    return bool(
        others.any()
        and (after[others] == base // 15).all()
        and (after[full & tenth] == 0).all()
        and steps.usual == 1
    )


def _named(rate: float) -> str:
    return f"{rate:.3f}".rstrip("0").rstrip(".")
