"""What was sent is encoded and written once, and each body is as that of a conversation never sent before."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from typing import Any, Self

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatError,
    ChatRequest,
    Completed,
    File,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    Turn,
)
from chat_core.testing import FakeTransport
from chat_core.wire import SentList, dump, encode_from_prefix
from chat_gemini import GeminiBuilder
from chat_responses import ResponsesBuilder
from pydantic_core import to_json


class Reader:
    """An encoder that notes what it reads."""

    def __init__(self, read: list[str]) -> None:
        self.read = read
        self.sent: list[str] = []

    def add(self, message: Message) -> None:
        self.read.append(message.text)
        self.sent.append(message.text)

    def fork(self) -> Self:
        forked = copy.copy(self)
        forked.sent = self.sent.copy()
        return forked


def texts(messages: Messages, read: list[str], key: str = "wire", start: int = 0) -> list[str]:
    return encode_from_prefix(messages, (key,), lambda: Reader(read), start).sent


def test_from_the_third_request_on_only_new_messages_are_read() -> None:
    messages, read = Messages.from_user("a").add_user("b"), list[str]()
    for _ in range(2):
        assert texts(messages, read) == ["a", "b"]
    read.clear()

    assert texts(messages.add_user("c"), read) == ["a", "b", "c"]
    assert texts(messages.add_user("d"), read) == ["a", "b", "c", "d"]
    assert texts(messages, read) == ["a", "b", "c", "d"]

    assert read == ["c", "d"]


def test_after_a_change_all_is_read_anew() -> None:
    messages, read = Messages.from_user("a").add_user("b"), list[str]()
    for _ in range(2):
        texts(messages, read)
    read.clear()
    messages[0].parts[0] = Text("z")

    assert texts(messages, read) == ["z", "b"]
    assert texts(messages, read) == ["z", "b"]

    assert read == ["z", "b"]


def test_what_is_large_and_what_follows_it_is_read_each_time() -> None:
    large = File.from_bytes(bytes((1 << 20) + 1), "image/png")
    messages, read = Messages.from_user("a").add_user("b", large).add_user("c"), list[str]()
    for _ in range(2):
        texts(messages, read)
    read.clear()

    assert texts(messages, read) == ["a", "b", "c"]

    assert read == ["b", "c"]


def test_each_key_and_each_start_has_an_encoder_and_two_are_kept() -> None:
    messages, read = Messages.from_user("a").add_user("b"), list[str]()
    for _ in range(2):
        assert texts(messages, read, "one") == ["a", "b"]
        assert texts(messages, read, "one", start=1) == ["b"]
    read.clear()
    assert texts(messages, read, "one") == ["a", "b"]
    assert texts(messages, read, "one", start=1) == ["b"]
    assert read == []

    texts(messages, read, "two")
    texts(messages, read, "three")

    assert texts(messages, read, "one") == ["a", "b"]
    assert read == ["a", "b"] * 3


def test_what_an_encoder_raises_leaves_what_was_kept() -> None:
    messages, read = Messages.from_user("a"), list[str]()
    for _ in range(2):
        texts(messages, read)
    messages.append(Message("user", [Text("b")]))

    class Refusing(Reader):
        def add(self, message: Message) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        encode_from_prefix(messages, ("other",), lambda: Refusing(read))

    assert texts(messages, read) == ["a", "b"]


def test_copies_of_a_conversation_start_anew_and_are_equal() -> None:
    messages, read = Messages.from_user("a").set_metadata("k", 1), list[str]()
    for _ in range(2):
        texts(messages, read)

    for copied in (copy.copy(messages), copy.deepcopy(messages), pickle.loads(pickle.dumps(messages))):
        read.clear()
        assert copied == messages
        assert copied.metadata == {"k": 1}
        assert copied.revision == messages.revision
        assert texts(copied, read) == ["a"]
        assert read == ["a"]


class Named(Messages):
    """A conversation of an application's own, with a field beside."""

    name = ""


def test_copies_of_a_subclass_keep_what_it_has_beside() -> None:
    named = Named.from_user("a")
    named.name = "mine"
    texts(named, [])

    copied = pickle.loads(pickle.dumps(named))

    assert (copied.name, copied) == ("mine", named)


def test_bytes_of_stable_items_are_made_once_and_are_those_of_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    items: SentList[Any] = SentList()
    items += [{"a": 1}, {"b": ["ü"]}]
    items = items.fork()
    items.append({"c": None})
    assert (
        dump({"m": "x", "items": items, "z": 1})
        == b'{"m":"x","items":[{"a":1},{"b":["\xc3\xbc"]},{"c":null}],"z":1}'
    )
    longer = items.fork()
    longer.append({"d": 2.5})

    assert dump({"items": longer}) == b'{"items":[{"a":1},{"b":["\xc3\xbc"]},{"c":null},{"d":2.5}]}'
    assert longer.known("pieces", ((), 0))[0] == 3

    longer[1] = {"b": 0}  # what is not as it was is not taken from what is known
    assert dump({"items": longer}) == b'{"items":[{"a":1},{"b":0},{"c":null},{"d":2.5}]}'
    assert dump({"items": SentList[Any]().fork()}) == b'{"items":[]}'


