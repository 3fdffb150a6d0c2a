"""Pictures: what is asked for, what comes back whole or streamed, and the conversation that goes on from
them.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Done,
    File,
    FileReady,
    InvalidRequest,
    InvalidResponse,
    Messages,
    Overloaded,
    ProviderError,
    Reasoning,
    RetryPolicy,
    StreamTruncated,
    TurnEvent,
    tool,
)
from chat_core.testing import FakeTransport, broken_laws
from chat_openai import ImageOpenAIClient, OpenAIBuilder, mask
from openai.types import ImagesResponse
from openai.types.image_edit_params import ImageEditParamsNonStreaming
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from pydantic import ConfigDict, TypeAdapter

SHARED = Path(__file__).parents[3] / "shared"
pytestmark = pytest.mark.anyio


class EditParams(ImageEditParamsNonStreaming):
    """The SDK's own, which names types of files."""

    # how pydantic reads it
    __pydantic_config__ = ConfigDict(arbitrary_types_allowed=True)  # type: ignore[misc]


GENERATE: TypeAdapter[Any] = TypeAdapter(ImageGenerateParamsNonStreaming)
EDIT: TypeAdapter[Any] = TypeAdapter(EditParams)

PNG, OTHER = b"\x89PNG\r\n\x1a\n one", b"\x89PNG\r\n\x1a\n two"
USAGE = {
    "input_tokens": 14,
    "input_tokens_details": {"image_tokens": 0},
    "output_tokens": 272,
    "total_tokens": 286,
}


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def answer(*pictures: bytes, **more: object) -> dict[str, Any]:
    return {"created": 0, "data": [{"b64_json": encoded(data)} for data in pictures], "usage": USAGE, **more}


def builder(transport: FakeTransport) -> OpenAIBuilder[Any, Any]:
    return OpenAIBuilder().with_model("gpt-image-2").with_api_key("secret-key").with_transport(transport)


def client(transport: FakeTransport, **options: Any) -> ImageOpenAIClient:
    made: ImageOpenAIClient = builder(transport).with_images(**options).build()
    return made


def accepted(body: dict[str, Any]) -> None:
    """Whether the official SDK's types take this body.

    It sends an edit's pictures as a form, where they are one field.
    """
    if "images" not in body:
        GENERATE.validate_python(body)
        assert body.keys() <= ImageGenerateParamsNonStreaming.__annotations__.keys()
        return
    form = {**body, "image": b"", **({"mask": b""} if "mask" in body else {})}
    assert form.pop("images")
    EDIT.validate_python(form)
    assert form.keys() <= ImageEditParamsNonStreaming.__annotations__.keys()


# -- what is asked, and what comes back


async def test_a_prompt_is_all_that_it_takes() -> None:
    transport = FakeTransport().answer(answer(PNG, output_format="png"))
    response = await client(transport).draw("a siamese cat")

    assert response.files == [File("image/png", PNG)]
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (
        14,
        272,
        286,
    )
    assert (response.finish_reason, response.text) == ("stop", "")
    [request] = transport.requests
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/images/generations")
    assert request.headers["authorization"] == "Bearer secret-key"
    assert transport.last_body == {"model": "gpt-image-2", "prompt": "a siamese cat"}
    accepted(transport.last_body)


async def test_the_options_go_to_the_wire_under_its_names() -> None:
    transport = FakeTransport().answer(answer(PNG, OTHER))
    options = {
        "n": 2,
        "size": "1536x864",
        "quality": "low",
        "output_format": "webp",
        "background": "opaque",
        "moderation": "low",
    }
    made = builder(transport).with_images(**options, compression=50, fidelity="high", partial_images=2)  # type: ignore[arg-type]
    response = await made.with_extra_body({"safety_identifier": "u"}).build().draw("two cats")
    assert [file.data for file in response.files] == [PNG, OTHER]
    expected = {
        "model": "gpt-image-2",
        "prompt": "two cats",
        **options,
        "output_compression": 50,
        "safety_identifier": "u",
    }
    assert transport.last_body == expected  # fidelity is an edit's, previews are a stream's
    accepted(transport.last_body)


async def test_pictures_are_edited_each_by_its_bytes_its_url_or_its_id() -> None:
    transport = FakeTransport().answer(answer(OTHER))
    pictures = [
        File.from_bytes(PNG),
        File.from_url("https://a.example/b.webp"),
        File.from_id("file-1", "image/png"),
    ]
    await client(transport, fidelity="high").draw("a hat on it", *pictures, mask(File.from_bytes(OTHER)))
    assert transport.requests[0].url.endswith("/images/edits")
    assert transport.last_body == {
        "model": "gpt-image-2",
        "prompt": "a hat on it",
        "input_fidelity": "high",
        "images": [
            {"image_url": f"data:image/png;base64,{encoded(PNG)}"},
            {"image_url": "https://a.example/b.webp"},
            {"file_id": "file-1"},
        ],
        "mask": {"image_url": f"data:image/png;base64,{encoded(OTHER)}"},
    }
    accepted(transport.last_body)


