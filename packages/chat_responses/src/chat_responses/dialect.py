"""How one server differs from OpenAI's own Responses endpoint, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's way of speaking the wire.

    - `provider`: the name in the origin of native data; empty: the host's name
    - `hosts`: the hosts that speak it, with all their subdomains
    - `stores`: whether the server can store responses: `store`, `previous_response_id`, conversations,
      background
    - `seals_reasoning`: whether it hands out encrypted reasoning, which has to be named in `include`
    - `calls_last`: whether the calls of a turn have to follow all its other items, because the server refuses
      other items between a call and its output
    - `cache_points`: whether parts of the input take `prompt_cache_breakpoint`, from GPT-5.6 on
    - `refused`: fields of the body that the server refuses
    """

    provider: str = ""
    hosts: tuple[str, ...] = ()
    stores: bool = True
    seals_reasoning: bool = True
    calls_last: bool = False
    cache_points: bool = False
    refused: frozenset[str] = frozenset()
