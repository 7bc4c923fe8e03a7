"""``mqtt://[USER[:PASSWORD]@]HOST[:PORT]/PREFIX``: which broker, as whom, and what topics begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import without_password

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
"""Schemes, without and with TLS, and their usual ports."""

_URI: Final = re.compile(
    r"(?P<scheme>mqtts?)://"
    r"(?:(?P<user>[^:@/\s]+)(?::(?P<password>[^@/\s]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)*)"
    r"(?::(?P<port>\d{1,5}))?"
    r"/(?P<prefix>[\w-]+(?:/[\w-]+)*)",
    re.ASCII,  # Home Assistant takes no other characters in the names that are made of the prefix
)

_LONGEST: Final = 1_000
"""Characters of a destination; MQTT itself has no room for more than 65535 bytes in anything that it names."""

_LONGEST_LABEL: Final = 63
"""Characters between two dots of a host's name, as DNS has it."""


@dataclass(frozen=True)
class Address:
    """A broker and what to do there.

    Attributes:
        scheme: ``mqtt``, or ``mqtts`` for TLS.
        host: Name or address of the broker.
        port: TCP port.
        user: User name; ``None`` if the broker asks for none.
        password: The one in the destination itself; ``None`` if it stands elsewhere.
        prefix: What all topics begin with.
    """

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    prefix: str

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "mqtts"

    @property
    def name(self) -> str:
        """What messages call it: never with the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        user = "" if self.user is None else f"{self.user}@"
        return f"{self.scheme}://{user}{host}{port}/{self.prefix}"


def parse(uri: str) -> Address:
    """Read a destination.

    Raises:
        InvalidSetting: it cannot be one; the message has no password, and a right example.
    """
    found = _URI.fullmatch(uri)
    if found is None or len(uri) > _LONGEST:
        raise _not_allowed(uri)
    port = int(found["port"] or PORTS[found["scheme"]])
    if not 1 <= port <= 65_535 or any(len(label) > _LONGEST_LABEL for label in found["host"].split(".")):
        raise _not_allowed(uri)
    user, password = found["user"], found["password"]
    return Address(
        scheme=found["scheme"],
        host=found["host"].strip("[]"),
        port=port,
        user=None if user is None else unquote(user),
        password=None if password is None else unquote(password),
        prefix=found["prefix"],
    )


def _not_allowed(uri: str) -> InvalidSetting:
    return InvalidSetting(
        f"output.publish = {without_password(uri)!r}: allowed is mqtt://[USER@]HOST[:PORT]/PREFIX (mqtts:// for TLS; a"
        " PREFIX of letters, digits, - and _, with / between), for example mqtt://broker.local/edge-ser"
    )
