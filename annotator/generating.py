"""Asking a generation model from the window: one job, and its result as a take.

The job plans (unless there are descriptions), asks for every keyframe, times and interpolates
the answers and writes the take's files; only then, on the main thread, the take joins the clip
as an edit that can be undone.
"""

from __future__ import annotations

import datetime as dt
import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from annotator.core.edits import add_take, change_take
from annotator.core.generation.backends import make_backend
from annotator.core.generation.prompts import Style
from annotator.core.generation.protocol import (
    Backend,
    GenerationRequest,
    GenerationResult,
    PlannedKeyframe,
)
from annotator.core.generation.run import generate, plan_notes
from annotator.core.model import TakeInfo
from annotator.core.performance import perform
from annotator.messages import Message, explain
from viewer.core.cancel import CancelToken
from viewer.core.track import Track

if TYPE_CHECKING:
    from annotator.core.generation.server_facts import ServerFacts
    from annotator.jobs import Job, Progress
    from annotator.session import Session

Plan = tuple[tuple[PlannedKeyframe, ...], tuple[str, ...]]
"""Steps and remarks."""

BACKEND_TITLES = {"facs": "Built-in", "server": "Server", "local": "Local model"}


@dataclass(frozen=True)
class Draft:
    """What the panel asks for.  ``times`` (seconds of the clip) belong to the descriptions; None
    lets the planner or the spreading rule time them.  ``eases`` say how each goes on to the next."""

    background: str
    emotion: str
    script: str
    descriptions: tuple[str, ...]
    times: tuple[float, ...] | None
    eases: tuple[str, ...] | str = "pchip"


@dataclass(frozen=True)
class Finished:
    """A result with its performance, ready to become a take."""

    result: GenerationResult
    track: Track
    key_times: tuple[float, ...]


