"""A server that fails in the way that the question names: the first time, or each time."""

from chat_core.testing.loopback import Answer, Failure, Raw, Reply
from chat_core.types.json_values import JsonObject

asked: list[str] = []


def answer(body: JsonObject) -> Answer:
    match body["messages"]:
        case [*_, {"content": str(text)}]:
            asked.append(text)
        case _:
            return Reply("")
    first = asked.count(text) == 1
    match text:
        case "Are you busy?" if first:
            return Failure(503, "no capacity", code="overloaded")
        case "Am I too fast?":
            return Failure(429, "slow down: 3 requests a minute", code="rate_limit_exceeded", retry_after=0.0)
        case "Am I allowed?":
            return Failure(401, "Incorrect API key provided", code="invalid_api_key")
        case "Is this too long?":
            return Failure(
                400, "this model's maximum context length is 8192 tokens", code="context_length_exceeded"
            )
        case "Are you slow?":
            return Reply("Yes.", pause=0.4)
        case "Are you a model?":
            return Raw(b"<html><title>Welcome</title></html>", content_type="text/html")
        case _:
            return Reply("Yes.")
