"""Credentials for a broker: the user's password and the certificate authority, from files."""

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
"""Longest password, characters; a longer file is not a password."""


def read_password(address: Address, settings: MqttSettings, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the password from the destination, else from the password file, else from the systemd credential.

    Args:
        address: The destination; without a user name there is no password.
        settings: Path of the password file.
        environment: Environment variables, of which systemd sets ``CREDENTIALS_DIRECTORY``.

    Raises:
        InvalidSetting: the file cannot be read, or does not contain a password.
        NotPermitted: the file may not be read.
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
        raise InvalidSetting(f"{what} = {str(path)!r}: is not text; allowed is a password in UTF-8") from None
    if not password or len(password) > _LONGEST or "\n" in password:
        raise InvalidSetting(f"{what} = {str(path)!r}: allowed is one line of 1 to {_LONGEST} characters, the password")
    return password


def make_tls_context(settings: MqttSettings) -> ssl.SSLContext:
    """Return a TLS context that verifies the broker's certificate.

    Raises:
        InvalidSetting: the certificate file of the authority cannot be used.
    """
    import ssl

    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError included
        reason = "it is not a certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise InvalidSetting(
            f"mqtt.ca_file = {settings.ca_file!r}: cannot be used: {reason}; allowed is a file with a certificate, PEM"
        ) from None
