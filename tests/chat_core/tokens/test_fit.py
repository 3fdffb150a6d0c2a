"""Whether a request fits, and what is known of models."""

from __future__ import annotations

import json

import pytest
from chat_core import (
    ConfigurationError,
    File,
    Messages,
    ModelInfo,
    ModelLimits,
    model_limits,
    will_it_fit,
)
from chat_core.tokens.known_limits import _ROWS

from .recorded_requests import RECORDINGS

SMALL = ModelLimits(context_window=1000)


def test_a_short_request_fits_and_tells_what_is_left() -> None:
    fit = will_it_fit("Hello", model="gpt-5.6", max_tokens=10_000)
    assert fit
    assert fit.verdict == "yes"
    assert fit.room == 1_050_000 - 10_000
    assert fit.free == fit.room - fit.estimate.tokens


def test_a_long_one_does_not() -> None:
    fit = will_it_fit("word " * 3000, model="gpt-5.6", limits=SMALL)
    assert not fit
    assert fit.verdict == "no"
    assert fit.free < 0


def test_near_the_limit_it_is_unsure() -> None:
    fit = will_it_fit("word " * 970, model="gpt-5.6", limits=SMALL)
    assert fit.verdict == "unsure"
    assert not fit


def test_with_a_file_it_is_unsure_unless_the_text_alone_is_too_long() -> None:
    file = File.from_bytes(b"%PDF-1.7", "application/pdf")
    assert will_it_fit(Messages.from_user(file), model="gpt-5.6").verdict == "unsure"
    assert will_it_fit(Messages.from_user("word " * 3000, file), model="m", limits=SMALL).verdict == "no"


def test_the_response_takes_its_part_of_the_window() -> None:
    assert will_it_fit("Hello", model="m", limits=SMALL).verdict == "yes"
    assert will_it_fit("Hello", model="m", limits=SMALL, max_tokens=995).verdict != "yes"


def test_a_window_that_is_not_known_is_required() -> None:
    with pytest.raises(ConfigurationError, match=r"of my-own-model is not known: .*limits=ModelLimits"):
        will_it_fit("Hello", model="my-own-model")
    with pytest.raises(ConfigurationError, match="of the model is not known"):
        will_it_fit("Hello")


def test_limits_are_positive_numbers() -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        ModelLimits(context_window=0)


@pytest.mark.parametrize(
    ("model", "window", "output"),
    [
        ("gpt-5.6", 1_050_000, 128_000),
        ("openai/gpt-4o-mini", 128_000, 16_384),
        ("claude-haiku-4-5-20251001", 200_000, 64_000),
        ("us.anthropic.claude-opus-4-7-v1:0", 1_000_000, 128_000),
        ("gemini-2.5-flash", 1_048_576, 65_536),
        ("grok-4.7", 500_000, None),
        ("unheard-of", None, None),
    ],
)
def test_what_models_read_and_write_is_known_by_their_names(
    model: str, window: int | None, output: int | None
) -> None:
    assert model_limits(model) == ModelLimits(window, output)


def test_the_table_agrees_with_the_kept_list() -> None:
    snapshot = pytest.importorskip("genai_prices.data_snapshot").get_snapshot()
    vendors = {"openai", "anthropic", "google", "x-ai", "deepseek"}
    listed = {
        info.id: info.context_window
        for provider in snapshot.providers
        if provider.id in vendors
        for info in provider.models
        if info.context_window
    }
    different = {
        model: (window, known)
        for model, window in listed.items()
        if (known := model_limits(model).context_window) != window
        and abs((known or 0) - window) > 0.05 * window  # a million is written as 1,000,000 and as 1,048,576
    }
    assert different == {}
    assert len(_ROWS) > 20


def test_other_models_are_known_by_the_kept_list() -> None:
    pytest.importorskip("genai_prices")
    assert model_limits("kimi-k3").context_window == 1_048_576


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings are not beside the project")
def test_recorded_lists_of_models_tell_their_limits() -> None:
    told = {"inputTokenLimit", "context_window", "max_context_length", "max_input_tokens", "context_length"}
    read: set[str] = set()
    for path in sorted(RECORDINGS.glob("*/*.json")):
        recording = json.loads(path.read_text())
        for exchange in recording.get("exchanges", []):
            if exchange.get("wire") != "models" or "response" not in exchange:
                continue
            body = json.loads(exchange["response"]["body"] or "{}")
            for model in body.get("data") or body.get("models") or []:
                limits = ModelInfo("m", model).limits
                for name in told & model.keys():
                    assert limits.context_window == model[name]
                    read.add(name)
                assert limits.known or not told & model.keys()
    assert read or not any(RECORDINGS.glob("*/*list-models*.json"))


@pytest.mark.parametrize(
    ("listed", "window", "output"),
    [
        ({"inputTokenLimit": 1_048_576, "outputTokenLimit": 65_536}, 1_048_576, 65_536),  # Gemini
        ({"max_input_tokens": 1_000_000, "max_tokens": 128_000}, 1_000_000, 128_000),  # Claude
        ({"context_window": 131_072, "max_completion_tokens": 8_192}, 131_072, 8_192),  # Groq
        ({"max_context_length": 131_072}, 131_072, None),  # Mistral
        ({"max_model_len": 4_096}, 4_096, None),  # vLLM
        ({"meta": {"n_ctx": 4_096, "n_ctx_train": 40_960}}, 4_096, None),  # llama.cpp
        ({"providers": [{"context_length": 9}, {"context_length": 7}, {}]}, 7, None),  # Hugging Face
        ({"context_length": 8, "top_provider": {"max_completion_tokens": 4}}, 8, 4),  # OpenRouter
        ({"context_length": None, "max_model_len": -1, "meta": [], "providers": [None]}, None, None),
        ({}, None, None),
    ],
)
def test_the_limits_of_a_listed_model_are_read_whatever_the_server_calls_them(
    listed: dict[str, object], window: int | None, output: int | None
) -> None:
    assert ModelInfo("m", listed).limits == ModelLimits(window, output)  # type: ignore[arg-type]  # JSON
