"""From a core request to the body of an Images request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from chat_core import ChatRequest, ConfigurationError, File, Message, Messages, Part, Structured, Text
from chat_core.wire.write import dump

from chat_openai.images.mask import is_mask
from chat_openai.images.options import ImageOptions
from chat_openai.images.wire import Picture


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where a request goes, its body, and the number of pictures that it asks for."""

    path: str
    body: bytes
    count: int = 1


def encode(
    request: ChatRequest,
    *,
    model: str,
    options: ImageOptions = ImageOptions(),
    extra: Mapping[str, object] | None = None,
    stream: bool = False,
) -> Drawing:
    """The request for what the conversation asks: an edit where there are pictures in the model's last turn or after it, else a new
    picture. `extra` is merged last. Raises `ConfigurationError` for what the Images API does not take."""
    _refuse_what_is_not_drawn(request)
    pictures, masks = _pictures(request.messages)
    body: dict[str, object] = {"model": model, "prompt": _prompt(request.messages)}
    body |= options.body(edits=bool(pictures), stream=stream)
    if pictures:
        body["images"] = [_picture(file) for file in pictures]
    if masks:
        if not pictures or len(masks) > 1:
            raise ConfigurationError("a mask goes with the picture that it is for, and there is one at most")
        body["mask"] = _picture(masks[0])
    if stream:
        body["stream"] = True
    body |= extra or {}
    count = body.get("n")
    return Drawing(
        "/images/edits" if pictures else "/images/generations",
        dump(body),
        count if isinstance(count, int) and count > 0 else 1,
    )


def _refuse_what_is_not_drawn(request: ChatRequest) -> None:
    if request.tools:
        raise ConfigurationError("the Images API has no tools: build the chat without them")
    if request.output is not None:
        raise ConfigurationError("the Images API has no structured output: build the chat without it")
    for option in fields(request.options):
        if getattr(request.options, option.name) is not None:
            raise ConfigurationError(
                f"the Images API has no {option.name}; what it has, .with_images(...) takes"
            )


def _since_the_last_turn(messages: Messages) -> list[Message]:
    """The model's last turn, and what follows it."""
    said = list(messages)
    turns = [at for at, message in enumerate(said) if message.role == "model"]
    return said[turns[-1] :] if turns else said


def _prompt(messages: Messages) -> str:
    instructions = [message for message in messages if message.role == "system"]
    asked = [message for message in _since_the_last_turn(messages) if message.role == "user"]
    said = [
        _text(part)
        for message in (*instructions, *asked)
        for part in message.parts
        if not isinstance(part, File)
    ]
    if not any(message.text for message in asked):
        raise ConfigurationError('say what to draw: messages.add_user("a siamese cat")')
    return "\n\n".join(said)


def _text(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Structured():
            return part.as_text()
        case _:
            raise ConfigurationError(f"the Images API takes text and pictures, not {type(part).__name__}")


def _pictures(messages: Messages) -> tuple[list[File], list[File]]:
    """The pictures to edit, and their masks."""
    files = [file for message in _since_the_last_turn(messages) for file in message.files]
    return [file for file in files if not is_mask(file)], [file for file in files if is_mask(file)]


def _picture(file: File) -> Picture:
    if file.kind != "image" and (file.mimetype or file.data):
        raise ConfigurationError(f"the Images API takes pictures, not {file.mimetype}")
    if file.id is not None:
        return Picture(file_id=file.id)
    return Picture(image_url=file.url or file.data_url())
