"""``edge-ser inspect``: one recording explained, as a picture or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from edge_ser.cli import options
from edge_ser.errors import OutputFailed

SUFFIXES: Final = (".png", ".html")


@click.command(name="inspect")
@click.argument("file", type=click.Path(path_type=Path, readable=False), metavar="FILE")
@click.argument("out", type=click.Path(path_type=Path, readable=False), metavar="OUT.png|OUT.html")
@options.model
@options.interpreter
def command(file: Path, out: Path, model_path: Path | None, interpreter: str | None) -> None:
    """Explain what is recognized in a recording: waveform, log-mel, speech, probabilities over time, labels.

    A page has the picture and the same in words, in one file. It needs `edge-ser[plots]`.

    \b
    Examples:
      edge-ser inspect recording.wav recording.png
      edge-ser inspect recording.wav recording.html
    """
    if out.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{out}: the name of what is to be written ends in {' or '.join(SUFFIXES)}")
    from edge_ser.inspection import inspect
    from edge_ser.plotting import library
    from edge_ser.plotting.inspection import draw
    from edge_ser.plotting.page import page

    library.need("matplotlib.figure", "inspect")  # before the work, not after it
    bundle, backend = options.load(model_path, interpreter)
    inspection = inspect(file, bundle, backend)
    picture = library.png(draw(inspection, bundle.front_end))
    _write(out, picture if out.suffix.lower() == ".png" else page(inspection, picture))


def _write(out: Path, content: bytes) -> None:
    from edge_ser.service import files

    try:
        files.replace(out, content, out.stat() if out.exists() else None)
    except OSError as error:
        raise OutputFailed(f"cannot write {out}: {error.strerror}; choose another place") from None
