"""The loopback server, asked by plain httpx and by the official SDK."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from chat_core.testing.loopback import Call, Failure, LoopbackServer, Raw, Reply, Script
from chat_core.types.json_values import JsonObject
from openai import AsyncOpenAI, OpenAI

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
WEATHER = Call("weather", {"city": "Zürich", "days": 3})


def sdk(server: LoopbackServer) -> OpenAI:
    return OpenAI(base_url=server.url, api_key="k", max_retries=0)


def post(server: LoopbackServer, **body: object) -> httpx.Response:
    return httpx.post(f"{server.url}/chat/completions", json={"model": "m", "messages": HELLO, **body})


def events(response: httpx.Response) -> list[Any]:
    """The chunks of a stream, which must be whole."""
    *chunks, done, rest = response.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(chunk.removeprefix("data: ")) for chunk in chunks]


def test_a_turn_comes_whole_and_the_request_is_kept() -> None:
    with LoopbackServer([Reply("Hello!", prompt_tokens=7, completion_tokens=2, cached_tokens=4)]) as server:
        with sdk(server) as client:
            completion = client.chat.completions.create(
                model="gpt-5.6", messages=HELLO, extra_headers={"X-Mine": "1"}
            )

    assert completion.choices[0].message.content == "Hello!"
    assert completion.choices[0].finish_reason == "stop"
    assert (completion.model, completion.id) == ("gpt-5.6", "chatcmpl-1")
    assert completion.usage is not None
    assert (
        completion.usage.prompt_tokens,
        completion.usage.completion_tokens,
        completion.usage.total_tokens,
    ) == (
        7,
        2,
        9,
    )
    assert completion.usage.prompt_tokens_details is not None
    assert completion.usage.prompt_tokens_details.cached_tokens == 4
    [received] = server.requests
    assert (received.method, received.path) == ("POST", "/v1/chat/completions")
    assert (received.headers["x-mine"], received.headers["authorization"]) == ("1", "Bearer k")
    assert received.body == {"model": "gpt-5.6", "messages": HELLO}
    assert "Bearer" not in repr(received)


def test_a_turn_is_streamed_role_first_and_usage_last() -> None:
    with LoopbackServer([Reply("Hello there", reasoning="hm", chunk=6)]) as server:
        response = post(server, stream=True, stream_options={"include_usage": True})

    assert response.headers["content-type"].startswith("text/event-stream")
    *chunks, usage = events(response)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning": "hm"},
        {"content": "Hello "},
        {"content": "there"},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, None, "stop"]
    assert all(chunk["usage"] is None and chunk["object"] == "chat.completion.chunk" for chunk in chunks)
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 15)


def test_a_stream_has_no_usage_unless_requested() -> None:
    with LoopbackServer([Reply("Hi")]) as server:
        assert not any("usage" in chunk for chunk in events(post(server, stream=True)))


def test_the_sdk_reads_the_same_turn_streamed_as_whole() -> None:
    turn = Reply("One moment.", calls=(WEATHER, Call("now", id="mine")), chunk=3)
    with LoopbackServer([turn, turn]) as server, sdk(server) as client:
        whole = client.chat.completions.create(model="m", messages=HELLO)
        with client.chat.completions.stream(model="m", messages=HELLO) as stream:
            streamed = stream.get_final_completion()

    for completion, call_id in (whole, "call_1_1"), (streamed, "call_2_1"):
        assert completion.choices[0].finish_reason == "tool_calls"
        assert completion.choices[0].message.content == "One moment."
        calls: Any = completion.choices[0].message.tool_calls
        assert [(call.id, call.function.name) for call in calls] == [(call_id, "weather"), ("mine", "now")]
        assert [json.loads(call.function.arguments) for call in calls] == [{"city": "Zürich", "days": 3}, {}]


def test_a_turn_of_calls_alone_has_null_content() -> None:
    with LoopbackServer([Reply(calls=(WEATHER,))] * 2) as server:
        assert post(server).json()["choices"][0]["message"]["content"] is None
        assert events(post(server, stream=True))[0]["choices"][0]["delta"]["content"] is None


def test_arguments_given_as_text_are_sent_as_they_are() -> None:
    with LoopbackServer([Reply(calls=(Call("weather", '{"city": "Zü'),), finish_reason="length")]) as server:
        [choice] = post(server).json()["choices"]
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city": "Zü'
    assert choice["finish_reason"] == "length"


def test_a_refusal_is_no_content() -> None:
    with LoopbackServer([Reply(refusal="I will not.")] * 2) as server, sdk(server) as client:
        whole = client.chat.completions.create(model="m", messages=HELLO)
        with client.chat.completions.stream(model="m", messages=HELLO) as stream:
            streamed = stream.get_final_completion()
    for completion in whole, streamed:
        assert completion.choices[0].message.content is None
        assert completion.choices[0].message.refusal == "I will not."


def test_a_function_answers_by_the_request() -> None:
    def script(body: JsonObject) -> Reply:
        messages = body["messages"]
        assert isinstance(messages, list)
        match messages[-1]:
            case {"role": "tool", "content": str(result)}:
                return Reply(f"It is {result}.")
            case _:
                return Reply(calls=(WEATHER,))

    with LoopbackServer(script) as server, sdk(server) as client:
        asked: Any = client.chat.completions.create(model="m", messages=HELLO).choices[0].message
        result: Any = {"role": "tool", "tool_call_id": asked.tool_calls[0].id, "content": "sunny"}
        told = client.chat.completions.create(model="m", messages=[*HELLO, asked, result])
    assert told.choices[0].message.content == "It is sunny."


def test_a_failure_is_the_error_envelope() -> None:
    with LoopbackServer([Failure(429, "Slow down", code="rate_limit_exceeded", retry_after=1.5)]) as server:
        with sdk(server) as client, pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="m", messages=HELLO)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.json()["error"]["message"] == "Slow down"
    assert caught.value.response.headers["retry-after"] == "1.5"
    assert caught.value.request_id == "req-1"


def test_after_a_failure_the_same_connection_goes_on() -> None:
    with LoopbackServer([Failure(503, "Busy"), Reply("Now"), Reply("Still")]) as server:
        with httpx.Client(base_url=server.url) as client:
            ports = set[object]()
            for stream, status in (False, 503), (True, 200), (False, 200):
                response = client.post(
                    "/chat/completions", json={"model": "m", "messages": HELLO, "stream": stream}
                )
                assert response.status_code == status
                ports.add(response.extensions["network_stream"].get_extra_info("client_addr"))
    assert len(ports) == 1


def raising(body: JsonObject) -> Reply:
    raise KeyError("city")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([], "the script has run out: request 1 of 0 that it answers"),
        (raising, "the script raised KeyError: 'city'"),
    ],
)
def test_a_mistake_in_the_script_is_reported_plainly_and_not_to_be_retried(script: Script, said: str) -> None:
    with LoopbackServer(script) as server:
        response = post(server)
    assert response.status_code == 500
    assert response.json()["error"]["message"] == said
    assert response.headers["x-should-retry"] == "false"


def test_what_a_turn_cannot_answer_takes_what_is_raw() -> None:
    script = [Raw(b'{"content": []}', "application/json"), Failure(529, "Overloaded"), Reply("unasked")]
    with LoopbackServer(script) as server:
        answers = [
            httpx.post(f"{server.url}/images/generations", json={"model": "m", "prompt": "a cat"})
            for _ in script
        ]
    assert [answer.status_code for answer in answers] == [200, 529, 500]
    assert answers[0].json() == {"content": []}
    assert "only Raw and Failure answer" in answers[2].text


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/nothing", b"{}", 404),
        ("GET", "/chat/completions", b"", 404),
        ("DELETE", "/models", b"", 501),
        ("POST", "/chat/completions", b"{not json", 400),
        ("POST", "/chat/completions", b'{"messages": [{}]}', 400),
        ("POST", "/chat/completions", b'{"model": "m", "messages": []}', 400),
        ("POST", "/embeddings", b'{"model": "m", "input": []}', 400),
        ("POST", "/embeddings", b'{"model": "m", "input": "a", "dimensions": -1}', 400),
        ("POST", "/embeddings", b'{"input": "a"}', 400),
    ],
)
def test_what_it_cannot_answer_gets_an_error_envelope(
    method: str, path: str, content: bytes, status: int
) -> None:
    with LoopbackServer([Reply("unasked")]) as server:
        response = httpx.request(method, server.url + path, content=content)
    assert response.status_code == status
    assert response.json()["error"]["message"]


def test_a_request_without_a_length_is_refused() -> None:
    with LoopbackServer([Reply("unasked")]) as server:
        response = httpx.post(f"{server.url}/chat/completions", content=iter([b"{}"]))
    assert (response.status_code, response.headers["connection"]) == (411, "close")


def test_the_model_is_listed_whatever_stands_before_the_path() -> None:
    with LoopbackServer(model="tiny") as server, sdk(server) as client:
        assert [model.id for model in client.models.list()] == ["tiny"]
        elsewhere = server.url.removesuffix("/v1") + "/gateway/models?limit=1"
        assert httpx.get(elsewhere).json()["data"][0]["id"] == "tiny"


def test_embeddings_are_the_same_at_every_run_and_near_where_words_are_shared() -> None:
    texts = ["the cat sat", "the cat slept", "stock prices fell"]
    with LoopbackServer() as server, sdk(server) as client:
        given = client.embeddings.create(model="e", input=texts, dimensions=64)
        floats = client.embeddings.create(model="e", input=texts, dimensions=64, encoding_format="float")
        [alone] = client.embeddings.create(model="e", input=texts[0]).data
        tokens = client.embeddings.create(model="e", input=[[1, 2], [3]]).data

    assert server.requests[0].body["encoding_format"] == "base64"
    one, two, three = (embedding.embedding for embedding in given.data)
    assert [embedding.embedding for embedding in floats.data] == [one, two, three]
    assert (len(one), len(alone.embedding), len(tokens)) == (64, 8, 2)
    assert given.usage.prompt_tokens == 9
    assert sum(a * a for a in one) == pytest.approx(1)
    assert sum(a * b for a, b in zip(one, two, strict=True)) > 0.5
    assert sum(a * b for a, b in zip(one, three, strict=True)) < 0.5
    assert alone.embedding[0] == pytest.approx(0.28832036)


@pytest.mark.parametrize("cut_after", [0, 1, 3])
def test_a_cut_stream_ends_in_the_middle(cut_after: int) -> None:
    lines: list[str] = []
    with LoopbackServer([Reply("Hello there", cut_after=cut_after)]) as server:
        body = {"model": "m", "messages": HELLO, "stream": True}
        with httpx.stream("POST", f"{server.url}/chat/completions", json=body) as response:
            with pytest.raises(httpx.RemoteProtocolError):
                lines.extend(response.iter_lines())
    assert len([line for line in lines if line]) == cut_after


def test_a_cut_whole_turn_never_arrives() -> None:
    with LoopbackServer([Reply("Hello", cut_after=0)]) as server, pytest.raises(httpx.RemoteProtocolError):
        post(server)


def test_raw_bytes_go_out_as_they_are() -> None:
    frames = b"event: ping\r\ndata: {}\r\n\r\n"
    whole = Raw(frames)
    sliced = Raw(b"<h1>Bad gateway</h1>", content_type="text/html", status=502, chunk=7)
    with LoopbackServer([whole, sliced, Raw(frames, chunk=5, cut_after=2)]) as server:
        first, second = post(server), post(server)
        with pytest.raises(httpx.RemoteProtocolError):
            post(server)
    assert (first.content, first.headers["content-type"]) == (frames, "text/event-stream")
    assert first.headers["content-length"] == str(len(frames))
    assert (second.status_code, second.text) == (502, "<h1>Bad gateway</h1>")
    assert second.headers["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("make", [lambda: Reply(chunk=0), lambda: Raw(b"", chunk=0)])
def test_a_chunk_of_nothing_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        make()


def test_two_clients_at_the_same_time_get_each_its_own() -> None:
    async def both(url: str) -> list[str]:
        async def ask(client: AsyncOpenAI, name: str) -> str:
            stream = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": name}], stream=True
            )
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        async with (
            AsyncOpenAI(base_url=url, api_key="a") as one,
            AsyncOpenAI(base_url=url, api_key="b") as two,
        ):
            return [*await asyncio.gather(ask(one, "first " * 10), ask(two, "second " * 10))]

    def echo(body: JsonObject) -> Reply:
        match body["messages"]:
            case [{"content": str(text)}]:
                return Reply(text, chunk=7, pause=0.005)
            case _:
                raise AssertionError(body)

    with LoopbackServer(echo) as server:
        assert asyncio.run(both(server.url)) == ["first " * 10, "second " * 10]
    assert sorted(received.headers["authorization"] for received in server.requests) == [
        "Bearer a",
        "Bearer b",
    ]


def test_a_slow_answer_delays_no_other() -> None:
    with LoopbackServer([Reply("slow", pause=60), Reply("quick")]) as server:
        body = {"model": "m", "messages": HELLO, "stream": True}
        with httpx.stream("POST", f"{server.url}/chat/completions", json=body):
            assert post(server).json()["choices"][0]["message"]["content"] == "quick"


def test_leaving_frees_the_port_and_ends_the_threads_though_a_client_still_reads() -> None:
    before = set(threading.enumerate())
    with httpx.Client() as idle, httpx.Client() as reading:
        with LoopbackServer([Reply("one"), Reply("never", pause=60)]) as server:
            url = server.url
            idle.post(f"{url}/chat/completions", json={"model": "m", "messages": HELLO})
            body = {"model": "m", "messages": HELLO, "stream": True}
            response = reading.send(
                reading.build_request("POST", f"{url}/chat/completions", json=body), stream=True
            )
            assert len(set(threading.enumerate()) - before) == 3
            left = time.monotonic()
        assert time.monotonic() - left < 1
        assert set(threading.enumerate()) == before
        with pytest.raises(httpx.RemoteProtocolError):
            response.read()
        with pytest.raises(httpx.ConnectError):
            idle.get(f"{url}/models")
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", urlsplit(url).port))


def test_leaving_does_not_wait_for_a_client_that_does_not_read() -> None:
    with LoopbackServer([Raw(b"x" * 50_000_000)]) as server:
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port)) as deaf:
            body = json.dumps({"model": "m", "messages": HELLO}).encode()
            deaf.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )
            assert deaf.recv(12) == b"HTTP/1.1 200"
            left = time.monotonic()
            server.__exit__(None, None, None)
            assert time.monotonic() - left < 1


def test_a_client_that_leaves_early_disturbs_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    with LoopbackServer([Reply("long " * 1000, pause=0.001), Reply("next")]) as server:
        body = {"model": "m", "messages": HELLO, "stream": True}
        with httpx.stream("POST", f"{server.url}/chat/completions", json=body) as response:
            next(response.iter_lines())
        assert post(server).json()["choices"][0]["message"]["content"] == "next"
    assert capfd.readouterr() == ("", "")


def test_an_address_is_had_only_inside_the_context() -> None:
    server = LoopbackServer()
    with pytest.raises(RuntimeError, match="with LoopbackServer"):
        _ = server.url
    with server:
        assert server.url.startswith("http://127.0.0.1:")
        with pytest.raises(RuntimeError, match="already running"):
            server.__enter__()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "loopback"]


def test_the_responses_endpoint_takes_answers_that_are_spelled_out() -> None:
    body = json.dumps({"id": "r1", "object": "response", "status": "completed", "output": []}).encode()
    with LoopbackServer([Raw(body, "application/json"), Failure(429, "slow", retry_after=2.0)]) as server:
        with sdk(server) as client:
            assert client.responses.create(model="m", input="Hello").id == "r1"
            with pytest.raises(openai.RateLimitError):
                client.responses.create(model="m", input="Hello")

    assert [request.path for request in server.requests] == ["/v1/responses"] * 2
    assert server.requests[0].body["input"] == "Hello"


def test_what_stands_beside_the_responses_endpoint_is_answered_from_the_script_too() -> None:
    with LoopbackServer(lambda body: Raw(json.dumps({"asked": body}).encode(), "application/json")) as server:
        for path in ("responses/input_tokens", "images/generations", "images/edits"):
            assert httpx.post(f"{server.url}/{path}", json={"model": "m"}).json() == {"asked": {"model": "m"}}
        stored = httpx.get(f"{server.url}/responses/resp_1", params={"stream": "true", "starting_after": 3})
        assert stored.json() == {"asked": {"response_id": "resp_1", "stream": "true", "starting_after": "3"}}


def test_a_method_as_google_names_them_is_answered_from_the_script_as_it_is() -> None:
    with LoopbackServer([Raw(b'{"candidates": []}', "application/json"), Reply("no")]) as server:
        answer = httpx.post(f"{server.url}/models/gemini:predict", json={"instances": []})
        assert (answer.status_code, answer.json()) == (200, {"candidates": []})
        assert server.requests[0].path == "/v1/models/gemini:predict"

        refused = httpx.post(f"{server.url}/models/gemini:predict", json={"instances": []})
        assert "only Raw and Failure answer on this wire" in refused.text
