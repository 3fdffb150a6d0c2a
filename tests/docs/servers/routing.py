"""A server whose models are well, busy, slow, out of credit or small, as their names say."""

from chat_core.testing.loopback import Answer, Failure, Reply
from chat_core.types.json_values import JsonObject


def answer(body: JsonObject) -> Answer:
    model = str(body["model"])
    match model:
        case "busy":
            return Failure(503, "no capacity", code="overloaded")
        case "unpaid":
            return Failure(429, "your credit is used up", code="insufficient_quota")
        case "small" if len(str(body["messages"])) > 500:
            return Failure(400, "maximum context length is 100 tokens", code="context_length_exceeded")
        case "slow":
            return Reply("slow, but here", pause=5.0)
        case "shy":
            return Reply("", refusal="I would rather not.", finish_reason="stop")
        case _:
            return Reply(f"{model} here")
