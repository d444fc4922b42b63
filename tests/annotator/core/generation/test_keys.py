"""A key goes to the host it belongs to, to nobody else, and into nothing that is written."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotator.core.faults.details import fault_details
from annotator.core.faults.log_file import LogFile, log_path
from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.keys import PlainHttpError, save_api_key, server_key
from annotator.core.generation.protocol import GenerationRequest
from tests.memory_keyring import memory_keyring
from tests.model_server import Handler, ModelServer, hang_up, model_server, own_address, paper_reply
from tests.request_lines import request_line
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

PROJECT = Path(__file__).resolve().parents[4]
KEY = "sk-very-secret-0123456789"
HELLO = Question([{"role": "user", "content": "Hello"}])
REQUEST = GenerationRequest("A corridor.", "Joy.", "", ("A smile.",))


@pytest.fixture(autouse=True)
def key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", KEY)
    monkeypatch.delenv("KFSTUDIO_API_HOST", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def ask(url: str, **how: Any) -> str:
    chat = ChatServer(url, "m", retries=0, timeout=20.0, **how)
    try:
        return chat.ask(HELLO, CancelToken()).text
    finally:
        chat.close()


def keys_of(server: ModelServer) -> set[str]:
    return {headers.get("Authorization", headers.get("authorization", "")) for _, headers, _ in server.seen}


def test_the_environments_key_belongs_to_the_host_it_was_first_used_with() -> None:
    with model_server() as own, model_server() as other:
        ask(own.url)
        ask(other.url)
        ask(own.url)
        assert keys_of(own) == {f"Bearer {KEY}"} and keys_of(other) == {""}


@pytest.mark.slow
def test_another_process_knows_it_too(own_folders: Path, tmp_path: Path) -> None:
    with model_server() as own, model_server() as other:
        ask(own.url)
        (tmp_path / "in.jsonl").write_text(request_line(REQUEST, 0), "utf-8")
        command = [sys.executable, "main.py", "generate", str(tmp_path / "in.jsonl")]
        command += ["--backend", "server", "--url", other.url, "--model", "m"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        assert keys_of(other) == {""}
    assert KEY not in (own_folders / "state" / "key-hosts.json").read_text("utf-8")


def test_another_key_has_a_host_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server() as own, model_server() as other:
        ask(own.url)
        monkeypatch.setenv("KFSTUDIO_API_KEY", "sk-another-key")
        ask(other.url)
        ask(own.url)
        assert keys_of(other) == {"Bearer sk-another-key"} and keys_of(own) == {f"Bearer {KEY}", ""}


def test_a_server_that_nobody_reached_is_not_the_keys_host() -> None:
    with model_server() as gone:
        dead = gone.url
    with pytest.raises(GenerationError, match="cannot be reached"):
        ask(dead)
    with model_server() as server:
        ask(server.url)
        assert keys_of(server) == {f"Bearer {KEY}"}


def test_a_server_that_hangs_up_has_seen_the_key() -> None:
    with model_server(hang_up) as server:
        with pytest.raises(GenerationError):
            ask(server.url)
        with model_server() as other:
            ask(other.url)
            assert keys_of(other) == {""}


def test_the_host_may_be_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server() as first, model_server() as second:
        for stated in (Endpoint.parse(second.url).host, second.url, f"{second.url}/v1"):
            monkeypatch.setenv("KFSTUDIO_API_HOST", stated)
            ask(first.url)
            ask(second.url)
        assert keys_of(first) == {""} and keys_of(second) == {f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("url", "stated", "sent"),
    [
        ("https://api.example.org/v1", "api.example.org", True),
        ("https://API.example.org./v1", "api.example.org", True),
        ("https://api.example.org:8443/v1", "api.example.org", True),
        ("https://api.example.org:8443/v1", "api.example.org:443", False),
        ("https://api.example.org/v1", "https://api.example.org:443", True),
        ("https://api.example.org.evil.net/v1", "api.example.org", False),
        ("https://evil.net/api.example.org/v1", "api.example.org", False),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://[::1]:8000", "[::1]:8001", False),
        ("http://[::1]:8000", "[::1]", True),
    ],
)
def test_hosts_are_compared_whole(url: str, stated: str, sent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_HOST", stated)
    assert server_key(url).text == (KEY if sent else "")


def test_a_refusal_says_where_the_key_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handler: Handler, body: dict[str, Any]) -> None:
        handler.send(b"{}", status=401)

    with model_server() as own, model_server(refuse) as other:
        ask(own.url)
        with pytest.raises(GenerationError) as told:
            ask(other.url)
        assert f"first used with {Endpoint.parse(own.url).host}" in str(told.value)
        assert "KFSTUDIO_API_HOST" in told.value.todo and KEY not in str(told.value)
        monkeypatch.setenv("KFSTUDIO_API_HOST", "api.example.org")
        with pytest.raises(GenerationError, match=r"is for api\.example\.org"):
            ask(other.url)


def test_a_key_of_the_keyring_serves_where_the_environments_does_not() -> None:
    with memory_keyring(), model_server() as own, model_server() as other:
        save_api_key(other.url, "sk-of-the-keyring")
        ask(own.url)
        ask(other.url)
        assert keys_of(own) == {f"Bearer {KEY}"} and keys_of(other) == {"Bearer sk-of-the-keyring"}


def test_where_the_key_belongs_must_be_written_down(own_folders: Path) -> None:
    (own_folders / "state").write_text("no folder", "utf-8")
    with (
        model_server() as server,
        pytest.raises(GenerationError, match="cannot be saved") as told,
    ):
        ask(server.url)
    assert "KFSTUDIO_API_HOST" in told.value.todo


@pytest.mark.parametrize("damage", ["", "{", "[]", "[3, {}]", '[{"digest": 1, "host": 2}]', "[" * 5000])
def test_a_damaged_list_of_hosts_is_an_empty_one(damage: str, own_folders: Path) -> None:
    (own_folders / "state").mkdir()
    (own_folders / "state" / "key-hosts.json").write_text(damage, "utf-8")
    with model_server() as own, model_server() as other:
        ask(own.url)
        ask(other.url)
        assert keys_of(own) == {f"Bearer {KEY}"} and keys_of(other) == {""}


# ---- plain http ------------------------------------------------------------------------------

ELSEWHERE = ["http://192.0.2.7:8000", "http://model.example.org", "http://box:8000/v1", "192.0.2.7:8000"]
ELSEWHERE += ["http://localhost.example.org", "http://x.localhost", "http://127.0.0.1.example.org:80"]
HERE = [
    "http://localhost:8000",
    "localhost:8000",
    "http://127.0.0.1:1",
    "http://127.8.9.1",
    "http://[::1]:80",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_key_goes_over_plain_http_unasked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for stated in ("", Endpoint.parse(url).host):
        monkeypatch.setenv("KFSTUDIO_API_HOST", stated)
        with pytest.raises(PlainHttpError, match="plain http") as told:
            server_key(url)
        assert "--allow-plain-http" in told.value.todo and KEY not in str(told.value)
    assert server_key(url, plain_http=True).text == KEY
    with pytest.raises(PlainHttpError):
        server_key(url, given="sk-given")
    monkeypatch.delenv("KFSTUDIO_API_KEY")
    assert server_key(url).text == ""
    with memory_keyring():
        save_api_key(url, "sk-of-the-keyring")
        with pytest.raises(PlainHttpError):
            server_key(url)


@pytest.mark.parametrize("url", [*HERE, "https://192.0.2.7:8000", "api.example.org"])
def test_this_machine_and_https_need_no_asking(url: str) -> None:
    assert server_key(url).text == KEY


def test_a_server_elsewhere_sees_no_key_before_it_is_allowed() -> None:
    name = own_address()
    if not name:
        pytest.skip("needs an address that other machines could use; this one has none")
    with model_server(models=["m"], host=name) as server:
        with pytest.raises(PlainHttpError):
            ask(server.url)
        assert not server.seen
        ask(server.url, plain_http=True)
        assert keys_of(server) == {f"Bearer {KEY}"}


# ---- nothing that is written ---------------------------------------------------------------------


def parrot(handler: Handler, body: dict[str, Any]) -> None:
    """Says the key back in every way it can think of, whatever it is asked for."""
    key = handler.headers.get("Authorization", "")
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in key.removeprefix("Bearer "))
    way = len(handler.server.seen) % 6
    headers: dict[str, Any] = {"X_Key": key, "Retry_After": "0"}
    if handler.command == "GET":
        handler.send(f'{{"data": [{{"id": "{escaped} {key}"}}]}}'.encode(), **headers)
    elif way == 0:
        handler.send(json.dumps({"error": {"message": f"no {key}"}}).encode(), status=401, **headers)
    elif way == 1:
        handler.send(f"{key} {key}".encode(), "text/plain", status=500, **headers)
    elif way == 2:
        handler.send(json.dumps({"error": {"message": f"no {key}"}}).encode(), **headers)
    elif way == 3:
        message = {"content": None, "refusal": f"I cannot say {key}"}
        handler.send(json.dumps({"choices": [{"message": message}]}).encode(), **headers)
    elif way == 4:
        handler.send(json.dumps({"error": {"message": f"bad {key}"}}).encode(), status=418, **headers)
    else:
        handler.stream(f"{key} {paper_reply()}")


@pytest.mark.slow
def test_nothing_that_is_written_holds_the_key(tmp_path: Path, own_folders: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "in.jsonl").write_text("\n".join(request_line(REQUEST, 0) for _ in range(6)), "utf-8")
    said = []
    with model_server(parrot) as server:
        server.models = None
        for more in (
            ["generate", "in.jsonl", "--out", "r.jsonl", "--jobs", "1"],
            ["animate", "--out", "t.csv"],
        ):
            words = ["--keyframe", "A smile."] if more[0] == "animate" else []
            command = [sys.executable, str(PROJECT / "main.py"), *more, *words, "--backend", "server"]
            command += ["--url", server.url, "--style", "zero-shot", "--verbose"]
            done = subprocess.run(command, cwd=out, capture_output=True, text=True, timeout=100, check=False)
            said += [done.stdout, done.stderr]
        assert f"Bearer {KEY}" in keys_of(server)
    assert not [text for text in said if KEY in text]
    for folder in (out, own_folders):
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert not [path for path in files if KEY.encode() in path.read_bytes()]
    assert (out / "r.jsonl").exists()


def test_faults_and_logs_are_written_without_the_key() -> None:
    assert server_key("http://localhost:1").text == KEY
    log = logging.getLogger("test of keys")
    handler = LogFile()
    log.addHandler(handler)
    try:
        raise ValueError(f"a header said {KEY}")
    except ValueError as fault:
        details = fault_details(fault, f"while {KEY} was sent")
        log.exception("It went wrong with %s", KEY)
    log.removeHandler(handler)
    assert "a header said •••" in details and KEY not in details
    text = log_path().read_text("utf-8")
    assert "It went wrong with •••" in text and KEY not in text


def test_libraries_do_not_log_headers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), model_server(parrot) as server:
        server.models = ["m"]
        with pytest.raises(GenerationError):
            ask(server.url)
    assert KEY not in caplog.text


def test_a_key_is_shown_by_no_representation() -> None:
    assert KEY not in repr(server_key("http://localhost:1"))


@pytest.mark.parametrize("stated", ["a b", "ftp://x", "http://u:p@h", "://"])
def test_a_stated_host_that_is_none_is_told(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_HOST", stated)
    with pytest.raises(GenerationError, match="KFSTUDIO_API_HOST names no host"):
        server_key("http://localhost:8000")


@pytest.mark.parametrize("key", ["none", "x", "ollama"])
def test_a_word_in_the_place_of_a_key_spoils_no_answer(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", key)
    with model_server(lambda handler, body: handler.stream(f"An axis, {key}.")) as server:
        assert ask(server.url) == f"An axis, {key}."
        assert keys_of(server) == {f"Bearer {key}"}
