"""``edge-ser features``: the features of a recording as the model sees them, to a file or a picture."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_ser.cli import options
from edge_ser.errors import OutputFailed
from edge_ser.sinks import standard_output

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from edge_ser.features.parameters import FrontEndParameters

    Samples = npt.NDArray[np.int16]
    Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Utterance:
    """What the speech gate cut out of a recording.

    Attributes:
        start: Position of its first sample.
        samples: Shape ``(n,)``, int16.
        features: Input of the model, shape ``(frames, coefficients)``, int8.
        descriptors: Classical descriptors by name, each of shape ``(frames,)``; NaN where one is not defined.
    """

    start: int
    samples: Samples
    features: npt.NDArray[np.int8]
    descriptors: dict[str, Float]


@click.command(name="features")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@options.model
@options.format_of("csv", "json", "npy", help="csv: a line a frame; json: by utterance; npy: all frames, int8.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there, not to standard output.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="PNG", help="Draw waveform, gate, log-mel and MFCC"
              " instead of printing (needs `edge-ser[plots]`).")  # fmt: skip
@click.option("--descriptors", is_flag=True, help="Add pitch, energy, zero crossings, spectral shape and formants to"
              " csv or json (needs `edge-ser[plots]`).")  # fmt: skip
def command(
    file: Path, model_path: Path | None, format_: str, output: Path | None, plot: Path | None, descriptors: bool
) -> None:
    """Show the features of a recording as the model sees them: the speech gate's utterances, int8 MFCC.

    \b
    Examples:
      edge-ser features recording.wav > features.csv
      edge-ser features recording.wav --format npy --output features.npy
      edge-ser features recording.wav --plot features.png
    """
    from edge_ser.model.bundle import read_bundle
    from edge_ser.sources.recording import read_samples

    if descriptors and format_ == "npy":
        raise click.UsageError("--descriptors goes with --format csv or json")
    if format_ == "npy" and output is None and plot is None and sys.stdout and sys.stdout.isatty():
        raise click.UsageError("--format npy is not for a terminal; add --output FILE")
    parameters = read_bundle(model_path).front_end
    samples = read_samples(file)
    found = utterances(samples, parameters, descriptors)
    if plot is not None:
        from edge_ser.plotting.features import draw

        _save(draw(file.name, samples, found, parameters), plot)
        if output is None:
            return
    step = parameters.hop / parameters.rate
    if format_ == "npy":
        content = _npy(found, parameters)
    elif format_ == "json":
        content = _json(found, parameters.rate, step).encode()
    else:
        content = _csv(found, parameters, step).encode()
    _write(content, output, binary=format_ == "npy")


def utterances(samples: Samples, parameters: FrontEndParameters, descriptors: bool = False) -> list[Utterance]:
    """Cut a recording and compute what the model would be given.

    Args:
        samples: Shape ``(n,)``, int16, 16 kHz.
        parameters: Of the model's front end, with gains.
        descriptors: Whether to compute the classical descriptors too.
    """
    import numpy as np

    from edge_ser.features.front_end import FrontEnd
    from edge_ser.speech.gate import cut

    front_end = FrontEnd(parameters)
    found: list[Utterance] = []
    for part in cut(samples):
        front_end.reset()
        features = np.concatenate((front_end.process(part.samples), front_end.finish()))
        more = describe(part.samples, len(features), parameters) if descriptors else {}
        found.append(Utterance(part.start, part.samples, features, more))
    return found


def describe(samples: Samples, frames: int, parameters: FrontEndParameters) -> dict[str, Float]:
    """Compute the classical descriptors on the front end's frames: spectral ones by librosa, the others by Praat.

    Args:
        samples: One utterance, shape ``(n,)``, int16.
        frames: How many frames it has.
        parameters: Their rate and hop.
    """
    import numpy as np

    from edge_ser.features.parameters import WINDOW
    from edge_ser.plotting import library

    librosa, parselmouth = library.need("librosa", "--descriptors"), library.need("parselmouth", "--descriptors")
    x = samples / 32_768.0
    grid: dict[str, Any] = {"hop_length": parameters.hop, "center": False}
    if not frames:
        return {}
    magnitude = np.abs(librosa.stft(x, n_fft=WINDOW, **grid))
    change = np.diff(magnitude, axis=1, prepend=magnitude[:, :1])
    feature, rate = librosa.feature, parameters.rate
    found = {
        "energy_db": 20.0 * np.log10(feature.rms(y=x, frame_length=WINDOW, **grid)[0] + 1e-6),
        "zero_crossings": feature.zero_crossing_rate(x, frame_length=WINDOW, **grid)[0],
        "centroid_hz": feature.spectral_centroid(S=magnitude, sr=rate)[0],
        "rolloff_hz": feature.spectral_rolloff(S=magnitude, sr=rate)[0],
        "flux": np.sqrt(np.sum(change**2, axis=0)),
    }
    sound = parselmouth.Sound(x, rate)
    times = (np.arange(frames) * parameters.hop + WINDOW / 2) / rate
    try:
        pitch = sound.to_pitch(time_step=parameters.hop / rate)
        found["f0_hz"] = np.array([pitch.get_value_at_time(t) for t in times])
        formants = sound.to_formant_burg(time_step=parameters.hop / rate)
        for number in (1, 2, 3):
            found[f"f{number}_hz"] = np.array([formants.get_value_at_time(number, t) for t in times])
    except parselmouth.PraatError:  # too short for Praat's windows
        found |= {name: np.full(frames, np.nan) for name in ("f0_hz", "f1_hz", "f2_hz", "f3_hz")}
    return {name: np.asarray(values, np.float64)[:frames] for name, values in found.items()}


def _save(figure: Any, path: Path) -> None:
    try:
        figure.savefig(path)
    except OSError as error:
        raise OutputFailed(f"cannot write {path}: {error.strerror or error}; choose another place") from None
    except ValueError as error:
        raise click.UsageError(f"--plot {path}: {str(error).splitlines()[0]}") from None


def _npy(found: list[Utterance], parameters: FrontEndParameters) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, np.concatenate([np.empty((0, parameters.coefficients), np.int8), *(u.features for u in found)]))
    return out.getvalue()


def _json(found: list[Utterance], rate: int, step: float) -> str:
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


def _csv(found: list[Utterance], parameters: FrontEndParameters, step: float) -> str:
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
    """Round for printing; what is not defined becomes empty in csv and null in json."""
    return None if value != value else round(value, 4)


def _write(content: bytes, output: Path | None, binary: bool) -> None:
    if output is None and not binary:
        standard_output.write(content.decode())
        return
    try:
        if output is not None:
            output.write_bytes(content)
        elif sys.stdout is None:
            raise OutputFailed("cannot write to standard output: it is closed; send it somewhere")
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
    except OSError as error:
        if output is None:
            raise standard_output.failure(error) from None
        raise OutputFailed(f"cannot write {output}: {error.strerror}; choose another place") from None
