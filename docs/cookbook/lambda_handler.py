"""AWS Lambda behind an HTTP API: the client is made once, and its connections last from one event to the
next.

python docs/cookbook/lambda_handler.py      # calls the handler twice
"""

import json
import os
from typing import TypedDict

from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, InvalidRequest, Messages, RateLimited, RetryPolicy
from chat_core.sync import SyncChat

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")


class Event(TypedDict):
    """What is used of an event of API Gateway, version 2.0."""

    body: str


class Result(TypedDict):
    """What API Gateway makes a response of."""

    statusCode: int
    headers: dict[str, str]
    body: str


client = (
    ChatCompletionsBuilder()
    .with_base_url(BASE_URL)
    .with_model("llama-4")
    .with_timeout(25, connect=3)  # API Gateway hangs up after 30 s
    .build()
)
chat = SyncChat(ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=1)).build())
chat.__enter__()  # for as long as the container lives


def handler(event: Event, context: object) -> Result:
    """Answer a question. The browser sends the conversation along, as it got it with the last answer."""
    try:
        body = json.loads(event["body"])
        messages = Messages.from_json(body["conversation"]) if "conversation" in body else Messages()
        response = chat.complete(messages.add_user(body["question"]))
    except RateLimited as error:
        return result(429, {"error": "too many questions"}, {"retry-after": str(int(error.retry_after or 1))})
    except InvalidRequest as error:
        return result(400, {"error": error.message})
    except ChatError as error:
        print(f"{type(error).__name__}: {error}")  # to CloudWatch
        return result(502, {"error": "the model does not answer"})
    return result(200, {"answer": response.text, "conversation": json.loads(messages.to_json())})


def result(status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> Result:
    """Return a response in JSON."""
    headers = {"content-type": "application/json", **(headers or {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


if __name__ == "__main__":
    first = json.loads(handler({"body": json.dumps({"question": "Hello"})}, None)["body"])
    print(first["answer"])
    again = {"question": "And once more", "conversation": first["conversation"]}
    print(json.loads(handler({"body": json.dumps(again)}, None)["body"])["answer"])
