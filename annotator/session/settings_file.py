"""The settings file: read value by value, and written so that windows do not undo each other."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from annotator.core.change_summary import counted
from annotator.core.merging import MISSING, WHOLE, ById, Fields, Json, Listed, merge
from annotator.core.storage.json_files import decode_object, encode_object
from annotator.core.storage.shared_file import ReplacedError, current_bytes, replace_file, turn
from viewer.core.errors import StudioError
from viewer.core.files import atomic_write

log = logging.getLogger(__name__)

_PARTS = Fields(
    {
        "profiles": ById(Fields(), key="name"),
        "recent": Listed(),
        "recent_models": Listed(),
        "pinned_channels": Listed(),
        "describing": WHOLE,
    }
)
_TRIES = 10
_COPIES = 9


@dataclass(frozen=True)
class ReadSettings:
    """A settings file as read: ``values`` by field, the whole object as it stands (``raw``), what of it
    is not usable (``odd``), and a line about that for people, empty where all is well."""

    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    odd: tuple[str, ...] = ()
    told: str = ""


def read_settings_file(path: Path, kind: type[msgspec.Struct]) -> ReadSettings:
    """Read what can be used of ``path`` as fields of ``kind``; the file with anything else in it is kept
    beside, and that is told.  Never raises."""
    try:
        data = current_bytes(path)
    except StudioError as fault:
        return ReadSettings({}, {}, told=f"{fault.line()}; the default settings are used")
    if data is None:
        return ReadSettings({}, {})
    raw, whole = _object(data, path)
    if raw is None:
        kept = _keep_beside(path, data)
        return ReadSettings({}, {}, told=f"{path.name} cannot be read: the default settings are used{kept}")
    odd: list[str] = []
    values = _fields(raw, kind, "", odd)
    if not odd and whole:
        return ReadSettings(values, raw)
    kept = _keep_beside(path, data)
    shown = ", ".join(odd[:4]) + (" …" if len(odd) > 4 else "")
    what = f"{counted(len(odd), 'value')} cannot be used ({shown})" if odd else "some letters are broken"
    return ReadSettings(values, raw, tuple(odd), f"{path.name}: {what}; all else is kept{kept}")


def write_settings_file(path: Path, settings: msgspec.Struct, before: Mapping[str, Any]) -> dict[str, Any]:
    """Write what differs between ``before`` and ``settings`` into the file as it is now, where others
    may have changed something else; unknown keys stay.  Returns what is to be the next ``before``.

    Raises OSError, :class:`StudioError`.
    """
    mine: dict[str, Any] = msgspec.to_builtins(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with turn(path):
        for _ in range(_TRIES):
            current = current_bytes(path)
            held = _usable(current, path, type(settings), mine)
            merged = merge(_PARTS, before, mine, held).value
            data = encode_object({**mine, **merged})
            if data == current:
                break
            with suppress(ReplacedError):
                replace_file(path, data, current)
                break
    return mine


def _usable(
    current: bytes | None, path: Path, kind: type[msgspec.Struct], mine: Mapping[str, Any]
) -> dict[str, Any]:
    """The object in the file; what cannot be used is as it is here."""
    raw = None if current is None else _object(current, path)[0]
    if raw is None:
        if current is not None:
            _keep_beside(path, current)
        return dict(mine)
    odd: list[str] = []
    values = _fields(raw, kind, "", odd)
    names = {text.split("[")[0].split(".")[0] for text in odd}
    good = {name: msgspec.to_builtins(values[name]) for name in names if name in values}
    return {**raw, **{name: good.get(name, mine.get(name)) for name in names}}


def _object(data: bytes, path: Path) -> tuple[dict[str, Any] | None, bool]:
    """The object, and whether every byte of it could be read."""
    for text, whole in ((data, True), (data.decode("utf-8", "replace").encode(), False)):
        with suppress(StudioError):
            return decode_object(text, path), whole
    return None, False


# ---- values ------------------------------------------------------------------------------------


def read_fields(raw: Mapping[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The usable fields of a struct by name, whatever else stands there."""
    return _fields(raw, kind, "", [])


def _fields(raw: Mapping[str, Any], kind: type[msgspec.Struct], where: str, odd: list[str]) -> dict[str, Any]:
    """The usable fields of a struct by name."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name in raw:
            value = _value(raw[field.encode_name], field.type, f"{where}{field.encode_name}", odd)
            if value is not MISSING:
                found[field.name] = value
    return found


def _value(raw: Json, kind: Any, where: str, odd: list[str]) -> Any:
    """A value of that kind, or what of its entries can be used; ``MISSING`` for none."""
    try:
        msgspec.json.encode(raw)  # half of a surrogate pair could not be written again
        return msgspec.convert(raw, kind)
    except (msgspec.ValidationError, UnicodeError):
        pass
    inner = get_args(kind)
    if get_origin(kind) is list and isinstance(raw, list):
        made = [_value(each, inner[0], f"{where}[{place}]", odd) for place, each in enumerate(raw)]
        return [each for each in made if each is not MISSING]
    if get_origin(kind) is dict and isinstance(raw, Mapping):
        entries = {key: _value(each, inner[1], f"{where}[{key}]", odd) for key, each in raw.items()}
        return {key: each for key, each in entries.items() if each is not MISSING}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(raw, Mapping):
        made_of: list[str] = []
        with suppress(TypeError):  # a field that it cannot do without
            made_struct = kind(**_fields(raw, kind, f"{where}.", made_of))
            odd += made_of
            return made_struct
    odd.append(where)
    return MISSING


# ---- what is kept --------------------------------------------------------------------------------


def _keep_beside(path: Path, data: bytes) -> str:
    """Keep a file that cannot be used whole; says where."""
    for number in range(1, _COPIES + 1):
        copy = path.with_name(f"{path.stem}.broken{'' if number == 1 else f'-{number}'}{path.suffix}")
        try:
            there = current_bytes(copy)
            if there is None or number == _COPIES:
                atomic_write(copy, data)
            elif there != data:
                continue
        except (OSError, StudioError) as fault:
            log.warning("%s could not be kept: %s", path.name, fault)
            return ""
        return f", and the file as it was is {copy.name}"
    return ""
