"""``edge-ser config``: shows a configuration file, and checks whether it is valid."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from edge_ser import paths
from edge_ser.cli import options
from edge_ser.console import standard_output

_file = click.argument(
    "file", type=click.Path(path_type=Path, readable=False), default=paths.CONFIGURATION, metavar="[FILE]"
)


@click.group(name="config")
def command() -> None:
    """Show or check a configuration file, by default the service's, or print an example.

    \b
    Examples:
      edge-ser config example > my.toml    all keys, explained
      edge-ser config check my.toml        exit status 0 if it is valid
      edge-ser config show                 the service's settings, defaults included
    """


@command.command(name="show")
@_file
@options.format_of("toml", "json")
def show(file: Path, format_: str) -> None:
    """Show all settings of a file, defaults included and passwords left out."""
    from edge_ser.listening.configuration import read_settings
    from edge_ser.settings import toml
    from edge_ser.settings.checks import without_password

    settings = read_settings(file)
    shown = tuple(without_password(uri) for uri in settings.output.publish)
    settings = replace(settings, output=replace(settings.output, publish=shown))
    if format_ == "json":
        standard_output.write(json.dumps(asdict(settings), indent=2) + "\n")
    else:
        standard_output.write(toml.dump(settings))


@command.command(name="check")
@_file
def check(file: Path) -> None:
    """Check a file; the error message names the key, its value and what is allowed."""
    from edge_ser.listening.configuration import read_settings

    read_settings(file)
    standard_output.write(f"{file} is valid\n")


@command.command(name="example")
def example() -> None:
    """Print the file that the service is installed with: all keys, explained."""
    from edge_ser.listening.configuration import example as text

    standard_output.write(text())
