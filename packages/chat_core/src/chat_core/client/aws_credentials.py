"""Where AWS credentials come from: variables, the files that AWS's own tools share, or `botocore` where it
is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chat_core.client.botocore_chain import BotocoreChain
from chat_core.client.sigv4 import AwsCredentials
from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    from configparser import RawConfigParser


def credentials_from_variables(variables: Mapping[str, str]) -> AwsCredentials | None:
    """Return the credentials of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, or
    None.

    `variables` is the environment. Raises `ConfigurationError` where one of the first two is set alone.
    """
    access, secret, token = (
        variables.get(name, "").strip()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    )
    if not access and not secret:
        return None
    if not access or not secret:
        there, missing = ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")[:: 1 if secret else -1]
        raise ConfigurationError(f"{there} is set but {missing} is not: set both")
    return AwsCredentials(access, secret, token or None)


def signing_advice(source: object) -> str:
    """Return where the credentials of a signature came from, for the error of a server that refuses them."""
    if isinstance(source, ProfileCredentials):
        return (
            f"it was signed with the credentials of the AWS profile {source.name!r}, which `aws sso login`"
            f" or {source.file} renews"
        )
    if isinstance(source, AwsCredentials):
        return (
            "it was signed with the credentials given to the builder, or those of AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
        )
    return "it was signed with the credentials of the function that was given to the builder"


@dataclass(frozen=True, slots=True)
class ProfileCredentials:
    """Finds the credentials of a profile, each time it is called.

    `botocore` looks, where it is installed: in files, single sign-on, roles, containers and instances.
    Without it the shared files are read. `variables` is the environment, which names the profile and the
    files.
    """

    variables: Mapping[str, str]
    profile: str | None = None
    _botocore: BotocoreChain = field(default_factory=BotocoreChain, init=False, repr=False, compare=False)

    def __call__(self) -> AwsCredentials:
        """Return the credentials. Raises `ConfigurationError`, which names what would bring some."""
        is_installed = find_spec("botocore") is not None
        found = self._botocore.find(self.profile) if is_installed else self._from_files()
        if found is None:
            raise ConfigurationError(self._nothing_found())
        return found

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.profile or self.variables.get("AWS_PROFILE", "").strip() or "default"

    @property
    def file(self) -> Path:
        """The file of AWS's tools that holds credentials."""
        return self._path("AWS_SHARED_CREDENTIALS_FILE", "credentials")

    def _from_files(self) -> AwsCredentials | None:
        for path, section in (
            (self._path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), self.name),
            (self._path("AWS_CONFIG_FILE", "config"), _config_section(self.name)),
        ):
            parser = _read(path)
            if not parser.has_section(section):
                continue
            values = dict(parser.items(section))
            if values.get("aws_access_key_id") and values.get("aws_secret_access_key"):
                return AwsCredentials(
                    values["aws_access_key_id"].strip(),
                    values["aws_secret_access_key"].strip(),
                    values.get("aws_session_token", "").strip() or None,
                )
            if indirect := sorted(values.keys() & _NEEDS_BOTOCORE):
                raise ConfigurationError(
                    f"the AWS profile {self.name!r} gets its credentials by {indirect[0]}, which botocore "
                    f"can follow:"
                    " install it (the extra `aws`), or use .with_aws_credentials(...)"
                )
        return None

    def _path(self, variable: str, name: str) -> Path:
        given = self.variables.get(variable, "").strip()
        return Path(given).expanduser() if given else Path("~/.aws").expanduser() / name

    def _nothing_found(self) -> str:
        return (
            f"there are no AWS credentials for profile {self.name!r}: set AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY,"
            f" or write the profile to {self.file}, or use .with_aws_credentials(...) or .with_api_key(...)"
        )


_NEEDS_BOTOCORE = frozenset(
    {
        "sso_session",
        "sso_start_url",
        "role_arn",
        "credential_process",
        "web_identity_token_file",
        "login_session",
    }
)


def _config_section(profile: str) -> str:
    return profile if profile == "default" else f"profile {profile}"


def _read(path: Path) -> RawConfigParser:
    """Return the file's sections, none where there is no file. Raises `ConfigurationError` for one that
    cannot be read."""
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False, default_section="")
    try:
        parser.read_string(path.read_text("utf-8"), source=str(path))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"the AWS file {path} cannot be read: {exc}") from exc
    except Error:  # it quotes the line, which may hold a secret
        raise ConfigurationError(f"the AWS file {path} is no INI file") from None
    return parser
