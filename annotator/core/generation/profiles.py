"""Named profiles of generation models: which one, where it is, and how it is asked.

A profile never holds a key; that is in the keyring or the environment.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from annotator.core.generation.prompts import Style
from viewer.core.errors import GenerationError

BackendName = Literal["facs", "server", "local"]

BUILT_IN = "Built-in"
"""The name of the one profile that is always there."""

MOST_TAKES = 16
_LONGEST_NAME = 40
_SEEDS = 2**31


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """How to ask one model.

    ``model`` is a server's model (empty: its first) or the path of a GGUF file.  ``planner`` names
    the profile that plans the keyframes; empty: this one.  ``system_prompt`` and ``plan_prompt``
    replace the studio's own where they are not empty; ``damping`` None takes that of the ``style``.
    ``sparse`` says whether channels that an answer leaves out are 0; None: as the style's prompt asks.
    ``takes`` are sampled at once with the seeds from ``seed`` on, None: new ones each time.  A whole
    answer may take ``timeout`` seconds, of which the server may send nothing for ``silence``, None:
    for all.  ``plain_http`` allows to send the key over http to another machine.  The prices are for a
    million tokens, 0 where they are not known.
    """

    name: str
    backend: BackendName = "facs"
    url: str = ""
    model: str = ""
    style: Style = "keyframeface"
    planner: str = BUILT_IN
    system_prompt: str = ""
    plan_prompt: str = ""
    temperature: float = 0.0
    max_tokens: int = 1024
    damping: float | None = None
    sparse: bool | None = None
    jobs: int = 4
    takes: int = 1
    seed: int | None = None
    timeout: float = 120.0
    silence: float | None = None
    plain_http: bool = False
    context: int = 4096
    prompt_price: float = 0.0
    answer_price: float = 0.0
    currency: str = "USD"

    def seeds(self) -> tuple[int | None, ...]:
        """One for each take; a single take that is not sampled needs none."""
        if self.takes == 1 and (self.backend == "facs" or (self.temperature == 0 and self.seed is None)):
            return (None,)
        first = self.seed
        if first is None:
            # The built-in model has no chance in it; its takes are told apart by their numbers.
            first = 0 if self.backend == "facs" else secrets.randbelow(_SEEDS)
        return tuple((first + number) % _SEEDS for number in range(self.takes))

    @property
    def samples_alike(self) -> bool:
        """Several takes are asked for that cannot differ."""
        return self.takes > 1 and (self.temperature == 0 or self.backend == "facs")

    def summary(self) -> str:
        """What matters of it in one line."""
        if self.backend == "facs":
            return "Rules on this machine, no network"
        where = self.url if self.backend == "server" else "this machine"
        parts = [where, self.model.replace("\\", "/").rsplit("/", 1)[-1]]
        if self.temperature:
            parts.append(f"temperature {self.temperature:g}")
        if self.takes > 1:
            parts.append(f"{self.takes} takes")
        return " · ".join(part for part in parts if part)


PRESETS: tuple[Profile, ...] = (
    Profile(name=BUILT_IN, planner=""),
    Profile(
        name="KeyframeFace server",
        backend="server",
        url="http://127.0.0.1:8000/v1",
        model="keyframeface",
        timeout=600.0,
        silence=120.0,
    ),
    Profile(
        name="Chat server",
        backend="server",
        url="http://127.0.0.1:8080/v1",
        style="zero-shot",
        planner="",
        max_tokens=2048,
        timeout=600.0,
        silence=120.0,
    ),
    Profile(name="Local model", backend="local", style="zero-shot", planner="", jobs=1, timeout=300.0),
)
"""The profiles to begin with."""

_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "max_tokens": (16, 131_072),
    "damping": (0.05, 2.0),
    "jobs": (1, 256),
    "takes": (1, MOST_TAKES),
    "seed": (0, _SEEDS - 1),
    "timeout": (1.0, 86_400.0),
    "silence": (1.0, 86_400.0),
    "context": (512, 1_048_576),
    "prompt_price": (0.0, 1e6),
    "answer_price": (0.0, 1e6),
}


def bare_address(url: str) -> str:
    """An address without a user name, a password and a query, where keys hide."""
    start, mark, rest = url.strip().rpartition("://")
    place = rest.split("?")[0].split("#")[0]
    host, slash, path = place.partition("/")
    return f"{start}{mark}{host.rpartition('@')[2]}{slash}{path}"


def within_limits(profile: Profile) -> Profile:
    """The profile with every number in its range, whatever the settings file said, and with a bare
    address."""
    changes: dict[str, Any] = {}
    if profile.url != bare_address(profile.url):
        changes["url"] = bare_address(profile.url)
    for field, (low, high) in _RANGES.items():
        value = getattr(profile, field)
        if value is not None and not low <= value <= high:
            # Also what is no number at all ends at one of the two.
            changes[field] = type(value)(high if value > high else low)
    return msgspec.structs.replace(profile, **changes) if changes else profile


def reset(profile: Profile) -> Profile:
    """The profile with its settings as they were, but for its name and which model it asks."""
    preset = next((p for p in PRESETS if p.name == profile.name), None)
    if preset is None or preset.backend != profile.backend:
        kinds = [p for p in PRESETS if p.backend == profile.backend]
        preset = next((p for p in kinds if p.style == profile.style), kinds[0])
    return msgspec.structs.replace(
        preset, name=profile.name, url=profile.url or preset.url, model=profile.model or preset.model
    )


@dataclass(frozen=True)
class Profiles:
    """All profiles, the built-in one first; changes give a new value.  Names differ."""

    all: tuple[Profile, ...] = PRESETS

    @staticmethod
    def of(saved: Sequence[Profile]) -> Profiles:
        """What was saved, made whole: with the built-in profile, without a name twice."""
        kept = {profile.name: within_limits(profile) for profile in reversed(saved) if profile.name.strip()}
        kept.pop(BUILT_IN, None)
        return Profiles((PRESETS[0], *reversed(kept.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order of the list; no two are alike."""
        return tuple(profile.name for profile in self.all)

    def find(self, name: str) -> Profile | None:
        """The profile of this name, None when there is none."""
        return next((profile for profile in self.all if profile.name == name), None)

    def get(self, name: str) -> Profile:
        """The profile of that name.  Raises :class:`GenerationError`."""
        found = self.find(name)
        if found is None:
            raise GenerationError(f"there is no profile “{name}”", f"choose one of {', '.join(self.names)}")
        return found

    def planner_of(self, profile: Profile) -> Profile:
        """Who plans for it; the built-in one where the one it names is gone."""
        if not profile.planner:
            return profile
        return self.find(profile.planner) or self.all[0]

    def free_name(self, wanted: str) -> str:
        """``wanted``, or with a number where there is such a profile."""
        wanted = " ".join(wanted.split())[:_LONGEST_NAME] or "Profile"
        names = itertools.chain([wanted], (f"{wanted} {number}" for number in itertools.count(2)))
        return next(name for name in names if name not in self.names)

    def changed(self, profile: Profile) -> Profiles:
        """With ``profile`` in place of the one of its name, or at the end; the built-in one stays."""
        if profile.name == BUILT_IN:
            return self
        profile = within_limits(profile)
        if profile.name not in self.names:
            return Profiles((*self.all, profile))
        return Profiles(tuple(profile if p.name == profile.name else p for p in self.all))

    def renamed(self, name: str, new: str) -> Profiles:
        """``new`` as the name of a profile, also where it plans for others.

        Raises :class:`GenerationError` for a name that is taken or empty.
        """
        new = " ".join(new.split())[:_LONGEST_NAME]
        if not new:
            raise GenerationError("a profile needs a name", "type one")
        if new != name and new in self.names:
            raise GenerationError(f"there is already a profile “{new}”", "choose another name")
        if name == BUILT_IN:
            raise GenerationError("the built-in profile keeps its name", "rename another one")
        return Profiles(
            tuple(
                msgspec.structs.replace(
                    p,
                    name=new if p.name == name else p.name,
                    planner=new if p.planner == name else p.planner,
                )
                for p in self.all
            )
        )

    def without(self, name: str) -> Profiles:
        """Without a profile; the built-in one stays."""
        return Profiles(tuple(p for p in self.all if p.name != name or name == BUILT_IN))
