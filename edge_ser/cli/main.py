"""The command ``edge-ser``: finds the subcommand, turns errors into one line and an exit status."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Final

import click

from edge_ser import __version__
from edge_ser.errors import EdgeSerError, OutputClosed

# name -> (module, help): subcommands are imported when they run, so that `--help` answers at once.
COMMANDS: Final = {
    "listen": ("edge_ser.cli.listen", "Listen to a microphone, a recording or raw PCM and publish emotion labels."),
    "classify": ("edge_ser.cli.classify", "Label recordings: files and folders."),
    "devices": ("edge_ser.cli.devices", "List microphones."),
    "model": ("edge_ser.cli.model", "Show what a model file says of itself."),
}

EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="edge-ser")
def cli() -> None:
    """Recognize emotions in speech, on this device alone.

    Nothing that is heard leaves this machine or is written to its disk. Inferring the emotions of
    people at work or in education is forbidden in the EU (AI Act, Article 5); elsewhere, ask first.

    \b
    Examples:
      edge-ser listen                              the default microphone
      edge-ser listen --input demo                 no microphone? a demonstration recording
      edge-ser classify recordings/ --format csv   label files and folders
      edge-ser COMMAND --help                      all options and more examples
    """


def main() -> None:
    """Run the command and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command and return its exit status; what a user can cause ends in one line on standard error."""
    try:
        status = cli.main(arguments, prog_name="edge-ser", standalone_mode=False)
        return int(status or 0)
    except OutputClosed as error:
        return error.exit_status
    except EdgeSerError as error:
        return _fail(str(error), error.exit_status)
    except click.UsageError as error:
        where = f" (see '{error.ctx.command_path} --help')" if error.ctx else ""
        return _fail(error.format_message() + where, error.exit_code)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # click writes help and tables itself; point its stream away so that Python's flush at exit stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OutputClosed.exit_status


def _fail(message: str, status: int) -> int:
    click.echo("edge-ser: " + " ".join(message.split()), err=True)
    return status
