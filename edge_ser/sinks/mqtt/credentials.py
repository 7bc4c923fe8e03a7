"""What proves to a broker who one is, and to us who the broker is: a password and a certificate, from files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge_ser.errors import InvalidSetting, NotPermitted
from edge_ser.settings import MqttSettings
from edge_ser.sinks.mqtt.address import Address

if TYPE_CHECKING:
    import ssl

CREDENTIAL: Final = "mqtt-password"
"""Name of the systemd credential that holds the password."""

_LONGEST: Final = 1_000
"""Characters of a password; what is longer is another file."""


def password_of(address: Address, settings: MqttSettings, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the password to use: that of the destination, else of the file, else the systemd credential.

    Args:
        address: The destination; without a user name no password is sent.
        settings: Where the file stands.
        environment: Where systemd says in which folder credentials are.

    Raises:
        InvalidSetting: there is no such file, or it is no password.
        NotPermitted: it may not be read.
    """
    if address.user is None or address.password is not None:
        return address.password
    folder = environment.get("CREDENTIALS_DIRECTORY")
    credential = Path(folder) / CREDENTIAL if folder else None
    if settings.password_file is not None:
        path, what = Path(settings.password_file), "mqtt.password_file"
    elif credential is not None and credential.exists():
        path, what = credential, f"credential {CREDENTIAL}"
    else:
        return None
    try:
        with path.open(encoding="utf-8") as file:
            password = file.read(_LONGEST + 2).rstrip("\r\n")
    except PermissionError:
        raise NotPermitted(f"{what} = {str(path)!r}: may not be read by this user; change its owner or mode") from None
    except OSError as error:
        raise InvalidSetting(f"{what} = {str(path)!r}: cannot be read: {error.strerror}; allowed is a file") from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{what} = {str(path)!r}: is no text; allowed is a password in UTF-8") from None
    if not password or len(password) > _LONGEST or "\n" in password:
        raise InvalidSetting(f"{what} = {str(path)!r}: allowed is one line of 1 to {_LONGEST} characters, the password")
    return password


def tls_of(settings: MqttSettings) -> ssl.SSLContext:
    """Return how the broker is known for who it is.

    Raises:
        InvalidSetting: the file of the authority's certificate cannot be used.
    """
    import ssl

    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # of which ssl.SSLError is one
        reason = "it is no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidSetting(
            f"mqtt.ca_file = {settings.ca_file!r}: cannot be used: {reason}; allowed is a file with a certificate, PEM"
        ) from None
