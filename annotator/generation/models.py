"""The generation models of the window: the profiles, the chosen one, and what is held of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from annotator.core.generation.backends import backend_for, close_backend, model_of
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.profiles import Profile, Profiles
from annotator.core.generation.protocol import Backend
from annotator.session.jobs import Job
from annotator.session.messages import Message
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError
from viewer.core.progress import Progress

if TYPE_CHECKING:
    from annotator.core.generation.server_facts import ServerFacts

_TEST_SECONDS = 30.0


class ModelsController(QObject):
    """``changed`` says that the profiles are others, or another one is chosen."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._lock = threading.Lock()
        self._held: Backend | None = None
        self._held_for: tuple[Profile, Profile] | None = None

    @property
    def profiles(self) -> Profiles:
        """All profiles as the settings have them; a copy, to be changed by :meth:`keep`."""
        return Profiles.of(self._session.settings.profiles)

    @property
    def chosen(self) -> Profile:
        """The profile that generates; the built-in one where the chosen one is gone."""
        profiles = self.profiles
        return profiles.find(self._session.settings.profile) or profiles.all[0]

    def choose(self, name: str) -> None:
        """Ask the profile of this name from now on; remembered.  Emits :attr:`changed`."""
        self._session.settings.profile = name
        self._session.save_settings()
        self.changed.emit()

    def keep(self, profiles: Profiles, chosen: str) -> None:
        """Save other profiles, and which one is chosen."""
        self._session.settings.profiles = list(profiles.all)
        self.choose(chosen)

    def allow_plain_http(self, host: str) -> None:
        """Let the key of a server be sent over plain http, in every profile that asks it; remembered."""
        profiles = self.profiles
        for profile in profiles.all:
            if profile.backend == "server" and _host_of(profile) == host:
                profiles = profiles.changed(msgspec.structs.replace(profile, plain_http=True))
        self.keep(profiles, self.chosen.name)

    def backend(self) -> Backend:
        """The chosen model; kept while its profile stays, because a local model takes long to load.
        Called in a job.  Raises :class:`GenerationError`."""
        profiles, profile = self.profiles, self.chosen
        wanted = profile, profiles.planner_of(profile)
        with self._lock:
            if self._held is None or wanted != self._held_for:
                close_backend(self._held)
                self._held = None
                self._held, self._held_for = backend_for(profile, profiles), wanted
            return self._held

    def test(
        self,
        profile: Profile,
        told: Callable[[ServerFacts], None],
        failed: Callable[[Exception], None],
        progress: Callable[[int, int, str], None],
    ) -> Job:
        """Ask a profile's model what it is and how fast; the callbacks run on the main thread."""

        def work(token: CancelToken, report: Progress) -> ServerFacts:
            # The client library takes a moment to import, which the start must not pay for.
            from annotator.core.generation.local import LocalBackend
            from annotator.core.generation.server import ServerBackend

            backend = model_of(profile)
            try:
                if isinstance(backend, ServerBackend):
                    backend.chat.timeout, backend.chat.retries = _TEST_SECONDS, 0
                if isinstance(backend, ServerBackend | LocalBackend):
                    return backend.test_connection(token, lambda news: report(0, 0, news))
                raise GenerationError("the built-in model needs no connection", "generate a take with it")
            finally:
                close_backend(backend)

        job = self._session.jobs.run("Test the connection", work, done=told, failed=failed)
        job.progress.connect(progress)
        return job

    def keep_key(self, url: str, key: str) -> None:
        """Keep a server's key in the user's keyring; an empty one removes it."""

        def work(_token: CancelToken, _progress: Progress) -> None:
            from annotator.core.generation.keys import save_api_key

            save_api_key(url, key)

        def kept(_none: None) -> None:
            # What is held was made with another key; what it answers just now is not disturbed.
            self._held_for = None
            words = "kept in" if key.strip() else "removed from"
            self._session.show_message(Message(f"The key was {words} your keyring", level="success"))

        self._session.jobs.run("Save the key", work, done=kept, failed=self._session.show_error)

    def shut_down(self) -> None:
        """Let go of a server's connections or a loaded model."""
        with self._lock:
            close_backend(self._held)
            self._held = self._held_for = None


def _host_of(profile: Profile) -> str:
    try:
        return Endpoint.parse(profile.url).host
    except GenerationError:
        return ""
