"""The end of a JSON value is found wherever its pieces are cut, and nowhere before it."""

from __future__ import annotations

import json

import pytest
from chat_completions.decode.json_end import JsonEnd
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\{}[]\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\}'), inner, max_size=3),
    max_leaves=8,
)


def ends(pieces: list[str]) -> list[bool]:
    end = JsonEnd()
    seen = []
    for piece in pieces:
        end.feed(piece)
        seen.append(end.ended)
    return seen


@given(st.dictionaries(st.text(alphabet='a"\\{'), JSON, max_size=3), st.integers(1, 5))
def test_an_object_ends_with_its_last_character(value: dict[str, object], size: int) -> None:
    text = json.dumps(value)
    seen = ends([text[at : at + size] for at in range(0, len(text), size)])

    assert seen[-1]
    assert not any(seen[:-1])


@pytest.mark.parametrize(
    ("pieces", "ended"),
    [
        (['"', "a\\", '"b', '"'], True),
        (['{"a', '\\"}'], False),
        (["", "{", "", "}"], True),
        (["[", "]"], True),
    ],
)
def test_strings_hide_what_stands_in_them(pieces: list[str], ended: bool) -> None:
    assert ends(pieces)[-1] is ended
