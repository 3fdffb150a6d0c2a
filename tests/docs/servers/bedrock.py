"""A model behind Converse: it answers what the page about Bedrock asks, streamed where it is to be."""

import json

from chat_core.testing import event_stream_bytes
from chat_core.testing.loopback import Raw
from chat_core.types.json_values import JsonObject

USAGE = {"inputTokens": 12, "outputTokens": 9, "totalTokens": 21}


def answer(body: JsonObject) -> Raw:
    if "input" in body:
        return whole({"inputTokens": 14})
    if "inputText" in body:
        return whole({"embedding": [0.6, 0.8], "inputTextTokenCount": 2})
    content, reason, more = turn(body)
    if body.get("stream"):
        return streamed(content, reason)
    message = {"role": "assistant", "content": content}
    return whole({"output": {"message": message}, "stopReason": reason, "usage": USAGE, **more})


def turn(body: JsonObject) -> tuple[list[JsonObject], str, JsonObject]:
    last = body["messages"][-1]["content"]
    question = next((block["text"] for block in last if "text" in block), "")
    if "guardrailConfig" in body:
        trace = {"guardrail": {"actionReason": "Guardrail blocked."}}
        return [{"text": "I do not talk about that."}], "guardrail_intervened", {"trace": trace}
    if "toolResult" in last[0]:
        return [{"text": f"It is {last[0]['toolResult']['content'][0]['text']}."}], "end_turn", {}
    if "toolConfig" in body:
        call = {"toolUseId": "t1", "name": "weather", "input": {"city": "Bern"}}
        return [{"toolUse": call}], "tool_use", {}
    if "additionalModelRequestFields" in body:
        thought = {"reasoningText": {"text": "Light scatters.", "signature": "c2ln"}}
        return [{"reasoningContent": thought}, {"text": "Short waves scatter more."}], "end_turn", {}
    if any("document" in block for block in last):
        location = {"documentChar": {"documentIndex": 0, "start": 0, "end": 16}}
        source = {"title": "facts", "sourceContent": [{"text": "Bern is in 1191."}], "location": location}
        cited = {"content": [{"text": "In 1191."}], "citations": [source]}
        return [{"citationsContent": cited}], "end_turn", {}
    return [{"text": f"You said: {question}"}], "end_turn", {}


def whole(value: JsonObject) -> Raw:
    return Raw(json.dumps(value).encode(), "application/json")


def streamed(content: list[JsonObject], reason: str) -> Raw:
    words = "".join(block.get("text", "") for block in content).partition(" said")
    deltas = [
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}}) for text in words if text
    ]
    ends = [("contentBlockStop", {"contentBlockIndex": 0}), ("messageStop", {"stopReason": reason})]
    events = [("messageStart", {"role": "assistant"}), *deltas, *ends, ("metadata", {"usage": USAGE})]
    return Raw(event_stream_bytes(events), "application/vnd.amazon.eventstream")
