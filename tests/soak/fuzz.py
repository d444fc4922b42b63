"""Reads damaged files of every kind until something other than a plain refusal comes out.

``python -m tests.soak.fuzz --runs 18000 --seed 1 --seconds 1200 --json out/fuzz.json``

Each run damages one sound file (:mod:`tests.soak.mutations`), hands it to its reader
(:mod:`tests.soak.readers`) in a process of its own kind, and counts what came: read, refused (a
:class:`StudioError` or Cancelled), something outside of its folder touched, traceback, hang, too much
memory, or a process that died.  Which
damage a run does hangs on the seed and its number alone: ``--only READER --run N`` repeats one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.soak.mutations import mutated
from tests.soak.reader import LINK, OUTSIDE

ROOM = 512 * 2**20
"""Bytes that reading a small file may take beside what the process holds anyway."""
PATIENCE = 20.0
"""Seconds after which a run counts as hung."""
_SHOWN = 5
_LINKS = 0.05
"""The share of links that lead out, of the damage to a fenced file."""


def case_of(reader: Any, seed: int, run: int) -> dict[str, bytes]:
    """The files of one run."""
    chance = random.Random(f"{seed} {reader.name} {run}")
    sound = reader.files[reader.target]
    outside = {f"../{OUTSIDE}/kept": sound}
    if reader.fenced and chance.random() < _LINKS:
        return {**outside, **reader.files, reader.target: LINK}
    return {**outside, **reader.files, reader.target: mutated(sound, chance, reader.kind)}


def lay(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of a case."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if data == LINK:
            path.symlink_to(folder.parent / OUTSIDE / "kept")
        else:
            path.write_bytes(data)


class _Outside:
    """What happens to the files that lie outside of a case while it is read."""

    def __init__(self) -> None:
        self._folder = ""
        self._opened: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and self._folder and isinstance(given[0], str | bytes):
            folder, name = os.path.split(os.fsdecode(given[0]))
            followed = not given[2] & getattr(os, "O_NOFOLLOW", 0)
            path = os.path.realpath(given[0]) if followed else f"{os.path.realpath(folder)}/{name}"
            if os.fsdecode(path).startswith(self._folder):
                self._opened.append(name)

    @contextlib.contextmanager
    def watched(self, folder: Path) -> Iterator[list[str]]:
        """Faults are noted in what is yielded, when the block has ended."""
        outside = folder.parent / OUTSIDE
        before, faults = _held(outside), list[str]()
        # What stands beside a case is made before the first one.
        beside = {path.name for path in folder.parent.iterdir()}
        self._opened, self._folder = [], os.path.realpath(outside) + os.sep
        try:
            yield faults
        finally:
            self._folder = ""
            made = {path.name for path in folder.parent.iterdir()} - beside - _own_folders()
            faults += ["opened"] if self._opened else []
            faults += ["changed"] if _held(outside) != before or made else []


def _own_folders() -> set[str]:
    """The names of the folders that the studio keeps its own files in."""
    found = (os.environ.get(name) for name in ("KFSTUDIO_STATE_DIR", "KFSTUDIO_CONFIG_DIR", "XDG_CACHE_HOME"))
    return {Path(folder).name for folder in found if folder}


def _held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


_outside = _Outside()


def run_case(reader: Any, files: dict[str, bytes], folder: Path) -> tuple[str, str]:
    """What came of it (``read``, ``refused``, ``outside``, ``memory`` or ``traceback``) and where."""
    shutil.rmtree(folder, ignore_errors=True)
    lay(files, folder)
    with _outside.watched(folder) as faults:
        found = _read(reader, folder)
    if reader.fenced and faults:
        return "outside", f"{reader.name}: a file outside of the folder was {' and '.join(faults)}"
    return found


def _read(reader: Any, folder: Path) -> tuple[str, str]:
    from viewer.core.errors import Cancelled, StudioError

    try:
        reader.read(folder)
    except (StudioError, Cancelled) as error:
        return "refused", str(error)[:200]
    except MemoryError:
        return "memory", _place(sys.exc_info()[2])
    except BaseException as error:
        return "traceback", f"{type(error).__name__} in {_place(error.__traceback__)}: {str(error)[:200]}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "read", ""


def _place(trace: Any) -> str:
    """The innermost line of the studio."""
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if "/annotator/" in frame.filename or "/viewer/" in frame.filename]
    last = (ours or frames)[-1]
    return f"{'/'.join(Path(last.filename).parts[-3:])}:{last.lineno} {last.name}"


def limit_memory(room: int) -> None:
    """Let this process take ``room`` bytes more, where the system can say so."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    except (ImportError, OSError):
        return
    held = pages * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + room, resource.RLIM_INFINITY))


