"""What pydantic finds wrong with the settings, in plain words: the setting, what it must be, an example (pure)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticUndefined

_EXAMPLES: Mapping[str, object] = {
    "site.port": 8080,
    "gather.allow_networks": ["10.1.0.0/16"],
    "gather.contact": "news@example.org",
    "chats.platform": "telegram",
    "chats.id": -1001234567890,
    "chats.topic": 7,
    "chats.language": "fr",
    "chats.packs": ["crypto"],
    "chats.feeds": ["https://example.org/feed.xml"],
}
"""For settings whose default shows nothing of what they can be."""

_WORDS: Mapping[str, str] = {
    "missing": "must be set",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "may hold only letters, digits and signs of ASCII",
    "literal_error": "must be one of {expected}",
    "path_type": "must be the path of a file, in quotes",
    "tuple_type": "must be a list",
    "ip_v4_network": "{value} is no network{near}; it must be an address with the length of its prefix",
    "ip_v6_network": "{value} is no network{near}; it must be an address with the length of its prefix",
}

_SAY_ALL = frozenset({"bool_type", "bool_parsing", "literal_error"})
"""Whose words leave nothing for an example to show."""

_NO_TABLE = frozenset({"model_type", "model_attributes_type", "dict_type"})


def in_words(details: Sequence[ErrorDetails], model: type[BaseModel]) -> Iterator[str]:
    """A line for each fault, each once: of a choice between types pydantic tells of every one."""
    yield from dict.fromkeys(_fault(detail, model) for detail in details)


def switches_for_numbers(tables: Mapping[str, Any], model: type[BaseModel]) -> Iterator[str]:
    """A line for each true or false where a number is due, which pydantic would take for 1 or 0."""
    for name, values in tables.items():
        fields = _model_of(model.model_fields[name].annotation).model_fields if name in model.model_fields else {}
        for key, value in values.items() if isinstance(values, dict) else ():
            kinds = {fields[key].annotation, *get_args(fields[key].annotation)} if key in fields else set()
            if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
                yield f"{name}.{key}: {_WORDS['float_type']}"


def _fault(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, where = detail["type"], ".".join(map(str, detail["loc"]))
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), _names_beside(detail["loc"], model), n=1)
        return f"{where}: unknown key" + (f"; did you mean {near[0]}?" if near else "")
    place, default = _setting(detail["loc"], model)
    where = ".".join(map(str, place))
    if kind in _NO_TABLE or (place == ("chats",) and kind == "tuple_type"):
        table = f"[[{place[0]}]]" if place[0] == "chats" else f"[{place[0]}]"
        return f"{where}: must be a table of settings under {table}"
    if kind == "value_error" or kind not in _WORDS:
        return f"{where}: {detail['msg'].removeprefix('Value error, ')}"
    words = _WORDS[kind].format_map({**detail.get("ctx", {}), **_network(detail)})
    example = _EXAMPLES.get(".".join(part for part in place if isinstance(part, str)), default)
    if kind in _SAY_ALL or example in (None, ""):
        return f"{where}: {words}"
    return f"{where}: {words}, such as {json.dumps(example, default=str)}"


def _network(detail: ErrorDetails) -> Mapping[str, str]:
    """What is wrong with a network, which is no secret; nothing for other settings, which may be."""
    if not detail["type"].endswith("_network"):
        return {}
    try:
        near = f" (did you mean {ip_network(detail['input'], strict=False)}?)" if "/" in str(detail["input"]) else ""
    except ValueError:
        near = ""
    return {"value": repr(detail["input"])[:60], "near": near}


def _setting(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[tuple[int | str, ...], object]:
    """Where the fault is, without the names of types that pydantic appends, and the setting's default."""
    place: list[int | str] = []
    here: Any = model
    default: object = None
    for part in loc:
        if isinstance(part, int):
            place.append(part)
        elif part in getattr(here, "model_fields", {}):
            field = here.model_fields[part]
            default = None if field.default is PydanticUndefined else field.default
            place.append(part)
            here = _model_of(field.annotation)
    return tuple(place), default


def _names_beside(loc: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    here: Any = model
    for part in loc[:-1]:
        if isinstance(part, str):
            here = _model_of(here.model_fields[part].annotation)
    return list(here.model_fields)


def _model_of(annotation: Any) -> Any:
    """Of a list of tables, the table."""
    return next(
        (one for one in get_args(annotation) if isinstance(one, type) and issubclass(one, BaseModel)), annotation
    )
