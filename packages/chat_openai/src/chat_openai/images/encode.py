"""From a core request to the body of an Images request."""

from __future__ import annotations

from dataclasses import dataclass, fields

from chat_core import ChatRequest, ConfigurationError, File, Message, Messages, Notice, Opaque, Origin, Part
from chat_core.wire import Encoded, foreign_block, text_of

from chat_openai.images.mask import is_mask
from chat_openai.images.options import ImageDefaults
from chat_openai.images.wire import Picture


@dataclass(frozen=True, slots=True)
class EncodedDrawing(Encoded):
    """The body of a request, the path that it goes to, and the number of pictures that it is for."""

    path: str = "/images/generations"
    count: int = 1


def encode(request: ChatRequest, *, origin: Origin, defaults: ImageDefaults, stream: bool) -> EncodedDrawing:
    """Return the request for what the conversation describes.

    It is an edit where there are pictures in the model's last turn or after it, else a new picture. Raises
    `ConfigurationError` for what the Images API does not take.
    """
    _refuse_other_features(request)
    notices: list[Notice] = []
    recent = _since_the_last_turn(request.messages)
    pictures, masks = _pictures(recent, notices)
    body: dict[str, object] = {"model": origin.model, "prompt": _prompt(request.messages, recent, notices)}
    body |= defaults.options.body(edits=bool(pictures), stream=stream)
    if pictures:
        body["images"] = pictures
    if masks:
        if not pictures or len(masks) > 1:
            raise ConfigurationError("a mask goes with the picture that it is for, and there is one at most")
        body["mask"] = masks[0]
    if stream:
        body["stream"] = True
    body |= defaults.extra
    count = body.get("n")
    return EncodedDrawing(
        body,
        tuple(notices),
        "/images/edits" if pictures else "/images/generations",
        count if isinstance(count, int) and count > 0 else 1,
    )


def _refuse_other_features(request: ChatRequest) -> None:
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
    """Return the model's last turn and what follows it."""
    listed = list(messages)
    turns = [at for at, message in enumerate(listed) if message.role == "model"]
    return listed[turns[-1] :] if turns else listed


def _prompt(messages: Messages, recent: list[Message], notices: list[Notice]) -> str:
    instructions = [message for message in messages if message.role == "system"]
    wishes = [message for message in recent if message.role == "user"]
    if not any(message.text for message in wishes):
        raise ConfigurationError('say what to draw: messages.add_user("a siamese cat")')
    texts = (_text(part, notices) for message in (*instructions, *wishes) for part in message.parts)
    return "\n\n".join(text for text in texts if text)


def _text(part: Part, notices: list[Notice]) -> str:
    match part:
        case File():
            return ""
        case Opaque(native):
            notices.append(foreign_block(native))
            return ""
        case _:
            return text_of(part, "user")


def _pictures(recent: list[Message], notices: list[Notice]) -> tuple[list[Picture], list[Picture]]:
    """Return the pictures to edit, and their masks. What a model made that is no picture is left out."""
    pictures: list[Picture] = []
    masks: list[Picture] = []
    for message in recent:
        for file in message.files:
            if message.role == "model" and not _is_picture(file):
                notices.append(
                    Notice("messages", f"a generated {file.kind} was not sent: only pictures are edited")
                )
            else:
                (masks if is_mask(file) else pictures).append(_picture(file))
    return pictures, masks


def _is_picture(file: File) -> bool:
    return file.kind == "image" or not (file.mimetype or file.data)


def _picture(file: File) -> Picture:
    if not _is_picture(file):
        raise ConfigurationError(f"the Images API takes pictures, not {file.mimetype}")
    if file.id is not None:
        return Picture(file_id=file.id)
    return Picture(image_url=file.url or file.data_url())
