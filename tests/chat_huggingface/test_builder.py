"""What the builder asks for, where the token comes from and where it goes, and what is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, Messages, ProviderError, Request
from chat_core.testing import FakeTransport
from chat_huggingface import HuggingFaceBuilder

pytestmark = pytest.mark.anyio
ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME")
SWITCHES = ("HF_OIDC_RESOURCE", "HF_HUB_DISABLE_IMPLICIT_TOKEN")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home, and nothing in the environment."""
    for name in (*VARIABLES, *SWITCHES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def asked(builder: Any) -> tuple[Request, Any]:
    """The request that a client of this builder sends, and its body."""
    transport = FakeTransport().answer(ANSWER)
    client = builder.with_transport(transport).build()
    assert (await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))).text == "Hi"
    return transport.requests[0], transport.last_body


async def sent_token(builder: HuggingFaceBuilder[Any] | None = None) -> str | None:
    """The key that goes out."""
    request, _ = await asked(builder or HuggingFaceBuilder().with_model("a/m"))
    return request.headers.get("authorization", "").removeprefix("Bearer ") or None


# -- what is sent


async def test_a_model_and_a_token_are_all_that_it_takes() -> None:
    request, body = await asked(
        HuggingFaceBuilder().with_model("openai/gpt-oss-120b").with_api_key("hf_given")
    )
    assert (request.method, request.url) == ("POST", "https://router.huggingface.co/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer hf_given"
    assert body == {"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "Hello"}]}


async def test_the_router_reads_the_model_first() -> None:
    builder = HuggingFaceBuilder().with_model("a/m").with_api_key("hf_x").with_extra_body({"a": 1})
    request, _ = await asked(builder.with_provider("groq"))
    assert request.body.startswith(b'{"model":"a/m:groq"')


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ("a/m", "a/m:groq"),
        ("m", "m:groq"),
        ("groq", "groq:groq"),
        ("a/m:groq", "a/m:groq"),
        ("host:8/m", "host:8/m:groq"),
    ],
)
async def test_a_provider_is_the_last_suffix_of_the_model(model: str, named: str) -> None:
    before, after = (
        HuggingFaceBuilder().with_provider("groq").with_model(model),
        HuggingFaceBuilder().with_model(model),
    )
    for builder in (before, after.with_provider("groq").with_provider("groq")):
        _, body = await asked(builder.with_api_key("hf_x"))
        assert body["model"] == named


async def test_a_policy_is_a_suffix_too_and_an_organization_pays() -> None:
    builder = HuggingFaceBuilder().with_model("a/m").with_api_key("hf_x")
    request, body = await asked(builder.with_policy("cheapest").with_bill_to("my-org"))
    assert body["model"] == "a/m:cheapest"
    assert request.headers["x-hf-bill-to"] == "my-org"
    request, body = await asked(builder)
    assert body["model"] == "a/m"
    assert "x-hf-bill-to" not in request.headers


def test_one_model_goes_to_one_place() -> None:
    builder = HuggingFaceBuilder().with_model("a/m:together").with_api_key("hf_x")
    with pytest.raises(
        ConfigurationError,
        match="'a/m:together' goes to 'together' already: leave out that suffix, or 'groq'",
    ):
        builder.with_provider("groq").build()
    with pytest.raises(ConfigurationError, match="goes to 'groq' already"):
        builder.with_provider("groq").with_policy("cheapest")
    with pytest.raises(ConfigurationError, match="fastest, cheapest and preferred"):
        builder.with_policy("slowest")  # type: ignore[arg-type]
    for name in ("", "a:b", "a/b", "a b"):
        with pytest.raises(ConfigurationError, match="not the name of a provider"):
            builder.with_provider(name)


def test_without_a_model_the_next_keystroke_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r'HuggingFaceBuilder\.build\(\) needs \.with_model\("\.\.\."\) first'
    ):
        HuggingFaceBuilder().build()  # type: ignore[misc]
    assert not hasattr(HuggingFaceBuilder(), "with_embeddings")


# -- where the token comes from


async def test_each_place_is_looked_at_after_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    vault = SimpleNamespace(get={"HF_TOKEN": " hf_vault\n"}.__getitem__)
    colab = ModuleType("google.colab")
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    colab.userdata = vault  # type: ignore[attr-defined]
    assert await sent_token() == "hf_vault"
    write(home / ".cache/huggingface/token", "hf_of_home\n")
    assert await sent_token() == "hf_of_home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    write(home / "xdg/huggingface/token", "\r\n hf_of_xdg\r\n")
    assert await sent_token() == "hf_of_xdg"
    monkeypatch.setenv("HF_HOME", "~/hf")
    write(home / "hf/token", "hf_of_hf_home")
    assert await sent_token() == "hf_of_hf_home"
    monkeypatch.setenv("HF_TOKEN_PATH", "$HF_HOME/../else/my-token")
    write(home / "else/my-token", "hf_of_path")
    (home / "hf").mkdir(exist_ok=True)
    assert await sent_token() == "hf_of_path"
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "hf_old_name")
    assert await sent_token() == "hf_old_name"
    monkeypatch.setenv("HF_TOKEN", "\thf_environment\r\n")
    assert await sent_token() == "hf_environment"
    assert await sent_token(HuggingFaceBuilder().with_model("a/m").with_api_key(" hf_given ")) == "hf_given"


