"""A long story told slowly, if that is what is asked for; one that is cut, if the word "cut" is; else the
forecast.
"""

from chat_core.testing.loopback import Call, Reply
from chat_core.types.json_values import JsonObject

STORY = "Once there was a lighthouse keeper who counted ships. " * 40


def answer(body: JsonObject) -> Reply:
    match body["messages"]:
        case [*_, {"role": "tool", "content": str(told)}]:
            return Reply(f"{told}, so take an umbrella.", chunk=12, prompt_tokens=61, completion_tokens=13)
        case [*_, {"content": str(asked)}] if "story" in asked:
            return Reply(STORY, pause=0.01, chunk=9)
        case [*_, {"content": str(asked)}] if "ships" in asked:
            return Reply("The keeper saw forty ships that night.", chunk=9, cut_after=4)
        case [*_, {"content": str(asked)}] if "umbrella" in asked:
            return Reply(
                "I look.",
                calls=(Call("forecast", {"city": "Zürich"}),),
                prompt_tokens=40,
                completion_tokens=18,
            )
        case _:
            return Reply("Here I am again.", chunk=9)
