"""The base of clients that can tell what they would send for a turn, without sending it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple

from typing_extensions import TypeVar

from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.schema_rules import SchemaRules
from chat_core.types.request import AnyRequest, ChatRequest, as_request
from chat_core.wire.write import Encoded

if TYPE_CHECKING:
    from chat_core.types.explanation import Explanation
    from chat_core.types.request import HasDefinition, ToolDefinition
    from chat_core.types.schema_findings import SchemaReport

S = TypeVar("S", bound=ClientSettings)
E_co = TypeVar("E_co", bound=Encoded, covariant=True, default=Encoded)


class Prepared(NamedTuple, Generic[E_co]):
    """The first request of a turn: its path under the base URL, its body, and headers beyond the client's."""

    path: str
    encoded: E_co
    headers: Mapping[str, str] | None = None


class TurnClient(ProviderClient[S], ABC):
    """A client whose requests for a turn are made by one function, `_prepare`, which does no I/O."""

    @abstractmethod
    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared:
        """Return the request that `complete`, or `stream`, sends first.

        Raises `ConfigurationError` for what the wire cannot carry.
        """

    def request_body(self, request: ChatRequest, /, *, stream: bool = False) -> Mapping[str, object]:
        """Return the body that a request would be sent with. Raises `ConfigurationError` as sending does."""
        return self._prepare(request, stream=stream).encoded.body

    def explain(self, given: AnyRequest, /, *, stream: bool = False) -> Explanation:
        """Return what `complete`, or `stream`, would send for this turn; nothing is sent.

        A turn that takes several requests is explained by its first. Raises `ConfigurationError` as sending
        does.
        """
        from chat_core.client.explain import explanation

        prepared = self._prepare(as_request(given), stream=stream)
        request = self._request("POST", prepared.path, prepared.encoded.body, prepared.headers)
        return explanation(request, prepared.encoded.notices, self._settings.transport)

    def check_output(self, form: object, /) -> SchemaReport:
        """Return what becomes of an output type on its way to the server. Nothing is sent.

        `form` is what `with_structured_output` takes: a type, or a JSON schema. Raises `ConfigurationError`
        for what is neither.
        """
        from chat_core.client.schema_check import check_output

        return check_output(form, self._encoded, self._schema_rules, self._origin)

    def check_tools(
        self, tools: Sequence[HasDefinition | ToolDefinition], /, *, strict: bool | None = None
    ) -> tuple[SchemaReport, ...]:
        """Return what becomes of the parameters of each tool, as `check_output` does.

        With `strict` they are checked as strict ones, or as others, whatever they are.
        """
        from chat_core.client.schema_check import check_tools

        return check_tools(tools, self._encoded, self._schema_rules, self._origin, strict=strict)

    @property
    def _schema_rules(self) -> SchemaRules:
        """Where the bodies of this wire carry schemas, and what the server makes of them."""
        return SchemaRules(output=(), tools=())

    def _encoded(self, request: ChatRequest) -> Encoded:
        return self._prepare(request, stream=False).encoded
