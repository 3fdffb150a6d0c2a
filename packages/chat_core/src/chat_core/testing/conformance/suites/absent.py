"""What a client has to do with what it cannot do: refuse it, in a sentence, before anything is sent."""

from __future__ import annotations

from typing import Any

from chat_core.chat.builder import ChatBuilder
from chat_core.provider import ExplainingProvider
from chat_core.testing.conformance.checks import check, fail, require, skip
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.requests import plain_request, tool_request
from chat_core.testing.conformance.suites.files import REPORT
from chat_core.testing.conformance.suites.transcription import RECORDING
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.replay import TapeMismatch
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.questions import YesNo
from chat_core.types.request import ChatRequest, OutputSchema


class AbsentSuite(ProviderSuite):
    """What the test does not claim has to be refused: a capability whose suite it does not inherit."""

    @check
    async def test_tools_are_refused(self) -> None:
        """A provider without `ToolsSuite` refuses a request with tools with `ConfigurationError`: raise it in
        `encode`.
        """
        self._skip_if_claimed("ToolsSuite")
        await self._require_refused(tool_request(), "tools")

    @check
    async def test_typed_output_is_refused(self) -> None:
        """A provider without `StructuredOutputSuite` refuses `request.output` with `ConfigurationError`:
        raise it in `encode`.
        """
        self._skip_if_claimed("StructuredOutputSuite")
        output = OutputSchema("forecast", {"type": "object", "properties": {}})
        await self._require_refused(ChatRequest(plain_request().messages, output=output), "typed output")

    @check
    async def test_embeddings_are_refused(self) -> None:
        """A client without `EmbeddingsSuite` has no `embed`, so that `chat.embed` says how to get it."""
        self._skip_if_claimed("EmbeddingsSuite")
        await self._require_absent("embed", ["text"])

    @check
    async def test_ranking_is_refused(self) -> None:
        """A client without `RerankSuite` has no `rerank`, so that `chat.rerank` says that it is not there."""
        self._skip_if_claimed("RerankSuite")
        await self._require_absent("rerank", "query", ["document"])

    @check
    async def test_batches_are_refused(self) -> None:
        """A client without `BatchSuite` has no `batches`, so that `chat.batches` says so, or they refuse a
        batch with `ConfigurationError`, before anything is sent.
        """
        self._skip_if_claimed("BatchSuite")
        client: Any = self._client()
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            await chat.batches.submit({"first": "canary-question-Wm8"})
        except ConfigurationError:
            return
        fail("chat.batches.submit(…) did something: inherit BatchSuite, or leave `batches` out.")

    @check
    async def test_sessions_are_refused(self) -> None:
        """A client without `RealtimeSuite` opens no sessions, so that `chat.session` says so."""
        self._skip_if_claimed("RealtimeSuite")
        client: Any = self._client()
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            chat.session()
        except ConfigurationError:
            return
        fail("chat.session() opened one: inherit RealtimeSuite, or leave `connect` out.")

    @check
    async def test_files_are_refused(self) -> None:
        """A client whose server stores no files has no `files`, or they say so with `ConfigurationError`,
        before anything is sent: they return nothing of their own.
        """
        self._skip_if_claimed("FilesSuite")
        await self._require_no("FilesSuite", "files.upload", REPORT)

    @check
    async def test_videos_are_refused(self) -> None:
        """A client whose server makes no videos has no `videos`, or they say so with `ConfigurationError`,
        before anything is sent.
        """
        self._skip_if_claimed("VideosSuite")
        await self._require_no("VideosSuite", "videos.submit", "canary-prompt-Vd2")

    @check
    async def test_transcriptions_are_refused(self) -> None:
        """A client whose server does not transcribe has no `transcribe`, so that `chat.transcribe` says so,
        or it raises `ConfigurationError`.
        """
        self._skip_if_claimed("TranscriptionSuite")
        await self._require_no("TranscriptionSuite", "transcribe", RECORDING)

    @check
    async def test_speech_is_refused(self) -> None:
        """A client whose server does not speak has no `speak`, so that `chat.speak` says so, or it raises
        `ConfigurationError`.
        """
        self._skip_if_claimed("SpeechSuite")
        await self._require_no("SpeechSuite", "speak", "canary-text-Sp3", voice="canary-voice-Vo5")

    @check
    async def test_decisions_are_refused(self) -> None:
        """A client whose server makes no decisions has no `decide` and no `decisions`, so that `chat.decide`
        asks the model for its answers as JSON; or they raise `ConfigurationError`.
        """
        self._skip_if_claimed("DecisionsSuite")
        messages = Messages.from_user("canary-question-Wm8")
        for name in ("decide", "decisions.decide"):
            await self._require_no("DecisionsSuite", name, messages, {"spam": YesNo("Is it spam?")})

    @check
    async def test_token_counts_are_not_made_up(self) -> None:
        """A client whose server counts no tokens has no `count_tokens`, or it raises `ConfigurationError`: it
        returns no estimate.
        """
        self._skip_if_claimed("TokenCountSuite")
        await self._require_no("TokenCountSuite", "count_tokens", plain_request().messages)

    @check
    async def test_models_are_not_made_up(self) -> None:
        """A client whose server does not list its models has no `list_models`, or it raises
        `ConfigurationError`: it returns no list of its own.
        """
        self._skip_if_claimed("ModelsSuite")
        await self._require_no("ModelsSuite", "list_models")

    @check
    async def test_explanations_are_refused(self) -> None:
        """A client that does not tell what it would send has no `explain`, so that `chat.explain` says so."""
        client: Any = self._client()
        if isinstance(client, ExplainingProvider):
            skip("the client explains")
        chat: Any = ChatBuilder().with_model(client).build()
        try:
            chat.explain("canary-question-Wm8")
        except ConfigurationError as error:
            require(len(str(error)) >= 20, f"The refusal is only {str(error)!r}.")
            return
        fail("chat.explain(…) did something.")

    async def _require_no(self, suite: str, name: str, *arguments: object, **named: object) -> None:
        """Go on where a client lacks a method, or the method refuses. A method that sends a request is there,
        by a base class for example: it skips, with the suite that would check it.
        """
        transport = WatchedTransport([])
        try:
            method: Any = self.builder().with_api_key(self.key).with_transport(transport).build()
            for part in name.split("."):
                method = getattr(method, part, None)
            if method is None:
                return
            came = await method(*arguments, **named)
        except ConfigurationError as error:
            require(not transport.requests, f"{name}(…) was refused after a request had been sent.")
            require(len(str(error)) >= 20, f"The refusal is only {str(error)!r}.")
            return
        except TapeMismatch:
            skip(f"the client has {name}: inherit {suite} to have it checked")
        fail(f"{name}(…) returned {came!r} without asking the server: inherit {suite}, or leave it out.")

    def _skip_if_claimed(self, suite: str) -> None:
        if any(base.__name__ == suite for base in type(self).__mro__):
            skip(f"{suite} is claimed")

    def _client(self) -> object:
        return self.builder().with_api_key(self.key).with_transport(WatchedTransport([])).build()

    async def _require_refused(self, request: ChatRequest, what: str) -> None:
        for played in (await self.complete("text", request), await self.stream("text", request)):
            refused = isinstance(played.error, ConfigurationError)
            require(refused, f"A request with {what} came out as {played.error or played.response!r}.")
            require(not played.transport.requests, "It was refused after a request had been sent.")
            require(len(str(played.error)) >= 20, f"The refusal is only {str(played.error)!r}.")

    async def _require_absent(self, name: str, *arguments: object) -> None:
        chat: Any = ChatBuilder().with_model(self._client()).build()  # type: ignore[type-var]  # any client
        try:
            await getattr(chat, name)(*arguments)
        except ConfigurationError as error:
            require(len(str(error)) >= 20, f"The refusal is only {str(error)!r}.")
            return
        fail(f"chat.{name}(…) did something: inherit its suite, or leave the method out.")
