"""Where Hugging Face's own tools leave the token, in their order. Facts: huggingface_hub 2.4."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

from chat_core import ConfigurationError


def find_token(environment: Mapping[str, str]) -> str | None:
    """Return the token of this machine's user: from the environment, the file of `hf auth login`, or Colab's
    vault.

    None where there is none. Raises `ConfigurationError` where there is one that cannot be read from here.
    """
    if is_implicit_off(environment):
        return None
    if _variable(environment, "HF_OIDC_RESOURCE"):
        raise ConfigurationError(
            "HF_OIDC_RESOURCE asks for a token by OIDC exchange, which this package does not do: "
            "use .with_api_key(huggingface_hub.get_token())"
        )
    named = _variable(environment, "HF_TOKEN") or _variable(environment, "HUGGING_FACE_HUB_TOKEN")
    return named or _from_file(token_path(environment)) or _from_colab()


def is_implicit_off(environment: Mapping[str, str]) -> bool:
    """Return whether the user wants no token sent that was not given."""
    return environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN", "").strip().upper() in ("1", "ON", "YES", "TRUE")


def token_path(environment: Mapping[str, str]) -> Path:
    """Return the file in which the token stands, if it is there."""
    cache = _variable(environment, "XDG_CACHE_HOME") or "~/.cache"
    home = _variable(environment, "HF_HOME") or f"{cache}/huggingface"
    path = _variable(environment, "HF_TOKEN_PATH") or f"{home}/token"
    return Path(os.path.expanduser(Template(path).safe_substitute(environment)))


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    return environment.get(name, "").strip() or None


def _from_file(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(
            f"the token in {path} cannot be read ({type(exc).__name__}): use .with_api_key(...)"
        ) from None


def _from_colab() -> str | None:
    """Return the token in the vault of a Colab notebook, which may ask its user."""
    vault: object = getattr(sys.modules.get("google.colab"), "userdata", None)
    if vault is None:
        return None
    try:
        secret: object = vault.get("HF_TOKEN")  # type: ignore[attr-defined]
    except Exception:  # there is none, or the notebook may not have it: it has errors of its own for each
        return None
    return secret.strip() or None if isinstance(secret, str) else None
