"""What a batch over a dataset has already done, kept so that a killed one goes on.

One file of JSON lines for each dataset, profile and model, in the user's state folder: every plan
and every keyframe as it was answered, every take as it was written.  It stays while anything is
left to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
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
from viewer.core.files import open_record

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


class LineLog:
    """Records as lines of JSON, appended one by one and found again by their key; only where each
    begins is kept in memory.  Any thread may call it.

    Parameters
    ----------
    path : Path
        The file; what is in it already counts.
    key_of : callable
        The key of a record, the last of which counts; None for one that does not.

    Raises
    ------
    OSError
        When the file cannot be opened or read.
    """

    def __init__(self, path: Path, key_of: Callable[[dict[str, Any]], str | None]) -> None:
        self.path = path
        self._key_of = key_of
        self._places: dict[str, int] = {}
        self._using = threading.Lock()
        self._file = open_record(path)
        self._file.seek(0)
        place, data = 0, b"\n"
        for data in self._file:
            self._place(_object(data), place)
            place += len(data)
        if not data.endswith(b"\n"):
            # The last line of a batch that was killed is not whole.
            self._file.write(b"\n")

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def record(self, key: str) -> dict[str, Any] | None:
        """What was kept under ``key``; None where nothing was, or where it is lost."""
        with self._using:
            if key not in self._places:
                return None
            self._file.seek(self._places[key])
            return _object(self._file.readline())

    def append(self, record: Mapping[str, Any]) -> None:
        """Keep a record; flushed to the system, so that killing the app keeps it.

        Raises :class:`FileError`.
        """
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        with self._using:
            try:
                place = self._file.seek(0, os.SEEK_END)
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                raise _unwritable(self.path, error) from error
            self._place(dict(record), place)

    def close(self, *, remove: bool) -> None:
        """Let go of the file; ``remove`` it when nothing is left to do."""
        self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)

    def _place(self, record: dict[str, Any] | None, place: int) -> None:
        key = None if record is None else self._key_of(record)
        if key is not None:
            self._places[key] = place


def _object(data: bytes) -> dict[str, Any] | None:
    """A record, or None for a line that is none."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _unwritable(path: Path, error: OSError) -> FileError:
    return FileError(f"cannot be written ({error.strerror})", "free some space, then run it again", path)


class BatchLog:
    """The memory of one batch.  Any thread may call it.

    Raises :class:`FileError` when it cannot be written or another process works on the same batch.
    """

    def __init__(self, root: Path, profile: str, backend: Backend, seeds: Sequence[int | None]) -> None:
        self._identity = identity(backend)
        name = "\n".join((str(root.resolve()), profile, self._identity.decode()))
        self.path = state_folder() / "batches" / f"{hashlib.sha256(name.encode()).hexdigest()[:20]}.jsonl"
        self.seeds = tuple(seeds)
        """Those of the first run, so that the rest of a batch is sampled as its beginning was."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(f"{self.path}.lock")
            self._lock.acquire(timeout=0)
            self._lines = LineLog(self.path, _key)
        except Timeout:
            what = "this dataset is being generated with this profile already"
            raise FileError(what, "wait for the other one, or stop it", root) from None
        except OSError as error:
            raise _unwritable(self.path, error) from error
        head = self._lines.record("batch")
        if head is None:
            facts = {"dataset": str(root), "profile": profile, "seeds": list(self.seeds)}
            self._keep("batch", {"format": _FORMAT, **facts})
        elif isinstance(first := head.get("seeds"), list) and len(first) == len(self.seeds):
            self.seeds = tuple(seed if isinstance(seed, int) else None for seed in first)

    # ---- takes -----------------------------------------------------------------------------

    def has_take(self, clip: str, request: GenerationRequest) -> bool:
        """Whether the take of a clip for this request was written."""
        return self._take_key(clip, request) in self._lines

    def keep_take(self, clip: str, request: GenerationRequest, take: str) -> None:
        """Note that ``take`` was written."""
        self._keep(self._take_key(clip, request), {"clip": clip, "take": take})

    # ---- answers ---------------------------------------------------------------------------

    def plan(self, request: GenerationRequest) -> tuple[PlannedKeyframe, ...] | None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        record = self._lines.record(self._key(request, "plan"))
        try:
            steps = record["plan"] if record is not None else ()
            return tuple(PlannedKeyframe(float(at), str(words)) for at, words in steps) or None
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    def keep_plan(self, request: GenerationRequest, plan: tuple[PlannedKeyframe, ...]) -> None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        self._keep(self._key(request, "plan"), {"plan": [[step.time, step.description] for step in plan]})

    def keyframe(self, request: GenerationRequest, target: int) -> KeyframeResult | None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        record = self._lines.record(self._key(request, str(target)))
        return None if record is None else _result(record, target, request.descriptions[target])

    def keep_keyframe(self, request: GenerationRequest, result: KeyframeResult) -> None:
        """See :class:`~annotator.core.generation.many.Memory`."""
        self._keep(
            self._key(request, str(result.target)),
            {
                "values": [float(value) for value in result.values],
                "reasons": [asdict(reason) for reason in result.reasons],
                "notes": list(result.notes),
                "reply": result.reply,
                "tokens": [result.prompt_tokens, result.answer_tokens],
                "seconds": round(result.seconds, 3),
            },
        )

    def close(self, *, remove: bool) -> None:
        """Let go of the file; ``remove`` it when nothing is left to do."""
        self._lines.close(remove=remove)
        self._lock.release()

    def _key(self, request: GenerationRequest, what: str) -> str:
        asked = json.dumps(asdict(request), sort_keys=True).encode()
        return hashlib.sha256(b"\n".join((self._identity, asked, what.encode()))).hexdigest()[:32]

    def _take_key(self, clip: str, request: GenerationRequest) -> str:
        return self._key(request, f"take of {clip}")

    def _keep(self, key: str, record: Mapping[str, Any]) -> None:
        self._lines.append({"key": key, **record})


def _key(record: Mapping[str, Any]) -> str | None:
    key = record.get("key")
    return key if isinstance(key, str) else None


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
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
