"""Conversations and their parts: made, looked into, and what they refuse."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chat_core import (
    AwaitingApproval,
    Completed,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Origin,
    Reasoning,
    Refusal,
    Scheduled,
    Structured,
    Text,
    ToolCall,
    Unknown,
)

PNG = b"\x89PNG\r\n\x1a\n-secret-pixels"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_string_is_text_and_other_parts_stay_what_they_are() -> None:
    picture = File.from_bytes(PNG)

    messages = Messages.from_system("Be brief.").add_user("What is this?", picture).add_system("Now.")

    assert [message.role for message in messages] == ["system", "user", "system"]
    assert messages[1].parts == [Text("What is this?"), picture]
    assert messages[0].text == "Be brief."


def test_neighbours_of_one_role_stay_separate() -> None:
    messages = Messages.from_user("one").add_user("two")

    assert [message.text for message in messages] == ["one", "two"]


def test_a_conversation_is_indexed_sliced_and_compared_like_a_list() -> None:
    messages = Messages.from_user("one").append(Message("model", [Text("two")])).add_user("three")

    assert len(messages) == 3
    assert messages[-1].text == "three"
    assert isinstance(messages[:2], Messages)
    assert [message.text for message in messages[1:]] == ["two", "three"]
    assert messages == Messages(list(messages))
    assert messages != messages[:2]
    assert messages != ["one", "two", "three"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(messages)


def test_a_slice_is_a_conversation_of_its_own() -> None:
    messages = Messages.from_user("one")

    messages[:].add_user("two")

    assert len(messages) == 1


def test_a_message_tells_its_parts_apart() -> None:
    call = ToolCall("c1", "look")
    picture = File.from_bytes(PNG)
    message = Message(
        "model",
        [Reasoning("hm, "), Text("A "), Structured({"n": 1}), Reasoning("so"), call, picture, Refusal("no")],
    )

    assert message.text == 'A {"n": 1}'
    assert message.reasoning == "hm, so"
    assert message.refusal == "no"
    assert message.tool_calls == [call]
    assert message.files == [picture]
    assert Message("model").refusal is None


def test_pending_are_the_calls_that_wait_and_the_next_wake_is_the_earliest() -> None:
    calls = [
        ToolCall("a", "t", {}, AwaitingApproval("sure?")),
        ToolCall("b", "t", {}, Scheduled(NOON + timedelta(hours=1))),
        ToolCall("c", "t", {}, Completed("done")),
        ToolCall("d", "t", {}, Scheduled(NOON)),
        ToolCall("e", "t", {}, Unknown()),
    ]
    messages = Messages.from_user("go").append(Message("model", [*calls]))

    assert [call.id for call in messages.pending] == ["a", "b", "d", "e"]
    assert messages.next_wake() == NOON
    assert messages.find_tool("c") is calls[2]
    assert Messages.from_user("x").next_wake() is None


def test_a_call_that_is_not_there_is_a_key_error_that_names_those_that_are() -> None:
    messages = Messages([Message("model", [ToolCall("a", "t")])])

    with pytest.raises(KeyError, match=r"no tool call 'b'; there are \['a'\]"):
        messages.find_tool("b")


# what a call's decisions do


def test_an_edit_stands_beside_the_models_own_arguments() -> None:
    call = ToolCall("a", "add", {"a": 1}, AwaitingApproval())

    call.approve({"a": 2, "when": NOON}, by="Ada")

    assert call.arguments == {"a": 1}
    assert call.effective_arguments == {"a": 2, "when": "2026-11-22T12:00:00Z"}
    assert call.status.type == "approved"


def test_an_empty_edit_is_an_edit() -> None:
    call = ToolCall("a", "add", {"a": 1}, AwaitingApproval())

    call.approve({})

    assert call.effective_arguments == {}


@pytest.mark.parametrize("first", ["reject", "complete"])
@pytest.mark.parametrize("second", ["approve", "reject", "complete"])
def test_what_is_resolved_cannot_be_decided_again(first: str, second: str) -> None:
    call = ToolCall("a", "add", {}, AwaitingApproval())
    decide = {"approve": call.approve, "reject": call.reject, "complete": lambda: call.complete(1)}
    decide[first]()

    with pytest.raises(
        ConfigurationError, match=rf"cannot {second} call a of add: it is already (rejected|completed)"
    ):
        decide[second]()


def test_what_the_model_reads_is_the_result_the_error_or_the_reason() -> None:
    def told(decide: str, *said: object) -> str:
        call = ToolCall("a", "add", {}, Unknown())
        getattr(call, decide)(*said)
        return call.outcome()

    assert told("complete", "plain ünicode") == "plain ünicode"
    assert told("complete", {"ü": [1, None]}) == '{"ü": [1, null]}'
    assert told("complete", None) == "null"
    assert told("reject", "Not today.") == "Not today."
    assert told("reject") == "The call was declined."
    with pytest.raises(ConfigurationError, match="call a of add has no outcome yet: it is pending"):
        ToolCall("a", "add").outcome()


def test_a_state_shows_nothing_but_what_matters() -> None:
    assert repr(Completed(3)) == "Completed(result=3)"
    call = ToolCall("a", "add", {}, Completed(3))
    assert (call.resolved, call.waiting, call.failed) == (True, False, False)


def test_native_data_is_for_where_it_came_from_only_and_is_not_shown() -> None:
    here = Origin("openai", "https://api.openai.com/v1", "gpt-5.6")
    native = Native(here, {"signature": "sealed"})

    assert native.for_(here) == {"signature": "sealed"}
    assert native.for_(Origin("openai", "https://elsewhere/v1", "gpt-5.6")) is None
    assert "sealed" not in repr(Reasoning("", native=native))


def test_a_structured_part_is_sent_as_it_was_received() -> None:
    assert Structured({"n": 1}, '{ "n":1 }').as_text() == '{ "n":1 }'
    assert Structured({"ü": 1}).as_text() == '{"ü": 1}'


# files


def test_a_file_from_a_path_has_its_name_and_the_type_of_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"hello")

    file = File.from_path(tmp_path / "notes.txt")

    assert (file.name, file.mimetype, file.data, file.kind) == (
        "notes.txt",
        "text/plain",
        b"hello",
        "document",
    )
    assert File.from_path(str(tmp_path / "notes.txt"), "text/markdown").mimetype == "text/markdown"


def test_without_a_telling_suffix_the_first_bytes_decide(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(PNG)

    assert File.from_path(tmp_path / "picture").mimetype == "image/png"


@pytest.mark.parametrize(
    ("head", "mimetype", "kind"),
    [
        (PNG, "image/png", "image"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image"),
        (b"GIF89a", "image/gif", "image"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", "image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic", "image"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "image/avif", "image"),
        (b"%PDF-1.7", "application/pdf", "document"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", "audio"),
        (b"ID3\x04", "audio/mpeg", "audio"),
        (b"OggS", "audio/ogg", "audio"),
        (b"fLaC", "audio/flac", "audio"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0", "audio/mp4", "audio"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4", "video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime", "video"),
    ],
)
def test_the_first_bytes_tell_a_files_type(head: bytes, mimetype: str, kind: str) -> None:
    file = File.from_bytes(head)

    assert (file.mimetype, file.kind) == (mimetype, kind)


def test_bytes_of_an_unknown_type_need_a_type(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"????")

    with pytest.raises(ConfigurationError, match=r"cannot tell the MIME type of these bytes: pass mimetype="):
        File.from_bytes(b"RIFF")
    with pytest.raises(ConfigurationError, match="cannot tell the MIME type of blob"):
        File.from_path(tmp_path / "blob")


def test_no_repr_shows_a_files_bytes() -> None:
    file = File.from_bytes(PNG)
    call = ToolCall("a", "t", {}, files=(file,))

    for shown in (file, call, Message("user", [file]), Messages.from_user(file)):
        assert "pixels" not in repr(shown)
        assert base64.b64encode(PNG).decode()[:8] not in repr(shown)


def test_a_url_is_kept_and_nothing_is_fetched() -> None:
    file = File.from_url("https://nowhere.invalid/cat.png?size=2")

    assert (file.url, file.data, file.mimetype) == (
        "https://nowhere.invalid/cat.png?size=2",
        None,
        "image/png",
    )
    assert File.from_url("gs://bucket/a.pdf").kind == "document"
    assert File.from_url("https://nowhere.invalid/cat", "image/webp").kind == "image"


def test_a_data_url_is_decoded_at_once() -> None:
    assert File.from_url("data:image/png;base64,aGVs\nbG8=").data == b"hello"
    assert File.from_url("data:text/plain;charset=utf-8,a%20b").data == b"a b"
    assert File.from_url("data:,hi").mimetype == "text/plain"


@pytest.mark.parametrize("body", ["aGVsbG8", "aGVs-G8_", "????"])
def test_a_data_url_that_is_not_base64_is_refused_and_nothing_in_it_dropped(body: str) -> None:
    with pytest.raises(ConfigurationError, match="the base64 of this data: URL cannot be read"):
        File.from_url(f"data:image/png;base64,{body}")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "/etc/passwd", "ftp://host/x", "javascript:alert(1)", "http://", ""]
)
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"not a URL a provider can fetch: .*; File\.from_path reads local files"
    ):
        File.from_url(url)


def test_a_file_is_one_of_data_url_and_id() -> None:
    assert File.from_id("file-1").id == "file-1"
    for wrong in ({}, {"data": b"", "url": "https://x"}, {"url": "https://x", "id": "f"}):
        with pytest.raises(ConfigurationError, match="its data, a url or an id"):
            File("image/png", **wrong)  # type: ignore[arg-type]


def test_bytes_that_are_not_here_are_not_made_up() -> None:
    assert File.from_bytes(b"\xff\xd8\xff").base64() == "/9j/"
    with pytest.raises(ConfigurationError, match="only known by its url: read it yourself"):
        File.from_url("https://x/y").base64()
    with pytest.raises(ConfigurationError, match="only known by its id"):
        File.from_id("f").base64()


def test_an_empty_file_is_a_file() -> None:
    assert File.from_bytes(b"", "text/plain").base64() == ""
