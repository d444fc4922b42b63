"""The proxies of the environment: asked for servers of other machines, and told when they fail."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from annotator.core.generation.chat import ChatServer, Question
from annotator.core.generation.connection import proxy_of
from annotator.core.generation.endpoint import Endpoint
from annotator.core.generation.keys import PlainHttpError
from tests.model_server import Handler, honest, model_server
from viewer.core.cancel import CancelToken
from viewer.core.errors import GenerationError

KEY = "sk-very-secret-0123456789"
HELLO = Question([{"role": "user", "content": "Hello"}])


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("KFSTUDIO_API_KEY", KEY)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def ask(url: str, **how: Any) -> str:
    chat = ChatServer(url, "m", retries=0, timeout=20.0, **how)
    try:
        return chat.ask(HELLO, CancelToken()).text
    finally:
        chat.close()


@pytest.mark.parametrize(
    ("url", "names", "proxy"),
    [
        ("https://api.example.org", {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ("https://api.example.org", {"HTTP_PROXY": "http://proxy:3128"}, ""),
        ("http://api.example.org", {"http_proxy": "proxy:3128"}, "http://proxy:3128"),
        ("http://api.example.org", {"ALL_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ("https://api.example.org", {"ALL_PROXY": "http://proxy", "NO_PROXY": "example.org"}, ""),
        ("https://api.example.org", {"ALL_PROXY": "http://proxy", "NO_PROXY": "*"}, ""),
        ("http://localhost:8000", {"ALL_PROXY": "http://proxy"}, ""),
        ("http://127.0.0.1:8000", {"ALL_PROXY": "http://proxy"}, ""),
        ("https://[::1]:8000", {"ALL_PROXY": "http://proxy"}, ""),
    ],
)
def test_which_proxy_is_asked(
    url: str, names: dict[str, str], proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(Endpoint.parse(url)) == proxy


def test_a_proxy_is_asked_for_another_machine_and_sees_the_key_only_when_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with model_server(honest) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(PlainHttpError):
            ask("http://model.example.org")
        assert not proxy.seen
        assert "MouthSmileLeft" in ask("http://model.example.org", plain_http=True)
        assert proxy.seen[0][0] == "http://model.example.org/v1/chat/completions"


def test_a_proxy_that_refuses_never_sees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, dict[str, str]]] = []

    def refuse(handler: Handler) -> None:
        heard.append((handler.path, dict(handler.headers)))
        handler.send(b"", status=407)

    monkeypatch.setattr(Handler, "do_CONNECT", refuse, raising=False)
    with model_server() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:pass@"))
        with pytest.raises(GenerationError) as told:
            ask("https://model.example.org")
    assert "through the proxy 127.0.0.1" in told.value.what and "pass" not in str(told.value)
    assert heard[0][0] == "model.example.org:443" and KEY not in str(heard)


def test_a_proxy_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{port}")
    with pytest.raises(GenerationError, match=f"through the proxy 127.0.0.1:{port}") as told:
        ask("https://model.example.org")
    assert "NO_PROXY" in told.value.todo


@pytest.mark.parametrize("proxy", ["ftp://proxy:1", "socks9://proxy:1", "http://proxy:port"])
def test_a_proxy_that_cannot_be_used_is_told(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(GenerationError, match="proxy") as told:
        ask("https://model.example.org")
    assert told.value.todo
