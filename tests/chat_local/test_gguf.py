"""The head of a GGUF file is read without its arrays, and another file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from chat_core import ConfigurationError
from chat_local.gguf import read_metadata
from scripted_llama import gguf

WHOLE = gguf(
    general__architecture="llama", llama__context_length=2048, tokenizer__chat_template="{{ tools }}"
)


def test_numbers_and_texts_are_read_and_arrays_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(WHOLE)
    assert read_metadata(tmp_path / "a.gguf") == {
        "general.architecture": "llama",
        "llama.context_length": 2048,
        "tokenizer.chat_template": "{{ tools }}",
    }


def test_a_file_that_is_cut_anywhere_or_is_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    for length in range(len(WHOLE)):
        path.write_bytes(WHOLE[:length])
        with pytest.raises(ConfigurationError, match="GGUF"):
            read_metadata(path)


def test_a_length_that_no_text_has_is_no_reason_to_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(WHOLE[:24] + b"\xff" * 16)
    with pytest.raises(ConfigurationError, match="damaged"):
        read_metadata(tmp_path / "a.gguf")
