"""The tools that OpenAI runs itself, as builder methods. Facts: OpenAI's API reference, November 2026."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from chat_core import ConfigurationError
from chat_responses.options_builder import Choices, OptionsBuilder
from typing_extensions import TypeVar

C = TypeVar("C", bound=Choices, default=Choices)


class NativeToolsBuilder(OptionsBuilder[C]):
    """The native tools. Each adds to those given before.

    What a tool did stands in the response as parts: citations, files, opaque items.
    """

    def with_web_search(
        self,
        *,
        context_size: Literal["low", "medium", "high"] | None = None,
        allowed_domains: Sequence[str] = (),
        country: str | None = None,
        region: str | None = None,
        city: str | None = None,
        timezone: str | None = None,
        live: bool | None = None,
    ) -> Self:
        """Search the web; what was found is cited in the text.

        `country` and the rest are where the user is; with `live=False` only cached pages are read.
        """
        place = _given(country=country, region=region, city=city, timezone=timezone)
        return self.with_native_tool(
            _given(
                type="web_search",
                search_context_size=context_size,
                filters={"allowed_domains": list(allowed_domains)} if allowed_domains else None,
                user_location={"type": "approximate", **place} if place else None,
                external_web_access=live,
            )
        )

    def with_image_generation(
        self,
        *,
        model: str | None = None,
        action: Literal["auto", "generate", "edit"] | None = None,
        size: str | None = None,
        quality: str | None = None,
        output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None = None,
        compression: int | None = None,
        background: Literal["auto", "transparent", "opaque"] | None = None,
        moderation: Literal["auto", "low"] | None = None,
        fidelity: Literal["low", "high"] | None = None,
        partial_images: int | None = None,
    ) -> Self:
        """Draw pictures: they are `response.files`.

        With `partial_images` (up to 3) a stream shows previews, as `FileReady`.
        """
        return self.with_native_tool(
            _given(
                type="image_generation",
                model=model,
                action=action,
                size=size,
                quality=quality,
                output_format=output_format,
                output_compression=compression,
                background=background,
                moderation=moderation,
                input_fidelity=fidelity,
                partial_images=partial_images,
            )
        )

    def with_file_search(
        self,
        *vector_store_ids: str,
        max_results: int | None = None,
        filters: Mapping[str, object] | None = None,
        ranking: Mapping[str, object] | None = None,
    ) -> Self:
        """Search files in vector stores. `with_include("file_search_call.results")` adds what was found.

        Raises `ConfigurationError` without a store.
        """
        if not vector_store_ids:
            raise ConfigurationError('with_file_search("vs_...") needs the id of a vector store')
        return self.with_native_tool(
            _given(
                type="file_search",
                vector_store_ids=list(vector_store_ids),
                max_num_results=max_results,
                filters=filters,
                ranking_options=ranking,
            )
        )

    def with_code_interpreter(
        self, container: str | None = None, *, file_ids: Sequence[str] = (), memory_limit: str | None = None
    ) -> Self:
        """Run Python in a container: an existing one by its id, else a new one with these files."""
        fresh = _given(type="auto", file_ids=list(file_ids) or None, memory_limit=memory_limit)
        return self.with_native_tool({"type": "code_interpreter", "container": container or fresh})

    def with_shell(self, *, skills: Sequence[Mapping[str, object]] = ()) -> Self:
        """Let the model run shell commands in your program.

        The chat needs a tool "shell" that does it: `shell_tool(run)`.
        """
        environment = _given(type="local", skills=[dict(skill) for skill in skills] or None)
        return self.with_native_tool({"type": "shell", "environment": environment})

    def with_apply_patch(self) -> Self:
        """Let the model change files by patches.

        The chat needs a tool "apply_patch" that does it: `apply_patch_tool(folder)`.
        """
        return self.with_native_tool({"type": "apply_patch"})

    def with_computer(self) -> Self:
        """Let the model use a computer.

        The chat needs a tool "computer" that does it: `computer_tool(act)`.
        """
        return self.with_native_tool({"type": "computer"})

    def with_custom_tool(
        self,
        name: str,
        description: str | None = None,
        *,
        grammar: str | None = None,
        syntax: Literal["lark", "regex"] = "lark",
    ) -> Self:
        """Let the model write plain text to a tool of yours, by a grammar where one is given.

        The chat needs a tool of that name with one parameter, `input: str`.
        """
        form = None if grammar is None else {"type": "grammar", "syntax": syntax, "definition": grammar}
        return self.with_native_tool(_given(type="custom", name=name, description=description, format=form))

    def with_mcp_server(
        self,
        label: str,
        url: str | None = None,
        *,
        connector_id: str | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
        allowed_tools: Sequence[str] | None = None,
        require_approval: Literal["always", "never"] | Mapping[str, object] | None = None,
        description: str | None = None,
    ) -> Self:
        """Add the tools of an MCP server, which OpenAI calls.

        Unless `require_approval` is "never" it asks first. Raises `ConfigurationError` without a `url` or
        `connector_id`, and for both.
        """
        if (url is None) == (connector_id is None):
            raise ConfigurationError(
                "with_mcp_server(label, ...) needs a url or a connector_id, and not both"
            )
        return self.with_native_tool(
            _given(
                type="mcp",
                server_label=label,
                server_url=url,
                connector_id=connector_id,
                authorization=authorization,
                headers=headers,
                allowed_tools=None if allowed_tools is None else list(allowed_tools),
                require_approval=require_approval,
                server_description=description,
            )
        )


def _given(**fields: object) -> dict[str, object]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
