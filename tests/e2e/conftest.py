"""The studio as a person starts it: the real main.py in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    words: tuple[str, ...]
    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        """Its answer; AssertionError unless it succeeded and said nothing else anywhere."""
        assert (self.code, self.err) == (0, ""), f"{self.words}: {self.code}, {self.err}"

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} in JSON")

        return json.loads(self.out.decode("utf-8"), parse_constant=refuse)

    @property
    def error(self) -> str:
        """Its one line of error; AssertionError unless it failed with just that."""
        assert self.code == 1, f"{self.words}: exit {self.code}, {self.err}"
        return self._only_line()

    @property
    def usage(self) -> str:
        """Its one line about a wrong call; AssertionError unless that is what it was."""
        assert self.code == 2, f"{self.words}: exit {self.code}, {self.err}"
        assert not self.out
        return self._only_line()

    def _only_line(self) -> str:
        lines = self.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("error: "), f"{self.words}: {self.err}"
        assert " – " in lines[0], f"it does not say what to do: {lines[0]}"
        assert "Traceback" not in self.err and "unexpected" not in self.err, self.err
        return lines[0].removeprefix("error: ")


Studio = Callable[..., Ran]


def plain_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment without a display in which nothing of this machine's user is touched."""
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    names = {name: os.environ[name] for name in kept if name in os.environ}
    return {**names, "HOME": str(home), "LANG": "C.UTF-8", "NO_PROXY": "*", **more}


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of the processes; empty at first."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def studio(home: Path) -> Studio:
    """``studio(*words, cwd=None, env=None, seconds=60, **popen)`` runs one command."""

    def run(
        *words: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 60,
        **popen: Any,
    ) -> Ran:
        said = tuple(map(str, words))
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.PIPE)
        done = subprocess.run(
            [sys.executable, str(PROJECT / "main.py"), *said],
            stderr=subprocess.PIPE,
            cwd=cwd or home,
            env=plain_environment(home) if env is None else dict(env),
            timeout=seconds,
            check=False,
            **popen,
        )
        return Ran(said, done.returncode, done.stdout or b"", done.stderr.decode("utf-8", "replace"))

    return run


@pytest.fixture(scope="session")
def quick_studio(studio: Studio, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Like ``studio(*words)``, for many calls: libraries are loaded once (see forking.py)."""
    if not hasattr(os, "fork"):
        yield studio
        return
    folder, plain = tmp_path_factory.mktemp("runs"), plain_environment(home)
    server = subprocess.Popen(
        [sys.executable, str(PROJECT / "tests" / "e2e" / "forking.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=plain,
    )
    asks, answers = server.stdin, server.stdout
    assert asks is not None and answers is not None

    def run(
        *words: str | Path, cwd: Path = home, env: Mapping[str, str] | None = None, seconds: int = 30
    ) -> Ran:
        said = tuple(map(str, words))
        out, err = folder / "out", folder / "err"
        call = {
            "words": said,
            "folder": str(cwd),
            "environment": dict(plain if env is None else env),
            "out": str(out),
            "err": str(err),
            "seconds": seconds,
        }
        asks.write(json.dumps(call) + "\n")
        asks.flush()
        code = int(answers.readline())
        return Ran(said, code, out.read_bytes(), err.read_text("utf-8", "replace"))

    yield run
    asks.close()
    server.wait(10)
    answers.close()
