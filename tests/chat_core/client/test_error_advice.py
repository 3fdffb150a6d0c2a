"""A refused key says where it came from, and what was not found where it was requested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_core import AuthenticationError, ChatRequest, Messages, NotFound, PermissionDenied
from chat_core.client import AwsCredentials
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_groq import GroqBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_together import TogetherBuilder

pytestmark = pytest.mark.anyio

HI = ChatRequest(Messages.from_user("Hi"))
REFUSED = {"error": {"message": "key refused"}, "message": "key refused"}
MISSING = {"error": {"message": "nothing there"}, "message": "nothing there"}
KEYS: list[tuple[Callable[[], Any], str]] = [
    (GroqBuilder, "GROQ_API_KEY"),
    (MistralBuilder, "MISTRAL_API_KEY"),
    (TogetherBuilder, "TOGETHER_API_KEY"),
    (OpenAIBuilder, "OPENAI_API_KEY"),
    (ClaudeBuilder, "CLAUDE_API_KEY"),
    (GeminiBuilder, "GEMINI_API_KEY"),
    (CohereBuilder, "COHERE_API_KEY"),
    (lambda: GroqBuilder().with_responses(), "GROQ_API_KEY"),
]


async def error(builder: Any, kind: type[Exception], answer: Any, status: int) -> str:
    transport = FakeTransport()
    for _ in range(2):
        transport.answer(answer, status=status)
    client = builder.with_model("m").with_transport(transport).build()
    with pytest.raises(kind) as raised:
        await client.complete(HI)
    shown: Any = raised.value
    assert shown.message.startswith(answer["message"])
    return str(shown)


@pytest.mark.parametrize(("builder", "variable"), KEYS)
async def test_a_refused_key_names_the_variable_or_the_call_that_it_came_from(
    builder: Callable[[], Any], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOOGLE_API_KEY", "ANTHROPIC_API_KEY", "CO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "canary4f1d9c")
    of_the_environment = await error(builder(), AuthenticationError, REFUSED, 401)
    assert f"; its key came from {variable}; .with_api_key(...) sends another" in of_the_environment
    given = await error(builder().with_api_key("canary4f1d9c"), AuthenticationError, REFUSED, 401)
    assert given.endswith("; its key came from .with_api_key(...)")
    renewed = await error(
        builder().with_credentials(lambda: "canary4f1d9c"), AuthenticationError, REFUSED, 401
    )
    assert renewed.endswith("; its token came from the source of .with_credentials(...)")
    assert "canary" not in of_the_environment + given + renewed


async def test_a_server_that_wants_a_key_and_got_none_says_how_to_send_one() -> None:
    builder = GroqBuilder().with_base_url("http://localhost:9000/v1")
    shown = await error(builder, PermissionDenied, REFUSED, 403)
    assert shown.endswith("; no key was sent: .with_api_key(...) sends one")
    with_header = builder.with_header("authorization", "Bearer mine")
    shown = await error(with_header, PermissionDenied, REFUSED, 403)
    assert shown.endswith("; its key came from .with_header(...)")


async def test_refused_aws_credentials_say_where_they_are_renewed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id=AKID\naws_secret_access_key=SECRET\n")
    expired = {"__type": "ExpiredTokenException", "message": "The security token is expired"}
    bedrock = BedrockBuilder().with_region("us-east-1")
    of_a_profile = await error(bedrock.with_profile("work"), AuthenticationError, expired, 403)
    assert "AWS profile 'work', which `aws sso login` or" in of_a_profile
    assert str(tmp_path / "credentials") in of_a_profile
    given = AwsCredentials("AKID", "SECRET", "TOKEN")
    of_the_builder = await error(bedrock.with_aws_credentials(given), AuthenticationError, expired, 403)
    assert "the credentials given to the builder, or those of AWS_ACCESS_KEY_ID" in of_the_builder
    on_claude = ClaudeBuilder().with_bedrock("us-east-1", credentials=lambda: given)
    of_a_function = await error(on_claude, PermissionDenied, {"message": "expired"}, 403)
    assert of_a_function.endswith(
        "it was signed with the credentials of the function that was given to the builder"
    )


@pytest.mark.parametrize(
    ("builder", "address"),
    [
        (BedrockBuilder().with_region("xx-north-1"), "https://bedrock-runtime.xx-north-1.amazonaws.com"),
        (ClaudeBuilder().with_bedrock("xx-north-1"), "https://bedrock-runtime.xx-north-1.amazonaws.com"),
        (ClaudeBuilder().with_vertex("p", "nowhere"), "https://nowhere-aiplatform.googleapis.com/v1"),
        (ClaudeBuilder().with_foundry("nobody"), "https://nobody.services.ai.azure.com/anthropic"),
        (
            GeminiBuilder().with_vertex("p", "nowhere"),
            "https://nowhere-aiplatform.googleapis.com/v1beta1/projects/p",
        ),
        (AzureOpenAIBuilder().with_resource("nobody"), "https://nobody.openai.azure.com/openai/v1"),
        (
            AzureOpenAIBuilder().with_resource("nobody").with_chat_completions(),
            "https://nobody.openai.azure.com/openai/v1",
        ),
        (OpenAIBuilder(), "https://api.openai.com/v1"),
    ],
)
async def test_what_is_not_there_shows_the_servers_words_and_where_it_was_requested(
    builder: Any, address: str
) -> None:
    shown = await error(builder.with_api_key("k"), NotFound, MISSING, 404)
    assert shown.startswith("nothing there")
    assert address in shown
