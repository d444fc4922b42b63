"""The commands of the command line that ask a model for many keyframes: files and datasets."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.cli.terminal import note
from annotator.core.generation.backends import backend_for, close_backend, model_of
from annotator.core.generation.profiles import Profile
from annotator.session.profiles import saved_profiles
from viewer.core.errors import DatasetError, GenerationError
from viewer.core.progress import Progress

if TYPE_CHECKING:
    from annotator.core.batch.dataset_run import Report
    from annotator.core.batch.requests_file import Summary
    from annotator.core.batch.selection import Chosen, Estimate, Selection
    from annotator.core.storage.dataset import Dataset


def answer_requests(
    requests: Path, out: Path | None, profile: Profile, progress: Progress
) -> tuple[Summary, str | None]:
    """A file of requests: what was done, and the results' text when ``out`` is None.

    Raises :class:`~viewer.core.errors.FileError`, :class:`GenerationError`.
    """
    from annotator.core.batch.requests_file import run_jsonl
    from viewer.core.files import make_folder_of, read_head

    read_head(requests, 1)
    answering = model_of(profile)
    try:
        if out is not None:
            make_folder_of(out)
            return run_jsonl(requests, out, answering, jobs=profile.jobs, progress=progress), None
        with tempfile.TemporaryDirectory(prefix="kfstudio-") as folder:
            results = Path(folder) / "results.jsonl"
            summary = run_jsonl(requests, results, answering, jobs=profile.jobs, progress=progress)
            return summary, results.read_text("utf-8").rstrip("\n")
    finally:
        close_backend(answering)


def is_dataset(path: Path) -> bool:
    """Whether ``path`` is a folder, which requests never are, or a dataset's own file."""
    return path.is_dir() or path.name == "dataset.json"


def generate_takes_of(
    path: Path,
    profile: Profile,
    selection: Selection,
    annotator_id: str | None,
    only_estimate: bool,
    progress: Progress,
) -> Estimate | Report:
    """A take for every chosen clip of a dataset, or what that would take.

    Raises :class:`DatasetError`, :class:`GenerationError`, :class:`~viewer.core.errors.FileError`.
    """
    from annotator.core.batch.dataset_run import generate_dataset
    from annotator.core.batch.log import BatchLog
    from annotator.core.batch.selection import choose, estimate
    from annotator.core.storage.annotators import respelled
    from annotator.core.storage.dataset import Dataset
    from annotator.session.settings import own_annotator_id
    from viewer.core.cancel import CancelToken

    name = annotator_id or own_annotator_id()
    dataset = Dataset.open(path, name)
    note(respelled(name, dataset.annotator_id))
    if not dataset.clips:
        raise DatasetError("this dataset has no clip yet", "add one first", path)
    profiles = saved_profiles()
    backend = backend_for(profile, profiles)
    try:
        log = BatchLog(dataset.root, profile.name, backend, profile.seeds())
        done = False
        try:
            chosen = choose(dataset, selection, profile, log.seeds, progress, others=annotator_id is None)
            if chosen.undecided:
                raise _undecided(chosen, dataset)
            if only_estimate:
                planner = profiles.planner_of(profile)
                progress(0, 0, "asking for one keyframe")
                return estimate(chosen, profile, planner, backend, log, CancelToken())
            report = generate_dataset(dataset, chosen, profile, backend, log, progress=progress)
            done = report.whole
            return report
        finally:
            log.close(remove=done)
    finally:
        close_backend(backend)


def _undecided(chosen: Chosen, dataset: Dataset) -> DatasetError:
    clip, names = chosen.undecided[0]
    people = sorted({name for _clip, names in chosen.undecided for name in names})
    more = f" (and {len(chosen.undecided) - 1} more clips)" if len(chosen.undecided) > 1 else ""
    return DatasetError(
        f"{clip}{more} was described by {', '.join(names)}, and not by {dataset.annotator_id}",
        f"choose whose keyframes are meant: --annotator with one of {', '.join(people)}",
        dataset.root,
    )


def profile_facts(test: str | None, progress: Progress) -> list[dict[str, Any]] | dict[str, Any]:
    """The saved profiles, or what the model of one says of itself.

    Raises :class:`GenerationError`, :class:`~viewer.core.errors.FileError`.
    """
    import msgspec

    from annotator.core.generation.local import LocalBackend
    from annotator.core.generation.server import ServerBackend
    from viewer.core.cancel import CancelToken

    if test is None:
        return [msgspec.to_builtins(profile) for profile in saved_profiles().all]
    backend = model_of(saved_profiles().get(test))
    if not isinstance(backend, ServerBackend | LocalBackend):
        raise GenerationError("the built-in model needs no connection", "test a server or a local model")
    try:
        found = backend.test_connection(CancelToken(), lambda news: progress(0, 0, news))
        return {"profile": test, **asdict(found)}
    finally:
        backend.close()