def _work(pipe: Connection, seed: int, folder: Path) -> None:
    """A worker: gets (reader's name, run), says what came."""
    logging.disable(logging.CRITICAL)
    # What numpy only warns of is arithmetic with what nobody looked at.
    warnings.simplefilter("error", RuntimeWarning)
    os.environ["KFSTUDIO_STATE_DIR"] = str(folder / "state")
    os.environ["KFSTUDIO_CONFIG_DIR"] = str(folder / "config")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    from tests.soak.readers import readers

    with contextlib.redirect_stderr(None):
        known = {reader.name: reader for reader in readers(folder / "sound")}
        for reader in known.values():
            lay(reader.files, folder / "case")
            reader.read(folder / "case")
            shutil.rmtree(folder / "case")
    pipe.send(list(known))
    limit_memory(ROOM)
    while (asked := pipe.recv()) is not None:
        reader = known[asked[0]]
        pipe.send(run_case(reader, case_of(reader, seed, asked[1]), folder / "case"))


class Worker:
    """A process that reads; another one takes its place when it hangs or dies."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._context = multiprocessing.get_context("spawn")
        self.names: list[str] = []
        self._start()

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kfstudio-fuzz-"))
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_work, args=(theirs, self._seed, self._folder), daemon=True
        )
        self._process.start()
        theirs.close()
        self.names = self._pipe.recv()

    def run(self, name: str, number: int) -> tuple[str, str]:
        """What came of one run."""
        try:
            self._pipe.send((name, number))
            if self._pipe.poll(PATIENCE):
                found: tuple[str, str] = self._pipe.recv()
                return found
            what = "hang", f"no answer after {PATIENCE:g} s"
        except (EOFError, ConnectionError):
            self._process.join(5)
            what = "died", f"exit code {self._process.exitcode}"
        self._stop()
        self._start()
        return what

    def _stop(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """End it."""
        self._stop()


@contextlib.contextmanager
def worker(seed: int) -> Iterator[Worker]:
    """A worker for a block."""
    made = Worker(seed)
    try:
        yield made
    finally:
        made.close()


def fuzz(runs: int, seed: int, seconds: float, only: str = "", first: int = 0) -> dict[str, Any]:
    """Run until ``runs`` or ``seconds`` are over; counts by reader, and faults by place."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    faults: dict[str, dict[str, Any]] = {}
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    began, done = time.monotonic(), 0
    with worker(seed) as at_work:
        names = [name for name in at_work.names if only in name]
        for number in range(first, first + runs):
            if time.monotonic() - began > seconds:
                break
            name = names[number % len(names)]
            what, where = at_work.run(name, number)
            done += 1
            counts[name][what] += 1
            if what == "refused":
                reasons[name][re.sub(r"\d+", "#", where)] += 1
            if what not in ("read", "refused"):
                place = f"{what}: {where.partition(': ')[0]}" if what != "hang" else f"hang: {name}"
                fault = faults.setdefault(place, {"count": 0, "where": where, "runs": []})
                fault["count"] += 1
                fault["runs"] = [*fault["runs"], [name, number]][:_SHOWN]
                print(f"{name} run {number}: {what} {where}", flush=True)
    total = sum(counts.values(), Counter())
    return {
        "runs": done,
        "seed": seed,
        "seconds": round(time.monotonic() - began, 1),
        "total": dict(total),
        "readers": {name: dict(count) for name, count in sorted(counts.items())},
        "reasons": {name: dict(count.most_common(_SHOWN)) for name, count in sorted(reasons.items())},
        "faults": faults,
    }


def main() -> int:
    """The long form; 1 when anything but reading and refusing was seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=18000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--only", default="", help="readers whose name holds this")
    parser.add_argument("--run", type=int, help="repeat this run of --only here, with its traceback")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.run is not None:
        return _repeat(asked.only, asked.seed, asked.run)
    found = fuzz(asked.runs, asked.seed, asked.seconds, asked.only)
    text = json.dumps(found, indent=2)
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(text + "\n")
    print(text)
    return 1 if found["faults"] else 0


def _repeat(only: str, seed: int, run: int) -> int:
    folder = Path(tempfile.mkdtemp(prefix="kfstudio-fuzz-"))
    os.environ["KFSTUDIO_STATE_DIR"] = str(folder / "state")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    from tests.soak.readers import readers

    reader = next(reader for reader in readers(folder / "sound") if reader.name == only)
    files = case_of(reader, seed, run)
    lay(files, folder / "case")
    print(f"the files lie in {folder / 'case'}: {reader.target} was damaged")
    reader.read(folder / "case")
    return 0


if __name__ == "__main__":
    sys.exit(main())
