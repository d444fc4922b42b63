"""The generation models by name."""

from __future__ import annotations

from annotator.core.generation.prompts import STYLES, Style
from annotator.core.generation.protocol import Backend
from viewer.core.errors import GenerationFault

BACKENDS = ("facs", "server", "local")


def make_backend(
    name: str,
    *,
    url: str = "",
    model: str = "",
    key: str | None = None,
    style: Style | None = None,
    timeout: float | None = None,
    temperature: float = 0.0,
) -> Backend:
    """A backend of :data:`BACKENDS`: ``facs`` needs nothing, ``server`` a ``url``, ``local`` the
    path of a GGUF file as ``model``.  Nothing is contacted or loaded yet.

    Server and local backends hold a thread and connections once used: call their ``close``.
    Raises :class:`GenerationFault`.
    """
    # Imported when chosen: each brings a library that would slow the start of the window.
    if style is not None and style not in STYLES:
        raise GenerationFault(f"there is no prompt style “{style}”", f"choose one of {', '.join(STYLES)}")
    if name == "facs":
        from annotator.core.generation.facs.backend import FacsBackend

        return FacsBackend()
    if name == "server":
        from annotator.core.generation.server import ModelSettings, ServerBackend

        if not url.strip():
            raise GenerationFault("no model server was named", "give its address, like http://localhost:8000")
        settings = ModelSettings(style=style or "keyframeface", temperature=temperature)
        return ServerBackend(url, model, key, settings, timeout=timeout or 120.0)
    if name == "local":
        from annotator.core.generation.local import LocalBackend
        from annotator.core.generation.server import ModelSettings

        if not model.strip():
            raise GenerationFault("no model file was named", "give the path of a GGUF file as the model")
        settings = ModelSettings(style=style or "zero-shot", temperature=temperature)
        return LocalBackend(model, settings, timeout=timeout or 300.0)
    raise GenerationFault(f"there is no model “{name}”", f"choose one of {', '.join(BACKENDS)}")