async def test_what_the_server_says_of_a_picture_stays_with_it() -> None:
    data = [
        {"b64_json": encoded(b"?"), "mime_type": "image/jpeg", "revised_prompt": "A cat."},
        {"url": "https://a.example/x"},
    ]
    transport = FakeTransport().answer({"data": data, "output_format": "webp", "model": "gpt-image-2-2026"})
    response = await client(transport).draw("a cat")
    first, second = response.files
    assert (first.mimetype, first.native and first.native.data) == (
        "image/jpeg",
        {"revised_prompt": "A cat."},
    )
    assert (second.url, second.data) == ("https://a.example/x", None)
    assert (response.model, response.usage.input_tokens) == ("gpt-image-2-2026", None)
    theirs = ImagesResponse.construct(data=data)
    assert theirs.data is not None
    assert [one.url for one in theirs.data] == [file.url for file in response.files]


async def test_the_type_of_a_picture_is_stated_or_detected() -> None:
    for told, data, mimetype in [
        ("svg", b"<svg/>", "image/svg+xml"),
        ("jpeg", b"?", "image/jpeg"),
        (None, b"\xff\xd8\xff.", "image/jpeg"),
        (None, PNG, "image/png"),
    ]:
        transport = FakeTransport().answer(answer(data, **({"output_format": told} if told else {})))
        assert (await client(transport).draw("a cat")).files == [File(mimetype, data)]


@pytest.mark.parametrize(
    "body",
    [
        {"data": []},
        {},
        {"data": [{}]},
        {"data": [{"b64_json": "!"}]},
        {"data": [{"url": "file:///etc"}]},
        b"<html>",
    ],
    ids=str,
)
async def test_what_is_no_picture_is_not_taken_for_one(body: Any) -> None:
    with pytest.raises(InvalidResponse):
        await client(FakeTransport().answer(body)).draw("a cat")


async def test_a_refusal_is_the_providers_error() -> None:
    said = {
        "error": {
            "code": "moderation_blocked",
            "message": "no secret-key",
            "type": "image_generation_user_error",
        }
    }
    transport = FakeTransport().answer(said, status=400, headers={"x-request-id": "req_1"}).answer(said)
    with pytest.raises(InvalidRequest) as caught:
        await client(transport).draw("a cat")
    assert (caught.value.code, caught.value.request_id) == ("moderation_blocked", "req_1")
    assert "secret-key" not in str(caught.value)
    with pytest.raises(ProviderError, match="no"):  # under 200
        await client(transport).draw("a cat")


# -- a conversation in pictures


async def test_a_chat_goes_on_from_the_picture_that_it_drew() -> None:
    transport = FakeTransport().answer(answer(PNG)).answer(answer(OTHER)).answer(answer(PNG))
    chat = ChatBuilder().with_model(client(transport)).build()
    messages = Messages.from_system("In oil.").add_user("A cat.")
    first = await chat.complete(messages)
    await chat.complete(messages.add_user("Now with this hat.", File.from_url("https://a.example/hat.png")))
    await chat.complete(Messages.from_json(messages.to_json()).add_user("And green."))

    assert first.files[0].data == PNG
    assert [message.role for message in messages] == ["system", "user", "model", "user", "model"]
    drawn = [{"image_url": f"data:image/png;base64,{encoded(data)}"} for data in (PNG, OTHER)]
    assert [(body["prompt"], body.get("images")) for body in transport.bodies] == [
        ("In oil.\n\nA cat.", None),
        ("In oil.\n\nNow with this hat.", [drawn[0], {"image_url": "https://a.example/hat.png"}]),
        ("In oil.\n\nAnd green.", [drawn[1]]),
    ]


