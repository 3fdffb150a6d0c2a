"""What the server says, and so what every contender must have read."""

from array import array
from collections.abc import Sequence

WORDS = (
    "The",
    " quick",
    " brown",
    " fox",
    " said",
    ' "',
    "déjà",
    " vu",
    '"',
    ",",
    " jumped",
    ".",
    "\n",
    " Then",
    " slept",
)

PIECES = tuple(WORDS[i % len(WORDS)] for i in range(600))
SHORT_PIECES = PIECES[:100]
TINY_PIECES = PIECES[:20]

ANSWER = "".join(PIECES)
SHORT_ANSWER = "".join(SHORT_PIECES)
TINY_ANSWER = "".join(TINY_PIECES)

QUESTION = "What did the fox say?"

HISTORY: Sequence[tuple[str, str]] = [
    *((("user", "assistant")[i % 2], f"{i}: {ANSWER[:2000]}") for i in range(200)),
    ("user", QUESTION),
]
"""Two hundred messages of about 2 KB, and the question that follows them."""

LONGEST = 260
"""The messages after which a conversation that is kept begins anew, with the first two hundred."""


REPORT = {
    "title": "What the fox said",
    "findings": [
        {
            "name": f"finding {i}",
            "place": i,
            "certain": i % 3 == 0,
            "weight": i / 8,
            "notes": [TINY_ANSWER] * 3,
        }
        for i in range(155)
    ],
}
"""A typed answer: 50 KB as JSON. `benchmarks.report` has its type."""

INPUTS = [f"passage {i}" for i in range(256)]

VECTORS = [array("f", ((i * 131 + j * 719) % 2048 / 1024 - 1 for j in range(1536))) for i in range(256)]
"""One vector an input. A 32-bit float holds each value exactly, so what is read can be compared with `==`."""

CALLS = [(f"call_{number}", "write", {"path": f"{number}.txt", "text": ANSWER[:600]}) for number in range(2)]
"""Two tool calls, of about 80 events each."""
