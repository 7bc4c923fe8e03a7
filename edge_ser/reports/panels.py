"""Parts of pictures that several of them have.

Long recordings are thinned out first: a picture has a few thousand columns, whatever is drawn on it.
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
"""Columns of a picture that are worth drawing, some twice its width in pixels."""


def title(axes: Any, text: str) -> None:
    """Write a title, such as a file's name, which may hold a formula's dollars and bytes that are no text."""
    axes.set_title(text.encode("utf-8", "backslashreplace").decode(), parse_math=False)


def waveform(axes: Any, samples: Samples, rate: int) -> None:
    """Draw a waveform, as a band from its lowest to its highest values where it is long.

    Args:
        axes: Where.
        samples: Shape ``(n,)``, int16.
        rate: Samples a second, Hz.
    """
    low, high, step = envelope(samples)
    times = np.arange(len(low)) * (step / rate)
    if step == 1:
        axes.plot(times, low, linewidth=0.4)
    else:
        axes.fill_between(times, low, high, linewidth=0.4)
    axes.set_ylim(-1, 1)


def envelope(samples: Samples) -> tuple[Float, Float, int]:
    """Return the lowest and the highest sample of each column, full scale being 1, and the samples a column."""
    step = max(1, -(-len(samples) // MOST_COLUMNS))
    whole = np.pad(samples, (0, -len(samples) % step), mode="edge") if len(samples) else samples
    columns = whole.reshape(-1, step) / 32_768.0
    return columns.min(axis=1), columns.max(axis=1), step


def log_mel(figure: Any, axes: Any, samples: Samples, parameters: FrontEndParameters) -> None:
    """Draw log-mel energies.

    Args:
        figure: The figure, for the scale of colours.
        axes: Where.
        samples: Shape ``(n,)``, int16, at the front end's rate.
        parameters: Of the front end.
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
    """Return the means of neighbouring frames, so many together that no more than fit on a picture are left."""
    starts = np.arange(0, len(frames), max(1, -(-len(frames) // MOST_COLUMNS)))
    return np.asarray(np.add.reduceat(frames, starts) / np.diff(starts, append=len(frames))[:, None])
