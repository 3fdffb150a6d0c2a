"""Estimates of tokens: how far off they are on recorded requests, and what holds for all of them."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence

import pytest
from chat_core import (
    Completed,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Origin,
    Reasoning,
    Text,
    TokenEstimate,
    ToolCall,
    ToolDefinition,
    Turn,
    Usage,
    estimate_tokens,
    tool,
)
from chat_core.testing import ScriptedProvider
from chat_core.tokens.families import FAMILIES, OTHERS, family_of
from hypothesis import given, settings
from hypothesis import strategies as st

from .recorded_requests import RECORDINGS, Recorded, recorded_requests

needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings are not beside the project"
)
LEAST = 15  # requests that a figure rests on
FITTED = 1283  # requests in the recordings that the factors were fitted to


@tool
def weather(city: str) -> str:
    """Return the weather of a city."""
    return city


def errors(
    requests: Sequence[Recorded], estimate: Callable[[Recorded], TokenEstimate | None]
) -> dict[str, list[tuple[float, TokenEstimate]]]:
    """Return by family how far each estimate is off, as a share of what the server counted."""
    found: dict[str, list[tuple[float, TokenEstimate]]] = defaultdict(list)
    for request in requests:
        made = estimate(request)
        if made is not None and request.tokens:
            found[made.family].append((abs(made.tokens - request.tokens) / request.tokens, made))
            found["all"].append(found[made.family][-1])
    return found


def check_medians(found: dict[str, list[tuple[float, TokenEstimate]]], most: float) -> None:
    """Check the median of all, and of each family against the error that its estimates tell.

    Of a family with few requests it is only a hint, so that it may be half as much again. On other recordings
    than those that the factors were fitted to, all may be twice as much.
    """
    every = found.pop("all", [])
    if len(every) < LEAST:
        pytest.skip(f"only {len(every)} recorded requests")
    margin = 1 if len(recorded_requests()) == FITTED else 2
    assert statistics.median(error for error, _ in every) < most * margin
    for family, of_family in found.items():
        median = statistics.median(error for error, _ in of_family)
        told = of_family[0][1].error * margin * (1 if len(of_family) > 40 else 1.5)
        assert len(of_family) < LEAST or median <= told, f"{family}: {median:.3f} is more than {told}"


@needs_recordings
def test_without_a_counted_turn_half_of_the_recorded_requests_are_within_the_stated_error() -> None:
    first = [request for request in recorded_requests() if not request.follows]

    found = errors(first, lambda request: estimate_tokens(request.messages, request.tools, request.model))

    check_medians(found, 0.08)


@needs_recordings
def test_with_a_counted_turn_they_are_within_four_percent() -> None:
    requests = [request for request in recorded_requests() if request.follows]

    found = errors(requests, lambda request: estimate_tokens(request.messages, request.tools, request.model))

    check_medians(found, 0.04)


@needs_recordings
def test_with_a_tokenizer_the_models_of_openai_are_within_four_percent() -> None:
    pytest.importorskip("bpe_openai")
    first = [request for request in recorded_requests() if not request.follows]

    def estimate(request: Recorded) -> TokenEstimate | None:
        made = estimate_tokens(request.messages, request.tools, request.model, tokenizer=True)
        return made if made.method == "tokenizer" else None

    found = errors(first, estimate)

    assert found.keys() <= {"all", "openai", "gpt-oss"}
    check_medians(found, 0.04)


@needs_recordings
@pytest.mark.parametrize("follows", [False, True], ids=["first requests", "later ones"])
def test_nine_of_ten_requests_have_at_most_the_upper_number_of_tokens(follows: bool) -> None:
    requests = [request for request in recorded_requests() if request.follows is follows]
    within: dict[str, list[bool]] = defaultdict(list)
    for request in requests:
        made = estimate_tokens(request.messages, request.tools, request.model)
        within[made.family].append(request.tokens <= made.upper)
    least = 0.85 if len(recorded_requests()) == FITTED else 0.7
    for family, held in within.items():
        assert len(held) < LEAST or sum(held) / len(held) >= least, f"{family}: {sum(held)} of {len(held)}"


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "model"]), st.text(max_size=40)), max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_longer_conversation_never_has_fewer_tokens(said: list[tuple[str, str]]) -> None:
    messages, before = Messages(), 0
    for role, text in said:
        messages.append(Message(role, [Text(text)]))  # type: ignore[arg-type]  # the roles are the ones above
        now = estimate_tokens(messages, model="gpt-5.6").tokens
        assert now >= before
        before = now


def test_a_text_in_two_parts_has_about_as_many_tokens_as_in_one() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 20
    whole = estimate_tokens(Messages.from_user(text), model="gpt-5.6").tokens
    parts = estimate_tokens(Messages.from_user(text[:301], text[301:]), model="gpt-5.6").tokens
    assert abs(whole - parts) <= 1


@pytest.mark.parametrize("model", ["gpt-5.6", "claude-opus-5-5", "x"])
def test_an_empty_conversation_is_what_a_request_has_anyway(model: str) -> None:
    base = family_of(model).factors.base
    assert base <= estimate_tokens(Messages(), model=model).tokens < base + 1


def test_each_tool_adds_tokens_whether_it_is_a_function_or_a_definition() -> None:
    without = estimate_tokens("Hello", (), "claude-opus-5-5").tokens
    as_tool = estimate_tokens("Hello", [weather], "claude-opus-5-5").tokens
    as_definition = estimate_tokens("Hello", [weather.definition], "claude-opus-5-5").tokens
    assert as_tool == as_definition > without + 400  # Claude has instructions for tools of its own


def test_what_is_new_since_the_last_counted_turn_is_added_to_its_usage() -> None:
    messages = Messages.from_user("Hello there, how are you?")
    call = ToolCall("c1", "weather", {"city": "Bern"}, Completed("x" * 400))
    turn = Turn(usage=Usage(input_tokens=1000, output_tokens=50, reasoning_tokens=30))
    messages.append(Message("model", [Reasoning("hm"), call], turn=turn))
    messages.add_user("y" * 40)

    estimate = estimate_tokens(messages, model="gpt-5.6")

    assert estimate.method == "anchored"
    assert estimate.tokens == 1000 + 50 - 30 + 100 + 8 + 10 + 8  # the result, then the message


def test_reasoning_that_goes_back_sealed_is_counted() -> None:
    sealed = Reasoning("hm", native=Native(Origin("openai", "e", "m"), {"encrypted_content": "s"}))
    turn = Turn(usage=Usage(input_tokens=1000, output_tokens=50, reasoning_tokens=30))
    messages = Messages.from_user("Hello").append(Message("model", [sealed, Text("Hi")], turn=turn))
    assert estimate_tokens(messages, model="gpt-5.6").tokens == 1050
    assert estimate_tokens(messages, model="gemini-2.5-pro").tokens == 1020  # Gemini 2.5 does not count it


def test_a_usage_that_is_of_a_shortened_request_is_no_anchor() -> None:
    messages = Messages.from_user("word " * 10_000)
    messages.append(Message("model", [Text("Hi")], turn=Turn(usage=Usage(500, 5))))
    estimate = estimate_tokens(messages, model="gpt-5.6")
    assert estimate.method == "calibrated"
    assert estimate.tokens > 8_000


def test_a_cut_turn_is_no_anchor() -> None:
    messages = Messages.from_user("Hello")
    messages.append(Message("model", [Text("Hi")], turn=Turn(usage=Usage(500, 5)), interrupted=True))
    assert estimate_tokens(messages, model="gpt-5.6").method == "calibrated"


def test_files_and_foreign_blocks_are_reported_as_uncounted() -> None:
    messages = Messages.from_user("What is this?", File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))
    assert estimate_tokens(messages, model="gpt-5.6").uncounted == 1
    assert estimate_tokens("Hello", model="gpt-5.6").uncounted == 0


def test_russian_and_chinese_take_more_tokens_for_a_character_than_english() -> None:
    english, russian, chinese = (estimate_tokens(letter * 100, model="m").tokens for letter in "aя漢")
    assert english < russian < chinese


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-5.6-luna", "openai"),
        ("openai/gpt-4o-mini", "openai"),
        ("o4-mini", "openai"),
        ("openai.gpt-oss-120b", "gpt-oss"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"),
        ("claude-opus-5-5", "claude"),
        ("claude-sonnet-4-0", "claude-4"),
        ("gemini-3.8-flash", "gemini-3"),
        ("models/gemini-2.5-pro", "gemini"),
        ("ministral-8b-latest", "mistral"),
        ("meta-llama/Llama-3.3-70B-Instruct", "llama"),
        ("something-new", "other"),
        (None, "other"),
    ],
)
def test_a_family_is_known_by_the_name_of_the_model_whoever_serves_it(model: str | None, family: str) -> None:
    assert family_of(model).name == family
    assert estimate_tokens("Hello", model=model).family == family


def test_a_client_may_be_passed_in_place_of_its_model() -> None:
    client = ScriptedProvider([], model="claude-opus-5-5")
    assert estimate_tokens("Hello", model=client) == estimate_tokens("Hello", model="claude-opus-5-5")


def test_an_estimate_is_shown_as_one() -> None:
    assert str(estimate_tokens("word " * 4000, model="gpt-5.6")).startswith("about 3,9")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((["Hello"],), "a conversation is Messages"),
        (("Hello", "weather"), "takes a list, not a str"),
        (("Hello", [len]), "decorate it with @tool"),
        (("Hello", (), 5), "the name of a model or a client, not an int"),
    ],
)
def test_other_things_are_refused_with_what_to_write(arguments: tuple[object, ...], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        estimate_tokens(*arguments)  # type: ignore[arg-type]  # mistakes of a caller without a type checker


def test_a_tokenizer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from chat_core.tokens.tokenizer import text_counter

    text_counter.cache_clear()
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    with pytest.raises(ConfigurationError, match=r"pip install chat-core\[tokens\]"):
        estimate_tokens("Hello", model="gpt-5.6", tokenizer=True)
    assert estimate_tokens("Hello", model="claude-opus-5-5", tokenizer=True).method == "calibrated"


def test_a_tokenizer_reads_special_tokens_and_halves_of_characters_as_text() -> None:
    pytest.importorskip("bpe_openai")
    plain = estimate_tokens("Hello", model="gpt-5.6", tokenizer=True)
    assert estimate_tokens("<|endoftext|>", model="gpt-5.6", tokenizer=True).tokens > plain.tokens
    assert estimate_tokens("\ud800", model="gpt-5.6", tokenizer=True).tokens >= plain.tokens


def test_estimating_imports_no_tokenizer() -> None:
    program = (
        "import sys; from chat_core import estimate_tokens; estimate_tokens('Hello', model='gpt-5.6');"
        "print(sorted({'bpe_openai', 'numpy', 'tiktoken', 'genai_prices'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_a_definition_without_a_schema_can_be_counted() -> None:
    assert estimate_tokens("Hello", [ToolDefinition("now")], "x").tokens > estimate_tokens("Hello").tokens


def test_every_family_tells_its_errors() -> None:
    for family in (*FAMILIES, OTHERS):
        assert 0 < family.factors.error < 0.4
        assert 0 < family.anchored.error <= family.factors.error or family.name == "command"
