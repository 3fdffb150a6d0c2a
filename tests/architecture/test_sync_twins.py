"""Whatever is awaited has a form for synchronous code, or a reason why not."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest
from chat_core import Chat
from chat_core.chat.batches import ChatBatches
from chat_core.chat.chat_stream import ChatStream
from chat_core.chat.sync_batches import SyncBatches, SyncProviderBatches
from chat_core.chat.sync_files import SyncFiles
from chat_core.chat.sync_stream import SyncStream
from chat_core.chat.sync_videos import SyncVideos
from chat_core.sync import SyncChat, SyncClient

PROTOCOLS = (
    "chat_core.provider",
    "chat_core.provider.speech",
    "chat_core.provider.video",
    "chat_core.realtime.provider",
)
# what stands for a protocol in synchronous code; for those that are not here it is `SyncClient`
FACADES: Mapping[str, type] = {
    "FilesProvider": SyncFiles,
    "BatchProvider": SyncProviderBatches,
    "VideoProvider": SyncVideos,
}
ENGINE: Mapping[type, type] = {Chat: SyncChat, ChatBatches: SyncBatches, ChatStream: SyncStream}
WITHOUT: Mapping[str, str] = {
    "Provider.aclose": "leaving the block closes what is open on its loop",
    "RealtimeProvider.connect": "a session listens while it speaks, and synchronous code waits in one place",
    "Chat.session": "a session listens while it speaks, and synchronous code waits in one place",
    "ChatStream.aclose": "leaving the block of the stream closes it",
}


def test_each_capability_of_a_client_has_a_form_without_await() -> None:
    assert list(missing(_capabilities())) == []


def test_each_method_of_a_chat_has_a_form_without_await() -> None:
    assert list(missing(_methods_of_the_engine())) == []


def test_each_reason_is_needed() -> None:
    names = {name for name, *_ in (*_capabilities(), *_methods_of_the_engine())}
    assert set(WITHOUT) <= names


class _Shouts:
    async def shout(self, text: str, *, loud: bool = True) -> str:
        return text


class _SaysNothing:
    pass


class _ShoutsAlways:
    def shout(self, text: str) -> str:
        return text


class _Awaits:
    async def shout(self, text: str, *, loud: bool = True) -> str:
        return text


@pytest.mark.parametrize(
    ("facade", "fault"),
    [
        (_SaysNothing, "_Shouts.shout: _SaysNothing has no shout"),
        (_ShoutsAlways, "_Shouts.shout: _ShoutsAlways.shout has other parameters: ['text']"),
        (_Awaits, "_Shouts.shout: _Awaits.shout has to be awaited"),
    ],
)
def test_a_missing_form_is_found(facade: type, fault: str) -> None:
    assert list(missing([("_Shouts.shout", "shout", _Shouts.shout, facade)])) == [fault]


def missing(methods: object) -> Iterator[str]:
    """Yield what a facade lacks of `(name, method, its function, the facade)`."""
    assert isinstance(methods, list)
    for name, method, function, facade in methods:
        if name in WITHOUT:
            continue
        twin = inspect.getattr_static(facade, method, None)
        if twin is None:
            yield f"{name}: {facade.__name__} has no {method}"
        elif isinstance(function, property):
            if not isinstance(twin, property):
                yield f"{name}: {facade.__name__}.{method} is no property"
        elif inspect.iscoroutinefunction(twin):
            yield f"{name}: {facade.__name__}.{method} has to be awaited"
        elif (found := _parameters(twin)) != _parameters(function):
            yield f"{name}: {facade.__name__}.{method} has other parameters: {found}"


def _capabilities() -> list[tuple[str, str, object, type]]:
    return [
        (f"{protocol.__name__}.{name}", name, member, FACADES.get(protocol.__name__, SyncClient))
        for module in map(importlib.import_module, PROTOCOLS)
        for protocol in _protocols(module)
        for name, member in vars(protocol).items()
        if not name.startswith("_") and (_is_awaited(member) or _leads_to_awaited(member))
    ]


def _methods_of_the_engine() -> list[tuple[str, str, object, type]]:
    return [
        (f"{cls.__name__}.{name}", name, inspect.getattr_static(cls, name), facade)
        for cls, facade in ENGINE.items()
        for name in dir(cls)
        if not name.startswith("_")
        and name not in ("provider", "inputs")
        and (callable(getattr(cls, name)) or isinstance(inspect.getattr_static(cls, name), property))
    ]


def _protocols(module: ModuleType) -> list[type]:
    """The protocols of clients: those that are built on `Provider`, and itself."""
    from chat_core.provider import Provider

    return [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and Provider in thing.__mro__
    ]


def _is_awaited(member: object) -> bool:
    if not inspect.isfunction(member):
        return False
    returns = str(inspect.signature(member).return_annotation)
    return inspect.iscoroutinefunction(member) or returns.startswith("AsyncGenerator")


def _leads_to_awaited(member: object) -> bool:
    """Whether a property gives something with methods of its own that are awaited, such as `files`."""
    if not isinstance(member, property) or member.fget is None:
        return False
    return str(inspect.signature(member.fget).return_annotation).endswith("Provider")


def _parameters(function: object) -> list[str]:
    """The names of the parameters that can be named; those that only a keyword gives have their default."""
    assert inspect.isfunction(function)
    return [
        f"{parameter.name}={parameter.default}"
        if parameter.kind == parameter.KEYWORD_ONLY
        else "/"
        if parameter.kind == parameter.POSITIONAL_ONLY
        else parameter.name
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
