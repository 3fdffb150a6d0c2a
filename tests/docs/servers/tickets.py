"""A model that looks an order up, and refunds it once it knows what it cost."""

from chat_core.testing.loopback import Call, Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Reply:
    match body["messages"]:
        case [*_, {"role": "tool", "content": str(told)}] if "total" in told:
            return Reply(calls=(Call("refund", {"order": "A-17", "amount": 30}),))
        case [*_, {"role": "tool", "content": str(told)}]:
            return Reply(f"About the refund: {told}.")
        case _:
            return Reply(calls=(Call("find_order", {"order": "A-17"}),))
