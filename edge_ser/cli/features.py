"""``edge-ser features``: the features of a recording as the model sees them, as data or a picture."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_ser.cli import options
from edge_ser.console import standard_output
from edge_ser.errors import OutputFailed

if TYPE_CHECKING:
    from edge_ser.features.parameters import FrontEndParameters
    from edge_ser.reports.recording.features import UtteranceFeatures


@click.command(name="features")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@options.model
@options.format_of("csv", "json", "npy", help="csv: one line per frame; json: by utterance; npy: all frames, int8.")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file instead of standard output."
)
@click.option("--plot", type=click.Path(path_type=Path), metavar="PNG", help="Draw waveform, speech gate, log-mel and"
              " MFCC instead of printing (needs `edge-ser[plots]`).")  # fmt: skip
@click.option("--descriptors", is_flag=True, help="Add pitch, energy, zero crossings, spectral shape and formants to"
              " csv or json (needs `edge-ser[plots]`).")  # fmt: skip
def command(
    file: Path, model_path: Path | None, format_: str, output: Path | None, plot: Path | None, descriptors: bool
) -> None:
    """Show the features of a recording as the model sees them: int8 MFCC, per utterance.

    \b
    Examples:
      edge-ser features recording.wav > features.csv
      edge-ser features recording.wav --format npy --output features.npy
      edge-ser features recording.wav --plot features.png
    """
    from edge_ser.model.bundle import read_bundle
    from edge_ser.reports.recording.features import utterances
    from edge_ser.sources.recording import read_samples

    if descriptors and format_ == "npy":
        raise click.UsageError("--descriptors needs --format csv or json")
    if format_ == "npy" and output is None and plot is None and sys.stdout and sys.stdout.isatty():
        raise click.UsageError("--format npy cannot be shown in a terminal; add --output FILE")
    parameters = read_bundle(model_path).front_end
    samples = read_samples(file)
    found = utterances(samples, parameters, descriptors)
    if plot is not None:
        from edge_ser.reports.recording.features_picture import draw

        _save(draw(file.name, samples, found, parameters), plot)
        if output is None:
            return
    step = parameters.hop_samples / parameters.rate
    if format_ == "npy":
        content = _npy(found, parameters)
    elif format_ == "json":
        content = _json(found, parameters.rate, step).encode()
    else:
        content = _csv(found, parameters, step).encode()
    _write(content, output, binary=format_ == "npy")


def _save(figure: Any, path: Path) -> None:
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputFailed(f"cannot write {path}: {error.strerror or error}; choose another path") from None
    except ValueError as error:
        raise click.UsageError(f"--plot {path}: {str(error).splitlines()[0]}") from None


def _npy(found: list[UtteranceFeatures], parameters: FrontEndParameters) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.concatenate([np.empty((0, parameters.coefficients), np.int8), *(u.features for u in found)]))
    return out.getvalue()


def _json(found: list[UtteranceFeatures], rate: int, step: float) -> str:
    rows = [
        {
            "start": round(u.start / rate, 4),
            "end": round((u.start + len(u.samples)) / rate, 4),
            "frame_seconds": step,
            "features": u.features.tolist(),
            **{name: [_number(v) for v in values.tolist()] for name, values in u.descriptors.items()},
        }
        for u in found
    ]
    return json.dumps(rows) + "\n"


def _csv(found: list[UtteranceFeatures], parameters: FrontEndParameters, step: float) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = list(next((u.descriptors for u in found if u.descriptors), {}))
    writer.writerow(["utterance", "time", *(f"c{k}" for k in range(parameters.coefficients)), *names])
    for number, u in enumerate(found, 1):
        for i, row in enumerate(u.features.tolist()):
            more = [_number(float(u.descriptors[name][i])) for name in names]
            writer.writerow([number, f"{u.start / parameters.rate + i * step:.4f}", *row, *more])
    return out.getvalue()


def _number(value: float) -> float | None:
    """Round for printing; an undefined value becomes empty in csv and null in json."""
    return None if value != value else round(value, 4)


def _write(content: bytes, output: Path | None, binary: bool) -> None:
    if output is not None:
        try:
            output.write_bytes(content)
        except OSError as error:
            raise OutputFailed(f"cannot write {output}: {error.strerror}; choose another path") from None
    elif binary:
        standard_output.write_bytes(content)
    else:
        standard_output.write(content.decode())
