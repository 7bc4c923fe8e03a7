"""``edge-ser inspect``: explains one recording, as a picture or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from edge_ser.cli import options
from edge_ser.console import output_file

SUFFIXES: Final = (".png", ".html")


@click.command(name="inspect")
@click.argument("file", type=click.Path(path_type=Path, readable=False), metavar="FILE")
@click.argument("out", type=click.Path(path_type=Path, readable=False), metavar="OUT.png|OUT.html")
@options.model
@options.interpreter
def command(file: Path, out: Path, model_path: Path | None, interpreter: str | None) -> None:
    """Explain what is recognized in a recording, from the sound to the labels.

    The picture shows the waveform and the parts taken for speech, the energy in each frequency band (log-mel), the
    probabilities of the emotions as they change during speech, and the final labels. A page (.html) is one file
    with the picture and the same in words. Both need matplotlib.

    \b
    Examples:
      pip install 'edge-ser[plots]'
      edge-ser inspect recording.wav recording.png
      edge-ser inspect recording.wav recording.html
    """
    if out.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{out}: the name must end in .png or .html, for example recording.png")
    from edge_ser.reports import plotting
    from edge_ser.reports.recording.inspection import inspect
    from edge_ser.reports.recording.inspection_page import page
    from edge_ser.reports.recording.inspection_picture import draw

    plotting.require("matplotlib.figure", "inspect")  # before the work, not after it
    bundle, runtime = options.load(model_path, interpreter)
    inspection = inspect(file, bundle, runtime)
    picture = plotting.png(draw(inspection, bundle.front_end))
    output_file.write(out, picture if out.suffix.lower() == ".png" else page(inspection, picture))
