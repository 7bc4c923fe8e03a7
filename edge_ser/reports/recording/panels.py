"""Panels that several pictures share: title, waveform and log-mel energies.

Long recordings are reduced first: a picture has only a few thousand columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from edge_ser.features.fixed_point import LOG2_FRACTION_BITS
from edge_ser.features.log_mel import LogMel
from edge_ser.features.parameters import WINDOW

if TYPE_CHECKING:
    from edge_ser.audio import Samples
    from edge_ser.features.parameters import FrontEndParameters

    Float = npt.NDArray[np.float64]

MOST_COLUMNS: Final = 4_000
"""Most columns worth drawing, about twice the width of a picture in pixels."""


def title(axes: Any, text: str) -> None:
    """Draw a title such as the name of a file, which may contain dollar signs and bytes that are not text."""
    axes.set_title(text.encode("utf-8", "backslashreplace").decode(), parse_math=False)


def waveform(axes: Any, samples: Samples, rate: int) -> None:
    """Draw a waveform; a long one as a band from the lowest to the highest values.

    Args:
        axes: Where to draw.
        samples: Shape ``(n,)``, int16.
        rate: Sample rate, Hz.
    """
    low, high, step = envelope(samples)
    times = np.arange(len(low)) * (step / rate)
    if step == 1:
        axes.plot(times, low, linewidth=0.4)
    else:
        axes.fill_between(times, low, high, linewidth=0.4)
    axes.set_ylim(-1, 1)


def envelope(samples: Samples) -> tuple[Float, Float, int]:
    """Return the lowest and the highest sample of each column and the samples per column.

    Args:
        samples: Shape ``(n,)``, int16.

    Returns:
        Two arrays of shape ``(columns,)``, float64, full scale 1; and the samples per column.
    """
    step = max(1, -(-len(samples) // MOST_COLUMNS))
    whole = np.pad(samples, (0, -len(samples) % step), mode="edge") if len(samples) else samples
    columns = whole.reshape(-1, step) / 32_768.0
    return columns.min(axis=1), columns.max(axis=1), step


def log_mel(figure: Any, axes: Any, samples: Samples, parameters: FrontEndParameters) -> None:
    """Draw log-mel energies.

    Args:
        figure: The figure, for the colour bar.
        axes: Where to draw.
        samples: Shape ``(n,)``, int16, at the front end's rate.
        parameters: Parameters of the front end.
    """
    log = LogMel(parameters).process(samples)
    if len(log):
        width = ((len(log) - 1) * parameters.hop_samples + WINDOW) / parameters.rate  # s
        image = axes.imshow(
            thinned(log / 2.0**LOG2_FRACTION_BITS).T,
            origin="lower",
            aspect="auto",
            interpolation="nearest",  # frames and bands as they are
            extent=(0, width, 0, parameters.bands),
        )
        figure.colorbar(image, ax=axes, label="log2 of power")
    axes.set_ylabel(f"mel band,\n{parameters.lower_limit_hz:g} to {parameters.upper_limit_hz:g} Hz")


def thinned(frames: Float) -> Float:
    """Return means of neighbouring frames, so that the result has at most :data:`MOST_COLUMNS` frames.

    Args:
        frames: Shape ``(frames, bands)``.
    """
    starts = np.arange(0, len(frames), max(1, -(-len(frames) // MOST_COLUMNS)))
    return np.asarray(np.add.reduceat(frames, starts) / np.diff(starts, append=len(frames))[:, None])
