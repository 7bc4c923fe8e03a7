"""Frozen dataclasses to JSON and back, each value checked when it is read: results, and what runs write down.

A field that is ``None`` and has ``None`` as its default is left out of the JSON; ``None`` without a default is a null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from edge_ser.errors import EdgeSerError
from training.support import files

Record = TypeVar("Record")
Value = TypeVar("Value")

_KEY: Final = "key"
_FLAT: Final = "flat"

FLAT: Final[Mapping[str, Any]] = {_FLAT: True}
"""Metadata of a field, itself a dataclass, whose keys stand among those of its owner."""


def keyed(name: str) -> Mapping[str, str]:
    """Return the metadata of a field whose JSON key is not a name in Python, or would hide one."""
    return {_KEY: name}


def to_json(value: Any) -> Any:
    """Return a dataclass, and all that it holds, as objects, lists and values that JSON knows."""
    if is_dataclass(value):
        made: dict[str, Any] = {}
        for part in fields(value):
            item = getattr(value, part.name)
            if part.metadata.get(_FLAT):
                made |= to_json(item)
            elif item is not None or part.default is not None:
                made[_key(part)] = to_json(item)
        return made
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value] if isinstance(value, list | tuple) else value


def from_json(kind: type[Record], value: Any, where: str = "it") -> Record:
    """Make a dataclass of what :func:`to_json` made of it; keys that it does not know are ignored.

    Args:
        kind: The dataclass.
        value: The JSON value.
        where: What messages call the value.

    Raises:
        ValueError: something is missing or of another type; the message says what.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} is not an object")
    kinds, given = get_type_hints(kind), {}
    for part in fields(kind):  # type: ignore[arg-type]
        key = _key(part)
        if not part.init:  # it follows from the others
            continue
        if part.metadata.get(_FLAT):
            given[part.name] = from_json(kinds[part.name], value, where)
        elif key in value:
            given[part.name] = _checked(kinds[part.name], value[key], f"{where}.{key}")
        elif part.default is MISSING:
            raise ValueError(f"{where}.{key} is missing")
    return kind(**given)


def rounded(value: Value, digits: int) -> Value:
    """Return the same with all fractions rounded, in whatever dataclasses, mappings and tuples they stand."""
    made: Any = value
    if isinstance(value, float):
        made = round(value, digits)
    elif is_dataclass(value):
        parts = {part.name: rounded(getattr(value, part.name), digits) for part in fields(value) if part.init}
        made = replace(value, **parts)  # type: ignore[type-var]
    elif isinstance(value, Mapping):
        made = {key: rounded(item, digits) for key, item in value.items()}
    elif isinstance(value, tuple):
        made = tuple(rounded(item, digits) for item in value)
    return made  # type: ignore[no-any-return]


def read(kind: type[Record], path: Path) -> Record:
    """Read a dataclass from a JSON file.

    Raises:
        EdgeSerError: the file is not what :func:`write` wrote, or was written by another version.
    """
    try:
        return from_json(kind, json.loads(path.read_text()))
    except (OSError, ValueError) as error:
        raise EdgeSerError(
            f"cannot use {path} ({error}); it is damaged or was written by another version: delete it and run the "
            "same command again"
        ) from None


def write(path: Path, record: Any) -> None:
    """Write a dataclass as a JSON file, whole or not at all."""
    files.write_json(path, to_json(record))


def _key(part: Field[Any]) -> str:
    return str(part.metadata.get(_KEY, part.name))


def _checked(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        if value is None and NoneType in arguments:
            return None
        kinds = [argument for argument in arguments if argument is not NoneType]
        kind = type(value) if type(value) in kinds else kinds[0]
        return _checked(kind, value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_checked(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, Mapping):
        return {str(key): _checked(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if is_dataclass(kind):
        return from_json(kind, value, where)  # type: ignore[arg-type]
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{where} = {value!r} is of the wrong type")
    return value
