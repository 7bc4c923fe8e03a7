"""The picture of `edge-ser features`: waveform, log-mel energies and the int8 input of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_ser.reports import plotting
from edge_ser.reports.recording import panels

if TYPE_CHECKING:
    from edge_ser.audio import Samples
    from edge_ser.features.parameters import FrontEndParameters
    from edge_ser.reports.recording.features import UtteranceFeatures


def draw(title: str, samples: Samples, utterances: list[UtteranceFeatures], parameters: FrontEndParameters) -> Any:
    """Return the figure: waveform with the gate's utterances, log-mel energies, and the int8 input of the model.

    Args:
        title: Title of the picture.
        samples: The whole recording, shape ``(n,)``, int16.
        utterances: Its utterances.
        parameters: Parameters of the front end.

    Raises:
        EdgeSerError: matplotlib is not installed.
    """
    figure = plotting.require("matplotlib.figure", "--plot").Figure(figsize=(12, 8), layout="constrained")
    rate = parameters.rate
    wave, bands, input_ = figure.subplots(3, 1, sharex=True)

    panels.waveform(wave, samples, rate)
    for utterance in utterances:
        end = utterance.start + len(utterance.samples)
        wave.axvspan(utterance.start / rate, end / rate, color="tab:green", alpha=0.2, zorder=0)
    panels.title(wave, title)
    wave.set_ylabel("waveform, utterances in green")

    panels.log_mel(figure, bands, samples, parameters)

    for utterance in (u for u in utterances if len(u.features)):
        begin = utterance.start / rate
        extent = (begin, begin + len(utterance.features) * parameters.hop_samples / rate, 0, parameters.coefficients)
        style: dict[str, Any] = {"origin": "lower", "aspect": "auto", "vmin": -128, "vmax": 127, "cmap": "RdBu_r"}
        image = input_.imshow(utterance.features.T, extent=extent, **style)
    if any(len(utterance.features) for utterance in utterances):
        figure.colorbar(image, ax=input_, label="int8")
    input_.set(ylabel="MFCC, input of the model", xlabel="time, s", xlim=(0, max(len(samples), 1) / rate))
    input_.set_ylim(0, parameters.coefficients)
    return figure
