"""Where the server is, in every form that OLLAMA_HOST has, and what is asked of which surface."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatOptions, ChatRequest, ConfigurationError, Messages
from chat_core.testing import FakeTransport
from chat_ollama import CompletionsOptions, OllamaBuilder
from chat_ollama.host import root_url

pytestmark = pytest.mark.anyio

NATIVE = {
    "model": "m",
    "message": {"role": "assistant", "content": "Hi"},
    "done": True,
    "done_reason": "stop",
}
COMPATIBLE = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}], "model": "m"}
HELLO = Messages.from_user("Hello")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", "http://127.0.0.1:11434"),
        ("  ", "http://127.0.0.1:11434"),
        ("host", "http://host:11434"),
        ("host:56789", "http://host:56789"),
        (":56789", "http://127.0.0.1:56789"),
        ("http://host", "http://host:80"),
        ("https://host", "https://host:443"),
        ("https://host:56789", "https://host:56789"),
        ("host/path", "http://host:11434/path"),
        ("host:1/path/", "http://host:1/path"),
        ("https://host/path/", "https://host:443/path"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:56789", "http://[::1]:56789"),
        ("http://[::1]", "http://[::1]:80"),
        ("https://[::1]:56789", "https://[::1]:56789"),
        ("::1", "http://[::1]:11434"),
        (' "host:1" ', "http://host:1"),
        ("'host'", "http://host:11434"),
        ("ollama.com", "https://ollama.com:443"),
        ("http://ollama.com", "http://ollama.com:80"),
        ("host:0", "http://host:11434"),
        ("https://host:0", "https://host:443"),
        ("http://user:pass@HOST:1", "http://host:1"),
        ("HTTPS://Host", "https://host:443"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("[::]:8080", "http://[::1]:8080"),
        ("host:1/v1", "http://host:1"),
        ("http://host:1/path/v1/", "http://host:1/path"),
        ("host:1/api", "http://host:1"),
    ],
)
def test_ollama_host_is_read_as_ollama_reads_it(text: str, root: str) -> None:
    assert root_url(text) == root


@pytest.mark.parametrize(
    "text", ["host:65536", "host:-1", "host:port", "ftp://host", "http://[::1", "unix:///run/ollama"]
)
def test_what_names_no_server_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="OLLAMA_HOST names no server"):
        root_url(text)


def test_a_password_in_a_wrong_host_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as failed:
        root_url("http://me:secret@host:port")
    assert "secret" not in str(failed.value)


def builder(transport: FakeTransport) -> Any:
    return OllamaBuilder().with_model("m").with_transport(transport)


async def test_without_a_word_it_talks_to_this_machine_and_without_a_key() -> None:
    transport = FakeTransport().answer(COMPATIBLE)
    assert (await builder(transport).build().complete(ChatRequest(HELLO))).text == "Hi"
    assert transport.requests[0].url == "http://127.0.0.1:11434/v1/chat/completions"
    assert "authorization" not in transport.requests[0].headers


async def test_the_environment_says_where_and_the_key_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "gpu-box")
    monkeypatch.setenv("OLLAMA_API_KEY", "ollama-secret")
    transport = FakeTransport().answer(COMPATIBLE).answer(NATIVE)
    await builder(transport).build().complete(ChatRequest(HELLO))
    await builder(transport).with_native().build().complete(ChatRequest(HELLO))
    assert [request.url for request in transport.requests] == [
        "http://gpu-box:11434/v1/chat/completions",
        "http://gpu-box:11434/api/chat",
    ]
    assert {request.headers["authorization"] for request in transport.requests} == {"Bearer ollama-secret"}


async def test_the_key_goes_to_ollama_com_and_to_no_other_server_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "ollama-secret")
    transport = FakeTransport().answer(COMPATIBLE).answer(COMPATIBLE)
    for host in ("ollama.com", "elsewhere"):
        await builder(transport).with_host(host).build().complete(ChatRequest(HELLO))
    assert ["authorization" in request.headers for request in transport.requests] == [True, False]


@pytest.mark.parametrize(
    "url", ["http://box:1", "http://box:1/", "http://box:1/v1", "http://box:1/v1/", "http://box:1/api"]
)
async def test_a_base_url_is_the_root_or_either_surface(url: str) -> None:
    for made in (OllamaBuilder().with_base_url(url), OllamaBuilder().with_host(url)):
        transport = FakeTransport().answer(NATIVE).answer(COMPATIBLE)
        client = made.with_model("m").with_transport(transport).build()
        await client.complete(ChatRequest(HELLO, options=ChatOptions(top_k=3)))
        await client.complete(ChatRequest(HELLO))
        assert [request.url for request in transport.requests] == [
            "http://box:1/api/chat",
            "http://box:1/v1/chat/completions",
        ]


async def test_a_query_of_the_address_stays_on_both_surfaces() -> None:
    transport = FakeTransport().answer(NATIVE).answer(COMPATIBLE)
    client = builder(transport).with_base_url("http://box:1/behind/v1?tenant=a").build()
    await client.complete(ChatRequest(HELLO, options=ChatOptions(top_k=3)))
    await client.complete(ChatRequest(HELLO))
    assert [request.url for request in transport.requests] == [
        "http://box:1/behind/api/chat?tenant=a",
        "http://box:1/behind/v1/chat/completions?tenant=a",
    ]


@pytest.mark.parametrize(
    ("choose", "sent"),
    [
        (lambda b: b.with_native(), {}),
        (lambda b: b.with_context_length(8192), {"options": {"num_ctx": 8192}}),
        (lambda b: b.with_keep_alive("10m"), {"keep_alive": "10m"}),
        (lambda b: b.with_keep_alive(0), {"keep_alive": 0}),
        (lambda b: b.with_thinking(), {"think": True}),
        (lambda b: b.with_thinking(False), {"think": False}),
        (lambda b: b.with_thinking("high"), {"think": "high"}),
        (
            lambda b: b.with_ollama_options({"mirostat": 1}).with_context_length(9),
            {"options": {"mirostat": 1, "num_ctx": 9}},
        ),
        (lambda b: b.with_native().with_extra_body({"truncate": False}), {"truncate": False}),
        (
            lambda b: b.with_context_length(9).with_extra_body({"options": {"min_p": 0.1}}),
            {"options": {"num_ctx": 9, "min_p": 0.1}},
        ),
    ],
)
async def test_what_only_the_native_api_has_goes_there(choose: Any, sent: dict[str, Any]) -> None:
    transport = FakeTransport().answer(NATIVE)
    response = await choose(builder(transport)).build().complete(ChatRequest(HELLO))
    assert (response.text, response.finish_reason) == ("Hi", "stop")
    assert transport.requests[0].url.endswith("/api/chat")
    plain = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": False}
    assert transport.last_body == plain | sent


async def test_every_choice_leaves_the_builder_before_it_as_it_was() -> None:
    before = builder(FakeTransport().answer(COMPATIBLE))
    before.with_thinking()
    assert (await before.build().complete(ChatRequest(HELLO))).text == "Hi"


def test_what_cannot_be_is_refused_when_it_is_set() -> None:
    with pytest.raises(ConfigurationError, match="with_model"):
        OllamaBuilder().build()  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match="knows no thinking 'deep'"):
        OllamaBuilder().with_thinking("deep")
    with pytest.raises(ConfigurationError, match="positive"):
        OllamaBuilder().with_context_length(0)


async def test_options_of_the_other_surface_are_refused_by_name_and_shared_ones_sent() -> None:
    made = builder(FakeTransport()).with_native()
    with pytest.raises(ConfigurationError, match="metadata, verbosity"):
        await (
            made.with_options(CompletionsOptions(metadata={"a": "b"}, verbosity="low"))
            .build()
            .complete(ChatRequest(HELLO))
        )
    transport = FakeTransport().answer(NATIVE)
    made = builder(transport).with_native().with_options(CompletionsOptions(logprobs=True, top_logprobs=2))
    await made.build().complete(ChatRequest(HELLO))
    assert (transport.last_body["logprobs"], transport.last_body["top_logprobs"]) == (True, 2)