BUILDERS: dict[str, Callable[[], Any]] = {
    "completions": lambda: ChatCompletionsBuilder().with_base_url("http://x/v1").with_model("m"),
    "claude": lambda: ClaudeBuilder().with_model("claude-opus-4-8"),
    "claude, newest": lambda: ClaudeBuilder().with_model("claude-opus-5"),
    "gemini": lambda: GeminiBuilder().with_model("gemini-3-pro"),
    "responses": lambda: ResponsesBuilder().with_base_url("http://x/v1").with_model("gpt-5.6"),
}


def client(wire: str) -> Any:
    return BUILDERS[wire]().with_api_key("k").with_transport(FakeTransport()).build()


def sent(one: Any, messages: Messages) -> tuple[bytes, tuple[Notice, ...]] | str:
    """Return the bytes and the notices of a request, or what is raised."""
    try:
        encoded = one._prepare(ChatRequest(messages), stream=False).encoded
    except ChatError as exc:
        return repr(exc)
    return dump(encoded.body), encoded.notices


def random_message(made: random.Random, number: int, origin: Origin) -> Message:
    """Return a message of any kind, as may stand at this place of a conversation."""
    blocks: list[dict[str, Any]] = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"n": number}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        {"type": "mcp_approval_request", "id": f"a{number}", "arguments": "{}"},
        {"type": "reasoning", "id": f"r{number}", "encrypted_content": "x", "summary": []},
    ]
    thinking: dict[str, Any] = {
        "block": {"type": "thinking", "signature": "s", "thinking": "hm"},
        "prefix": "0" * 32,
    }
    call = ToolCall(f"c{number}", "look", {"at": [number]}, Completed({"seen": [number, 1.5]}))
    choices: list[Callable[[], Message]] = [
        lambda: Message("user", [Text(f"{number}?")]),
        lambda: Message("user", [Text("a"), Structured({"n": number}), Text(" ")]),
        lambda: Message("user", [File.from_bytes(b"\x89PNG\r\n", "image/png")]),
        lambda: Message("system", [Text(f"Mind {number}.")]),
        lambda: Message("model", [Text(f"{number}.  ")], turn=Turn("stop")),
        lambda: Message("model", [Text("Looking."), call], turn=Turn("tool_calls")),
        lambda: Message("model", [call, ToolCall(f"d{number}", "look", {}, Completed("it"))]),
        lambda: Message("model", [Reasoning("hm", native=Native(origin, thinking)), Text("ok")]),
        lambda: Message("model", [Reasoning("hm"), Refusal("no")], turn=Turn("refusal", "refusal")),
        lambda: Message("model", [Text("cut")], turn=Turn("length"), interrupted=made.random() < 0.5),
        lambda: Message("model", [Opaque(Native(origin, made.choice(blocks))), Text("t")], turn=Turn("stop")),
        lambda: Message("model", [Opaque(Native(Origin("o", "e", "m"), {"type": "x"})), Text("t")]),
        lambda: Message("model", []),
    ]
    return made.choice(choices)()


def change(made: random.Random, messages: Messages) -> None:
    """Change something of what has been sent."""
    message = messages[made.randrange(len(messages))]
    for part in message.parts:
        if isinstance(part, ToolCall):
            part.arguments["late"] = made.random()
            return
        if part.native is not None:
            part.native.data["late"] = made.random()
            return
    message.parts.append(Text(f"late {made.random()}"))


@pytest.mark.parametrize("wire", BUILDERS)
@pytest.mark.parametrize("seed", range(12))
def test_a_growing_conversation_is_sent_as_one_that_was_never_sent_before(wire: str, seed: int) -> None:
    made, one = random.Random(seed), client(wire)
    messages = Messages.from_system("Be brief.") if seed % 2 else Messages()
    for number in range(25):
        messages.append(random_message(made, number, one.origin))
        if made.random() < 0.15:
            change(made, messages)

        found = sent(one, messages)

        assert found == sent(one, Messages(copy.deepcopy(list(messages))))


@pytest.mark.parametrize("wire", BUILDERS)
def test_a_loop_writes_each_turn_once(wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, messages = client(wire), Messages.from_user("go")
    written: list[int] = []
    whole = b""

    def counted(value: object, **how: Any) -> bytes:
        written.append(len(data := to_json(value, **how)))
        return data

    for number in range(40):
        call = ToolCall(f"c{number}", "look", {"at": number}, Completed("x" * 100))
        messages.append(Message("model", [Text("Looking."), call], turn=Turn("tool_calls")))
        with monkeypatch.context() as patched:
            patched.setattr("pydantic_core.to_json", counted)
            whole = dump(one.request_body(ChatRequest(messages)))

    assert len(whole) > 40 * 100
    assert sum(written) < 4 * len(whole)
