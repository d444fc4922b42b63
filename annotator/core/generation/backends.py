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
        from annotator.core.generation.server import ServerBackend

        if not url.strip():
            raise GenerationFault("no model server was named", "give its address, like http://localhost:8000")
        return ServerBackend(
            url, model, key, style=style or "keyframeface", timeout=timeout or 120.0, temperature=temperature
        )
    if name == "local":
        from annotator.core.generation.local import LocalBackend

        if not model.strip():
            raise GenerationFault("no model file was named", "give the path of a GGUF file as the model")
        return LocalBackend(
            model, style=style or "zero-shot", timeout=timeout or 300.0, temperature=temperature
        )
    raise GenerationFault(f"there is no model “{name}”", f"choose one of {', '.join(BACKENDS)}")
