"""The picture of `edge-ser inspect`: a recording from the waveform down to the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from edge_ser.audio import SAMPLE_RATE
from edge_ser.events import UNCERTAIN
from edge_ser.reports import colours, plotting
from edge_ser.reports.recording import panels

if TYPE_CHECKING:
    from edge_ser.features.parameters import FrontEndParameters
    from edge_ser.reports.recording.inspection import Inspection

_GREY: Final = "0.6"

_LABEL_WIDTH: Final = 0.06
"""Width that a label needs to fit in the bar of its utterance, as a share of the picture's width."""


def draw(inspection: Inspection, parameters: FrontEndParameters) -> Any:
    """Return the figure: waveform and speech, log-mel energies, probabilities over time, final labels.

    Args:
        inspection: The recording and what the pipeline made of it.
        parameters: Parameters of the front end.

    Raises:
        EdgeSerError: matplotlib is not installed.
    """
    figure = plotting.require("matplotlib.figure", "inspect").Figure(figsize=(12, 10), layout="constrained")
    wave, bands, probabilities, labels = figure.subplots(4, 1, sharex=True, height_ratios=(3, 3, 3, 1))
    duration = inspection.result.duration

    panels.waveform(wave, inspection.samples, SAMPLE_RATE)
    for start, end in inspection.speech:
        rejected = (start, end) in inspection.rejected
        wave.axvspan(start, end, color=_GREY if rejected else "tab:green", alpha=0.25, linewidth=0, zorder=0)
    panels.title(wave, inspection.name)
    wave.set_ylabel("waveform, full scale 1\ngreen: speech\ngrey: other sound")

    panels.log_mel(figure, bands, inspection.samples, parameters)
    _draw_probabilities(probabilities, inspection)
    _draw_labels(labels, inspection)
    labels.set(xlabel="time, s", xlim=(0, duration))
    return figure


def _draw_probabilities(axes: Any, inspection: Inspection) -> None:
    colour_of = _colours(inspection)
    for utterance in inspection.utterances:
        times = [event.end for event in utterance]
        for label, colour in colour_of.items():
            if label != UNCERTAIN:
                values = [event.probabilities[label] for event in utterance]
                axes.plot(times, values, color=colour, linewidth=1.5, marker="o", markersize=2.5)
    for label in inspection.result.probabilities:
        axes.plot([], [], color=colour_of[label], label=label)  # a legend of all labels, even without speech
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(colour_of), frameon=False)
    axes.set_ylim(-0.03, 1.03)  # so that lines at 0 and 1 are fully visible
    axes.set_ylabel("probabilities\nof the utterance so far")


def _draw_labels(axes: Any, inspection: Inspection) -> None:
    colour_of = _colours(inspection)
    for *_, final in inspection.utterances:
        width = final.end - final.start
        axes.broken_barh([(final.start, width)], (0, 1), color=colour_of[final.label], alpha=0.5)
        if width >= _LABEL_WIDTH * inspection.result.duration:
            middle = (final.start + final.end) / 2
            axes.text(middle, 0.5, f"{final.label}\n{final.confidence:.0%}", ha="center", va="center", parse_math=False)
    if not inspection.events:
        axes.text(0.5, 0.5, "nobody speaks", ha="center", va="center", transform=axes.transAxes)
    axes.set(ylabel="labels", yticks=[], ylim=(0, 1))


def _colours(inspection: Inspection) -> dict[str, str]:
    """Return the colours of the labels on light, the same as in a report."""
    both = colours.colours((*inspection.result.probabilities, UNCERTAIN))
    return {label: on_light for label, (on_light, _) in both.items()}
