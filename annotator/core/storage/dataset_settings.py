"""What dataset.json says for everybody: the emotion labels, and how rotations are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from annotator.core.findings import Finding
from annotator.core.storage.clip_files import check_version
from annotator.core.storage.clip_pose import pose_from_json
from annotator.core.storage.json_files import encode_object, read_object
from annotator.core.vocabulary import (
    DEFAULT,
    Vocabulary,
    unreadable_words,
    vocabulary_from_json,
    vocabulary_to_json,
)
from viewer.core.cancel import CancelToken
from viewer.core.errors import DatasetError
from viewer.core.files import atomic_write, existing_folders_only
from viewer.core.pose import PoseConvention


class ChangedElsewhereError(DatasetError):
    """Somebody else changed the same settings meanwhile."""


@dataclass(frozen=True)
class DatasetSettings:
    """The part of dataset.json that a person sets."""

    vocabulary: Vocabulary = DEFAULT
    pose: PoseConvention = field(default_factory=PoseConvention)


def settings_from_json(data: Mapping[str, Any], findings: list[Finding]) -> DatasetSettings:
    """The settings in dataset.json's object; what cannot be read is the default, with a finding."""
    vocabulary = vocabulary_from_json(data.get("vocabulary"), "dataset.json", findings)
    return DatasetSettings(
        vocabulary, pose_from_json(data.get("pose"), PoseConvention(), "dataset.json", findings)
    )


def settings_to_json(settings: DatasetSettings) -> dict[str, Any]:
    """The keys of ``dataset.json`` that hold the settings."""
    return {"vocabulary": vocabulary_to_json(settings.vocabulary), "pose": asdict(settings.pose)}


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
    data = _read(file)
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
    if not changed:
        return now
    if cancel is not None:
        cancel.check()
    with existing_folders_only():
        atomic_write(file, encode_object({**data, **changed}))
    return DatasetSettings(
        after.vocabulary if "vocabulary" in changed else now.vocabulary,
        after.pose if "pose" in changed else now.pose,
    )


def _read(file: Path) -> dict[str, Any]:
    data = read_object(file)
    check_version(data, file.name)
    return data


def _changed_elsewhere(what: str, file: Path) -> ChangedElsewhereError:
    return ChangedElsewhereError(
        f"{what} changed elsewhere meanwhile", "look at it as it is now and make your change again", file
    )
