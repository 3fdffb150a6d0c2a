"""A client without `await`: everything that it can do, on one loop, from plain synchronous code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from chat_cohere import CohereBuilder
from chat_core import (
    Answered,
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    Done,
    File,
    Messages,
    NotFound,
    TextChunk,
)
from chat_core.sync import SyncChat, SyncClient
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.types.audio import SpeechDone, TranscriptionDone
from chat_core.types.questions import YesNo
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_together import TogetherBuilder

RECORDING = File("audio/wav", b"RIFF\0\0\0\0WAVE", name="hello.wav")


def client_of(builder: Any, network: FakeTransport) -> Any:
    return builder().with_model("m").with_api_key("k").with_transport(network).build()


def described(number: int) -> dict[str, Any]:
    return {"id": f"file-{number}", "object": "file", "filename": "a.txt", "bytes": 2, "created_at": 1}


def test_files_are_uploaded_listed_read_and_deleted() -> None:
    network = FakeTransport().answer(described(1))
    network.answer({"data": [described(1), described(2)], "has_more": False}).answer(described(2))
    network.answer({"id": "file-2", "deleted": True})
    with SyncClient(client_of(OpenAIBuilder, network)) as client:
        assert client.files.upload(File.from_bytes(b"hi", "text/plain", name="a.txt")).id == "file-1"
        with client.files.list() as found:
            assert [file.id for file in found] == ["file-1", "file-2"]
        assert client.files.get("file-2").name == "a.txt"
        client.files.delete("file-2")
    assert [(request.method, request.url.split("/v1")[1].split("?")[0]) for request in network.requests] == [
        ("POST", "/files"),
        ("GET", "/files"),
        ("GET", "/files/file-2"),
        ("DELETE", "/files/file-2"),
    ]


def test_no_further_page_of_files_is_requested_by_whoever_leaves() -> None:
    network = FakeTransport().answer({"data": [described(1)], "has_more": True, "last_id": "file-1"})
    with (
        SyncClient(client_of(OpenAIBuilder, network)) as client,
        client.files.list() as found,
    ):
        assert next(found).id == "file-1"
    assert len(network.requests) == 1


def test_what_a_server_refuses_is_raised_as_it_is_where_it_is_awaited() -> None:
    network = FakeTransport().answer({"error": {"message": "no such file"}}, status=404)
    with SyncClient(client_of(OpenAIBuilder, network)) as client, pytest.raises(NotFound):
        client.files.download("file-9")


def test_turns_come_whole_and_as_events() -> None:
    scripted = ScriptedProvider(["Hello there.", "Bye."])
    with SyncClient(scripted) as client:
        assert client.complete("Hi").text == "Hello there."
        with client.stream(Messages.from_user("Go")) as events:
            seen = list(events)
    assert [event.text for event in seen if isinstance(event, TextChunk)] == ["Bye."]
    assert isinstance(seen[-1], Done)
    assert client.model == "scripted"
    assert client.client is scripted


def test_tokens_are_counted_models_listed_and_documents_ranked() -> None:
    network = FakeTransport().answer({"tokens": [1, 2, 3]}).answer({"models": [{"name": "m"}]})
    network.answer({"results": [{"index": 1, "relevance_score": 0.5}], "meta": {}})
    with SyncClient(client_of(CohereBuilder, network)) as client:
        assert client.count_tokens(Messages.from_user("Hello")) == 3
        assert [model.id for model in client.list_models()] == ["m"]
        assert client.rerank("q", ["a", "b"], top_n=1).results[0].index == 1


def test_vectors_are_made() -> None:
    network = FakeTransport().answer({"data": [{"index": 0, "embedding": [0.5]}], "model": "m"})
    builder = OpenAIBuilder().with_model("m").with_api_key("k").with_embeddings().with_transport(network)
    with SyncClient(builder.build()) as client:
        assert list(client.embed(["one"]).embeddings[0].vector) == [0.5]


def test_speech_is_heard_and_spoken_whole_and_as_events() -> None:
    network = FakeTransport().answer({"text": "Hello."})
    network.answer([{"type": "transcript.text.done", "text": "Hello."}])
    network.answer(b"sound", headers={"content-type": "audio/mpeg"})
    network.answer([{"type": "speech.audio.delta", "audio": "AAAA"}, {"type": "speech.audio.done"}])
    with SyncClient(client_of(OpenAIBuilder, network)) as client:
        assert client.transcribe(RECORDING, language="en").text == "Hello."
        with client.stream_transcription(RECORDING) as heard:
            assert isinstance(list(heard)[-1], TranscriptionDone)
        assert client.speak("Hi", voice="coral").file.data == b"sound"
        with client.stream_speech("Hi", voice="coral") as spoken:
            assert isinstance(list(spoken)[-1], SpeechDone)


def test_a_video_is_made() -> None:
    network = FakeTransport().answer({"id": "v", "model": "m", "status": "queued"})
    finished = {
        "id": "v",
        "model": "m",
        "status": "completed",
        "outputs": {"video_url": "https://a.example/v"},
    }
    network.answer(finished).answer(finished).answer(finished)
    with SyncClient(client_of(TogetherBuilder, network)) as client:
        job = client.videos.wait(client.videos.status(client.videos.submit("A dog")))
        assert client.videos.result(job).files[0].url == "https://a.example/v"


def test_a_batch_is_submitted_waited_for_and_read() -> None:
    answers = {"a": "Yes.", "b": "No."}
    network = FakeTransport()
    batch = {"id": "b", "model": "m", "status": "SUCCESS", "output_file": "o", "total_requests": 2}
    network.answer({**batch, "status": "RUNNING"}).answer(batch)
    lines = [
        {"custom_id": id, "response": {"status_code": 200, "body": _turn(text)}}
        for id, text in answers.items()
    ]
    with SyncClient(client_of(MistralBuilder, network)) as client:
        requests = {id: ChatRequest(Messages.from_user("Go")) for id in answers}
        job = client.batches.wait(client.batches.submit(requests))
        network.answer({**batch, "outputs": lines})
        with client.batches.results(job) as items:
            found = {item.id: item.response.text for item in items if isinstance(item, Answered)}
    assert found == answers


def test_decisions_are_made_by_the_client_that_makes_them() -> None:
    with SyncClient(_Decider()) as client:
        assert client.decide(Messages.from_user("Buy!"), {"spam": YesNo("Is it spam?")}) == "decided"  # type: ignore[comparison-overlap]  # a stand-in


def test_methods_of_one_provider_run_too_with_arguments_of_its_own() -> None:
    network = FakeTransport().answer({"results": [{"categories": {"violence": False}}]})
    mistral = client_of(MistralBuilder, network)
    with SyncClient(mistral) as client:
        client.run(mistral.moderate, "Hello")
        network.answer({"text": "Hello."})
        client.run(mistral.transcribe, RECORDING, options={"diarize": True})
    assert b"diarize" in network.requests[-1].body


def test_a_chat_and_a_client_share_a_loop_by_run() -> None:
    network = FakeTransport().answer(described(1))
    openai = client_of(OpenAIBuilder, network)
    with SyncChat(ChatBuilder().with_model(openai).build()) as chat:
        assert chat.run(openai.files.get, "file-1").id == "file-1"
        network.answer({"data": [described(1)]})
        with chat.iterate(openai.files.list) as found:
            assert len(list(found)) == 1


@pytest.mark.parametrize(
    ("use", "sentence"),
    [
        (lambda client: client.files, "_Plain has no files"),
        (lambda client: client.batches, "_Plain has no batches"),
        (lambda client: client.videos, "_Plain makes no videos"),
        (lambda client: client.list_models(), "_Plain lists no models"),
        (lambda client: client.stream_speech("Hi", voice="v"), "_Plain does not stream speech"),
    ],
)
def test_what_a_client_has_not_is_refused_with_a_sentence(
    use: Callable[[Any], object], sentence: str
) -> None:
    with SyncClient(_Plain()) as client, pytest.raises(ConfigurationError, match=sentence):
        use(client)


def test_what_is_no_client_and_no_block_is_refused_with_a_sentence() -> None:
    wrong: Any = "gpt-5.6"
    with pytest.raises(ConfigurationError, match=r"SyncClient\(client\) takes a client, not a str"):
        SyncClient(wrong)
    with pytest.raises(ConfigurationError, match=r"with SyncClient\(client\) as client: \.\.\."):
        SyncClient(ScriptedProvider([])).complete("Hi")


def test_it_works_again_after_its_block_was_left() -> None:
    client = SyncClient(ScriptedProvider(["one", "two"]))
    with client:
        assert client.complete("Hi").text == "one"
    with client:
        assert client.complete("Hi").text == "two"


def _turn(text: str) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


class _Plain:
    model = "m"

    async def aclose(self) -> None: ...


class _Decider(_Plain):
    async def decide(self, messages: Messages, questions: object, /) -> Any:
        return "decided"
