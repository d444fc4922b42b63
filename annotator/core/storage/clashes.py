"""Parts of a clip that were changed here and elsewhere, until somebody chooses.

They are kept in the user's state folder: the dataset holds one version of each file, and this keeps
the other side of what differs.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from annotator.core.merging import MISSING, Json, Step, same
from annotator.core.model import ClipState
from annotator.core.storage.backups import Backups
from annotator.core.storage.clip_parts import file_of, part_within, parts_of
from annotator.core.storage.journal import place_key
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.merge_rules import TAKE_PART, PartClash
from annotator.core.storage.places import ClipPlace
from annotator.core.storage.shared_file import current_bytes, turn
from annotator.core.storage.state_folder import state_folder
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write

log = logging.getLogger(__name__)


def clashes_file(place: ClipPlace) -> Path:
    """Where the undecided parts of a clip are kept."""
    return state_folder() / "clashes" / f"{place_key(place)}.json"


def undecided(place: ClipPlace) -> list[PartClash]:
    """The parts somebody has to choose a side of; those that cannot be read are left out, and the
    backups have them."""
    path = clashes_file(place)
    try:
        raw = read_object(path).get("parts") if path.exists() else []
    except StudioError as fault:
        log.warning("The undecided parts of %s cannot be read: %s", place.id, fault)
        return []
    found = (_from_json(each) for each in (raw if isinstance(raw, list) else []))
    return [clash for clash in found if clash is not None]


def keep_undecided(place: ClipPlace, clashes: Iterable[PartClash]) -> None:
    """Keep parts to be decided beside those there are; of one part the newest.  Raises
    :class:`StudioError`."""
    new = {clash.key: clash for clash in clashes}
    if new:
        with turn(clashes_file(place)):
            _write(place, ({clash.key: clash for clash in undecided(place)} | new).values())


def keep_with_files(place: ClipPlace, clashes: Sequence[PartClash]) -> None:
    """:func:`keep_undecided`, and the files as they are now among the backups: the next save replaces
    them.  Raises OSError, :class:`StudioError`."""
    for part in dict.fromkeys(clash.part for clash in clashes):
        path = file_of(part, place)
        held = current_bytes(path)
        if held is not None:
            Backups(place).keep(path, held, original=True)
    keep_undecided(place, clashes)


def drop_decided(place: ClipPlace, decided: Iterable[PartClash]) -> None:
    """Forget parts that somebody chose.  Raises :class:`StudioError`."""
    gone = {clash.key for clash in decided}
    with turn(clashes_file(place)):
        _write(place, (clash for clash in undecided(place) if clash.key not in gone))


def still_open(state: ClipState, loaded: LoadedClip) -> list[PartClash]:
    """The undecided parts in which ``state`` still differs from the other side, with what stands there
    now as mine."""
    clashes = undecided(loaded.place)
    if not clashes:
        return []
    parts = parts_of(state, loaded)
    found = []
    for clash in clashes:
        now = part_within(parts, clash)
        if clash.part in parts and not same(now, clash.theirs):
            found.append(PartClash(clash.part, clash.path, now, clash.theirs))
    return found


def choices(clashes: Iterable[PartClash]) -> list[tuple[PartClash, ...]]:
    """Parts that only mean something with each other, together: what is chosen with one click.  Of a key
    that was generated again those are its values and what was asked and said for it."""
    found: dict[object, list[PartClash]] = {}
    for clash in clashes:
        key = _generated_key(clash)
        found.setdefault(clash.key if key is None else (clash.part, key), []).append(clash)
    return [tuple(together) for together in found.values()]


def _generated_key(clash: PartClash) -> Step | None:
    """Which key of a take a part is about, where generating that key again changes it."""
    if clash.part.startswith(TAKE_PART):
        match clash.path:
            case ("keyframes", key) | ("request", "descriptions", key):
                return key
            case ("performance", "keys", key, "values" | "error"):
                return key
    return None


def _write(place: ClipPlace, clashes: Iterable[PartClash]) -> None:
    path = clashes_file(place)
    parts = [_to_json(clash) for clash in clashes]
    if parts:
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"annotation": str(place.annotation_file.absolute()), "clip": place.id}
        atomic_write(path, encode_object({**about, "parts": parts}))
    else:
        path.unlink(missing_ok=True)


def _to_json(clash: PartClash) -> dict[str, Json]:
    path = [list(step) if isinstance(step, tuple) else step for step in clash.path]
    data: dict[str, Json] = {
        "part": clash.part,
        "path": path,
        "kept": datetime.now().astimezone().isoformat(),
    }
    sides = {"mine": clash.mine, "theirs": clash.theirs}
    return data | {side: value for side, value in sides.items() if value is not MISSING}


def _from_json(data: Any) -> PartClash | None:
    if not isinstance(data, Mapping) or not isinstance(data.get("part"), str):
        return None
    raw = data.get("path")
    steps = [tuple(step) if isinstance(step, list) else step for step in raw] if isinstance(raw, list) else []
    texts = [text for step in steps for text in (step if isinstance(step, tuple) else (step,))]
    if not steps or not all(isinstance(text, str) for text in texts):
        return None
    return PartClash(data["part"], tuple(steps), data.get("mine", MISSING), data.get("theirs", MISSING))
