"""AWS credentials come from variables, from the shared files, or by botocore; what is missing is named."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chat_core import ConfigurationError, Request
from chat_core.client import AwsCredentials, AwsSigner, ProfileCredentials, credentials_from_variables
from chat_core.client import aws_credentials as module

KEYS = {"AWS_ACCESS_KEY_ID": " AKID ", "AWS_SECRET_ACCESS_KEY": "SECRET"}


@pytest.fixture
def no_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)


def files(folder: Path, *, credentials: str = "", config: str = "") -> dict[str, str]:
    """The environment that names these two files."""
    (folder / "credentials").write_text(credentials)
    (folder / "config").write_text(config)
    return {
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_CONFIG_FILE": str(folder / "config"),
    }


def test_variables_give_credentials_with_or_without_a_session() -> None:
    assert credentials_from_variables(KEYS) == AwsCredentials("AKID", "SECRET")
    assert credentials_from_variables({**KEYS, "AWS_SESSION_TOKEN": "T"}) == AwsCredentials(
        "AKID", "SECRET", "T"
    )
    assert credentials_from_variables({"AWS_SESSION_TOKEN": "T"}) is None


@pytest.mark.parametrize("alone", list(KEYS))
def test_half_a_pair_of_variables_is_an_error_that_names_the_other(alone: str) -> None:
    (missing,) = KEYS.keys() - {alone}
    with pytest.raises(ConfigurationError, match=f"{alone} is set but {missing} is not"):
        credentials_from_variables({alone: "x"})


@pytest.mark.usefixtures("no_botocore")
def test_a_profile_is_read_from_the_shared_credentials(tmp_path: Path) -> None:
    text = (
        "[default]\naws_access_key_id = A\naws_secret_access_key = S%1\n"
        "[work]\naws_access_key_id=B\naws_secret_access_key=T\naws_session_token=U\n"
    )
    variables = files(tmp_path, credentials=text)
    assert ProfileCredentials(variables)() == AwsCredentials("A", "S%1")
    assert ProfileCredentials(variables, "work")() == AwsCredentials("B", "T", "U")
    assert ProfileCredentials({**variables, "AWS_PROFILE": "work"})() == AwsCredentials("B", "T", "U")


@pytest.mark.usefixtures("no_botocore")
def test_a_profile_may_stand_in_the_config_file(tmp_path: Path) -> None:
    config = "[profile work]\nregion = eu-west-1\naws_access_key_id=B\naws_secret_access_key=T\n"
    assert ProfileCredentials(files(tmp_path, config=config), "work")() == AwsCredentials("B", "T")


@pytest.mark.usefixtures("no_botocore")
def test_credentials_that_are_rotated_in_the_file_are_used_at_once(tmp_path: Path) -> None:
    source = ProfileCredentials(
        files(tmp_path, credentials="[default]\naws_access_key_id=A\naws_secret_access_key=S")
    )
    assert source().access_key == "A"
    files(tmp_path, credentials="[default]\naws_access_key_id=B\naws_secret_access_key=S")
    assert source().access_key == "B"


@pytest.mark.usefixtures("no_botocore")
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("", "no AWS credentials for profile 'work': set AWS_ACCESS_KEY_ID"),
        ("[profile work]\nsso_session = x", "by sso_session, which botocore can follow"),
        ("[profile work]\nrole_arn = arn:aws:iam::1:role/x", "by role_arn"),
        ("aws_secret_access_key = HIDDEN", "is no INI file"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, config: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        ProfileCredentials(files(tmp_path, config=config), "work")()
    assert "HIDDEN" not in str(caught.value)


def test_credentials_come_from_botocore_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = files(tmp_path, config="[profile work]\ncredential_process = echo " + _PROCESS)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    source = ProfileCredentials(variables, "work")
    assert source() == AwsCredentials("P", "Q")
    assert source() == AwsCredentials("P", "Q")


_PROCESS = '\'{"Version": 1, "AccessKeyId": "P", "SecretAccessKey": "Q"}\''


def test_what_botocore_cannot_do_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in files(tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"botocore finds no AWS credentials: .*nobody"):
        ProfileCredentials({}, "nobody")()


@pytest.mark.anyio
async def test_a_signer_takes_credentials_a_function_or_a_coroutine_function() -> None:
    credentials = AwsCredentials("AKID", "SECRET")
    threads: list[threading.Thread] = []

    def blocking() -> AwsCredentials:
        threads.append(threading.current_thread())
        return credentials

    async def waiting() -> AwsCredentials:
        return credentials

    moment = datetime(2026, 1, 2, tzinfo=UTC)
    request = Request("POST", "https://host/model")
    signed = [
        await AwsSigner(source, region="eu-west-1", service="bedrock", clock=lambda: moment)(request)
        for source in (credentials, blocking, waiting)
    ]
    assert len({request.headers["authorization"] for request in signed}) == 1
    assert "AKID/20260102/eu-west-1/bedrock/aws4_request" in signed[0].headers["authorization"]
    assert threads
    assert threads[0] is not threading.main_thread()
