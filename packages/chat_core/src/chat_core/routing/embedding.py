"""Vectors of whichever member answers, as long as they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from chat_core.provider import InputEmbeddingsProvider
from chat_core.routing.member import Member
from chat_core.routing.one_pass import Pass
from chat_core.routing.trial import Trial
from chat_core.types.errors import ConfigurationError

if TYPE_CHECKING:
    from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse


async def embed_with(
    run: Pass, members: Sequence[Member], inputs: Sequence[EmbeddingInput]
) -> EmbeddingsResponse:
    """Return the vectors of the first member that does not fail.

    Raises `ConfigurationError` where the vectors of members cannot be compared, else the error of the pass.
    """
    if len(models := {member.embeddings for member in members}) > 1:
        raise ConfigurationError(
            f"vectors of different models cannot be compared: {', '.join(sorted(models))}; "
            'where they are one model under several names, Member(client, embeddings="its name") says so'
        )

    async def start(trial: Trial) -> tuple[EmbeddingsResponse, Member]:
        try:
            response = await cast("InputEmbeddingsProvider", trial.member.client).embed(inputs)
        except BaseException as error:
            trial.ended(error)
            raise
        trial.arrived()
        trial.ended()
        return response, trial.member

    response, member = await run.in_turn(start)
    _check_length(response, member, members)
    return replace(response, notices=(*response.notices, *run.notices)) if run.notices else response


def _check_length(response: EmbeddingsResponse, member: Member, members: Sequence[Member]) -> None:
    """Remember how long a member's vectors are. Raises `ConfigurationError` where another's are not so."""
    if response.embeddings:
        member.dimensions = len(response.embeddings[0])
    if len({one.dimensions for one in members if one.dimensions is not None}) > 1:
        lengths = ", ".join(f"{one.name} {one.dimensions}" for one in members if one.dimensions is not None)
        raise ConfigurationError(
            f"vectors of different lengths cannot be compared: {lengths}; "
            "give all members the same .with_embeddings(dimensions=...)"
        )
