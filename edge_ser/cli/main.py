"""The program ``edge-ser``: runs a command, and turns errors into one line and an exit status."""

from __future__ import annotations

import errno
import signal
import sys

# Nothing else is imported before `main` has dealt with Ctrl-C.

_OF_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG, errno.EAGAIN)


def main() -> None:
    """Run the command and exit."""
    # While modules load and while the interpreter shuts down, Ctrl-C ends the process at once and without a
    # traceback; in between, a command that has something to clean up catches it (StopSignals).
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a file name may not be valid text, a locale may lack characters
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], program: str = "edge-ser", group: str = "edge_ser.cli.group") -> int:
    """Run a command and return its exit status; errors that a user can cause become one line on standard error.

    Args:
        arguments: Arguments of the command line.
        program: Name at the beginning of messages.
        group: Module with the group of commands, ``cli``.
    """
    import click

    from edge_ser.errors import EXIT_INTERRUPTED, EdgeSerError, OutputClosed

    try:
        return _invoke(arguments, program, group)
    except OutputClosed as error:
        return error.exit_status
    except EdgeSerError as error:
        return _fail(program, str(error), error.exit_status)
    except click.UsageError as error:
        where = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
        return _fail(program, error.format_message() + where, error.exit_code)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail(program, "interrupted", EXIT_INTERRUPTED)


def _invoke(arguments: list[str], program: str, group: str) -> int:
    import importlib

    from edge_ser.console import standard_output
    from edge_ser.errors import EdgeSerError

    try:
        # Not cli.main(): it exits with status 1 itself when the reader of the help text is gone.
        cli = importlib.import_module(group).cli
        with cli.make_context(program, list(arguments)) as context:
            return int(cli.invoke(context) or 0)
    except OSError as error:
        if error.filename is not None or error.errno not in _OF_OUTPUT:
            raise EdgeSerError(f"{error}; check the path and its permissions") from None
        raise standard_output.failure(error) from None  # from click, which writes the help text


def _fail(program: str, message: str, status: int) -> int:
    from edge_ser.console import standard_error

    standard_error.say(f"{program}: " + " ".join(message.split()))
    return status
