"""The suites of a package: those that its tests inherit, or those that its tapes claim."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from chat_core.entry_points import GROUP
from chat_core.testing.conformance.checks import Suite
from chat_core.testing.conformance.provider_suite import ConfiguredBuilder, ProviderSuite, find_tape
from chat_core.testing.conformance.suites.batch import BatchSuite
from chat_core.testing.conformance.suites.chat_provider import ChatProviderSuite
from chat_core.testing.conformance.suites.decisions import DecisionsSuite
from chat_core.testing.conformance.suites.embeddings import EmbeddingsSuite
from chat_core.testing.conformance.suites.files import FilesSuite
from chat_core.testing.conformance.suites.models import ModelsSuite
from chat_core.testing.conformance.suites.reasoning import ReasoningSuite
from chat_core.testing.conformance.suites.rerank import RerankSuite
from chat_core.testing.conformance.suites.speech import SpeechSuite
from chat_core.testing.conformance.suites.structured_output import StructuredOutputSuite
from chat_core.testing.conformance.suites.token_count import TokenCountSuite
from chat_core.testing.conformance.suites.tools import ToolsSuite
from chat_core.testing.conformance.suites.transcription import TranscriptionSuite
from chat_core.testing.conformance.suites.videos import VideosSuite
from chat_core.types.errors import ConfigurationError

_CLAIMED_BY: dict[str, type[ProviderSuite]] = {
    "tool_call": ToolsSuite,
    "structured": StructuredOutputSuite,
    "reasoning": ReasoningSuite,
    "embeddings": EmbeddingsSuite,
    "rerank": RerankSuite,
    "batch": BatchSuite,
    "file_upload": FilesSuite,
    "transcription": TranscriptionSuite,
    "speech": SpeechSuite,
    "video": VideosSuite,
    "decisions": DecisionsSuite,
    "token_count": TokenCountSuite,
    "models": ModelsSuite,
}
_MARK = "chat_core.testing.conformance"


def suites_in_tests(package: str, places: Sequence[Path]) -> list[type[Suite]]:
    """Return the suites for a package in files, or in the Python files of folders.

    Raises `ConfigurationError` for a file that cannot be imported, and for a class that cannot be made.
    """
    files = [file for place in places for file in _files(place)]
    return [suite for file in files for suite in _suites_of(file) if _is_for(suite, package, file)]


def suite_of_tapes(package: str, tapes: Path, base_url: str | None = None) -> type[Suite]:
    """Return a suite that is made of a folder of tapes: what there is a tape of, is claimed.

    The builder is that of the package's entry point, with `base_url` where one is given. Raises
    `ConfigurationError` for a package without an entry point.
    """
    builder_of(package, "model-1")
    claimed = [suite for name, suite in _CLAIMED_BY.items() if find_tape(tapes, name) is not None]

    def builder(self: object) -> ConfiguredBuilder:
        found = builder_of(package, "model-1")
        return found if base_url is None else found.with_base_url(base_url)

    return type(f"Test_{package}", (ChatProviderSuite, *claimed), {"tapes": tapes, "builder": builder})


def builder_of(package: str, model: str) -> ConfiguredBuilder:
    """Return the builder of a package's entry point, with a model. Raises `ConfigurationError` without
    one.
    """
    entry = next((each for each in entry_points(group=GROUP) if each.module == package), None)
    if entry is None:
        there_is = package.isidentifier() and find_spec(package) is not None
        missing = "" if there_is else f"there is no package {package} in this environment, and "
        raise ConfigurationError(
            f"{missing}{package} has no entry point in the group {GROUP!r}: add to its pyproject.toml\n"
            f'  [project.entry-points."{GROUP}"]\n  {package.removeprefix("chat_")} = "{package}:…Builder"\n'
            "and install it again"
        )
    try:
        return cast("ConfiguredBuilder", entry.load()().with_model(model))
    except Exception as exc:
        raise ConfigurationError(
            f"the entry point {entry.value!r} of {package} gives no builder with a method with_model(name): "
            f"{type(exc).__name__}: {exc}"
        ) from exc


def _files(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    found = (path for path in sorted(place.rglob("*.py")) if not _is_elsewhere(path.relative_to(place)))
    return [path for path in found if _MARK in path.read_text(encoding="utf-8", errors="replace")]


def _is_elsewhere(path: Path) -> bool:
    """Return whether a path leads into a virtual environment or another hidden folder."""
    return any(
        part.startswith(".") or part in ("venv", "node_modules", "site-packages") for part in path.parts
    )


def _suites_of(file: Path) -> Iterator[type[Suite]]:
    name = f"conformance_of_{file.stem}_{abs(hash(file))}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{file} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:  # of the file, whatever it does
        raise ConfigurationError(f"{file} cannot be imported: {type(exc).__name__}: {exc}") from exc
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Suite) and value.__module__ == name:
            yield value


def _is_for(suite: type[Suite], package: str, file: Path) -> bool:
    """Return whether a suite tests a package. One that is meant to be inherited from tests none.

    Raises `ConfigurationError` where that cannot be told.
    """
    try:
        subject = suite().subject()
    except NotImplementedError:
        return False
    except Exception as exc:
        raise ConfigurationError(
            f"{suite.__name__} in {file} gives nothing to test, its builder() or its __init__ raised "
            f"{type(exc).__name__}: {exc}"
        ) from exc
    if subject is None:
        raise ConfigurationError(f"{suite.__name__} in {file}: builder() returns None; return the builder")
    found = subject if isinstance(subject, type) else type(subject)
    return found.__module__.partition(".")[0] == package
