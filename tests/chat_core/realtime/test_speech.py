"""What is kept of the user's speech for another connection: the present turn, and not more than is useful."""

from __future__ import annotations

from chat_core.realtime.inputs import AudioInput, Clear, Commit
from chat_core.realtime.speech import Speech

SECOND = AudioInput(bytes(48000))


def unsent(speech: Speech) -> list[AudioInput | Commit]:
    return [speech.next_unsent() for _ in range(speech.unsent)]


def test_the_present_turn_is_sent_again_in_order_and_what_comes_meanwhile_follows() -> None:
    speech = Speech(24000, is_heard=True)
    pieces = [AudioInput(bytes([number])) for number in range(4)]
    for piece in pieces[:3]:
        speech.add(piece, sent=True)
    assert unsent(speech) == []
    speech.begin_again()
    assert speech.next_unsent() == pieces[0]
    speech.add(pieces[3], sent=False)
    assert unsent(speech) == pieces[1:]


def test_an_hour_of_silence_keeps_two_seconds_and_a_turn_without_end_four_megabytes() -> None:
    speech = Speech(24000)
    for _ in range(3600):
        speech.add(SECOND, sent=True)
    speech.begin_again()
    assert len(unsent(speech)) == 2
    speech.is_heard = True
    for _ in range(3600):
        speech.add(SECOND, sent=False)
    assert len(unsent(speech)) == (1 << 22) // 48000


def test_a_turn_that_the_server_has_is_forgotten_up_to_its_end() -> None:
    speech = Speech(24000, server_listens=False)
    later = AudioInput(b"later")
    for given in (SECOND, Commit(), later):
        speech.add(given, sent=True)
    assert speech.is_open
    speech.turn_ended()
    speech.begin_again()
    assert unsent(speech) == [later]
    speech.turn_ended()
    assert not speech.is_open


def test_what_is_cleared_is_not_sent_again() -> None:
    speech = Speech(24000, server_listens=False)
    speech.add(SECOND, sent=False)
    speech.add(Clear(), sent=True)
    speech.begin_again()
    assert (speech.unsent, speech.is_open) == (0, False)
