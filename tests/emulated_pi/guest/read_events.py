"""Append all events on the service's socket to a file, across its restarts."""

from __future__ import annotations

import socket
import sys
import time

PATH = "/run/edge-ser/events.sock"


def main() -> None:
    """Read without end."""
    with open(sys.argv[1], "ab", buffering=0) as out:  # noqa: PTH123
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect(PATH)
                    with connection.makefile("rb") as lines:
                        for line in lines:
                            out.write(line)
            except OSError:
                pass
            time.sleep(0.1)


main()
