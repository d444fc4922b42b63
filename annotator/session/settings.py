"""What the app remembers between starts: theme, annotator, keys, recent files, models.

One JSON file in the user's configuration folder.  It never holds a key of a server.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from pathlib import Path

import msgspec

from annotator.core.description.choice import DescribingChoice
from annotator.core.generation.profiles import BUILT_IN, PRESETS, Profile, Profiles
from annotator.core.storage.config_folder import config_folder
from annotator.session.messages import Message
from annotator.session.settings_file import read_fields, read_settings_file, write_settings_file
from viewer.core.errors import StudioError

log = logging.getLogger(__name__)

RECENT = 12


class Splits(msgspec.Struct, kw_only=True):
    """How somebody parted the room of the window: the side columns' widths in pixels, the video's share of
    what it divides with the faces, the timeline's share of the height, and the overview's share of what it
    divides with the curves."""

    clips: int
    marks: int
    inspector: int
    video: float
    lanes: float
    overview: float


class LeftAt(msgspec.Struct, kw_only=True):
    """Where a dataset or a file was left: the clip, the playhead in seconds, and the workspace."""

    clip: str = ""
    time: float = 0.0
    workspace: str = ""


class Settings(msgspec.Struct, kw_only=True, dict=True):
    """All settings with their defaults; unknown keys of a file stay in it."""

    theme: str = "system"
    annotator: str = ""
    keys: dict[str, list[str]] = {}
    recent: list[str] = []
    left: dict[str, LeftAt] = {}
    go_on: bool = True
    profile: str = BUILT_IN
    profiles: list[Profile] = msgspec.field(default_factory=lambda: list(PRESETS))
    describing: DescribingChoice = DescribingChoice()
    face_model: str = ""
    face_models: dict[str, str] = {}
    recent_models: list[str] = []
    heat_top: float = 5.0
    pinned_channels: list[str] = []
    shown_channels: list[str] = []
    geometry: str = ""
    workspace: str = ""
    tabs: dict[str, str] = {}
    splits: dict[str, Splits] = {}
    columns: dict[str, bool] = {}
    overlay_curves: bool = False
    muted: bool = False
    frame_number: bool = False
    landmarks: bool = False
    suggestions: bool = False
    linked_cameras: bool = True
    import_columns: dict[str, dict[str, str]] = {}

    def remember(self, path: Path) -> None:
        """Put ``path`` first among the recent ones."""
        text = str(path)
        self.recent = [text, *(p for p in self.recent if p != text)][:RECENT]

    def forget(self, paths: Collection[str]) -> None:
        """Take ``paths`` from the recent ones, with where each was left."""
        self.recent = [path for path in self.recent if path not in paths]
        self.left = {path: left for path, left in self.left.items() if path not in paths}


class _OneServer(msgspec.Struct):
    """The model as files kept it that know no profiles."""

    backend: str = ""
    server_url: str = ""
    server_model: str = ""
    server_style: str = ""
    local_model: str = ""
    jobs: int = 4

    def profiles(self) -> tuple[str, list[Profile]]:
        """The name of the chosen profile, and all."""
        _built_in, paper, chat, local = PRESETS
        server = chat if self.server_style == "zero-shot" else paper
        asked = msgspec.structs.replace(
            server, url=self.server_url, model=self.server_model, jobs=self.jobs, planner=""
        )
        loaded = msgspec.structs.replace(local, model=self.local_model)
        kept = Profiles(PRESETS).changed(asked).changed(loaded)
        chosen = {"server": server.name, "local": local.name}.get(self.backend, BUILT_IN)
        return chosen, list(kept.all)


def settings_path() -> Path:
    """The settings file; ``KFSTUDIO_CONFIG_DIR`` moves its folder."""
    return config_folder() / "settings.json"


def load_settings() -> Settings:
    """The saved settings.  What of them cannot be used has its default, and the file as it was is kept
    beside: :func:`settings_message` tells."""
    read = read_settings_file(settings_path(), Settings)
    settings = Settings(**read.values)
    if "profiles" not in read.raw:
        earlier = _OneServer(**read_fields(read.raw, _OneServer))
        if earlier.server_url:
            settings.profile, settings.profiles = earlier.profiles()
    if read.told:
        log.warning("%s", read.told)
    vars(settings).update(read_as=msgspec.to_builtins(settings), told=read.told)
    return settings


def settings_message(settings: Settings) -> Message | None:
    """What is to be told of how the settings were read; None where all is well."""
    told = vars(settings).get("told", "")
    return Message(told, "no action is needed", "warning", "settings") if told else None


def save_settings(settings: Settings) -> None:
    """Write what was changed of the settings into their file as it is now, which other windows may have
    changed; a failure is logged, never raised: they are a convenience."""
    before = vars(settings).get("read_as") or msgspec.to_builtins(Settings())
    try:
        vars(settings)["read_as"] = write_settings_file(settings_path(), settings, before)
    except (OSError, StudioError) as fault:
        log.warning("Settings could not be saved: %s", fault)


def own_annotator_id() -> str:
    """The annotator of the settings, else the login name."""
    return load_settings().annotator or default_annotator()


def default_annotator() -> str:
    """The login name, or ``annotator``."""
    try:
        return os.environ.get("KFSTUDIO_ANNOTATOR") or os.getlogin()
    except OSError:
        return os.environ.get("USER") or os.environ.get("USERNAME") or "annotator"