class Generating(QObject):
    """Runs one generation at a time for the open clip."""

    started = Signal()
    progress = Signal(int, int, str)
    finished = Signal()
    planned = Signal(object)
    explained = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None
        self._backend_held: Backend | None = None
        self._backend_made_for = ("", "", "", "")
        self.last: Finished | None = None

    @property
    def running(self) -> bool:
        return self._job is not None and self._job.running

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def plan(self, draft: Draft) -> None:
        """Let the chosen backend write the descriptions; ``planned`` brings them."""
        request = GenerationRequest(draft.background, draft.emotion, draft.script)

        def work(token: CancelToken, progress: Progress) -> Plan:
            progress(0, 0, "Planning keyframes")
            backend = self._backend()
            return backend.plan(request, token), plan_notes(backend, request)

        def planned(found: Plan) -> None:
            self.planned.emit(found[0])
            self._tell_notes(found[1])

        self._start("Plan keyframes", work, planned)

    def _tell_notes(self, notes: tuple[str, ...]) -> None:
        if notes:
            self._session.tell(Message("The planner: " + "; ".join(notes), level="warning"))

    def generate(self, draft: Draft) -> None:
        """Make a take from the draft."""
        session = self._session
        clip = session.current
        if clip is None or self.running:
            return
        duration = clip.duration or None
        request = GenerationRequest(draft.background, draft.emotion, draft.script, draft.descriptions)
        jobs = session.settings.jobs

        def work(token: CancelToken, progress: Progress) -> Finished:
            result = generate(self._backend(), request, jobs=jobs, progress=progress, cancel=token)
            track = perform(result, times=draft.times, eases=draft.eases, duration=duration)
            return Finished(result, track, tuple(track.meta.get("key_times", ())))

        self._start("Generate a take", work, self._add_take)

    def test_connection(self) -> None:
        """Ask the server what it is and tell how fast it answered."""

        def work(token: CancelToken, progress: Progress) -> ServerFacts:
            # The client library takes a moment to import, which the start must not pay for.
            from annotator.core.generation.server import ServerBackend

            progress(0, 0, "Asking the server")
            settings = self._session.settings
            server = ServerBackend(settings.server_url, settings.server_model, timeout=15.0, retries=0)
            try:
                return server.test_connection(token, lambda news: progress(0, 0, news))
            finally:
                server.close()

        def told(found: ServerFacts) -> None:
            if found.trouble:
                self._session.tell(Message(found.line(), f"but {found.trouble}", "warning"))
            else:
                self._session.tell(Message(found.line(), level="success"))

        self._start("Test the connection", work, told)

    def keep_key(self, key: str) -> None:
        """Keep the server's key in the user's keyring; an empty one removes it."""
        url = self._session.settings.server_url

        def work(_token: CancelToken, _progress: Progress) -> None:
            from annotator.core.generation.connection import save_api_key

            save_api_key(url, key)
            self.shut_down()

        words = "The key is kept in your keyring" if key.strip() else "The key was removed from your keyring"
        self._start("Keep the key", work, lambda _none: self._session.tell(Message(words, level="success")))

    def delete_take(self, id: str) -> None:
        """Hide a take; its files stay, so that undo brings it back."""
        state = self._session.state
        if state is not None:
            self._session.apply(change_take(state, id, deleted=True))

    def rename_take(self, id: str, name: str) -> None:
        state = self._session.state
        if state is not None and name.strip():
            self._session.apply(change_take(state, id, name=name.strip()))

    def shut_down(self) -> None:
        """Let go of a server's connections or a loaded model."""
        close = getattr(self._backend_held, "close", None)
        self._backend_held = None
        if close is not None:
            close()

    def _backend(self) -> Backend:
        """The chosen backend; kept while the settings stay, because a local model takes long to
        load.  Called in a job."""
        settings = self._session.settings
        model = settings.local_model if settings.backend == "local" else settings.server_model
        style: Style | None = "zero-shot" if settings.server_style == "zero-shot" else None
        wanted = settings.backend, settings.server_url, model, settings.server_style
        if self._backend_held is None or wanted != self._backend_made_for:
            self.shut_down()
            self._backend_held = make_backend(
                settings.backend, url=settings.server_url, model=model, style=style
            )
            self._backend_made_for = wanted
        return self._backend_held

    def _start(self, title: str, work: Any, done: Any) -> None:
        clip_id = self._session.clip_id
        job = self._session.jobs.run(
            title,
            work,
            done=done,
            failed=lambda fault: self._session.tell(explain(fault)),
            valid=lambda: self._session.clip_id == clip_id,
        )
        self._job = job
        job.progress.connect(self.progress)
        job.ended.connect(self.finished)
        self.started.emit()

    def _add_take(self, finished: Finished) -> None:
        clip = self._session.current
        state = self._session.state
        if clip is None or state is None:
            return
        self.last = finished
        failed = finished.result.errors
        if len(failed) == len(finished.result.keyframes):
            self._session.tell(Message(failed[0] if failed else "The model gave no keyframe", "", "error"))
            return
        info = take_info(finished.result, finished.key_times, [take.name for take in state.takes])
        self._session.takes.add(info, finished.track, add_take(state, info))
        self.explained.emit(finished)
        self._tell_notes(finished.result.notes)
        if failed:
            text = f"{len(failed)} of {len(finished.result.keyframes)} keyframes failed: {failed[0]}"
            self._session.tell(Message(text, "generate again, or edit their descriptions", "warning"))


def take_info(result: GenerationResult, key_times: Sequence[float], names: Sequence[str]) -> TakeInfo:
    """The record of a take: request, plan, answers with their reasons, and what made them.

    ``names`` are the other takes'.  All annotators of a clip share its takes folder, so the id
    ends in something no other machine makes."""
    backend = str(result.provenance.get("backend", "take"))
    title = BACKEND_TITLES.get(backend, backend)
    number = next(n for n in itertools.count(1) if f"{title} {n}" not in names)
    return TakeInfo(
        id=f"{backend}-{number:02d}-{secrets.token_hex(3)}",
        name=f"{title} {number}",
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        record=take_record(result, key_times),
    )


def take_record(result: GenerationResult, key_times: Sequence[float]) -> Mapping[str, Any]:
    """JSON of everything that is needed to understand and repeat a take."""
    request = result.request
    return {
        "request": {
            "background": request.background,
            "emotion": request.emotion,
            "script": request.script,
            "descriptions": [k.description for k in result.keyframes],
            "seed": request.seed,
        },
        "keyframes": [
            {
                "time": time,
                "description": k.description,
                "reasons": [
                    {"channel": r.channel, "value": round(r.value, 4), "words": r.words, "action": r.action}
                    for r in k.reasons
                ],
                "notes": list(k.notes),
                "error": k.error,
            }
            for k, time in zip(result.keyframes, key_times, strict=False)
        ],
        "provenance": dict(result.provenance),
    }
