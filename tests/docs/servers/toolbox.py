"""A model that calls what the question asks for, and then says what it was told."""

from chat_core.testing.loopback import Call, Reply
from chat_core.types.json_values import JsonObject

CALLS = {
    "19 + 23": (Call("add", {"a": 19, "b": 23}),),
    "transfer": (Call("transfer", {"to": "Ada", "amount": 30}),),
    "chart": (Call("chart", {"title": "Ships"}),),
    "three cities": tuple(Call("temperature", {"city": city}) for city in ("Bern", "Oslo", "Rome")),
    "an unknown tool": (Call("subtract", {"a": 1}),),
    "wrong arguments": (Call("add", {"a": "nineteen"}),),
    "no JSON": (Call("add", '{"a": 19, "b":'),),
    "an exception": (Call("divide", {"a": 1, "b": 0}),),
    "look up": (Call("lookup", {"term": "llama", "limit": 200}),),
    "book": (Call("book_table", {"guests": 4, "at": "2027-01-15T19:30:00+01:00", "seating": "garden"}),),
}


def answer(body: JsonObject) -> Reply:
    messages = body["messages"]
    assert isinstance(messages, list)
    if {"role": "user", "content": "Add again and again."} in messages:
        return Reply(calls=CALLS["19 + 23"])
    told: list[str] = []
    for message in reversed(messages):
        match message:
            case {"role": "tool", "content": str(text)}:
                told.insert(0, text)
            case {"role": "user", "content": [{"type": "text"}, *files]}:
                told.insert(0, f"and {len(files)} file(s) to look at")
            case {"role": "user", "content": str(asked)} if not told:
                if "cut" in asked:
                    return Reply(calls=(Call("add", '{"a": 19'),), finish_reason="length")
                choice = body.get("tool_choice")
                if isinstance(choice, dict):
                    return Reply(calls=CALLS["19 + 23"])
                return next(
                    (Reply(calls=calls) for words, calls in CALLS.items() if words in asked),
                    Reply("I need no tool for that."),
                )
            case _:
                break
    return Reply("I was told: " + "; ".join(told))
