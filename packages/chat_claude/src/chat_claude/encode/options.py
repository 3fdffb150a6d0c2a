"""The common options as fields of a request body."""

from __future__ import annotations

from chat_core import ChatOptions, ConfigurationError, JsonObject, OutputSchema
from chat_core.types.plain_json import as_json
from chat_core.types.set_fields import set_fields

from chat_claude.capabilities import Capabilities
from chat_claude.encode.schema import StrictSchemas
from chat_claude.settings import RequestDefaults

_MAX_TOKENS = 16_384  # where the options have none: the wire requires a number


def max_tokens(options: ChatOptions, defaults: RequestDefaults, capabilities: Capabilities) -> int:
    """Return `max_tokens`. Raises `ConfigurationError` where it leaves nothing beside the thinking budget."""
    budget = defaults.thinking.budget_tokens or 0 if defaults.thinking else 0
    if options.max_tokens is None:
        return min(_MAX_TOKENS + budget, capabilities.max_tokens)
    if budget and options.max_tokens <= budget:
        raise ConfigurationError(
            f"max_tokens={options.max_tokens} has to be more than the thinking budget of {budget}"
        )
    return options.max_tokens


def sampling(
    options: ChatOptions, defaults: RequestDefaults, capabilities: Capabilities, model: str
) -> dict[str, object]:
    """Return the fields about sampling and stop sequences.

    Raises `ConfigurationError` for those that the model lacks.
    """
    options_given = set_fields(options)
    if not options_given:  # as of most requests
        return {}
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if name in options_given:
            raise ConfigurationError(f"Claude has no {name}: leave it out")
    fields: dict[str, object] = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": options.top_k,
    }
    given = [name for name, value in fields.items() if value is not None]
    if given and defaults.version != "2023-06-01":
        raise ConfigurationError(
            f"version {defaults.version} has no {given[0]}: leave it out, or .with_api_version('2023-06-01')"
        )
    if given and not capabilities.sampling:
        raise ConfigurationError(
            f"{model} has no {given[0]}, as all models after the 4.6 generation: leave it out"
        )
    if defaults.thinking and defaults.thinking.type == "enabled":
        _check_sampling_with_budget(options)
    stop = [options.stop] if isinstance(options.stop, str) else list(options.stop or ())
    if any(not sequence.strip() for sequence in stop):
        raise ConfigurationError("a stop sequence of white space only is not possible here: leave it out")
    return {**fields, "stop_sequences": stop}


def _check_sampling_with_budget(options: ChatOptions) -> None:
    if options.temperature not in (None, 1, 1.0) or options.top_k is not None:
        raise ConfigurationError(
            "thinking with a budget takes neither a temperature other than 1 nor top_k: leave them out"
        )
    if options.top_p is not None and not 0.95 <= options.top_p <= 1:
        raise ConfigurationError(f"thinking with a budget takes top_p from 0.95 to 1, not {options.top_p}")


def output_config(
    options: ChatOptions, output: OutputSchema | None, defaults: RequestDefaults, schemas: StrictSchemas
) -> JsonObject | None:
    """Return the effort, the schema of the output and the budget of a task, or None where there is nothing of
    these.
    """
    config: JsonObject = {}
    if effort := options.reasoning_effort or (defaults.thinking.effort if defaults.thinking else None):
        config["effort"] = effort
    if output is not None:
        schema = output.schema
        if output.description and "description" not in schema:
            schema = {**schema, "description": output.description}
        config["format"] = {"type": "json_schema", "schema": schemas.output(schema, output)}
    if defaults.options.task_budget is not None:
        config["task_budget"] = as_json(defaults.options.task_budget)
    return config or None
