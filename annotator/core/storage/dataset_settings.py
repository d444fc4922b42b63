"""What dataset.json says for everybody: the emotion labels, how rotations are to be read, and which media
roots there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from annotator.core.storage.clip_files import check_version
from annotator.core.storage.clip_pose import pose_from_json
from annotator.core.storage.json_files import (
    decode_object,
    encode_object,
    in_order_of,
    read_bytes,
    read_object,
)
from annotator.core.storage.media_roots import (
    MediaRoot,
    roots_from_json,
    roots_to_json,
    unreadable_roots,
)
from annotator.core.storage.shared_file import ReplacedError, replace_file, turn
from annotator.core.vocabulary import (
    DEFAULT,
    Vocabulary,
    unreadable_words,
    vocabulary_from_json,
    vocabulary_to_json,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.files import existing_folders_only
from viewer.core.pose import PoseConvention

_TRIES = 10


class ChangedElsewhereError(DatasetError):
    """Somebody else changed the same settings meanwhile."""


@dataclass(frozen=True)
class DatasetSettings:
    """The part of dataset.json that a person sets."""

    vocabulary: Vocabulary = DEFAULT
    pose: PoseConvention = field(default_factory=PoseConvention)
    media_roots: tuple[MediaRoot, ...] = ()


def settings_from_json(data: Mapping[str, Any], findings: list[Finding]) -> DatasetSettings:
    """The settings in dataset.json's object; what cannot be read is the default, with a finding."""
    vocabulary = vocabulary_from_json(data.get("vocabulary"), "dataset.json", findings)
    return DatasetSettings(
        vocabulary,
        pose_from_json(data.get("pose"), PoseConvention(), "dataset.json", findings),
        roots_from_json(data.get("media_roots"), "dataset.json", findings),
    )


def settings_to_json(settings: DatasetSettings) -> dict[str, Any]:
    """The keys of ``dataset.json`` that hold the settings."""
    roots = roots_to_json(settings.media_roots)
    return {
        "vocabulary": vocabulary_to_json(settings.vocabulary),
        "pose": asdict(settings.pose),
        **({"media_roots": roots} if roots else {}),
    }


def read_settings(file: Path) -> DatasetSettings:
    """The settings as dataset.json holds them now.

    Raises
    ------
    StudioError
        When it cannot be read or is of a newer format.
    """
    return settings_from_json(_read(file), [])


def change_settings(
    file: Path, before: DatasetSettings, after: DatasetSettings, cancel: CancelToken | None = None
) -> DatasetSettings:
    """Write what differs between ``before`` and ``after`` into dataset.json, in one step.

    All else in the file stays as it is now: unknown keys, labels that could not be read, and of
    labels and pose the one that was not changed here.

    Parameters
    ----------
    file
        The dataset.json.
    before
        What the person saw.
    after
        What the person made of it.
    cancel
        Asked last before the file is written.

    Returns
    -------
    DatasetSettings
        What the file holds now.

    Raises
    ------
    ChangedElsewhereError
        When somebody else has changed the same thing since ``before``; nothing is written.
    StudioError
        When the file cannot be read or written.
    """
    with turn(file), existing_folders_only():
        for _ in range(_TRIES):
            seen = read_bytes(file)
            try:
                return _changed(file, seen, before, after, cancel)
            except ReplacedError:
                continue
    raise _changed_elsewhere("it was", file)


def _changed(
    file: Path, seen: bytes, before: DatasetSettings, after: DatasetSettings, cancel: CancelToken | None
) -> DatasetSettings:
    """One try of :func:`change_settings`; raises :class:`ReplacedError` when others were quicker."""
    data = decode_object(seen, file)
    check_version(data, file.name)
    now = settings_from_json(data, [])
    changed: dict[str, Any] = {}
    if after.vocabulary not in (before.vocabulary, now.vocabulary):
        if now.vocabulary != before.vocabulary:
            raise _changed_elsewhere("its emotion labels were", file)
        unreadable = unreadable_words(data.get("vocabulary"))
        changed["vocabulary"] = [*vocabulary_to_json(after.vocabulary), *unreadable]
    if after.pose not in (before.pose, now.pose):
        if now.pose != before.pose:
            raise _changed_elsewhere("its reading of rotations was", file)
        known = data.get("pose")
        changed["pose"] = {**(known if isinstance(known, dict) else {}), **asdict(after.pose)}
    if after.media_roots not in (before.media_roots, now.media_roots):
        if now.media_roots != before.media_roots:
            raise _changed_elsewhere("its media roots were", file)
        unreadable = unreadable_roots(data.get("media_roots"))
        changed["media_roots"] = [*roots_to_json(after.media_roots), *unreadable]
    if not changed:
        return now
    if cancel is not None:
        cancel.check()
    replace_file(file, encode_object(in_order_of({**data, **changed}, data)), seen)
    return DatasetSettings(
        after.vocabulary if "vocabulary" in changed else now.vocabulary,
        after.pose if "pose" in changed else now.pose,
        after.media_roots if "media_roots" in changed else now.media_roots,
    )


def _read(file: Path) -> dict[str, Any]:
    data = read_object(file)
    check_version(data, file.name)
    return data


def _changed_elsewhere(what: str, file: Path) -> ChangedElsewhereError:
    return ChangedElsewhereError(
        f"{what} changed elsewhere in the meantime",
        "look at it as it is now and make your change again",
        file,
    )
