"""Retrieval: passages are found by their embeddings, and the answer names the ones that it is from.

python docs/cookbook/retrieval.py "When does the ferry to Oslo leave?"
"""

import asyncio
import os
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, EmbeddingsProvider, Messages

BASE_URL = os.environ.get("CHAT_BASE_URL", "http://localhost:8000/v1")
PASSAGES = (
    "The ferry to Oslo leaves at 19:30 from pier 4.",
    "Dogs travel for free, cats pay half of the fare.",
    "The restaurant on deck 7 opens when the ferry has left.",
    "Bicycles are taken along on deck 3.",
)


@dataclass
class Index:
    """Passages, and a matrix with the vector of each; in a real application a vector database."""

    passages: tuple[str, ...]
    vectors: npt.NDArray[np.float32]

    def nearest(self, vector: npt.NDArray[np.float32], count: int) -> list[int]:
        """Return the positions of the nearest passages, the nearest first."""
        return [int(at) for at in np.argsort(self.vectors @ vector)[::-1][:count]]


async def vectors(client: EmbeddingsProvider, texts: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Return a matrix of unit vectors, a row for each text."""
    embedded = await ChatBuilder().with_model(client).build().embed(texts)
    matrix = np.stack([np.asarray(one.vector, dtype=np.float32) for one in embedded.embeddings])
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


async def main(question: str) -> None:
    """Find passages for a question and answer by them."""
    builder = ChatCompletionsBuilder().with_base_url(BASE_URL)
    async with (
        builder.with_model("nomic-embed-text").with_embeddings(dimensions=256).build() as embedder,
        builder.with_model("llama-4").build() as client,
    ):
        index = Index(PASSAGES, await vectors(embedder, PASSAGES))
        [vector] = await vectors(embedder, (question,))
        found = index.nearest(vector, 2)
        sources = "\n".join(f"[{at + 1}] {PASSAGES[at]}" for at in found)
        messages = Messages.from_system("Answer from the sources alone, and name them as [1].")
        messages.add_user(f"{sources}\n\n{question}")
        response = await ChatBuilder().with_model(client).build().complete(messages)
        print(response.text)
        print("found:", *(f"[{at + 1}]" for at in found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