async def test_what_is_empty_is_absent(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HF_TOKEN", " \n")
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "")
    monkeypatch.setenv("HF_HOME", "")
    write(home / ".cache/huggingface/token", "hf_file")
    assert await sent_token() == "hf_file"
    assert await sent_token(HuggingFaceBuilder().with_model("a/m").with_api_key(" ")) == "hf_file"
    write(home / ".cache/huggingface/token", "\n")
    with pytest.raises(ConfigurationError, match="needs a token: set HF_TOKEN, run `hf auth login`, or use"):
        HuggingFaceBuilder().with_model("a/m").build()


def test_colabs_vault_may_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    colab = ModuleType("google.colab")
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    for vault in (None, SimpleNamespace(get={}.__getitem__), SimpleNamespace(get=lambda name: None)):
        colab.userdata = vault  # type: ignore[attr-defined]
        with pytest.raises(ConfigurationError, match="needs a token"):
            HuggingFaceBuilder().with_model("a/m").build()


def test_a_token_file_that_cannot_be_read_is_news(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HF_TOKEN_PATH", str(home))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        HuggingFaceBuilder().with_model("a/m").build()
    (home / "token").write_bytes(b"hf_\xff")
    monkeypatch.setenv("HF_TOKEN_PATH", str(home / "token"))
    with pytest.raises(ConfigurationError, match=r"UnicodeDecodeError"):
        HuggingFaceBuilder().with_model("a/m").build()


async def test_an_oidc_exchange_is_left_to_huggingface_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_OIDC_RESOURCE", "datasets/a/b")
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    with pytest.raises(ConfigurationError, match=r"\.with_api_key\(huggingface_hub\.get_token\(\)\)"):
        HuggingFaceBuilder().with_model("a/m").build()
    assert await sent_token(HuggingFaceBuilder().with_model("a/m").with_api_key("hf_given")) == "hf_given"


@pytest.mark.parametrize(
    ("said", "off"), [("1", True), ("true", True), ("Yes", True), ("ON", True), ("0", False), ("", False)]
)
async def test_implicit_use_can_be_turned_off(said: str, off: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", said)
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    if off:
        with pytest.raises(
            ConfigurationError, match=r"HF_HUB_DISABLE_IMPLICIT_TOKEN wants it given, with \.with_api_key"
        ):
            HuggingFaceBuilder().with_model("a/m").build()
    else:
        assert await sent_token() == "hf_environment"
    assert await sent_token(HuggingFaceBuilder().with_model("a/m").with_api_key("hf_given")) == "hf_given"


# -- where the token goes


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://router.huggingface.co/together/v1", "hf_environment"),
        ("https://huggingface.co/api/v1", "hf_environment"),
        ("http://localhost:8080/v1", None),
        ("https://x.us-east-1.aws.endpoints.huggingface.cloud/v1", None),
        ("https://huggingface.co.evil.example/v1", None),
        ("https://nothuggingface.co/v1", None),
    ],
)
async def test_a_found_token_goes_to_huggingface_only(
    url: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    builder = HuggingFaceBuilder().with_model("a/m").with_base_url(url)
    assert await sent_token(builder) == token
    assert await sent_token(builder.with_api_key("hf_given")) == "hf_given"


async def test_the_router_takes_no_key_of_another_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    builder = HuggingFaceBuilder().with_model("a/m").with_api_key("gsk_secret")
    with pytest.raises(ConfigurationError, match=r"begin with hf_.*\.with_base_url") as caught:
        builder.build()
    assert "secret" not in str(caught.value)
    assert await sent_token(builder.with_base_url("https://api.groq.com/openai/v1")) == "gsk_secret"
    monkeypatch.setenv("HF_TOKEN", "gsk_secret")
    with pytest.raises(ConfigurationError, match="begin with hf_"):
        HuggingFaceBuilder().with_model("a/m").build()


async def test_a_header_of_ones_own_needs_no_token() -> None:
    request, _ = await asked(HuggingFaceBuilder().with_model("a/m").with_header("Authorization", "Bearer t"))
    assert request.headers["authorization"] == "Bearer t"


def test_no_repr_shows_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    for builder in (
        HuggingFaceBuilder().with_model("a/m"),
        HuggingFaceBuilder().with_model("a/m").with_api_key("hf_secret"),
    ):
        client = builder.build()
        for thing in (builder, client, builder._choices, builder._connection, client._settings):
            assert "secret" not in repr(thing)


# -- what comes back


async def test_an_error_about_spent_credits_has_the_servers_words() -> None:
    words = (
        "You have depleted your monthly included credits. "
        "Purchase pre-paid credits to continue using Inference Providers."
    )
    for body in ({"error": words}, {"error": {"message": words}}):
        transport = FakeTransport().answer(body, status=402)
        client = HuggingFaceBuilder().with_model("a/m").with_api_key("hf_x").with_transport(transport).build()
        with pytest.raises(ProviderError) as caught:
            await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))
        assert (caught.value.status, caught.value.message, caught.value.retryable) == (402, words, False)
        assert len(transport.requests) == 1


async def test_retry_after_on_an_answer_that_is_well_asks_for_nothing() -> None:
    transport = FakeTransport().answer(ANSWER, headers={"retry-after": "15"})
    client = HuggingFaceBuilder().with_model("a/m").with_api_key("hf_x").with_transport(transport).build()
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))
    assert (response.text, response.notices, len(transport.requests)) == ("Hi", (), 1)
