"""``edge-ser dashboard``: serves a live page of what a running service hears."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from edge_ser import paths
from edge_ser.console import standard_error
from edge_ser.listening.stop_signals import Stopped, StopSignals


@click.command(name="dashboard")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True,
              help="Address to serve on; any other than a loopback address needs --token-file.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", default=8765, show_default=True,
              help="Port to serve on; 0 for any free port.")  # fmt: skip
@click.option("--socket", type=click.Path(path_type=Path, readable=False), metavar="PATH", default=paths.SOCKET,
              show_default=True, help="Socket of the service.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="File with the token that browsers and programs must give, at least 16 characters.")  # fmt: skip
def command(host: str, port: int, socket: Path, token_file: Path | None) -> int:
    """Serve a live page of what a running service hears, for browsers on this machine.

    It shows the current label and level, the last hour and day, the microphone's state, and a mute button. It
    needs no internet, and keeps what it shows only in memory. Every account on this machine can see and use it,
    unless --token-file is given. It is plain HTTP: other machines need the token, and should connect through
    `ssh -L 8765:localhost:8765 raspberrypi`, which encrypts.

    \b
    Examples:
      edge-ser dashboard                       # then open http://127.0.0.1:8765/
      edge-ser dashboard --socket /tmp/edge-ser.sock
      (umask 077; openssl rand -hex 16 > token); edge-ser dashboard --host 0.0.0.0 --token-file token
    """
    from edge_ser.client import check_path
    from edge_ser.dashboard.security import read_token
    from edge_ser.errors import EdgeSerError, InvalidSetting

    try:
        from edge_ser.dashboard.server import find_address, listen, serve
    except ModuleNotFoundError as error:
        raise EdgeSerError(
            f"the dashboard needs {error.name}; install it with: pip install 'edge-ser[dashboard]'"
        ) from None

    check_path(socket)
    token = None if token_file is None else read_token(token_file)
    address = find_address(host, port)
    if token is None and not address.loopback:
        raise InvalidSetting(
            f"--host {host}: other machines could see the page; allowed only with --token-file FILE, a file made with: "
            "(umask 077; openssl rand -hex 16 > FILE)"
        )

    def ready(url: str) -> None:
        standard_error.say(f"dashboard: {url}")

    with listen(address) as server, StopSignals() as signals, suppress(Stopped):
        signals.check()
        serve(server, socket, token, ready)
    return signals.exit_status
