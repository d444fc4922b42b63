"""The model that a command or a script means: a saved profile, or one made of its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from annotator.core.generation.profiles import PRESETS, BackendName, Profile, Profiles, within_limits
from annotator.session.settings import load_settings
from viewer.core.errors import GenerationError

if TYPE_CHECKING:
    from annotator.core.generation.prompts import Style


def saved_profiles() -> Profiles:
    """The profiles of the settings."""
    return Profiles.of(load_settings().profiles)


def profile_of(
    profile: str | None,
    backend: BackendName | None,
    url: str | None,
    model: str | None,
    style: Style | None,
    **changes: Any,
) -> Profile:
    """The saved profile of that name, or one made of the other words, with the patience and the jobs of
    the studio's own for that backend; ``changes`` that are not None replace its fields.  A ``timeout``
    among them also holds for the server's silence.  Raises :class:`GenerationError`."""
    # Titles come with the arrays of takes.
    from annotator.core.generation.takes import BACKEND_TITLES

    if profile is not None:
        chosen = saved_profiles().get(profile)
    else:
        kind: BackendName = backend or "facs"
        if kind not in BACKEND_TITLES:
            raise GenerationError(
                f"there is no backend {kind!r}", f"choose one of {', '.join(BACKEND_TITLES)}"
            )
        usual = next(preset for preset in PRESETS if preset.backend == kind)
        chosen = msgspec.structs.replace(
            usual,
            name=BACKEND_TITLES[kind],
            url=url or "",
            model=model or "",
            style=style or usual.style,
            planner="",
        )
    given = {name: value for name, value in changes.items() if value is not None}
    if "timeout" in given:
        given.setdefault("silence", None)
    return within_limits(msgspec.structs.replace(chosen, **given))
