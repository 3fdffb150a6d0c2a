"""Tools for a model whose template has no place for them: one JSON schema offers each call, and an answer.

llama.cpp holds the model to the schema by a grammar, so that the smallest model writes calls that can be
read.
"""

from chat_local.prompted_tools.decode import PromptedToolsDecoder
from chat_local.prompted_tools.encode import offered_tools, prompt_tools

__all__ = ["PromptedToolsDecoder", "offered_tools", "prompt_tools"]
