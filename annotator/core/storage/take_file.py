"""takes/<id>.json: JSON to the values of a take and back, here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotator.core.findings import Finding
from annotator.core.model import Foreign, KeyAnswer, Provenance, Reason, TakeInfo, TakeRequest, Vote
from annotator.core.rules import check_take
from annotator.core.storage.parts import (
    UNUSABLE,
    Json,
    Kind,
    Told,
    Write,
    encoded,
    list_of,
    number,
    part_of,
    plain,
    seconds,
    text,
    texts_of,
    whole,
)
from annotator.core.storage.performance_file import PERFORMANCE, performance_of
from viewer.core.channels import INDEX
from viewer.core.errors import DatasetError, EditError

# ---- the file --------------------------------------------------------------------------------


def take_from_json(id: str, data: Mapping[str, Any], findings: list[Finding]) -> TakeInfo:
    """The take in the object of takes/<id>.json; what cannot be used is appended to ``findings``.

    Raises :class:`DatasetError` when ``id`` cannot name files.
    """
    told: list[str] = []
    # Who made a take gave it a name and a date, and a reader of the folder looks for both.
    take = _take(id).from_json({"name": id, "created": "", **data}, told.append)
    counts = dict.fromkeys(told, 0)
    for what in told:
        counts[what] += 1
    for what, count in counts.items():
        often = f" ({count} times)" if count > 1 else ""
        findings.append(
            Finding(
                "warning", f"takes/{id}.json", f"{what}{often}", "it was left out; the file keeps it as it is"
            )
        )
    try:
        check_take(take)
    except EditError as fault:
        raise DatasetError(fault.what, fault.todo) from None
    return take


def take_to_json(take: TakeInfo) -> Json:
    """The object of takes/<id>.json."""
    return _take(take.id).to_json(take, plain)


def take_for_file(take: TakeInfo) -> Json:
    """As :func:`take_to_json`, for :mod:`~annotator.core.storage.json_files` alone: parts that were
    written before are bytes already."""
    return _take(take.id).to_json(take, encoded)


def _take(id: str) -> Kind[TakeInfo]:
    votes = _vote(id)

    def read(data: Mapping[str, Any], told: Told) -> TakeInfo:
        deleted = data.get("deleted")
        if deleted is not None and not isinstance(deleted, bool):
            told("deleted: it is neither true nor false")
        return TakeInfo(
            id=id,
            name=text(data.get("name"), "name", told) or id,
            created=text(data.get("created"), "created", told),
            request=part_of(_REQUEST, data, "request", told) or TakeRequest(),
            answers=tuple(_answer(each, told) for each in list_of(data.get("keyframes"), "keyframes", told)),
            provenance=part_of(_PROVENANCE, data, "provenance", told) or Provenance(),
            performance=performance_of(data.get("performance"), told),
            votes=tuple(_cast(votes, each, told) for each in _votes(data.get("votes"), told)),
            deleted=deleted is True,
            pose_unit=text(data.get("pose_unit"), "pose_unit", told),
        )

    def write(take: TakeInfo, part: Write) -> Json:
        data: Json = {"name": take.name, "created": take.created}
        if take.request != TakeRequest():
            data["request"] = part(_REQUEST, take.request)
        if take.answers:
            data["keyframes"] = [
                part(_ANSWER, each) if each.foreign is None else each.foreign.value for each in take.answers
            ]
        if take.provenance != Provenance():
            data["provenance"] = part(_PROVENANCE, take.provenance)
        if take.performance is not None:
            data["performance"] = PERFORMANCE.to_json(take.performance, part)
        if take.votes:
            data["votes"] = [
                each.value if isinstance(each, Foreign) else part(votes, each) for each in take.votes
            ]
        if take.deleted:
            data["deleted"] = True
        if take.pose_unit:
            data["pose_unit"] = take.pose_unit
        return data

    keys = (
        "name",
        "created",
        "request",
        "keyframes",
        "provenance",
        "performance",
        "votes",
        "deleted",
        "pose_unit",
    )
    return Kind(frozenset(keys), read, write)


# ---- request, answers, provenance ------------------------------------------------------------


def _read_request(data: Mapping[str, Any], told: Told) -> TakeRequest:
    return TakeRequest(
        text(data.get("background"), "background", told),
        text(data.get("emotion"), "emotion", told),
        text(data.get("script"), "script", told),
        descriptions=texts_of(data.get("descriptions"), "descriptions", told),
        seed=whole(data.get("seed"), "seed", told),
    )


def _write_request(request: TakeRequest, part: Write) -> Json:
    return {
        "background": request.background,
        "emotion": request.emotion,
        "script": request.script,
        "descriptions": list(request.descriptions),
        "seed": request.seed,
    }


_REQUEST: Kind[TakeRequest] = Kind(
    frozenset(("background", "emotion", "script", "descriptions", "seed")), _read_request, _write_request
)


def _answer(raw: Any, told: Told) -> KeyAnswer:
    if isinstance(raw, Mapping):
        return _ANSWER.from_json(raw, told)
    told("keyframes: one is not an object")
    return KeyAnswer(foreign=Foreign(raw))


def _read_answer(data: Mapping[str, Any], told: Told) -> KeyAnswer:
    asked, answered = _tokens(data.get("tokens"), told)
    return KeyAnswer(
        time_in_clip=seconds(data.get("time"), "time of a keyframe", told),
        description=text(data.get("description"), "description", told),
        reasons=_reasons(data.get("reasons"), told),
        notes=texts_of(data.get("notes"), "notes", told),
        error=text(data.get("error"), "error", told),
        reply=text(data.get("reply"), "reply", told),
        prompt_tokens=asked,
        answer_tokens=answered,
    )


def _tokens(raw: Any, told: Told) -> tuple[int, int]:
    if raw is None:
        return 0, 0
    if isinstance(raw, list) and len(raw) == 2:
        asked, answered = (whole(each, "tokens", told) for each in raw)
        return asked or 0, answered or 0
    told("tokens: they are not two numbers")
    return 0, 0


def _reasons(raw: Any, told: Told) -> tuple[Reason, ...]:
    found = []
    for each in list_of(raw, "reasons", told):
        try:
            if each["channel"] not in INDEX:
                raise ValueError(each["channel"])
            words = (text(each.get(key), key, told) for key in ("words", "action"))
            found.append(Reason(each["channel"], number(each["value"], -1e3, 1e3), *words))
        except UNUSABLE:
            told("reasons: one is of no channel or has no value")
    return tuple(found)


def _write_answer(answer: KeyAnswer, part: Write) -> Json:
    data: Json = {} if answer.time_in_clip is None else {"time": answer.time_in_clip}
    data |= {
        "description": answer.description,
        "reasons": [
            {"channel": reason.channel, "value": reason.value, "words": reason.words, "action": reason.action}
            for reason in answer.reasons
        ],
        "notes": list(answer.notes),
        "error": answer.error,
    }
    if answer.reply:
        data["reply"] = answer.reply
    if answer.prompt_tokens or answer.answer_tokens:
        data["tokens"] = [answer.prompt_tokens, answer.answer_tokens]
    return data


_ANSWER: Kind[KeyAnswer] = Kind(
    frozenset(("time", "description", "reasons", "notes", "error", "reply", "tokens")),
    _read_answer,
    _write_answer,
)


def _read_provenance(data: Mapping[str, Any], told: Told) -> Provenance:
    def said(key: str) -> str | None:
        return None if data.get(key) is None else text(data[key], key, told)

    settings = data.get("settings")
    if settings is not None and not isinstance(settings, Mapping):
        told("settings: it is not an object")
        settings = None
    return Provenance(
        backend=said("backend"),
        model=said("model"),
        profile=said("profile"),
        url=said("url"),
        settings=settings,
        planner=part_of(_PROVENANCE, data, "planner", told),
        started=said("started"),
        seconds=seconds(data.get("seconds"), "seconds", told),
        studio=said("studio"),
    )


def _write_provenance(made: Provenance, part: Write) -> Json:
    data: Json = {
        "profile": made.profile,
        "backend": made.backend,
        "model": made.model,
        "url": made.url,
        "settings": None if made.settings is None else dict(made.settings),
        "planner": None if made.planner is None else plain(_PROVENANCE, made.planner),
        "started": made.started,
        "seconds": made.seconds,
        "studio": made.studio,
    }
    return {key: value for key, value in data.items() if value is not None}


_PROVENANCE: Kind[Provenance] = Kind(
    frozenset(
        (
            "backend",
            "model",
            "profile",
            "url",
            "settings",
            "planner",
            "started",
            "seconds",
            "studio",
        )
    ),
    _read_provenance,
    _write_provenance,
)


def provenance_to_json(made: Provenance) -> Json:
    """The ``provenance`` of a take's file, for others who tell what made something."""
    return plain(_PROVENANCE, made)  # type: ignore[no-any-return]


