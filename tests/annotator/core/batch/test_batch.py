"""Whole files of requests: in order, resumable, and never lost."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from annotator.core.batch.log import identity
from annotator.core.batch.requests_file import run_jsonl
from annotator.core.generation.prompts import parse_request
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.replies import read_values
from annotator.core.generation.server import ServerBackend
from tests.model_server import Handler, honest, model_server, paper_reply
from tests.request_lines import request_line
from viewer.core.cancel import CancelToken
from viewer.core.channels import INDEX
from viewer.core.errors import Cancelled, FileError

PROJECT = Path(__file__).resolve().parents[4]


def requests(path: Path, count: int) -> Path:
    lines = [request_line(GenerationRequest("b", "e", "", (f"Smile {i}.",)), 0) for i in range(count)]
    path.write_text("\n".join(lines) + "\n\n", "utf-8")
    return path


def number(body: dict[str, Any]) -> int:
    request, _ = parse_request(json.dumps({"messages": body["messages"]}))
    return int(request.descriptions[0].split()[1].rstrip("."))


def numbered(handler: Handler, body: dict[str, Any]) -> None:
    handler.stream(paper_reply(number(body) / 100))


def smiles(path: Path) -> list[float | None]:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[float | None] = []
    for record in records:
        if "error" in record:
            assert record["response"] == ""
            assert record["error"]
            found.append(None)
        else:
            found.append(round(float(read_values(record["response"])[0][INDEX["MouthSmileLeft"]]), 3))
    return found


@pytest.mark.slow
def test_answers_keep_the_order_and_run_together(tmp_path: Path) -> None:
    def slow(handler: Handler, body: dict[str, Any]) -> None:
        handler.server.release.wait(0.2)
        numbered(handler, body)

    with model_server(slow) as server:
        backend = ServerBackend(server.url, "m")
        seen: list[int] = []
        summary = run_jsonl(
            requests(tmp_path / "in.jsonl", 20),
            tmp_path / "out.jsonl",
            backend,
            4,
            lambda done, total, what: seen.append(done),
        )
        backend.close()
        assert server.most_in_flight > 1
    assert smiles(tmp_path / "out.jsonl") == [i / 100 for i in range(20)]
    assert (summary.total, summary.failed, summary.reused) == (20, 0, 0)
    assert seen == sorted(seen)
    assert seen[-1] == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_malformed_lines_become_error_lines(tmp_path: Path) -> None:
    good = request_line(GenerationRequest("b", "e", "", ("Smile 7.",)), 0).encode()
    lines = [
        b"\xef\xbb\xbf" + good,
        b"",
        b"{",
        b"  ",
        b"\xff\xfe\x00junk",
        b"\x00\x01",
        b"[]",
        b"x" * 5_000_000,
        good,
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\r\n".join(lines))
    with model_server(numbered) as server:
        backend = ServerBackend(server.url, "m")
        summary = run_jsonl(tmp_path / "in.jsonl", tmp_path / "out.jsonl", backend)
        backend.close()
        assert len(server.asked) == 2
    assert smiles(tmp_path / "out.jsonl") == [0.07, None, None, None, None, None, 0.07]
    assert summary.failed == 5
    assert summary.first_error
    assert not (tmp_path / "out.jsonl.partial").exists(), "asking again cannot mend these"


def test_a_server_that_dies_in_the_middle_costs_only_what_it_did_not_answer(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 12), tmp_path / "out.jsonl"
    alive = threading.Event()

    def dies(handler: Handler, body: dict[str, Any]) -> None:
        if number(body) < 5 or alive.is_set():
            numbered(handler, body)
        else:
            handler.send(b"{}", status=400)

    with model_server(dies) as server:
        backend = ServerBackend(server.url, "m", retries=0)
        first = run_jsonl(path, out, backend)
        assert (first.failed, first.reused) == (7, 0)
        assert smiles(out)[:6] == [0, 0.01, 0.02, 0.03, 0.04, None]
        alive.set()
        asked = len(server.asked)
        second = run_jsonl(path, out, backend)
        assert (second.failed, second.reused) == (0, 5)
        assert sorted(number(body) for body in server.asked[asked:]) == list(range(5, 12))
        backend.close()
    assert smiles(out) == [i / 100 for i in range(12)]
    assert not (tmp_path / "out.jsonl.partial").exists()


def test_a_cancelled_batch_goes_on_where_it_was(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 10), tmp_path / "out.jsonl"
    token = CancelToken()
    with model_server(numbered) as server:
        backend = ServerBackend(server.url, "m")
        with pytest.raises(Cancelled):
            run_jsonl(
                path, out, backend, 1, lambda done, total, what: token.cancel() if done >= 4 else None, token
            )
        assert not out.exists()
        summary = run_jsonl(path, out, backend, 1)
        backend.close()
        assert summary.reused >= 4
        assert len(server.asked) <= 11
    assert smiles(out) == [i / 100 for i in range(10)]


@pytest.mark.slow
def test_a_dead_model_ends_a_file_and_the_next_run_begins_with_what_was_not_asked(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 60), tmp_path / "out.jsonl"

    def dies(handler: Handler, body: dict[str, Any]) -> None:
        if 2 <= number(body) < 30:
            handler.send(b"{}", status=404)
        else:
            numbered(handler, body)

    with model_server(dies) as server:
        backend = ServerBackend(server.url, "m", retries=0)
        first = run_jsonl(path, out, backend, 2)
        assert "address or model" in first.gave_up and 12 <= len(server.asked) <= 15
        assert (first.total, first.failed) == (60, 58), "every request has its line"
        assert "not asked" in json.loads(out.read_text().splitlines()[-1])["error"]
        tried = {number(body) for body in server.asked}
        server.behave = numbered
        again = len(server.asked)
        second = run_jsonl(path, out, backend, 2)
        backend.close()
        asked = [number(body) for body in server.asked[again:]]
        assert (second.failed, second.reused, second.gave_up) == (0, 2, "")
    retried = [n for n in asked if n in tried]
    assert len(asked) == 58 and min(retried) >= 2 and set(asked[-len(retried) + 2 :]) <= set(retried)
    assert smiles(out) == [i / 100 for i in range(60)]
    assert not (tmp_path / "out.jsonl.partial").exists()


BATCH = """
import sys
from annotator.core.batch.requests_file import run_jsonl
from annotator.core.generation.server import ServerBackend
run_jsonl(sys.argv[1], sys.argv[2], ServerBackend(sys.argv[3], "m"), 2)
"""


@pytest.mark.slow
def test_a_killed_batch_goes_on_where_it_was(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 10), tmp_path / "out.jsonl"
    stuck, go_on = threading.Event(), threading.Event()

    def answers_six(handler: Handler, body: dict[str, Any]) -> None:
        if number(body) >= 6 and not go_on.is_set():
            stuck.set()
            handler.server.release.wait(30)
        numbered(handler, body)

    with model_server(answers_six) as server:
        command = [sys.executable, "-c", BATCH, str(path), str(out), server.url]
        child = subprocess.Popen(command, cwd=PROJECT)
        assert stuck.wait(30)
        partial = tmp_path / "out.jsonl.partial"
        while partial.read_bytes().count(b"\n") < 5:
            threading.Event().wait(0.01)
        child.kill()
        child.wait(10)
        assert not out.exists()
        with partial.open("ab") as file:
            file.write(b'{"line": 5, "requ')
        done = partial.read_bytes().count(b"\n")
        go_on.set()
        asked = len(server.asked)
        backend = ServerBackend(server.url, "m")
        summary = run_jsonl(path, out, backend)
        backend.close()
        assert summary.reused == done
        assert len(server.asked) - asked == 10 - done
    assert smiles(out) == [i / 100 for i in range(10)]
    assert not partial.exists()


def test_the_answers_of_an_earlier_version_count(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    with model_server(numbered) as server:
        backend = ServerBackend(server.url, "m")
        kept = []
        for line, data in enumerate(path.read_bytes().splitlines()[:2]):
            request = hashlib.sha256(identity(backend) + data).hexdigest()[:24]
            result = {"response": paper_reply(line / 100)} if line else {"response": "", "error": "refused"}
            kept.append(json.dumps({"line": line, "request": request, "result": result}))
        (tmp_path / "out.jsonl.partial").write_text("\n".join(kept) + '\n{"line": 2, "req')
        assert run_jsonl(path, out, backend).reused == 1
        backend.close()
        assert sorted(number(body) for body in server.asked) == [0, 2]
    assert smiles(out) == [0, 0.01, 0.02]


def test_another_model_starts_over(tmp_path: Path) -> None:
    path, out = requests(tmp_path / "in.jsonl", 3), tmp_path / "out.jsonl"
    with model_server(lambda h, b: h.send(b"{}", status=400) if number(b) == 2 else honest(h, b)) as server:
        for model, reused in (("a", 0), ("b", 0), ("b", 2)):
            backend = ServerBackend(server.url, model, retries=0)
            assert run_jsonl(path, out, backend).reused == reused
            backend.close()


def test_files_that_are_none(tmp_path: Path) -> None:
    good, empty = requests(tmp_path / "in.jsonl", 1), tmp_path / "empty.jsonl"
    empty.write_text("\n \n")
    with model_server() as server:
        backend = ServerBackend(server.url, "m")
        for source, target in (
            (tmp_path / "absent.jsonl", tmp_path / "out.jsonl"),
            (tmp_path, tmp_path / "out.jsonl"),
            (empty, tmp_path / "out.jsonl"),
            (good, good),
            (good, tmp_path),
            (good, tmp_path / "no" / "out.jsonl"),
        ):
            with pytest.raises(FileError):
                run_jsonl(source, target, backend)
        assert not server.asked
        backend.close()
    assert not list(tmp_path.glob("*.partial"))