async def test_a_chat_tries_again_and_a_client_does_not() -> None:
    busy = {"error": {"message": "busy", "code": "server_is_overloaded"}}
    transport = FakeTransport().answer(busy, status=503).answer(answer(PNG)).answer(busy, status=503)
    chat = ChatBuilder().with_model(client(transport)).with_retry(RetryPolicy(base_delay=0)).build()
    response = await chat.complete(Messages.from_user("A cat."))
    assert [notice.about for notice in response.notices] == ["retry"]
    with pytest.raises(Overloaded):
        await client(transport).draw("A cat.")


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def _unsayable() -> Iterator[tuple[str, Any, Messages, str]]:
    chat = ChatBuilder()
    cat = Messages.from_user("A cat.")
    yield "tools", chat.with_tools([add]), cat, "has no tools"
    yield "output", chat.with_structured_output(int), cat, "no structured output"
    yield "options", chat.with_options(ChatOptions(temperature=1.0)), cat, "has no temperature"
    yield "no words", chat, Messages.from_user(File.from_bytes(PNG)), "say what to draw"
    yield "sound", chat, Messages.from_user("A cat.", File.from_bytes(b"ID3", "audio/mpeg")), "not audio/mpeg"
    yield "a thought", chat, Messages.from_user("A cat.", Reasoning("Hm.")), "not Reasoning"
    yield "a mask alone", chat, Messages.from_user("A cat.", mask(File.from_bytes(PNG))), "a mask goes with"


@pytest.mark.parametrize(
    ("chat", "messages", "said"), [pytest.param(*rest, id=name) for name, *rest in _unsayable()]
)
async def test_what_cannot_be_drawn_is_refused_before_anything_is_sent(
    chat: Any, messages: Messages, said: str
) -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match=said):
        await chat.with_model(client(transport)).build().complete(messages)
    assert transport.requests == []


def test_options_of_the_responses_api_are_refused_when_the_client_is_built() -> None:
    with pytest.raises(ConfigurationError, match="leave out what sets options, native_tools"):
        builder(FakeTransport()).with_images().with_web_search().with_verbosity("low").build()


def test_no_repr_shows_the_key_and_a_later_choice_replaces_an_earlier_one() -> None:
    made = builder(FakeTransport())
    assert (
        repr(made.with_images().build())
        == "ImageOpenAIClient(model='gpt-image-2', base_url='https://api.openai.com/v1')"
    )
    assert "secret" not in repr(made.with_images()) + repr(made.with_images().build()._settings)
    assert isinstance(made.with_embeddings(4).with_images().build(), ImageOpenAIClient)
    assert not isinstance(made.with_images().with_embeddings(4).build(), ImageOpenAIClient)


# -- streams


def preview(data: bytes, of: str = "image_generation") -> dict[str, Any]:
    return {
        "type": f"{of}.partial_image",
        "b64_json": encoded(data),
        "partial_image_index": 0,
        "output_format": "png",
    }


def completed(data: bytes, of: str = "image_generation") -> dict[str, Any]:
    return {
        "type": f"{of}.completed",
        "b64_json": encoded(data),
        "output_format": "png",
        "size": "16x16",
        "usage": USAGE,
    }


async def streamed(events: AsyncGenerator[TurnEvent]) -> tuple[list[TurnEvent], ChatResponse]:
    seen = [event async for event in events]
    assert broken_laws(seen) == []
    assert isinstance(seen[-1], Done)
    return seen[:-1], seen[-1].response


CAT = ChatRequest(Messages.from_user("A cat."))


@pytest.mark.parametrize("of", ["image_generation", "image_edit"])
async def test_a_stream_shows_previews_and_then_the_picture(of: str) -> None:
    transport = FakeTransport().answer([preview(OTHER, of), completed(PNG, of)])
    seen, response = await streamed(client(transport, partial_images=1).stream(CAT))
    assert seen == [FileReady(File("image/png", OTHER, preview=True)), FileReady(File("image/png", PNG))]
    assert response.files == [File("image/png", PNG)]
    assert (response.usage.output_tokens, response.raw and response.raw["size"]) == (272, "16x16")
    assert transport.last_body == {
        "model": "gpt-image-2",
        "prompt": "A cat.",
        "partial_images": 1,
        "stream": True,
    }


async def test_several_pictures_end_with_the_last_one() -> None:
    transport = FakeTransport().answer([completed(PNG), completed(OTHER), completed(PNG)])
    _, response = await streamed(client(transport, n=2).stream(CAT))
    assert [file.data for file in response.files] == [PNG, OTHER]
    assert response.usage.output_tokens == 544
    done = FakeTransport().answer(
        [completed(PNG), "[DONE]"]
    )  # a server that drew fewer, and says that this is all
    assert len((await streamed(client(done, n=2).stream(CAT)))[1].files) == 1


BODY = "".join(
    f"data: {json.dumps(event)}\n\n" for event in (preview(OTHER), completed(PNG), completed(OTHER))
).encode()


