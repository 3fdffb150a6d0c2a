"""A model that answers in the schema it is given, or, if asked to, not."""

import json

from chat_core.testing.loopback import Reply
from chat_core.types.json_values import JsonObject, JsonValue

TRIP: JsonObject = {
    "city": "Zürich",
    "days": 2,
    "stops": [{"name": "the lake", "hours": 3.5}, {"name": "the museum", "hours": 2.0}],
    "mood": "cheerful",
    "budget": None,
}
VALUES: dict[str, JsonValue] = {
    "a trip": TRIP,
    "capital": {"name": "Bern", "people": 134000},
    "rivers": {"value": [{"name": "Aare", "length": 288.0}, {"name": "Limmat", "length": 36.0}]},
    "city or a river": {"value": {"name": "Aare", "length": 288.0}},
    "Is it": {"value": "no"},
    "How many": {"value": 42},
    "person": {"value": {"name": "Ada", "born": "1815-12-10"}},
}


def answer(body: JsonObject) -> Reply:
    messages = body["messages"]
    assert isinstance(messages, list)
    asked = json.dumps(messages[-1], ensure_ascii=False)
    if "decline" in asked:
        return Reply(refusal="I plan no trips to volcanoes.", prompt_tokens=61, completion_tokens=9)
    if "short" in asked:
        return Reply(
            json.dumps(TRIP, ensure_ascii=False)[:38],
            finish_reason="length",
            prompt_tokens=61,
            completion_tokens=12,
        )
    if "carelessly" in asked:
        gloomy = json.dumps({**TRIP, "mood": "gloomy"}, ensure_ascii=False)
        return Reply(gloomy, prompt_tokens=61, completion_tokens=44)
    found = (value for words, value in VALUES.items() if words in asked)
    value = TRIP if "does not fit" in asked else next(found, None)
    return Reply(json.dumps(value, ensure_ascii=False), chunk=30, prompt_tokens=61, completion_tokens=44)
