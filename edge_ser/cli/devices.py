"""``edge-ser devices``: lists the microphones."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from edge_ser.cli import options
from edge_ser.console import standard_output


@click.command(name="devices")
@options.format_of("table", "json")
def command(format_: str) -> None:
    """List microphones: name, rate, channels, which is the default, and whether 16 kHz mono works.

    A microphone without 16 kHz mono works too: edge-ser converts its sound.

    \b
    Examples:
      edge-ser devices
      edge-ser listen --device "USB PnP"     # a part of the name that matches only one
    """
    from edge_ser.sources.devices import choose, list_inputs

    inputs = list_inputs()
    if format_ == "json":
        standard_output.write(json.dumps([asdict(device) for device in inputs], indent=2) + "\n")
        return
    if not inputs:
        choose(inputs, None)  # raises the error
    width = max(len("name"), *(len(device.name) for device in inputs))
    lines = [f"index  {'name':<{width}}  default  channels  rate      16 kHz mono"]
    lines += [
        f"{d.index:5d}  {d.name:<{width}}  {'yes' if d.is_default else '':<7}  {d.channels:8d}"
        f"  {d.default_rate:5d} Hz  {'yes' if d.supports_16k_mono else 'converted'}"
        for d in inputs
    ]
    standard_output.write("\n".join(lines) + "\n")
