"""A model of Cohere's: it answers what the page about Cohere asks, streamed where it is to be."""

import json

from chat_core.testing.loopback import Raw
from chat_core.types.json_values import JsonObject

USAGE = {
    "billed_units": {"input_tokens": 2, "output_tokens": 3},
    "tokens": {"input_tokens": 12, "output_tokens": 9},
}


def answer(body: JsonObject) -> Raw:
    if "query" in body:
        found = [index for index, text in enumerate(body["documents"]) if "1191" in text]
        order = found + [index for index in range(len(body["documents"])) if index not in found]
        scores = [0.97, *(0.02,) * len(order)]
        ranked = [
            {"index": index, "relevance_score": score} for index, score in zip(order, scores, strict=False)
        ]
        return whole({"results": ranked[: body.get("top_n", len(ranked))]})
    if "input_type" in body:
        inputs = body.get("texts") or body.get("images") or body["inputs"]
        vectors = [[0.6, 0.8] for _ in inputs]
        return whole({"embeddings": {"float": vectors}, "meta": {"billed_units": {"input_tokens": 4}}})
    if "text" in body:
        return whole({"tokens": [1, 2, 3]})
    message, reason = turn(body)
    if body.get("stream"):
        return streamed(message, reason)
    return whole({"id": "r1", "finish_reason": reason, "message": message, "usage": USAGE})


def turn(body: JsonObject) -> tuple[JsonObject, str]:
    last = body["messages"][-1]
    if last["role"] == "tool":
        return text(f"It is {last['content']}."), "COMPLETE"
    if "tools" in body:
        call = {"id": "weather_1", "function": {"name": "weather", "arguments": '{"city": "Bern"}'}}
        return {"tool_plan": "I will look at the weather.", "tool_calls": [call]}, "TOOL_CALL"
    if "documents" in body:
        document = {"id": body["documents"][0]["id"], **body["documents"][0]["data"]}
        source = {"type": "document", "id": document["id"], "document": document}
        return {
            **text("In 1191."),
            "citations": [{"start": 3, "end": 7, "text": "1191", "sources": [source]}],
        }, "COMPLETE"
    if "thinking" in body:
        thought = {"type": "thinking", "thinking": "Light scatters."}
        return {"content": [thought, *text("Short waves scatter more.")["content"]]}, "COMPLETE"
    return text(f"You said: {last['content']}"), "COMPLETE"


def text(words: str) -> JsonObject:
    return {"role": "assistant", "content": [{"type": "text", "text": words}]}


def whole(value: JsonObject) -> Raw:
    return Raw(json.dumps(value).encode(), "application/json")


def streamed(message: JsonObject, reason: str) -> Raw:
    words = message["content"][0]["text"].partition(" said")
    deltas = [
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": part}}}}
        for part in words
        if part
    ]
    end = {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE}}
    frames = [{"type": "message-start", "id": "r1"}, *deltas, end]
    body = "".join(f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n" for frame in frames)
    return Raw(f"{body}data: [DONE]\n\n".encode())
