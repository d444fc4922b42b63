"""Whole files of requests: KeyframeFace request JSONL in, result JSONL out, same order.

While it runs, every answer is appended to ``<results>.partial`` with a digest of its request,
so that a run that was killed or cancelled goes on without asking again.  The results appear
in one piece at the end; the partial file stays only while a retry could still mend something.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from annotator.core.batch.log import identity
from annotator.core.generation.answering import answer
from annotator.core.generation.prompts import parse_request
from annotator.core.generation.protocol import Backend, KeyframeResult
from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, GenerationError
from viewer.core.files import TEMPORARY_PREFIX, decode_text
from viewer.core.formats.keyframeface import reply_text
from viewer.core.progress import Progress, no_progress

LINE_LIMIT = 4 * 2**20
"""Bytes of the longest request line that is read."""

_NO_TEXT = 64 * 2**20


@dataclass(frozen=True)
class Summary:
    """What a batch did.  ``failed`` counts lines with an error; ``reused`` those answered by an
    earlier run; ``first_error`` says what went wrong first."""

    path: str
    total: int
    failed: int
    reused: int
    seconds: float
    first_error: str = ""

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


def _lines(path: Path, salt: bytes) -> Iterator[_Line]:
    """The requests of a file that are not blank, streamed.  Raises :class:`FileError`."""
    index = 0
    try:
        with path.open("rb") as file:
            while data := file.readline(LINE_LIMIT + 1):
                fault = ""
                if len(data) > LINE_LIMIT:
                    fault = "this request is longer than 4 MB – shorten it"
                    skipped = len(data)
                    while data and not data.endswith(b"\n"):
                        data = file.readline(LINE_LIMIT)
                        skipped += len(data)
                        if skipped > _NO_TEXT:
                            what = f"it is no file of requests: line {index + 1} is endless"
                            raise FileError(what, "write one JSON object a line", path)
                    data = b"too long"
                text = ""
                try:
                    text = decode_text(data, path).strip().lstrip("\ufeff")
                except FileError:
                    fault = "this line is not text – write one JSON object a line"
                if not text and not fault:
                    continue
                yield _Line(index, hashlib.sha256(salt + data.strip()).hexdigest()[:24], text, fault)
                index += 1
    except IsADirectoryError as error:
        raise FileError("is a folder", "choose a file of requests", path) from error
    except FileNotFoundError as error:
        raise FileError("there is no such file", "check the name", path) from error
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", "check its permissions", path) from error


def _error_record(error: str) -> dict[str, str]:
    return {"response": "", "error": error}


def _answer(line: _Line, backend: Backend, cancel: CancelToken) -> tuple[dict[str, str], bool]:
    """The result record of one line, and whether asking again could change it."""
    if line.fault:
        return _error_record(line.fault), False
    try:
        request, target = parse_request(line.text)
    except GenerationError as fault:
        return _error_record(fault.line()), False
    result: KeyframeResult = answer(backend, request, target, cancel)
    if result.error:
        return _error_record(result.error), True
    return {"response": reply_text(result.values, target + 1)}, True


class _Partial:
    """The log beside the results: one JSON record a finished line, in order of finishing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.places: dict[str, int] = {}
        """Where the answered record of a request begins, by its index and digest."""
        self._file = self._open()

    def _open(self) -> IO[bytes]:
        try:
            file = self.path.open("a+b")
            file.seek(0)
            place = 0
            while data := file.readline():
                record = self._read(data)
                if record is not None and "error" not in record["result"]:
                    self.places[f"{record['line']}:{record['request']}"] = place
                place += len(data)
            if place and not data.endswith(b"\n"):
                file.write(b"\n")
        except IsADirectoryError as error:
            raise FileError("is a folder", "choose another name for the results", self.path) from error
        except FileNotFoundError as error:
            raise FileError("its folder does not exist", "create the folder first", self.path) from error
        except OSError as error:
            raise FileError(
                f"cannot be written ({error.strerror})", "choose another place", self.path
            ) from error
        return file

    @staticmethod
    def _read(data: bytes) -> dict[str, Any] | None:
        """A record, or None for a line that a crash cut off."""
        try:
            record = json.loads(data)
        except ValueError:
            return None
        whole = isinstance(record, dict) and isinstance(record.get("result"), dict)
        return record if whole and {"line", "request"} <= record.keys() else None

    def has(self, line: _Line) -> bool:
        return f"{line.index}:{line.digest}" in self.places

    def add(self, line: _Line, result: Mapping[str, str]) -> None:
        """Append one record; flushed to the system, so that killing the app keeps it."""
        place = self._file.seek(0, os.SEEK_END)
        record = {"line": line.index, "request": line.digest, "result": result}
        self._file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        self._file.flush()
        self.places[f"{line.index}:{line.digest}"] = place

    def result(self, line: _Line) -> dict[str, str]:
        self._file.seek(self.places[f"{line.index}:{line.digest}"])
        record = self._read(self._file.readline())
        return record["result"] if record is not None else _error_record("its answer was lost – run it again")

    def close(self, *, remove: bool) -> None:
        self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)


