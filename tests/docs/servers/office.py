"""A model that cleans up and tells Ada, or sets a reminder, and then says what it was told."""

from chat_core.testing.loopback import Call, Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    messages = body["messages"]
    assert isinstance(messages, list)
    told: list[str] = []
    for message in reversed(messages):
        match message:
            case {"role": "tool", "content": str(text)}:
                told.insert(0, text)
            case _:
                break
    if told:
        return Reply("I was told: " + "; ".join(told), prompt_tokens=80, completion_tokens=12)
    match messages[-1]:
        case {"content": str(asked)} if "emind" in asked:
            return Reply(calls=(Call("remind", {"text": "Stand-up"}),))
        case {"content": str(asked)} if "mail" in asked:
            return Reply(calls=(Call("send_mail", {"to": "Ada", "text": "All clean."}),))
        case _:
            calls = (
                Call("list_files"),
                Call("delete_file", {"path": "draft.txt"}),
                Call("send_mail", {"to": "Ada", "text": "All clean."}),
            )
            return Reply("I clean up.", calls=calls, prompt_tokens=50, completion_tokens=30)
