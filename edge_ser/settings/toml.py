"""Conversion of TOML files to frozen dataclasses and back, with errors that name key, value and what is allowed.

A file is a dataclass of dataclasses: each inner one is a table, each of its fields a key.  A missing key has the
default of its field; a value of ``None`` is a missing key.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from edge_ser.errors import InvalidSetting

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Settings = TypeVar("Settings")

_NAMES: Final[dict[Any, str]] = {
    int: "a whole number",
    float: "a number",
    str: "a text in quotes",
    bool: "true or false",
    tuple: "a list of texts",
}


def read(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InvalidSetting: it cannot be read, or is not valid TOML; the message has the line.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} is not valid TOML: {error}") from None
    return values


def make(kind: type[Settings], values: Mapping[str, Any], where: str) -> Settings:
    """Make settings from the content of a TOML file.

    Args:
        kind: The dataclass of the whole file.
        values: Tables and keys as :func:`read` returns them.
        where: Origin of the values, for messages.

    Raises:
        InvalidSetting: a key does not exist (the message names the nearest valid one), or a value is not allowed.
    """
    made: Settings = _make(kind, kind, values, "", where)
    return made


def keys(kind: type, prefix: str = "") -> list[str]:
    """Return the names of all keys; those in tables are ``table.key``."""
    names = []
    for name, hint in get_type_hints(kind).items():
        names += keys(hint, f"{prefix}{name}.") if _is_table(hint) else [f"{prefix}{name}"]
    return names


def with_options(values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a TOML file with some values replaced by options.

    Args:
        values: Tables and keys as :func:`read` returns them.
        options: ``table.key`` to value; ``None`` for an option that was not given.
    """
    result = {key: dict(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    for name, value in options.items():
        if value is None:
            continue
        table, _, key = name.rpartition(".")
        into = result.setdefault(table, {}) if table else result
        if isinstance(into, dict):  # otherwise :func:`make` reports that the file has no such table
            into[key] = value
    return result


def parse_assignment(kind: type, text: str, example: str) -> tuple[str, Any]:
    """Parse ``table.key=value``; a value that is not valid TOML is taken as text.

    Args:
        kind: The dataclass of the whole file.
        text: The argument of the option ``--set``.
        example: A valid argument, for the message.

    Returns:
        Key and value.

    Raises:
        InvalidSetting: there is no ``=``, or no such key.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise InvalidSetting(f"--set {text}: allowed is TABLE.KEY=VALUE, for example {example}")
    if name not in keys(kind):
        raise InvalidSetting(f"--set {text}: there is no key '{name}'; {_nearest(kind, name, '')}")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def dump(settings: Any) -> str:
    """Return the text of a TOML file with all settings; keys whose value is ``None`` are left out."""
    lines = []
    # Plain keys come first: after a table they would belong to it.
    for item in sorted(fields(settings), key=lambda item: is_dataclass(getattr(settings, item.name))):
        value = getattr(settings, item.name)
        if is_dataclass(value):
            lines += ["", f"[{item.name}]"]
            inner = ((item.name, getattr(value, item.name)) for item in fields(value))
            lines += [f"{name} = {_to_toml(of)}" for name, of in inner if of is not None]
        elif value is not None:
            lines.append(f"{item.name} = {_to_toml(value)}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _make(whole: type, kind: type, values: Any, prefix: str, where: str) -> Any:
    if not isinstance(values, Mapping):
        raise InvalidSetting(f"{where}: {prefix.rstrip('.')} = {values}: allowed is a table, [{prefix.rstrip('.')}]")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise InvalidSetting(f"{where}: there is no key '{prefix}{key}'; {_nearest(whole, key, prefix)}")
    arguments = {}
    for key, value in values.items():
        if _is_table(hints[key]):
            arguments[key] = _make(whole, hints[key], value, f"{prefix}{key}.", where)
        else:
            arguments[key] = _typed(hints[key], value, f"{where}: {prefix}{key}")
    return kind(**arguments)


def _is_table(hint: Any) -> bool:
    return is_dataclass(hint)


def _typed(hint: Any, value: Any, key: str) -> Any:
    allowed = [kind for kind in get_args(hint) if kind is not NoneType] if isinstance(hint, UnionType) else [hint]
    kinds = [get_origin(kind) or kind for kind in allowed]
    if tuple in kinds and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(_typed(str, item, key) for item in value)
    if float in kinds and type(value) is int:
        return float(value)
    if type(value) not in kinds:
        raise InvalidSetting(f"{key} = {_to_text(value)}: allowed is {' or '.join(_NAMES[kind] for kind in kinds)}")
    if isinstance(value, str) and not value.isprintable():
        raise InvalidSetting(f"{key} = {value!r}: allowed are characters that can be printed")
    return value


def _to_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _nearest(whole: type, key: str, prefix: str) -> str:
    """Suggest the valid key nearest to an invalid one: the same in another table, else a similar one."""
    every = keys(whole)
    by_last = {name.rpartition(".")[2]: name for name in reversed(every)}  # the first table wins
    table, _, last = f"{prefix}{key}".rpartition(".")
    own = {name.rpartition(".")[2]: name for name in every if name.rpartition(".")[0] == table}
    if not table:
        own = {name: name for name in get_type_hints(whole)}
    elif not own:  # no such table
        own, last = {name: name for name in every}, f"{prefix}{key}"
    like = [by_last[last]] if last in by_last else [own[name] for name in get_close_matches(last, own, 1)]
    like = like or [by_last[name] for name in get_close_matches(last, by_last, 1, 0.7)]
    return f"did you mean '{like[0]}'?" if like else f"there are {', '.join(own.values())}"


def _to_toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON escapes rarer characters as surrogates, which TOML forbids
