"""What docstrings say, in the manners people write them."""

from __future__ import annotations

import pytest
from chat_core.tools.docstring import read_docstring

GOOGLE = """Book a room.

    Rooms are not refunded: mind that.

    Args:
        city (str): Where to.
        nights: How many,
            counted from today.
        **more: The rest.

    Returns:
        A number: the booking's.

    Raises:
        ValueError: never.
    """

NUMPY = """Book a room.

    Rooms are not refunded: mind that.

    Parameters
    ----------
    city : str
        Where to.
    nights : int, optional
        How many,
        counted from today.
    **more
        The rest.

    Returns
    -------
    int
        The booking's.
    """

SPHINX = """Book a room.

    Rooms are not refunded: mind that.

    :param city: Where to.
    :type city: str
    :param int nights: How many,
        counted from today.
    :param **more: The rest.
    :returns: The booking's.
    :raises ValueError: never.
    """


@pytest.mark.parametrize("docstring", [GOOGLE, NUMPY, SPHINX], ids=["Google", "NumPy", "Sphinx"])
def test_a_description_and_what_each_parameter_means(docstring: str) -> None:
    description, parameters = read_docstring(docstring)

    assert description == "Book a room.\n\nRooms are not refunded: mind that."
    assert {name: parameters[name] for name in ("city", "nights", "more")} == {
        "city": "Where to.",
        "nights": "How many, counted from today.",
        "more": "The rest.",
    }


def test_without_a_docstring_there_is_no_description() -> None:
    assert read_docstring(None)[0] == ""


def test_prose_with_colons_is_all_description() -> None:
    said = "Note: this is prose.\nIt goes on: and on."

    assert read_docstring(said)[0] == said
