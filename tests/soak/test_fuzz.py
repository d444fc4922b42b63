"""The short form of :mod:`tests.soak.fuzz`: the same damage at every run, in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.fuzz import case_of, run_case
from tests.soak.reader import Reader
from tests.soak.readers import readers

RUNS = 3


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> list[Reader]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("sound")
        patch.setenv("KFSTUDIO_STATE_DIR", str(folder / "state"))
        return readers(folder)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KFSTUDIO_STATE_DIR", "KFSTUDIO_CONFIG_DIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.mark.slow
def test_damaged_files_of_every_kind_are_read_or_refused_in_words(
    known: list[Reader], tmp_path: Path
) -> None:
    for reader in known:
        for run in range(RUNS):
            what, where = run_case(reader, case_of(reader, 7, run), tmp_path / "case")
            assert what in ("read", "refused"), f"{reader.name} run {run}: {what} {where}"


def test_a_damage_is_the_same_whenever_it_is_done(known: list[Reader]) -> None:
    for reader in known:
        assert case_of(reader, 1, 5) == case_of(reader, 1, 5)
    assert case_of(known[0], 1, 5) != case_of(known[0], 1, 6)
    assert case_of(known[0], 1, 5) != case_of(known[0], 2, 5)


def test_what_else_than_a_refusal_comes_out_is_named(tmp_path: Path) -> None:
    def fails(folder: Path) -> object:
        raise ZeroDivisionError("no way")

    def fills(folder: Path) -> object:
        raise MemoryError

    files = {"a": b"x"}
    what, where = run_case(Reader("r", files, "a", "bytes", fails), files, tmp_path / "case")
    assert what == "traceback" and where.startswith("ZeroDivisionError in") and where.endswith("no way")
    assert run_case(Reader("r", files, "a", "bytes", fills), files, tmp_path / "case")[0] == "memory"
