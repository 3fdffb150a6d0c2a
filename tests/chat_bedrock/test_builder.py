"""What a builder reads from the environment, where a key may go, and what it says is missing."""

from __future__ import annotations

import pytest
from chat_bedrock import AwsCredentials, BedrockBuilder, EmbeddingBedrockClient, capabilities_of
from chat_core import ChatRequest, ConfigurationError, Messages
from chat_core.client import HasModel
from chat_core.testing import FakeTransport

AWS = "https://bedrock-runtime.us-east-1.amazonaws.com"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


async def sent(builder: BedrockBuilder[HasModel]) -> tuple[str, str]:
    """The URL and the authorization of a request."""
    body = {"output": {"message": {"content": []}}, "stopReason": "end_turn"}
    transport = FakeTransport().answer(body)
    await builder.with_transport(transport).build().complete(ChatRequest(Messages.from_user("Hi")))
    request = transport.requests[0]
    return request.url.partition("/model/")[0], request.headers.get("authorization", "")


def model() -> BedrockBuilder[HasModel]:
    return BedrockBuilder().with_model("amazon.nova-lite-v1:0")


@pytest.mark.anyio
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
async def test_the_key_and_the_region_come_from_the_environment(
    environment: pytest.MonkeyPatch, variable: str
) -> None:
    environment.setenv(variable, "us-east-1")
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", " key ")
    environment.setenv("AWS_ACCESS_KEY_ID", "AKID")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    assert await sent(model()) == (AWS, "Bearer key")


@pytest.mark.anyio
async def test_without_a_key_requests_are_signed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "AKID")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    url, authorization = await sent(model().with_region("eu-central-1"))
    assert url == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-central-1/bedrock/aws4_request" in authorization


@pytest.mark.anyio
async def test_credentials_that_were_given_win_over_a_key_of_the_environment(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    builder = model().with_region("us-east-1").with_aws_credentials(AwsCredentials("MINE", "SECRET"))
    assert "Credential=MINE/" in (await sent(builder))[1]


@pytest.mark.anyio
async def test_secrets_of_the_environment_do_not_go_to_another_server(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    environment.setenv("AWS_ACCESS_KEY_ID", "AKID")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    elsewhere = model().with_region("us-east-1").with_base_url("https://gateway.example")
    assert await sent(elsewhere) == ("https://gateway.example", "")
    assert await sent(elsewhere.with_api_key("mine")) == ("https://gateway.example", "Bearer mine")
    lookalike = (
        model().with_region("us-east-1").with_base_url("https://x.execute-api.us-east-1.amazonaws.com")
    )
    assert (await sent(lookalike))[1] == ""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    [
        "bedrock-runtime-fips.us-east-1.amazonaws.com",
        "vpce-0abc.bedrock-runtime.us-east-1.vpce.amazonaws.com",
    ],
)
async def test_amazons_other_hosts_get_the_key(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    builder = model().with_region("us-east-1").with_base_url(f"https://{host}")
    assert await sent(builder) == (f"https://{host}", "Bearer key")


@pytest.mark.anyio
async def test_an_endpoint_of_the_environment_gets_the_key_of_the_environment(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://localhost:4566/")
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    assert await sent(model()) == ("http://localhost:4566", "Bearer key")


@pytest.mark.anyio
async def test_china_has_another_domain() -> None:
    url, _ = await sent(model().with_region("cn-north-1").with_api_key("key"))
    assert url == "https://bedrock-runtime.cn-north-1.amazonaws.com.cn"


@pytest.mark.anyio
async def test_what_brings_credentials_is_named_with_the_first_request(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("AWS_CONFIG_FILE", "/nowhere/config")
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
    with pytest.raises(ConfigurationError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        await sent(model().with_region("us-east-1"))


def test_the_error_names_what_is_missing_or_wrong() -> None:
    with pytest.raises(ConfigurationError, match=r"needs \.with_model"):
        BedrockBuilder().build()  # type: ignore[misc]
    with pytest.raises(ConfigurationError, match="set AWS_REGION"):
        model().build()
    with pytest.raises(ConfigurationError, match="not a region"):
        model().with_region("evil.example/")
    with pytest.raises(ConfigurationError, match="cannot be a part of a URL"):
        BedrockBuilder().with_model("..").with_region("us-east-1").build()
    credentials = AwsCredentials("A", "B")
    with pytest.raises(ConfigurationError, match="a signature is made for a region"):
        model().with_base_url("https://host").with_aws_credentials(credentials).build()
    with pytest.raises(ConfigurationError, match="leave one out"):
        model().with_region("us-east-1").with_api_key("k").with_profile("p").build()
    with pytest.raises(ConfigurationError, match="1024"):
        model().with_thinking(1)


def test_each_method_returns_another_builder() -> None:
    first = model().with_region("us-east-1").with_api_key("a-secret-key")
    second = first.with_guardrail("g").with_prompt_caching().with_system_tool("nova_grounding")
    assert first is not second
    assert "a-secret-key" not in repr(second)
    third = (
        second.with_capabilities(capabilities_of("meta.llama"))
        .with_metadata({"a": "b"})
        .with_service_tier("flex")
    )
    assert not isinstance(third.build(), EmbeddingBedrockClient)
    assert isinstance(third.with_embeddings().build(), EmbeddingBedrockClient)
