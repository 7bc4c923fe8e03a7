"""Try, inside the sandbox of the service, what it must not be able to do, and print the results."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

FAMILIES = ("AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET")
FOLDERS = (
    *(
        "/etc",
        "/etc/edge-ser",
        "/home",
        "/root",
        "/opt",
        "/opt/edge-ser",
        "/usr",
        "/var",
        "/var/lib",
        "/var/log",
        "/boot",
    ),
    *("/var/lib/edge-ser", "/run/edge-ser", "/tmp", "/var/tmp", "/dev/shm"),
)


def write(folder: str) -> None:
    """Write two seconds of sound to a new file."""
    path = Path(folder, f"voice-{os.getpid()}.raw")
    path.write_bytes(bytes(64_000))
    path.unlink()


def attempt(name: str, action: Callable[[], object]) -> None:
    """Print whether an attempt was refused."""
    try:
        action()
    except OSError as error:
        sys.stdout.write(f"probe: {name} refused: {error.strerror}\n")
    else:
        sys.stdout.write(f"probe: {name} allowed\n")


def main() -> None:
    """Make all attempts."""
    for name in FAMILIES:
        attempt(name, partial(socket.socket, getattr(socket, name), socket.SOCK_DGRAM))
    for folder in FOLDERS:
        attempt(folder, partial(write, folder))
    sys.stdout.write("probe: the end\n")


main()
