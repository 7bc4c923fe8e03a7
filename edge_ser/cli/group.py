"""The group of commands; each is imported only when it runs, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

import click

from edge_ser import __version__

COMMANDS: Final = {
    "listen": ("edge_ser.cli.listen", "Listen to a microphone, a recording or raw PCM and publish emotion labels."),
    "classify": ("edge_ser.cli.classify", "Label recordings: files and folders."),
    "features": ("edge_ser.cli.features", "Show the features of a recording as the model sees them."),
    "inspect": ("edge_ser.cli.inspect", "Explain what is recognized in a recording, as a picture or a page."),
    "devices": ("edge_ser.cli.devices", "List microphones."),
    "model": ("edge_ser.cli.model", "Describe a model file."),
    "bench": ("edge_ser.cli.bench", "Measure latency and cost on this machine, stage by stage."),
    "doctor": ("edge_ser.cli.doctor", "Find out what is wrong, and how to fix it."),
    "history": ("edge_ser.cli.history", "Show the history of what was recognized."),
    "report": ("edge_ser.cli.report", "Summarize the history, in pictures and in words."),
    "config": ("edge_ser.cli.config", "Show, check or print a configuration file."),
    "mute": ("edge_ser.cli.mute", "Close the microphone, for a while or until `unmute`."),
    "unmute": ("edge_ser.cli.unmute", "Open the microphone again."),
    "watch": ("edge_ser.cli.watch", "Show live in the terminal what a running service hears."),
    "dashboard": ("edge_ser.cli.dashboard", "Serve a live page of what a running service hears."),
    "service": ("edge_ser.cli.service", "Install, remove and inspect the systemd service."),
    "firmware": ("edge_ser.cli.firmware", "Set up a Raspberry Pi for an I2S or PDM microphone."),
}
"""Module and one line of help of each command."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are needed.

    Args:
        lazy: Module and help of each command, by name, in the order of the help text.  Each module has its command
            as ``command``.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self._lazy:
            return None
        command: click.Command = importlib.import_module(self._lazy[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._lazy.items()])


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="edge-ser")
def cli() -> None:
    """Recognize emotions in speech, entirely on this device.

    Audio never leaves this machine and is never written to its disk; labels go only where you send them.
    Inferring emotions of people at work or in education is forbidden in the EU (AI Act, Article 5); elsewhere,
    ask people first.

    \b
    Examples:
      edge-ser listen                              the default microphone
      edge-ser listen --input demo                 without a microphone: synthesized speech
      edge-ser classify recordings/ --format csv   label files and folders
      edge-ser COMMAND --help                      all options and more examples
    """
