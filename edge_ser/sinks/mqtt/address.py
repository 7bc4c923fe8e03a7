"""Parsing of MQTT destinations, ``mqtt://[USER[:PASSWORD]@]HOST[:PORT]/PREFIX``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import without_password

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
"""Default ports of the schemes without and with TLS."""

_URI: Final = re.compile(
    r"(?P<scheme>mqtts?)://"
    r"(?:(?P<user>[^:@/\s]+)(?::(?P<password>[^@/\s]*))?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[\w-]+(?:\.[\w-]+)*)"
    r"(?::(?P<port>\d{1,5}))?"
    r"/(?P<prefix>[\w-]+(?:/[\w-]+)*)",
    re.ASCII,  # Home Assistant accepts no other characters in the names that are made from the prefix
)

_LONGEST: Final = 1_000
"""Longest destination, characters; MQTT limits all strings to 65535 bytes."""

_LONGEST_LABEL: Final = 63
"""Longest part of a host name between dots, characters, as DNS allows."""


@dataclass(frozen=True)
class Address:
    """A parsed MQTT destination.

    Attributes:
        scheme: ``mqtt``, or ``mqtts`` for TLS.
        host: Name or address of the broker.
        port: TCP port.
        user: User name; ``None`` for an anonymous connection.
        password: The password in the destination; ``None`` if there is none.
        prefix: Prefix of all topics.
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
        """The destination without its password, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        user = "" if self.user is None else f"{self.user}@"
        return f"{self.scheme}://{user}{host}{port}/{self.prefix}"


def parse(uri: str) -> Address:
    """Parse a destination.

    Raises:
        InvalidSetting: it is not valid; the message has a valid example, and the password is masked.
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
