"""A model on Gemini's wire: it answers what the page about Gemini asks, in an array of chunks, as Google does
without `alt=sse`.
"""

import base64
import json

from chat_core.testing.loopback import Raw
from chat_core.types.json_values import JsonObject

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nnot much of a picture").decode()
USED = {"promptTokenCount": 12, "candidatesTokenCount": 9, "thoughtsTokenCount": 30, "totalTokenCount": 51}
SIGNED = {"thoughtSignature": "c2lnbmVk"}


def answer(body: JsonObject) -> Raw:
    if "generateContentRequest" in body:
        return said({"totalTokens": 8})
    if "continuationToken" in body:
        return said(chunk({"text": " and the rest."}))
    last = body["contents"][-1]["parts"][-1]
    if "functionResponse" in last:
        return said(chunk({"text": f"It is {last['functionResponse']['response']['output']}."}))
    return said(*asked(last.get("text", ""), body.get("generationConfig", {})))


def asked(question: str, config: JsonObject) -> list[JsonObject]:
    match question:
        case "Why is the sky blue?" if config.get("thinkingConfig", {}).get("includeThoughts"):
            thought = chunk({"text": "Light scatters.", "thought": True}, reason=None)
            return [thought, chunk({"text": "Short waves scatter more.", **SIGNED})]
        case "Who won?":
            grounding = {
                "webSearchQueries": ["who won"],
                "searchEntryPoint": {"renderedContent": "<div>who won</div>"},
                "groundingChunks": [{"web": {"uri": "https://news.example/final", "title": "news.example"}}],
                "groundingSupports": [
                    {"segment": {"endIndex": 14, "text": "Züri won, 2:1."}, "groundingChunkIndices": [0]}
                ],
            }
            return [chunk({"text": "Züri won, 2:1."}, groundingMetadata=grounding)]
        case "What is the 10th prime?":
            code = {"executableCode": {"language": "PYTHON", "code": "print(prime(10))"}}
            result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "29\n"}}
            return [chunk(code), chunk(result, reason=None), chunk({"text": "It is 29."})]
        case "What is the weather in Bern?":
            call = {"functionCall": {"name": "weather", "args": {"city": "Bern"}}, **SIGNED}
            return [chunk(call)]
        case "Draw a cat.":
            return [chunk({"text": "A cat: "}, {"inlineData": {"mimeType": "image/png", "data": PNG}})]
        case "Say hello.":
            return [chunk({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": "AAAA"}})]
        case "Something bad":
            return [{"promptFeedback": {"blockReason": "SAFETY"}}]
        case "Which city?":
            return [chunk({"text": '{"name": "Bern", "people": 134000}'})]
        case _:
            return [chunk({"text": "Hello"}, reason=None), chunk({"text": " from Gemini.", **SIGNED})]


def chunk(*parts: JsonObject, reason: str | None = "STOP", **beside: object) -> JsonObject:
    candidate = {
        "content": {"role": "model", "parts": list(parts)},
        **({"finishReason": reason} if reason else {}),
        **beside,
    }
    return {"candidates": [candidate], "usageMetadata": USED, "modelVersion": "gemini-3.5-flash"}


def said(*chunks: JsonObject) -> Raw:
    whole = chunks[0] if len(chunks) == 1 else chunks
    return Raw(json.dumps(whole).encode(), "application/json")
