"""A run's TOML file: reading it, laying options of the command line over it, writing the resolved one."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, get_type_hints

from edge_ser.errors import InvalidSetting
from training.settings import RunSettings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAMES: Final = {int: "a whole number", float: "a number", str: "a text in quotes", tuple: "a list of texts"}


def read(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        InvalidSetting: it cannot be read, or is no TOML; the message has the line.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSetting(f"cannot read {path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path} is not valid TOML: {error}") from None
    return values


def resolve(values: Mapping[str, Any], where: str = "settings") -> RunSettings:
    """Make settings of what a TOML file holds; what it does not name has its default.

    Args:
        values: Tables and keys as :func:`read` returns them; those of the command line have been laid over them.
        where: What the values come from, for messages.

    Raises:
        InvalidSetting: a key that does not exist (the nearest right one is named), or a value that is not allowed.
    """
    made: RunSettings = _make(RunSettings, values, "", where)
    return made


def _make(kind: type, values: Any, prefix: str, where: str) -> Any:
    if not isinstance(values, Mapping):
        raise InvalidSetting(f"{where}: {prefix.rstrip('.')} = {values}: allowed is a table, [{prefix.rstrip('.')}]")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise InvalidSetting(f"{where}: there is no key '{prefix}{key}'; {_nearest(key, prefix)}")
    arguments = {}
    for key, value in values.items():
        if is_dataclass(hints[key]):
            arguments[key] = _make(hints[key], value, f"{prefix}{key}.", where)
        else:
            arguments[key] = _typed(hints[key], value, f"{where}: {prefix}{key}")
    return kind(**arguments)


def _typed(hint: Any, value: Any, key: str) -> Any:
    kind = getattr(hint, "__origin__", hint)
    if kind is tuple and isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(_typed(str, item, key) for item in value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InvalidSetting(f"{key} = {value!r}: allowed is {_NAMES[kind]}")
    if kind is str and not value.isprintable():
        raise InvalidSetting(f"{key} = {value!r}: allowed are characters that can be printed")
    return value


def _nearest(key: str, prefix: str) -> str:
    """Say which right key is most like a wrong one: the same in another table, else in its own, else in any."""
    every = keys()
    by_last = {name.rpartition(".")[2]: name for name in reversed(every)}  # the first table wins
    table, _, last = f"{prefix}{key}".rpartition(".")
    own = {name.rpartition(".")[2]: name for name in every if name.rpartition(".")[0] == table}
    if not table:
        own = {name: name for name in get_type_hints(RunSettings)}
    elif not own:  # no such table
        own, last = {name: name for name in every}, f"{prefix}{key}"
    like = [by_last[last]] if last in by_last else [own[name] for name in get_close_matches(last, own, 1)]
    like = like or [by_last[name] for name in get_close_matches(last, by_last, 1, 0.7)]
    return f"did you mean '{like[0]}'?" if like else f"there are {', '.join(own.values())}"


def keys(kind: type = RunSettings, prefix: str = "") -> list[str]:
    """Return the names of all keys, those in tables as ``table.key``."""
    names = []
    for name, hint in get_type_hints(kind).items():
        names += keys(hint, f"{prefix}{name}.") if is_dataclass(hint) else [f"{prefix}{name}"]  # type: ignore[arg-type]
    return names


def with_options(values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Lay options (``table.key`` to value; ``None`` for one that was not given) over the tables of a TOML file."""
    result = {key: dict(value) if isinstance(value, Mapping) else value for key, value in values.items()}
    for name, value in options.items():
        if value is None:
            continue
        table, _, key = name.rpartition(".")
        into = result.setdefault(table, {}) if table else result
        if isinstance(into, dict):  # else the file has no table there, which :func:`resolve` says
            into[key] = value
    return result


def parse_assignment(text: str) -> tuple[str, Any]:
    """Return key and value of ``table.key=value``; a value that is no TOML is a text.

    Raises:
        InvalidSetting: there is no ``=``, or no such key.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise InvalidSetting(f"--set {text}: allowed is TABLE.KEY=VALUE, for example training.epochs=20")
    if name not in keys():
        raise InvalidSetting(f"--set {text}: there is no key '{name}'; {_nearest(name, '')}")
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def to_toml(settings: RunSettings) -> str:
    """Return all settings as a TOML file, each key with its meaning's first words left to :mod:`training.settings`."""
    lines = []
    for item in _ordered(settings):
        value = getattr(settings, item.name)
        if is_dataclass(value):
            lines += ["", f"[{item.name}]"]
            lines += [f"{inner.name} = {_toml_of(getattr(value, inner.name))}" for inner in fields(value)]
        else:
            lines.append(f"{item.name} = {_toml_of(value)}")
    return "\n".join(lines) + "\n"


def _toml_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # TOML has no surrogates, in which JSON escapes the rarer characters


def _ordered(settings: RunSettings) -> list[Field[Any]]:
    """Plain keys first: in TOML those after a table would belong to it."""
    return sorted(fields(settings), key=lambda item: item.default is MISSING)


def differences(old: RunSettings, new: RunSettings) -> list[str]:
    """Return what differs, each as ``key: old, now new``."""
    before, after = asdict(old), asdict(new)
    result = []
    for name in keys():
        a: Any = before
        b: Any = after
        for part in name.split("."):
            a, b = a[part], b[part]
        if a != b:
            result.append(f"{name}: {json.dumps(a)}, now {json.dumps(b)}")
    return result


def short_hash(settings: RunSettings) -> str:
    """Return eight hex digits that tell one configuration from another."""
    return hashlib.sha256(to_toml(settings).encode()).hexdigest()[:8]