async def test_a_stream_that_is_cut_anywhere_is_an_error_that_holds_what_came() -> None:
    for cut in range(1, len(BODY) - 2):
        transport = FakeTransport().answer(BODY[:cut] or b"\n", headers={"content-type": "text/event-stream"})
        with pytest.raises(StreamTruncated, match="of 2 came") as caught:
            await streamed(client(transport, n=2).stream(CAT))
        came = b".completed" in BODY[:cut] and BODY[: cut + 2].count(b"\n\n") >= 2
        assert [file.data for file in caught.value.partial.files] == ([PNG] if came else [])
        assert caught.value.partial.message.interrupted


async def test_an_error_inside_a_stream_is_raised_and_so_is_what_cannot_be_read() -> None:
    failed = {"type": "error", "error": {"code": "server_error", "message": "busy"}}
    for event, kind in [
        (failed, ProviderError),
        ({"error": {"message": "busy"}}, ProviderError),
        ("Bad Gateway", InvalidResponse),
    ]:
        with pytest.raises(kind):
            await streamed(client(FakeTransport().answer([preview(PNG), event, completed(PNG)])).stream(CAT))


async def test_a_server_that_does_not_stream_is_read_whole() -> None:
    seen, response = await streamed(client(FakeTransport().answer(answer(PNG, OTHER))).stream(CAT))
    assert seen == [FileReady(File("image/png", PNG)), FileReady(File("image/png", OTHER))]
    assert response.usage.total_tokens == 286


# -- recorded


def recorded() -> list[Any]:
    paths = sorted((SHARED / "recordings").glob("*/*.expected.json"))
    texts = [
        (path, path.read_text(encoding="utf-8")) for path in paths if path.parent.name in ("openai", "xai")
    ]
    return [
        pytest.param(path, id=path.name.partition(".")[0])
        for path, text in texts
        if '"openai-images"' in text
    ]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not beside the project")
@pytest.mark.parametrize("path", recorded())
async def test_a_recorded_exchange_comes_out_as_expected_and_its_request_is_the_recorded_one(
    path: Path,
) -> None:
    sys.path.insert(0, str(SHARED / "tools"))
    from replay_server import ReplayServer

    recording, expectations = _read(path.with_name(path.name.replace(".expected", ""))), _read(path)
    [exchange], [expected] = recording["exchanges"], expectations["exchanges"]
    asked = dict(exchange["request"]["json"])
    made = OpenAIBuilder().with_model(asked.pop("model"))
    prompt = asked.pop("prompt")
    pictures = [File.from_url(one["image_url"]) for one in asked.pop("images", [])]
    known = {name: asked.pop(name) for name in ("n", "size", "quality", "output_format") if name in asked}

    with ReplayServer(recording) as server:
        base_url = f"{server.url}/v1"
        async with (
            made.with_base_url(base_url).with_images(**known).with_extra_body(asked).build() as drawing
        ):
            told = await _told(drawing, prompt, pictures)
        [request] = server.requests
    assert (request["method"], request["path"]) == (
        "POST",
        "/v1" + exchange["request"]["url"].partition("/v1")[2],
    )
    assert request["json"] == exchange["request"]["json"]
    if recording["provider"] == "openai":
        accepted(request["json"])
    if expected["kind"] == "error":
        wanted = expected["error"]
        assert told == {name: wanted[name] for name in ("status", "code", "message")}
        return
    assert expected["kind"] == "images"
    files = [
        {name: value for name, value in file.items() if name != "mimetype" or value}
        for file in expected["files"]
    ]
    assert [
        {name: file[name] for name in wanted} for file, wanted in zip(told["files"], files, strict=True)
    ] == files
    assert told["usage"] == {name: expected["usage"][name] for name in ("input", "output", "total")}
    assert told["usage_raw"] == expected["usage_raw"]


def _read(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return said


async def _told(drawing: ImageOpenAIClient, prompt: str, pictures: list[File]) -> dict[str, Any]:
    """A response or an error in the form of the expectations."""
    import hashlib

    try:
        response = await drawing.draw(prompt, *pictures)
    except ProviderError as error:
        return {"status": error.status, "code": error.code, "message": error.message}
    except ChatError as error:  # which no recording expects
        return {"unexpected": repr(error)}
    files: list[dict[str, object]] = []
    for file in response.files:
        data = file.data or b""
        told = (
            {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            if file.data
            else {"uri": file.url}
        )
        files.append({"mimetype": file.mimetype, **told})
    usage = response.usage
    counted = {"input": usage.input_tokens, "output": usage.output_tokens, "total": usage.total_tokens}
    return {"files": files, "usage": counted, "usage_raw": usage.raw}
