"""What a router tells without sending anything: a request, and what becomes of schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from chat_core.provider import EncodingProvider, ExplainingProvider, Provider, SchemaCheckingProvider
from chat_core.routing.group import Group
from chat_core.routing.member import Member
from chat_core.routing.ordering import carriers, last_origin
from chat_core.types.errors import ConfigurationError
from chat_core.types.request import AnyRequest, ChatRequest, as_request
from chat_core.types.response import Notice
from chat_core.types.schema_findings import SchemaReport

if TYPE_CHECKING:
    from chat_core.types.explanation import Explanation
    from chat_core.types.request import HasDefinition, ToolDefinition

T = TypeVar("T")


class _FindsFirst(Group):
    """A router that finds the member whose request it tells."""

    def _of_first(
        self, request: ChatRequest, tell: Callable[[Provider], T]
    ) -> tuple[T, Member, Sequence[Notice]]:
        """Return what the first member tells that can carry the request, in the order given; strategies are
        not asked, for what they choose may change with each call.
        """
        able, unmet = carriers(request, self._members)
        notices = [
            Notice("routing", f"{member.name} would not be tried: {why}") for member, why in unmet.items()
        ]
        if self._options.sticky and (origin := last_origin(request.messages)) is not None:
            able.sort(key=lambda member: member.origin != origin)
        refusal: ConfigurationError | None = None
        for member in able:
            try:
                return tell(member.client), member, notices
            except ConfigurationError as error:
                notices.append(Notice("routing", f"{member.name} would fail: {error}"))
                refusal = refusal or error
        assert refusal is not None  # `carriers` returns one at least
        raise refusal


class Explains(_FindsFirst):
    """What a router has whose members explain their requests."""

    def explain(self, given: AnyRequest, /, *, stream: bool = False) -> Explanation:
        """Return what the first member would send that can, in the order given; a notice names it.

        Raises the `ConfigurationError` of the first where none can.
        """
        request = as_request(given)

        def explain(client: Provider) -> Explanation:
            return cast("ExplainingProvider", client).explain(request, stream=stream)

        explained, member, notices = self._of_first(request, explain)
        first = Notice("routing", f"as {member.name} would send it; another member may be tried first")
        return replace(explained, notices=(*explained.notices, *notices, first))


class Encodes(_FindsFirst):
    """What a router has whose members tell the bodies of their requests."""

    def request_body(self, request: ChatRequest, /, *, stream: bool = False) -> Mapping[str, object]:
        """Return the body that the first member would send that can, in the order given.

        Raises the `ConfigurationError` of the first where none can.
        """

        def encode(client: Provider) -> Mapping[str, object]:
            return cast("EncodingProvider", client).request_body(request, stream=stream)

        body, _, _ = self._of_first(request, encode)
        return body


class ChecksSchemas(Group):
    """What a router has whose members check schemas."""

    def check_output(self, form: object, /) -> SchemaReport:
        """Return what becomes of an output type, or of a JSON schema, at any of the members: a finding names
        whose it is. Raises `ConfigurationError` for what is neither.
        """
        return self._joined([self._checker(member).check_output(form) for member in self._members])

    def check_tools(
        self, tools: Sequence[HasDefinition | ToolDefinition], /, *, strict: bool | None = None
    ) -> Sequence[SchemaReport]:
        """Return what becomes of the parameters of each tool at any of the members; as `check_output`."""
        reports = [self._checker(member).check_tools(tools, strict=strict) for member in self._members]
        return [self._joined(of_one_tool) for of_one_tool in zip(*reports, strict=True)]

    @staticmethod
    def _checker(member: Member) -> SchemaCheckingProvider:
        return cast("SchemaCheckingProvider", member.client)

    def _joined(self, reports: Sequence[SchemaReport]) -> SchemaReport:
        found = [
            replace(finding, message=f"{member.name}: {finding.message}")
            for member, report in zip(self._members, reports, strict=True)
            for finding in report.findings
        ]
        providers = " | ".join(dict.fromkeys(report.provider for report in reports))
        return SchemaReport(providers, self.model, reports[0].about, tuple(found))