# ---- votes -----------------------------------------------------------------------------------


def _votes(raw: Any, told: Told) -> Sequence[Any]:
    """The list; what another program put there instead becomes its first entry."""
    return raw if isinstance(raw, list) else [] if raw is None else [raw]


def _cast(kind: Kind[Vote], raw: Any, told: Told) -> Vote | Foreign:
    """A vote, or what stands in its place and cannot be counted."""
    try:
        return kind.from_json(raw, told)
    except UNUSABLE:
        told("votes: one cannot be counted")
        return Foreign(raw)


_VOTE_TEXTS = ("id", "against", "preferred", "voter", "time", "criterion")


def _vote(take: str) -> Kind[Vote]:
    """Votes in the file of ``take``; reading raises ValueError for what cannot be counted."""

    def read(data: Mapping[str, Any], told: Told) -> Vote:
        texts = {key: data.get(key, "") for key in _VOTE_TEXTS}
        if not all(isinstance(text, str) for text in texts.values()) or not texts["against"]:
            raise ValueError("no vote")
        pair = {take, texts["against"]}
        if len(pair) != 2 or texts["preferred"] not in {*pair, ""}:
            raise ValueError("a vote on nothing")
        order = texts_of(data.get("order"), "votes, order", told)
        known = len(order) == 2 and set(order) == pair
        if order and not known:
            told("votes: the order of one is not that of its two takes")
        tracks = texts_of(data.get("tracks"), "votes, tracks", told)
        return Vote(
            take=take,
            order=(order[0], order[1]) if known else (take, texts["against"]),
            seed=whole(data.get("seed"), "votes, seed", told) or 0,
            tracks=tracks if known and len(tracks) == 2 and list(tracks) == data["tracks"] else (),
            **texts,
        )

    def write(vote: Vote, part: Write) -> Json:
        data: Json = {key: getattr(vote, key) for key in _VOTE_TEXTS}
        data |= {"order": list(vote.order), "seed": vote.seed, "tracks": list(vote.tracks)}
        return {key: value for key, value in data.items() if value not in ("", []) or key == "preferred"}

    def least(vote: Vote) -> Json:
        return {"against": vote.against, "preferred": vote.preferred, "order": list(vote.order)}

    return Kind(frozenset((*_VOTE_TEXTS, "order", "seed", "tracks")), read, write, least)
