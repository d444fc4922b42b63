"""Whole files of requests: KeyframeFace request JSONL in, result JSONL out, same order.

While it runs, every answer is appended to ``<results>.partial`` with a digest of its request,
so that a run that was killed or cancelled goes on without asking again.  The results appear
in one piece at the end; the partial file stays only while a retry could still mend something.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.core.batch.engine import Batch, Verdict
from annotator.core.batch.engine import Summary as Done
from annotator.core.batch.log import LineLog, identity
from annotator.core.generation.answering import answer
from annotator.core.generation.prompts import parse_request
from annotator.core.generation.protocol import Backend
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, GenerationError
from viewer.core.files import atomic_write, decode_text, open_plain
from viewer.core.formats.keyframeface import reply_text
from viewer.core.progress import Progress, no_progress

LINE_LIMIT = 4 * 2**20
"""Bytes of the longest request line that is read."""

_NO_TEXT = 64 * 2**20


@dataclass(frozen=True)
class Summary:
    """What a batch did.  ``failed`` counts lines with an error; ``reused`` those answered by an
    earlier run; ``first_error`` says what went wrong first; ``gave_up`` why it stopped before all
    was asked, if it did."""

    path: str
    total: int
    failed: int
    reused: int
    seconds: float
    first_error: str = ""
    gave_up: str = ""

    @property
    def todo(self) -> str:
        """What to do about the failed lines; empty when there are none."""
        return "run it again to retry only these" if self.failed else ""


@dataclass(frozen=True)
class _Line:
    index: int
    digest: str
    text: str
    fault: str

    @property
    def key(self) -> str:
        return f"{self.index}:{self.digest}"


@dataclass(frozen=True)
class _Outcome:
    """What became of a line: its error, whether that is the model's, so that asking again could mend
    it, and whether nobody answered."""

    error: str
    of_model: bool
    unreachable: bool


def _lines(path: Path, salt: bytes) -> Iterator[_Line]:
    """The requests of a file that are not blank, streamed.  Raises :class:`FileError`."""
    index = 0
    try:
        with open_plain(path) as file:
            while data := file.readline(LINE_LIMIT + 1):
                fault = ""
                if len(data) > LINE_LIMIT:
                    fault = "this request is longer than 4 MB – shorten it"
                    skipped = len(data)
                    while data and not data.endswith(b"\n"):
                        data = file.readline(LINE_LIMIT)
                        skipped += len(data)
                        if skipped > _NO_TEXT:
                            what = f"it is not a file of requests: line {index + 1} is endless"
                            raise FileError(what, "write one JSON object per line", path)
                    data = b"too long"
                text = ""
                try:
                    text = decode_text(data, path).strip().lstrip("\ufeff")
                except FileError:
                    fault = "this line is not text – write one JSON object per line"
                if not text and not fault:
                    continue
                yield _Line(index, hashlib.sha256(salt + data.strip()).hexdigest()[:24], text, fault)
                index += 1
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", "check its permissions", path) from error


def _error_record(error: str) -> dict[str, Any]:
    return {"response": "", "error": error}


def _key(record: Mapping[str, Any]) -> str | None:
    """The line that a record of the partial file is about."""
    whole = isinstance(record.get("result"), dict) and {"line", "request"} <= record.keys()
    return f"{record['line']}:{record['request']}" if whole else None


def _open_partial(path: Path) -> LineLog:
    try:
        return LineLog(path, _key)
    except IsADirectoryError as error:
        raise FileError("is a folder", "choose another name for the results", path) from error
    except FileNotFoundError as error:
        raise FileError("its folder does not exist", "create the folder first", path) from error
    except OSError as error:
        raise FileError(f"cannot be written ({error.strerror})", "choose another place", path) from error


class _Run:
    """One run over a file: which lines are asked, and what becomes of each."""

    def __init__(
        self,
        requests: Path,
        backend: Backend,
        partial: LineLog,
        jobs: int,
        total: int,
        progress: Progress,
        cancel: CancelToken,
    ) -> None:
        self._requests, self._backend, self._partial = requests, backend, partial
        self._salt = identity(backend)
        self._total, self._progress = total, progress
        self._batch = Batch(self._ask, self._take, jobs=jobs, cancel=cancel)
        self.retriable, self.failed, self.first_error = False, 0, ""

    def through(self) -> Done:
        """Ask for what has no answer."""
        return self._batch.run(self._missing())

    def _missing(self) -> Iterator[list[_Line]]:
        """Those never asked come before those that failed: the same failures at the beginning of
        every run must not keep it from the rest."""
        failed = set[str]()
        for line in _lines(self._requests, self._salt):
            known = self._partial.record(line.key)
            if known is None:
                yield [line]
            elif "error" in known["result"]:
                failed.add(line.key)
                yield []
            else:
                self._batch.skip()
                yield []
        self._tell("answers")
        for line in _lines(self._requests, self._salt) if failed else ():
            yield [line] if line.key in failed else []

    def _ask(self, line: _Line, cancel: CancelToken) -> _Outcome:
        """Keep the result of a line."""
        error, record = line.fault, dict[str, Any]()
        of_model = unreachable = False
        if not error:
            try:
                request, target = parse_request(line.text)
            except GenerationError as fault:
                error = fault.line()
            else:
                result = answer(self._backend, request, target, cancel)
                error, of_model, unreachable = result.error, True, result.unreachable
                record = {"response": reply_text(result.values, target + 1)}
                if result.reply and result.notes:
                    # What was odd in a model's reply is told where its values are.
                    record["notes"] = list(result.notes)
        record = _error_record(error) if error else record
        self._partial.append({"line": line.index, "request": line.digest, "result": record})
        return _Outcome(error, of_model, unreachable)

    def _take(self, line: _Line, outcome: _Outcome) -> Verdict:
        error = outcome.error
        self.retriable = self.retriable or bool(error and outcome.of_model)
        self._tell(f"request {line.index + 1}", 1)
        return Verdict(
            made=not error,
            failed=bool(error),
            error=error if outcome.of_model else None,
            unreachable=outcome.unreachable,
        )

    def _tell(self, what: str, more: int = 0) -> None:
        batch = self._batch
        self._progress(batch.made + batch.failed + batch.skipped + more, self._total, what)

    def results(self, gave_up: str) -> Iterator[bytes]:
        """The records in the order of the requests; counts those that failed."""
        for line in _lines(self._requests, self._salt):
            record = self._result(line, gave_up)
            if "error" in record:
                self.failed += 1
                self.first_error = self.first_error or record["error"]
            text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
            yield text.encode("utf-8", "replace") + b"\n"

    def _result(self, line: _Line, gave_up: str) -> dict[str, Any]:
        if (known := self._partial.record(line.key)) is not None:
            result: dict[str, Any] = known["result"]
            return result
        if line.key in self._partial:
            return _error_record("its answer was lost – run it again")
        if gave_up:
            return _error_record(f"it was not asked, because one answer after the other failed: {gave_up}")
        raise FileError("changed while it was answered", "run it again", self._requests)


def run_jsonl(
    requests_path: Path | str,
    results_path: Path | str,
    backend: Backend,
    jobs: int = 4,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Summary:
    """Answer a file of requests with up to ``jobs`` at once.

    Every request that is not blank gets one line: ``{"response": text}``, with ``"notes"`` where a
    model's reply was odd, or ``{"response": "", "error": words}`` where it or its answer is unusable.
    An earlier run's ``.partial`` file (same requests, same model) is taken up.
    When one answer after the other fails, it gives up, and what was not asked says so.  ``progress``
    is called from the calling thread.
    Raises :class:`FileError`, :class:`~viewer.core.errors.Cancelled`,
    :class:`~annotator.core.generation.keys.PlainHttpError`.
    """
    requests, results = Path(requests_path), Path(results_path)
    token = cancel or CancelToken()
    token.check()
    began = time.monotonic()
    total = sum(1 for _ in _lines(requests, b""))
    if not total:
        raise FileError(
            "there is no request in it", "write one JSON object with “messages” per line", requests
        )
    if results.is_dir():
        raise FileError("is a folder", "give the name of a file for the results", results)
    if results.exists() and not results.is_file():
        raise FileError("is not a plain file", "give the name of a file for the results", results)
    if results.exists() and results.samefile(requests):
        raise FileError("the results would replace the requests", "choose another name", results)
    partial = _open_partial(results.with_name(results.name + ".partial"))
    finished = False
    try:
        run = _Run(requests, backend, partial, jobs, total, progress, token)
        done = run.through()
        atomic_write(results, run.results(done.gave_up))
        finished = not (run.retriable or done.gave_up)
    finally:
        partial.close(remove=finished or not partial)
    return Summary(
        str(results),
        total,
        run.failed,
        done.skipped,
        round(time.monotonic() - began, 3),
        run.first_error,
        done.gave_up,
    )
