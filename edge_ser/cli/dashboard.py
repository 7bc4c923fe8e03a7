"""``edge-ser dashboard``: a live page of what a running service hears."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from edge_ser import paths
from edge_ser.console import standard_error
from edge_ser.listening.stop_signals import Stopped, StopSignals


@click.command(name="dashboard")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True,
              help="Address to serve on; any but this machine's own loopback needs --token-file.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", default=8765, show_default=True,
              help="Port to serve on; 0 for any that is free.")  # fmt: skip
@click.option("--socket", type=click.Path(path_type=Path, readable=False), metavar="PATH", default=paths.SOCKET,
              show_default=True, help="The socket that the service publishes on.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path, readable=False), metavar="FILE",
              help="File with the token that browsers and programs have to give, 16 characters or more.")  # fmt: skip
def command(host: str, port: int, socket: Path, token_file: Path | None) -> int:
    """Serve a live page of what a running service hears, for browsers on this machine.

    What is heard now and how loud it is, the last hour and day, the microphone's state, a mute button. It needs no
    internet, and keeps what it shows in memory alone. All accounts of this machine can see and use it, unless
    --token-file is given. It is plain HTTP: other machines need the token, and are best let in through
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
            f"--host {host}: other machines could see the page; allowed with --token-file FILE only, a file made with: "
            "(umask 077; openssl rand -hex 16 > FILE)"
        )

    def ready(url: str) -> None:
        standard_error.say(f"dashboard: {url}")

    with listen(address) as server, StopSignals() as signals, suppress(Stopped):
        signals.check()
        serve(server, socket, token, ready)
    return signals.exit_status
