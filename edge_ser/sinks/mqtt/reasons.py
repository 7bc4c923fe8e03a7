"""Messages about failed connections to a broker, with advice on what to do."""

from __future__ import annotations

import socket
from typing import Final

from edge_ser.sinks.mqtt.address import Address

CLOSED: Final = "the broker has closed the connection"

_ADVICE: Final = dict.fromkeys(
    ("Bad user name or password", "Not authorized"),  # paho-mqtt's texts; brokers differ in which one they cause
    "; put the user name into the destination, and the password into mqtt.password_file",
)


def of_failure(error: Exception, address: Address) -> str:
    """Return why the connection could not be made."""
    import ssl

    if isinstance(error, socket.gaierror):
        return f"cannot find {address.host} ({error.strerror}); check its name and the network"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the broker's certificate is not trusted ({error.verify_message}); set mqtt.ca_file to the certificate of"
            " the authority that signed it"
        )
    if isinstance(error, ssl.SSLError) or (address.tls and isinstance(error, ConnectionResetError)):
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        return f"TLS fails ({reason}); check the port, or use mqtt:// if the broker has no TLS"
    if isinstance(error, TimeoutError):
        return "the broker does not answer; check its address and that it runs"
    cause = error.strerror if isinstance(error, OSError) and error.strerror else error
    return f"cannot connect ({cause}); check the address and that the broker runs"


def of_refusal(reason: str) -> str:
    """Return why the broker refused the connection."""
    return f"the broker refuses the connection ({reason}){_ADVICE.get(reason, '')}"


def of_silence(address: Address) -> str:
    """Return why a connection may end before the broker has sent anything."""
    other = "mqtt" if address.tls else "mqtts"
    return f"the other end does not answer like a broker; check the port, or try {other}://"
