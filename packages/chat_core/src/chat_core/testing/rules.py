"""What a model server answers by: rules that look at the last message, or answers in order, from a file."""

from __future__ import annotations

import json
import runpy
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter, ValidationError

from chat_core.testing.loopback.conversation import answered_tool, last_text, output_schema
from chat_core.testing.loopback.sample import sample_value
from chat_core.testing.loopback.script import Answer, Call, Failure, Reply
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from chat_core.types.pydantic_faults import faults_of

_REPLY = frozenset(field.name for field in fields(Reply)) - {"text", "calls"}
_CALL = frozenset(field.name for field in fields(Call))
_ERROR = frozenset(field.name for field in fields(Failure))
_ANSWER = _REPLY | {"reply", "value", "calls", "error"}
_CONDITIONS = frozenset({"when", "after", "model", "times"})


class Rules:
    """A script: the first rule that counts answers; without one the server repeats what it was sent.

    A rule counts where all of its conditions do. `when`: this text stands in the last message, in small or
    large letters. `after`: the last message is the result of this tool, or of any with `true`. `model`: the
    request names this model. `times`: it has counted less often than that. A rule that makes calls and has
    no `after` never counts for a result, since it would make them for ever.

    Raises `ConfigurationError` for a rule that cannot be read.
    """

    def __init__(self, rules: Sequence[JsonValue]) -> None:
        self._rules = [_checked(rule, f"rule {number}") for number, rule in enumerate(rules, start=1)]
        self._counted = [0] * len(self._rules)

    def __call__(self, body: JsonObject) -> Answer:
        text, tool = last_text(body), answered_tool(body)
        for position, rule in enumerate(self._rules):
            if self._counts(position, rule, body, text, tool):
                self._counted[position] += 1
                return answer_of(rule)
        return _repeated(body, text)

    def _counts(self, position: int, rule: JsonObject, body: JsonObject, text: str, tool: str | None) -> bool:
        times, after, model = rule.get("times"), rule.get("after"), rule.get("model")
        if isinstance(times, int) and self._counted[position] >= times:
            return False
        if model is not None and model != body.get("model"):
            return False
        if after is None and tool is not None and rule.get("calls"):
            return False
        if after is not None and (tool is None or after not in (True, tool)):
            return False
        return as_text(rule.get("when")).lower() in text.lower()


def _repeated(body: JsonObject, text: str) -> Reply:
    schema = output_schema(body)
    if schema is not None:
        return Reply(json.dumps(sample_value(schema, text), ensure_ascii=False))
    return Reply(f"You said: {text}")


def answer_of(rule: JsonObject) -> Answer:
    """Return the answer that a rule, or a step of a script, spells out. Raises `ValueError` where it is
    none.
    """
    if "error" in rule:
        error = {"message": "an error by rule", **as_object(rule["error"])}
        return TypeAdapter(Failure).validate_python(error)
    text = rule.get("reply", "")
    if "value" in rule:
        text = json.dumps(rule["value"], ensure_ascii=False)
    settings = {name: value for name, value in rule.items() if name in _REPLY or name == "calls"}
    return TypeAdapter(Reply).validate_python({"text": text, **settings})


def rules_from(path: Path) -> Rules:
    """Read a rule file: JSON or TOML, a list or an object with `rules`.

    Raises `ConfigurationError` for what cannot be read.
    """
    return Rules(_listed(path, "rules"))


def script_from(path: Path) -> Callable[[JsonObject], Answer] | Sequence[Answer]:
    """Read a script: answers in order from JSON or TOML, a list or an object with `script`; or a Python file
    with a function `answer(body)`, which is run.

    Raises `ConfigurationError` for what cannot be read.
    """
    if path.suffix != ".py":
        steps = enumerate(_listed(path, "script"), start=1)
        return [answer_of(_checked(step, f"answer {number}", ())) for number, step in steps]
    answer = runpy.run_path(str(path)).get("answer")
    if not callable(answer):
        raise ConfigurationError(f"{path} has no function answer(body)")
    return cast("Callable[[JsonObject], Answer]", answer)


def _listed(path: Path, name: str) -> list[JsonValue]:
    try:
        text = path.read_text(encoding="utf-8")
        parsed: JsonValue = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc}") from exc
    listed = parsed.get(name) if isinstance(parsed, dict) else parsed
    if not isinstance(listed, list):
        raise ConfigurationError(f"{path} is neither a list nor an object with a list {name!r}")
    return listed


def _checked(rule: JsonValue, place: str, conditions: Sequence[str] | None = None) -> JsonObject:
    """Return a rule whose names and values can be used."""
    known = _ANSWER | (_CONDITIONS if conditions is None else frozenset(conditions))
    _check_names(rule, known, place)
    rule = as_object(rule)
    for call in as_list(rule.get("calls")):
        _check_names(call, _CALL, f"{place}, a call")
    if "error" in rule:
        _check_names(rule["error"], _ERROR, f"{place}, its error")
    try:
        answer = answer_of(rule)
    except ValidationError as exc:
        raise ConfigurationError(f"{place}: {faults_of(exc)}") from exc
    if isinstance(answer, Failure) and not 100 <= answer.status <= 599:
        raise ConfigurationError(f"{place}: an error has a status, such as 429")
    return rule


def _check_names(value: JsonValue, known: frozenset[str], place: str) -> None:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{place} is no object: {value!r}")
    for name in value:
        if name not in known:
            raise ConfigurationError(f"{place} has {name!r}; there are {', '.join(sorted(known))}")
