"""A bad certificate is told as one, and nothing is sent to whoever shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.core.batch.requests_file import run_jsonl
from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.server import ServerBackend
from tests.model_server import model_server
from tests.request_lines import request_line
from tests.tls_server import Certificate, https, tls_server
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

KEY = "sk-very-secret-0123456789"
HELLO = Question([{"role": "user", "content": "Hello"}])


@pytest.fixture(autouse=True)
def a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFSTUDIO_API_KEY", KEY)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    for name in ("KFSTUDIO_API_HOST", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def ask(url: str) -> str:
    chat = ChatServer(url, "m", timeout=20.0)
    try:
        return chat.ask(HELLO, CancelToken()).text
    finally:
        chat.close()


def fault_of(url: str) -> GenerationError:
    with pytest.raises(GenerationError) as told:
        ask(url)
    assert KEY not in str(told.value)
    return told.value


def test_one_that_it_signed_itself(tmp_path: Path) -> None:
    with tls_server(Certificate.make("localhost"), tmp_path) as server:
        fault = fault_of(https(server))
        assert not server.seen
    assert "bad certificate" in fault.what and "signed by itself" in fault.what
    assert "cannot be reached" not in fault.what and "SSL_CERT_FILE" in fault.todo


BAD = {
    "expired": (("localhost",), (-30, -2), "has expired"),
    "not yet valid": (("localhost",), (2, 30), "is not valid yet"),
    "another host": (("model.example.org",), (-1, 30), "is for another host"),
    "another address": (("192.0.2.1",), (-1, 30), "is for another host"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_of_a_known_authority_that_is_bad(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, days, words = BAD[case]
    authority = Certificate.make()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path / "authority.pem")))
    with tls_server(Certificate.make(*hosts, days=days, authority=authority), tmp_path) as server:
        fault = fault_of(https(server))
        assert not server.seen
    assert f"bad certificate: it {words}" in fault.what and fault.todo


def test_one_of_an_authority_that_is_not_known(tmp_path: Path) -> None:
    signed = Certificate.make("localhost", authority=Certificate.make())
    with tls_server(signed, tmp_path) as server:
        fault = fault_of(https(server))
        assert not server.seen
    assert "its authority is not known" in fault.what and "SSL_CERT_FILE" in fault.todo


def test_one_that_is_trusted_gets_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Certificate.make("localhost", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(own.write(tmp_path / "own.pem")))
    with tls_server(own, tmp_path) as server:
        for host in ("localhost", "127.0.0.1"):
            assert "MouthSmileLeft" in ask(https(server, host))
        assert [headers["Authorization"] for _, headers, _ in server.seen[:1]] == [f"Bearer {KEY}"]


def test_a_file_of_certificates_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate", "utf-8")
    for path in (bad, tmp_path / "missing.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert "SSL_CERT_FILE names cannot be read" in fault_of("https://localhost:9").what


@pytest.mark.slow
def test_https_to_a_server_of_plain_http() -> None:
    with model_server() as server:
        fault = fault_of(https(server))
    assert "does not speak https" in fault.what and "http://" in fault.todo


@pytest.mark.slow
def test_plain_http_to_a_server_of_https(tmp_path: Path) -> None:
    with tls_server(Certificate.make("localhost"), tmp_path) as server:
        fault = fault_of(server.url)
    assert "cannot be reached" in fault.what


def test_a_bad_certificate_ends_a_batch_at_once(tmp_path: Path) -> None:
    request = GenerationRequest("A corridor.", "Joy.", "", tuple(f"Smile {n}." for n in range(40)))
    requests, results = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    requests.write_text("\n".join(request_line(request, target) for target in range(40)), "utf-8")
    with tls_server(Certificate.make("localhost"), tmp_path) as server:
        backend = ServerBackend(https(server), "m")
        done = run_jsonl(requests, results, backend)
        backend.close()
    assert "bad certificate" in done.gave_up and done.failed == done.total == 40
