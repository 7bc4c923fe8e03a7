"""Why a broker cannot be reached, in words that say what to do."""

from __future__ import annotations

import socket
from typing import Final

from edge_ser.sinks.mqtt.address import Address

CLOSED: Final = "the broker has closed the connection"

_TO_DO: Final = dict.fromkeys(
    ("Bad user name or password", "Not authorized"),  # as paho-mqtt words it; brokers differ in which they send
    "; the user name is to stand in the destination, the password in mqtt.password_file",
)


def of_failure(error: Exception, address: Address) -> str:
    """Say why there is no connection."""
    import ssl

    if isinstance(error, socket.gaierror):
        return f"cannot find {address.host} ({error.strerror}); check its name and the network"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the broker's certificate is not trusted ({error.verify_message}); mqtt.ca_file is to name the certificate"
            " of the authority that signed it"
        )
    if isinstance(error, ssl.SSLError) or (address.tls and isinstance(error, ConnectionResetError)):
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        return f"TLS fails ({reason}); check the port, or use mqtt:// if the broker has no TLS"
    if isinstance(error, TimeoutError):
        return "the broker does not answer; check its address and that it runs"
    what = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"cannot connect ({what}); check the address and that the broker runs"


def of_refusal(reason: str) -> str:
    """Say why a broker does not let one in."""
    return f"the broker refuses the connection ({reason}){_TO_DO.get(reason, '')}"


def of_silence(address: Address) -> str:
    """Say what it can mean that a connection ends before the broker has said anything."""
    other = "mqtt" if address.tls else "mqtts"
    return f"what is there does not answer as a broker does; check the port, or try {other}://"
