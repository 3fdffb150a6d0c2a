"""The methods of the builders that say where the server is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple, Self

from chat_core import ConfigurationError
from chat_core.client import Connection, ProviderBuilder, checked_key, resource_path

from chat_gemini.choices import Choices
from chat_gemini.names import model_path
from chat_gemini.servers import Address, VertexPlace, checked_address, checked_version, gemini_api, vertex


class Access(NamedTuple):
    """A server, how to reach it, and the headers that all requests to it have."""

    model: str
    address: Address
    connection: Connection
    headers: Mapping[str, str]


class AddressMethods(ProviderBuilder[Choices]):
    """The methods that set the server. Each returns a new builder."""

    def with_base_url(self, base_url: str) -> Self:
        """Set the server's address.

        One with a version in its path, such as `https://proxy/v1beta`, is taken as it is. Raises
        `ConfigurationError` for a URL with a query, a user or a path to a model.
        """
        return super().with_base_url(checked_address(base_url))

    def with_api_version(self, version: str) -> Self:
        """Set the version of the API. `v1beta` by default (`v1beta1` on Vertex), which has everything.

        Raises `ConfigurationError` for what does not look like a version.
        """
        return self._with(replace(self._choices, api_version=checked_version(version)))

    def with_vertex(self, project: str | None = None, location: str | None = None) -> Self:
        """Talk to Vertex, Google Cloud's endpoint, instead of the Gemini API.

        `project` is the one of `GOOGLE_CLOUD_PROJECT` by default, `location` that of `GOOGLE_CLOUD_LOCATION`,
        else "global". Requests are authorised by `with_credentials`, else by Google's application default
        credentials, which need `pip install 'chat-gemini[vertex]'`. With a key and no project it is express
        mode. Thought signatures of the one endpoint are not sent to the other. Raises `ConfigurationError`
        for a location that is no name.
        """
        return self._with(replace(self._choices, vertex=VertexPlace(project, location)))

    def _access(self, variables: Mapping[str, str], default_version: str | None = None) -> Access:
        """Return the server and the way to it.

        `variables` is the environment, `default_version` the version of the API where none was chosen. Raises
        `ConfigurationError` for what is missing or cannot be.
        """
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError(f'{type(self).__name__}.build() needs .with_model("...") first')
        version = choices.api_version or default_version
        if choices.vertex is None:
            address = gemini_api(connection, variables, version)
        else:
            address = vertex(connection, variables, version, choices.vertex)
        resource_path(
            model_path(choices.model, address.endpoint)
        )  # refuses a name that would lead to another path
        key = {"x-goog-api-key": checked_key(address.api_key)} if address.api_key else {}
        if address.needs_default_credentials and choices.vertex:
            from chat_core.client.google_credentials import ApplicationDefault

            connection = replace(connection, credentials=ApplicationDefault("chat-gemini[vertex]"))
            if quota_project := variables.get("GOOGLE_CLOUD_QUOTA_PROJECT"):
                key = {"x-goog-user-project": checked_key(quota_project)}
        return Access(choices.model, address, connection, key | dict(connection.headers))