def _write_results(path: Path, requests: Path, salt: bytes, partial: _Partial) -> tuple[int, str]:
    """Put the records in order into ``path``, at once; how many failed, and the first error."""
    failed, first = 0, ""
    temporary = path.resolve().parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            for line in _lines(requests, salt):
                record = partial.result(line)
                if "error" in record:
                    failed += 1
                    first = first or record["error"]
                line_text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
                file.write(line_text.encode("utf-8", "replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path.resolve())
    except KeyError as error:
        raise FileError("changed while it was answered", "run it again", requests) from error
    except OSError as error:
        raise FileError(f"cannot be written ({error.strerror})", "choose another place", path) from error
    finally:
        temporary.unlink(missing_ok=True)
    return failed, first


def run_jsonl(
    requests_path: Path | str,
    results_path: Path | str,
    backend: Backend,
    jobs: int = 4,
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Summary:
    """Answer a file of requests with up to ``jobs`` at once.

    Every request that is not blank gets one line: ``{"response": text}``, or
    ``{"response": "", "error": words}`` where it or its answer is unusable.  An earlier run's
    ``.partial`` file (same requests, same model) is taken up.  ``progress`` is called from the
    calling thread.  Raises :class:`FileError`, :class:`~viewer.core.errors.Cancelled`.
    """
    requests, results = Path(requests_path), Path(results_path)
    token = cancel or CancelToken()
    token.check()
    began = time.monotonic()
    salt = identity(backend)
    total = sum(1 for _ in _lines(requests, salt))
    if not total:
        raise FileError("there is no request in it", "write one JSON object with “messages” a line", requests)
    if results.is_dir():
        raise FileError("is a folder", "give the name of a file for the results", results)
    if results.exists() and not results.is_file():
        raise FileError("is no plain file", "give the name of a file for the results", results)
    if results.exists() and results.samefile(requests):
        raise FileError("the results would replace the requests", "choose another name", results)
    partial = _Partial(results.with_name(results.name + ".partial"))
    reused, retriable, finished = 0, False, False
    try:
        waiting: dict[Future[tuple[dict[str, str], bool]], _Line] = {}
        done = 0

        def collect(*, most: int) -> None:
            nonlocal done, retriable
            while len(waiting) > most:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    line = waiting.pop(future)
                    record, again = future.result()
                    partial.add(line, record)
                    retriable = retriable or ("error" in record and again)
                    done += 1
                    progress(done, total, f"request {line.index + 1}")

        with ThreadPoolExecutor(max(1, jobs), "generate") as pool:
            try:
                for line in _lines(requests, salt):
                    if partial.has(line):
                        reused += 1
                        done += 1
                        continue
                    token.check()
                    waiting[pool.submit(_answer, line, backend, token)] = line
                    # A few more than the jobs, so that no worker waits for the log.
                    collect(most=2 * max(1, jobs))
                progress(done, total, "answers")
                collect(most=0)
            except BaseException:
                # Also an interrupt from the keyboard must not wait for slow answers.
                token.cancel()
                pool.shutdown(cancel_futures=True)
                for future, line in waiting.items():
                    if not future.cancelled() and future.exception() is None:
                        partial.add(line, future.result()[0])
                raise
        failed, first = _write_results(results, requests, salt, partial)
        finished = True
    finally:
        partial.close(remove=finished and not retriable)
    return Summary(str(results), total, failed, reused, round(time.monotonic() - began, 3), first)
