"""What tests write as a binary event stream is what the transport reads."""

from chat_core.testing import event_stream_bytes
from chat_core.transport import Event
from chat_core.transport.event_stream import EventStreamReader


def test_what_is_written_is_read_back() -> None:
    body = event_stream_bytes(
        [
            ("messageStart", {"role": "assistant"}),
            Event("x", "{}"),
            ("exception:throttlingException", {"message": "ü"}),
        ]
    )
    assert EventStreamReader(10_000).feed(body) == [
        Event("messageStart", '{"role": "assistant"}'),
        Event("x", "{}"),
        Event("exception:throttlingException", '{"message": "ü"}'),
    ]
