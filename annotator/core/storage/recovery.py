"""Opening a clip for work: what a crash left in the journal comes back first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from annotator.core.begun import begun_span, with_begun
from annotator.core.edit import Kind
from annotator.core.findings import Finding
from annotator.core.model import ClipState
from annotator.core.rules import check_state, sorted_keyframes, sorted_spans, sorted_takes
from annotator.core.storage.annotators import twins_of
from annotator.core.storage.clashes import keep_with_files
from annotator.core.storage.clip_files import Annotation, annotation_to_json
from annotator.core.storage.clip_items import clash_of, merge_item
from annotator.core.storage.clip_parts import with_parts
from annotator.core.storage.clip_writer import SaveResult
from annotator.core.storage.git_marks import unfinished_merge
from annotator.core.storage.journal import Journal, JournalText, digest, journals_of, read_journal, try_lock
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.merge_rules import ANNOTATION_PART, PartClash
from annotator.core.storage.moved_journals import moved_journals
from annotator.core.storage.saver import DELAY, SaveError, Saver
from viewer.core.errors import DatasetError, EditError, StudioError


@dataclass(frozen=True)
class Replayed:
    """A journal laid over the files.  ``edits`` came back; ``clashes`` are parts that had been changed
    elsewhere since: ``state`` has our version of them."""

    state: ClipState
    edits: int
    clashes: tuple[PartClash, ...]
    times: tuple[datetime, ...]


@dataclass(frozen=True)
class OpenClip:
    """A clip being worked on.  ``recovered`` is what to tell about recovered edits, or empty."""

    loaded: LoadedClip
    saver: Saver
    recovered: str


def open_clip(
    loaded: LoadedClip,
    *,
    on_saving: Callable[[], None] = lambda: None,
    on_saved: Callable[[SaveResult], None] = lambda result: None,
    on_failed: Callable[[SaveError], None] = lambda fault: None,
    delay: float = DELAY,
    carried: Sequence[JournalText] = (),
) -> OpenClip:
    """Start working on a loaded clip: recover what a crash left, and save from now on.

    The callbacks are :class:`Saver`'s; ``carried`` are the edits of one that could not save them where
    the clip lay before.  Raises :class:`~viewer.core.errors.FileError` when the user's state folder
    cannot be written, :class:`DatasetError` when not all that was carried could be kept.
    """
    saver = Saver(loaded, on_saving=on_saving, on_saved=on_saved, on_failed=on_failed, delay=delay)
    messages: list[str] = []
    findings = [*loaded.findings, *_twin_findings(loaded)]
    state = loaded.state
    inherited: list[Journal] = []
    if loaded.clashes:
        keep_with_files(loaded.place, loaded.clashes)
    left_behind = _left_behind(loaded, saver.journal_path, findings)
    for text, left in [*((text, None) for text in carried), *left_behind]:
        on_disk = digest(loaded.on_disk.get(loaded.place.annotation_file))
        replayed = replay(state, text, on_disk, alone=loaded.place.clip_file is None)
        if replayed.clashes and not _keep_theirs(loaded, replayed, messages):
            if left is None:
                for _text, journal in left_behind:
                    journal.close()
                saver.close()
                raise DatasetError(" ".join(messages), "try again", loaded.place.annotation_file)
            left.close()
            continue
        state = replayed.state
        if left is not None:
            inherited.append(left)
        if replayed.edits:
            messages.insert(0, _message(replayed))
    if saver.slot > sum(journal.path in journals_of(loaded.place) for journal in inherited):
        findings.append(
            Finding(
                "warning",
                loaded.place.id,
                "this clip is already open in another window",
                "what is done in one comes into the other; work in one of them at a time",
            )
        )
    if inherited or carried or any(unfinished_merge(data) for data in loaded.on_disk.values()):
        saver.submit(state)
        saver.inherit(inherited)
    return OpenClip(replace(loaded, state=state, findings=tuple(findings)), saver, " ".join(messages))


def _twin_findings(loaded: LoadedClip) -> list[Finding]:
    own = loaded.place.annotation_file
    return [
        Finding(
            "warning",
            twin.name,
            f"on Windows and macOS it is one file with {own.name}, and one is lost in a copy",
            "merge the two, or rename it if it is somebody else's",
        )
        for twin in twins_of(own)
    ]


def _left_behind(loaded: LoadedClip, own: Path, findings: list[Finding]) -> list[tuple[JournalText, Journal]]:
    """The journals no window holds any more, now held here, oldest first."""
    found = []
    place = loaded.place
    moved = moved_journals(place, loaded.on_disk.get(place.annotation_file))
    for path in [*journals_of(place), *moved]:
        lock = None if path == own else try_lock(path)
        if lock is None:
            continue
        try:
            text = read_journal(path, loaded.earlier_rotations())
        except StudioError as fault:
            findings.append(Finding("warning", path.name, fault.what, fault.todo))
            lock.release()
            continue
        found.append((text, Journal(place, path, lock)))
    return sorted(found, key=lambda pair: [edit.at for edit in pair[0].edits[:1]])


def replay(state: ClipState, journal: JournalText, on_disk: str = "", alone: bool = False) -> Replayed:
    """Set what the journal changed to its last value there.

    Each line says what an item was before and after, so it does not matter how much of the journal
    had been saved, and what others changed since is merged with it by its parts.  ``on_disk`` is the
    digest of the annotation file, which tells how many edits were missing; ``alone`` says that the clip
    is a file without a dataset.
    """
    chains: dict[tuple[Kind, str], list[Any]] = {}
    for edit in journal.edits:
        for item in edit.items:
            chain = chains.setdefault((item.kind, item.id), [item.before])
            chain.append(item.after)
    merged = state
    clashes: list[PartClash] = []
    for (kind, id), chain in chains.items():
        current = _item(state, kind, id)
        if current in chain:
            merged = _set(merged, kind, id, chain[-1])
        else:
            value, found = merge_item(kind, id, chain, current)
            merged = _set(merged, kind, id, value)
            clashes += [clash_of(alone, kind, id, clash) for clash in found]
    try:
        check_state(merged)
    except EditError:
        # Two keyframes at one time are moved apart as in a file.
        work = Annotation(merged.status, merged.keyframes, merged.spans, extra=merged.extra)
        merged = with_parts(merged, {}, {ANNOTATION_PART: annotation_to_json(work)})
    last_saved = journal.saved.get(on_disk, 0)
    missing = [edit for edit in journal.edits if edit.seq > last_saved] or list(journal.edits[-1:])
    came_back = missing if merged != state else []
    times = tuple(edit.at for edit in came_back)
    return Replayed(merged, len(came_back), tuple(clashes), times)


def _item(state: ClipState, kind: str, id: str) -> Any:
    if kind == "clip":
        return state.clip
    if kind == "status":
        return state.status
    if kind == "begun":
        return begun_span(state)
    things: Mapping[str, Sequence[Any]] = {
        "keyframe": state.keyframes,
        "span": state.spans,
        "take": state.takes,
    }
    return next((thing for thing in things[kind] if thing.id == id), None)


def _set(state: ClipState, kind: str, id: str, value: Any) -> ClipState:
    if kind == "clip":
        return replace(state, clip=value)
    if kind == "status":
        return replace(state, status=value)
    if kind == "begun":
        return with_begun(state, value)

    def others(things: Sequence[Any]) -> list[Any]:
        kept = [thing for thing in things if thing.id != id]
        return kept if value is None else [*kept, value]

    if kind == "keyframe":
        return replace(state, keyframes=sorted_keyframes(others(state.keyframes)))
    if kind == "span":
        return replace(state, spans=sorted_spans(others(state.spans)))
    return replace(state, takes=sorted_takes(others(state.takes)))


def _message(replayed: Replayed) -> str:
    first, last = min(replayed.times), max(replayed.times)
    day = "" if last.date() == datetime.now().date() else f" on {last:%d %B %Y}"
    start, end = f"{first:%H:%M}", f"{last:%H:%M}"
    when = f"at {end}" if start == end else f"from {start} to {end}"
    edits = "1 edit" if replayed.edits == 1 else f"{replayed.edits} edits"
    return f"Recovered {edits} made {when}{day}."


def _keep_theirs(loaded: LoadedClip, replayed: Replayed, messages: list[str]) -> bool:
    """Keep their version of what clashes; False, with the journal to be left alone, if that fails."""
    count = len(replayed.clashes)
    things = "1 change" if count == 1 else f"{count} changes"
    try:
        keep_with_files(loaded.place, replayed.clashes)
    except (StudioError, OSError) as fault:
        messages.append(f"{things} could not be recovered yet: {fault}.")
        return False
    messages.append(f"{things} had been made elsewhere since.")
    return True
