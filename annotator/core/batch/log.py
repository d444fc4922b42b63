"""What a batch over a dataset has already done, kept so that a killed one goes on.

One file of JSON lines for each dataset, profile and model, in the user's state folder: every plan
and every keyframe as it was answered, every take as it was written.  It stays while anything is
left to do.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from annotator.core.generation.protocol import (
    Backend,
    GenerationRequest,
    KeyframeResult,
    PlannedKeyframe,
    Reason,
)
from annotator.core.storage.state_folder import state_folder
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import FileError

_FORMAT = 1


def identity(backend: Backend) -> bytes:
    """What must be the same for an earlier answer to count.  Facts that a backend only learns
    while it runs begin with ``served``."""
    return json.dumps(_lasting(backend.describe()), sort_keys=True, default=str).encode()


def _lasting(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _lasting(fact) if isinstance(fact, Mapping) else fact
        for name, fact in facts.items()
        if not name.startswith("served")
    }


class BatchLog:
    """The memory of one batch.  Any thread may keep a take; the rest is for one.

    Raises :class:`FileError` when it cannot be written or another process works on the same batch.
    """

    def __init__(self, root: Path, profile: str, backend: Backend, seeds: Sequence[int | None]) -> None:
        self._identity = identity(backend)
        name = "\n".join((str(root.resolve()), profile, self._identity.decode()))
        self.path = state_folder() / "batches" / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}.jsonl"
        self.seeds = tuple(seeds)
        """Those of the first run, so that the rest of a batch is sampled as its beginning was."""
        self._known: dict[str, dict[str, Any]] = {}
        self._writing = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(f"{self.path}.lock")
            self._lock.acquire(timeout=0)
            self._open(root, profile)
        except Timeout:
            what = "this dataset is being generated with this profile already"
            raise FileError(what, "wait for the other one, or stop it", root) from None
        except OSError as error:
            raise FileError(
                f"cannot be written ({error.strerror})", "make room in your state folder", self.path
            ) from error

    def _open(self, root: Path, profile: str) -> None:
        self._file = self.path.open("a+b")
        self._file.seek(0)
        lines = self._file.readlines()
        if lines and not lines[-1].endswith(b"\n"):
            # The last line of a batch that was killed is not whole.
            self._file.write(b"\n")
        self._known = {str(record["key"]): record for line in lines if (record := _record(line)) is not None}
        head = self._known.get("batch")
        if head is None:
            seeds = list(self.seeds)
            self._keep("batch", {"format": _FORMAT, "dataset": str(root), "profile": profile, "seeds": seeds})
        elif len(head.get("seeds", ())) == len(self.seeds):
            self.seeds = tuple(seed if isinstance(seed, int) else None for seed in head["seeds"])

    # ---- takes -----------------------------------------------------------------------------

    def has_take(self, clip: str, request: GenerationRequest) -> bool:
        return self._take_key(clip, request) in self._known

    def keep_take(self, clip: str, request: GenerationRequest, take: str) -> None:
        self._keep(self._take_key(clip, request), {"clip": clip, "take": take})

    # ---- answers ---------------------------------------------------------------------------

    def plan(self, request: GenerationRequest) -> tuple[PlannedKeyframe, ...] | None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        steps = self._known.get(self._key(request, "plan"), {}).get("plan")
        try:
            return tuple(PlannedKeyframe(float(at), str(words)) for at, words in steps) if steps else None
        except (TypeError, ValueError):
            return None

    def keep_plan(self, request: GenerationRequest, plan: tuple[PlannedKeyframe, ...]) -> None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        self._keep(self._key(request, "plan"), {"plan": [[step.time, step.description] for step in plan]})

    def keyframe(self, request: GenerationRequest, target: int) -> KeyframeResult | None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        record = self._known.get(self._key(request, str(target)))
        return None if record is None else _result(record, target, request.descriptions[target])

    def keep_keyframe(self, request: GenerationRequest, result: KeyframeResult) -> None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        self._keep(self._key(request, str(result.target)), {
            "values": [float(value) for value in result.values],
            "reasons": [asdict(reason) for reason in result.reasons],
            "notes": list(result.notes),
            "reply": result.reply,
            "tokens": [result.prompt_tokens, result.answer_tokens],
            "seconds": round(result.seconds, 3),
        })  # fmt: skip

    def close(self, *, remove: bool) -> None:
        """Let go of the file; ``remove`` it when nothing is left to do."""
        self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)
        self._lock.release()

    def _key(self, request: GenerationRequest, what: str) -> str:
        asked = json.dumps(asdict(request), sort_keys=True).encode()
        return hashlib.sha256(b"\n".join((self._identity, asked, what.encode()))).hexdigest()[:32]

    def _take_key(self, clip: str, request: GenerationRequest) -> str:
        return self._key(request, f"take of {clip}")

    def _keep(self, key: str, record: dict[str, Any]) -> None:
        """Append one record; flushed to the system, so that killing the app keeps it."""
        record = {"key": key, **record}
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._writing:
            self._known[key] = record
            self._file.write(line)
            self._file.flush()


def _record(data: bytes) -> dict[str, Any] | None:
    """A record, or None for a line that is none."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and isinstance(record.get("key"), str) else None


def _result(record: dict[str, Any], target: int, description: str) -> KeyframeResult | None:
    """An answer as it was kept; None when the line is not as this class wrote it."""
    try:
        values = np.array(record["values"], np.float32)
        if values.shape != (CHANNEL_COUNT,) or not np.isfinite(values).all():
            return None
        prompt, answer = record["tokens"]
        return KeyframeResult(
            target,
            description,
            values,
            tuple(Reason(**reason) for reason in record["reasons"]),
            tuple(record["notes"]),
            record["reply"],
            prompt_tokens=int(prompt),
            answer_tokens=int(answer),
            seconds=float(record["seconds"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
