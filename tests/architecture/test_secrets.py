"""No repr, error, notice or log shows a key, the value of a header, or what is in the extra body."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from chat_cerebras import CerebrasBuilder
from chat_completions import ChatCompletionsBuilder, ChatCompletionsClient
from chat_core import (
    AuthenticationError,
    ChatBuilder,
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    HttpTransport,
    InvalidResponse,
    Messages,
    NetworkError,
    PermissionDenied,
    ProviderError,
    Request,
    Response,
    RetryPolicy,
    StreamTruncated,
    TimedOut,
    Transport,
)
from chat_core.sync import SyncChat
from chat_core.testing import Failure, FakeTransport, LoopbackServer, Raw, Reply
from chat_core.testing.loopback import Answer
from chat_core.types.typestate import HasModel
from chat_huggingface import HuggingFaceBuilder

pytestmark = pytest.mark.anyio

CANARY = "canary4f1d9c"
NOWHERE = "http://127.0.0.1:1/v1"


def client(
    base_url: str = NOWHERE, transport: Transport | None = None, **limits: float
) -> ChatCompletionsClient:
    """A client with a secret wherever there is room for one."""
    builder = (
        ChatCompletionsBuilder()
        .with_model("m")
        .with_base_url(base_url)
        .with_api_key(f"sk-{CANARY}")
        .with_header("X-Api-Key", f"header-{CANARY}")
        .with_header("Cookie", f"session={CANARY}")
        .with_extra_body({"metadata": {"token": f"body-{CANARY}"}})
        .with_timeout(**limits)
    )
    assert not shown(builder)
    return (builder.with_transport(transport) if transport else builder).build()


def shown(thing: object) -> list[str]:
    """Every repr and str with a secret in it: of `thing`, and of all our objects and errors that hang on
    it.
    """
    return [
        text for found in reachable(thing) for text in (repr(found), str(found), f"{found}") if CANARY in text
    ]


def reachable(thing: object) -> Iterator[object]:
    seen: set[int] = set()
    waiting = [thing]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        match found:
            case str() | bytes():
                continue  # a secret may lie somewhere, as long as what holds it does not show it
            case Mapping():
                waiting += found.values()
            case Sequence() | set() | frozenset():
                waiting += found
            case BaseException():
                yield found
                waiting += [
                    *vars(found).values(),
                    found.__cause__,
                    None if found.__suppress_context__ else found.__context__,
                ]
            case _ if type(found).__module__.partition(".")[0].startswith("chat_"):
                yield found
                slots = (name for cls in type(found).__mro__ for name in getattr(cls, "__slots__", ()))
                waiting += [getattr(found, name, None) for name in (*slots, *getattr(found, "__dict__", ()))]
            case _:
                continue


def told(error: BaseException) -> list[str]:
    """Every place in an error that tells a secret: its text and that of its causes, and whatever it
    carries.
    """
    carried = [f"{name}: {value!r}" for name, value in vars(error).items() if CANARY in repr(value)]
    return [line for line in traceback.format_exception(error) if CANARY in line] + carried + shown(error)


@dataclass(frozen=True, slots=True)
class _Loose:
    key: str


class _Holder:
    def __init__(self, inner: object) -> None:
        self.inner = [{"at": inner}]


_Loose.__module__ = _Holder.__module__ = "chat_loose"


def test_what_shows_a_secret_is_found() -> None:
    assert shown(_Holder(_Loose(CANARY)))
    assert not shown(_Holder(_Loose("other")))
    error = ConnectionFailed("no")
    error.__cause__ = ValueError(f"bad header {CANARY}")
    assert told(error)
    assert told(ProviderError("no", body={"message": f"bad key {CANARY}"}))
    assert not told(ProviderError("no", body={"message": "bad key"}))


def test_what_is_built_shows_no_secret() -> None:
    made = client()
    chat = ChatBuilder().with_model(made).build()
    for thing in (made, chat, SyncChat(chat), ChatBuilder().with_model(made)):
        assert any(type(found).__name__ == "Settings" for found in reachable(thing)), (
            "the walk does not get there"
        )
        assert not shown(thing)


@pytest.mark.parametrize(
    "builder", [HuggingFaceBuilder(), CerebrasBuilder()], ids=["huggingface", "cerebras"]
)
@pytest.mark.parametrize("given", [True, False], ids=["given", "found"])
async def test_a_wrapper_shows_no_secret(
    builder: HuggingFaceBuilder[HasModel] | CerebrasBuilder[HasModel],
    given: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = f"hf_{CANARY}"
    if given:
        builder = builder.with_api_key(key)
    else:
        monkeypatch.setenv("HF_TOKEN", key)
        monkeypatch.setenv("CEREBRAS_API_KEY", key)
    refusal = {"error": {"message": f"Incorrect API key: {key}", "code": key}}
    transport = FakeTransport().answer(refusal, status=401).answer(refusal, status=401)
    made = builder.with_model("m").with_transport(transport).build()
    assert not shown(builder)
    assert not shown(made)
    for failure in await failures(made):
        assert isinstance(failure, AuthenticationError)
        assert not told(failure)
    assert all(request.headers["authorization"] == f"Bearer {key}" for request in transport.requests)


@pytest.mark.parametrize(
    "token",
    [f"hf_{CANARY}\nx", f"hf_{CANARY}\u00e9", f"gsk_{CANARY}"],
    ids=["a line", "an accent", "another's"],
)
def test_a_token_that_cannot_be_sent_is_not_shown(
    token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(token, encoding="latin-1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    for builder in (HuggingFaceBuilder(), HuggingFaceBuilder().with_api_key(token)):
        with pytest.raises(ConfigurationError) as caught:
            builder.with_model("m").build()
        assert not told(caught.value)


def test_what_is_sent_and_what_comes_shows_no_secret() -> None:
    headers = {"authorization": f"Bearer {CANARY}", "set-cookie": CANARY}
    assert not shown(Request("POST", NOWHERE, headers, CANARY.encode()))
    assert not shown(Response(200, headers, CANARY.encode()))


@pytest.mark.parametrize(
    "base_url",
    [
        f"http://user:{CANARY}@host/v1",
        f"http://{CANARY}@host/v1",
        f"ftp://user:{CANARY}@host/v1",
        f"user:{CANARY}@host/v1",
        f"http://user:{CANARY}@/v1",
        f"http://user:{CANARY}@ho\u2100st/v1",  # which the standard library refuses, showing it
        f"http://user:{CANARY}@[::1/v1",
    ],
)
def test_a_base_url_with_a_password_is_refused_without_showing_it(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ChatCompletionsBuilder().with_base_url(base_url)
    assert not told(caught.value)
    monkeypatch.setenv("OPENAI_BASE_URL", base_url)
    with pytest.raises(ConfigurationError) as caught:
        ChatCompletionsBuilder().with_model("m").with_api_key("key").build()
    assert not told(caught.value)


@pytest.mark.parametrize("spoilt", [f"{CANARY}\nx", f"{CANARY}é", f"{CANARY}\x00"])
async def test_a_key_or_header_that_cannot_be_sent_is_not_shown(spoilt: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ChatCompletionsBuilder().with_model("m").with_base_url(NOWHERE).with_api_key(spoilt).build()
    assert not told(caught.value)
    made = (
        ChatCompletionsBuilder().with_model("m").with_base_url(NOWHERE).with_header("x-key", spoilt).build()
    )
    for failure in await failures(made):
        assert isinstance(failure, ConfigurationError)
        assert not told(failure)


# Answers, and what they are made into, whole and streamed.
ANSWERS: dict[str, tuple[Answer, type[ChatError], type[ChatError]]] = {
    "a 401": (Failure(401, "Incorrect API key"), AuthenticationError, AuthenticationError),
    "a 401 that repeats the key": (
        Failure(401, f"Incorrect API key: sk-{CANARY}", code=f"header-{CANARY}"),
        AuthenticationError,
        AuthenticationError,
    ),
    "a 403 in no JSON that repeats the key": (
        Raw(f"<html>Bearer sk-{CANARY}</html>".encode(), "text/html", 403),
        PermissionDenied,
        PermissionDenied,
    ),
    "half an answer": (Raw(b"{", "application/json"), InvalidResponse, StreamTruncated),
    "a cut": (Reply("Hello there", cut_after=0), NetworkError, StreamTruncated),
}


@pytest.mark.parametrize(("answer", "whole", "streamed"), ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("own_client", [False, True], ids=["our connections", "the user's client"])
async def test_a_failed_call_shows_no_secret(
    answer: Answer,
    whole: type[ChatError],
    streamed: type[ChatError],
    own_client: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with httpx.AsyncClient() as http:
        with LoopbackServer([answer, answer]) as server:
            async with client(server.url, HttpTransport(client=http) if own_client else None) as made:
                first, second = await failures(made)
        assert CANARY in str(server.requests[0].headers), "the server was not given the secret"
    assert isinstance(first, whole)
    assert isinstance(second, streamed)
    assert not told(first)
    assert not told(second)
    assert {record.name.partition(".")[0] for record in caplog.records} >= {"httpcore"}
    assert not logged(caplog)


async def test_a_call_that_succeeds_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[Answer] = [Failure(503, f"busy, sk-{CANARY}", retry_after=0.0), Reply("Hello")]
    with LoopbackServer(answers) as server:
        async with client(server.url) as made:
            retry = RetryPolicy(max_retries=1, base_delay=0.0)
            response = (
                await ChatBuilder()
                .with_model(made)
                .with_retry(retry)
                .build()
                .complete(Messages.from_user("Hi"))
            )
    assert [notice.about for notice in response.notices] == ["retry"]
    assert not shown(response)
    assert not logged(caplog)


async def test_no_answer_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and says nothing
        nobody, listening = (
            f"http://127.0.0.1:{_free_port()}/v1",
            f"http://127.0.0.1:{silent.getsockname()[1]}/v1",
        )
        proxy = HttpTransport(proxy=f"http://user:{CANARY}@127.0.0.1:{_free_port()}")
        cases: list[tuple[ChatCompletionsClient, type[ChatError]]] = [
            (client(nobody), ConnectionFailed),
            (client(nobody, proxy), ConnectionFailed),
            (client(listening, first_event=0.05), TimedOut),
            (client(nobody, HttpTransport(proxy=f"nonsense://user:{CANARY}@host")), ConfigurationError),
            (
                client(nobody, FakeTransport().fail(TimedOut("connect", 1)).fail(ConnectionFailed("no"))),
                NetworkError,
            ),
        ]
        for made, expected in cases:
            async with made:
                for failure in await failures(made):
                    assert isinstance(failure, expected), failure
                    assert not told(failure)
                assert not shown(made)
    assert not logged(caplog)


async def failures(made: ChatCompletionsClient) -> list[ChatError]:
    """What a call raises, whole and then streamed."""
    chat = ChatBuilder().with_model(made).with_retry(RetryPolicy(max_retries=0)).build()

    async def streamed() -> None:
        async with chat.stream(Messages.from_user("Hi")) as events:
            async for _ in events:
                pass

    return [await _failure(lambda: chat.complete(Messages.from_user("Hi"))), await _failure(streamed)]


async def _failure(call: Callable[[], Awaitable[object]]) -> ChatError:
    with pytest.raises(ChatError) as caught:
        await call()
    return caught.value


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        text for record in caplog.records if CANARY in (text := f"{record.getMessage()} {record.__dict__}")
    ]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
