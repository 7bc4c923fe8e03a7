"""Frozen dataclasses from JSON, every value checked: for messages between processes and for result files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


def from_json(kind: type[Record], value: Any, where: str) -> Record:
    """Make a dataclass from the JSON of its `dataclasses.asdict`; unknown fields are ignored.

    Args:
        kind: The dataclass.
        value: The parsed JSON.
        where: Name of the value in messages.

    Raises:
        ValueError: a field is missing or has the wrong type; the message says which.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is not an object")
    kinds = get_type_hints(kind)
    given = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in value:
            given[field.name] = _value(kinds[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is MISSING:
            raise ValueError(f"{where}.{field.name} is missing")
    return kind(**given)


def _value(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        (some,) = (argument for argument in arguments if argument is not NoneType)
        return None if value is None else _value(some, value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {str(key): _value(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if is_dataclass(kind):
        return from_json(kind, value, where)  # type: ignore[arg-type]
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{where} = {value!r} has the wrong type")
    return value
