"""Pictures of evaluations and trainings as PNG files: the same figures give the same bytes.

Matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge_ser.errors import EdgeSerError
from training.fitting.history import Epoch
from training.scoring.figures import ComparisonRow, Evaluation
from training.support.files import write_with

_DOTS: Final = 100
"""Pixels per inch."""

_WIDTH: Final = 9.0
"""Inches, which makes pictures 900 pixels wide, as wide as a page of the repository."""

_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Colours that colour-blind people can tell apart (Okabe and Ito 2008)."""

_STYLES: Final = {"float": ("o", _COLOURS[0]), "int8": ("s", _COLOURS[1])}
"""Marker and colour of each form; the markers differ for prints in grey."""


def confusion(evaluation: Evaluation, path: Path) -> None:
    """Draw the confusion matrix of int8, or of float where there is no int8: shares of a row, and clips.

    Raises:
        EdgeSerError: matplotlib is missing.
        OutputFailed: the file cannot be written.
    """
    labels, form = evaluation.labels, evaluation.overall.best_form
    counts = np.array(evaluation.overall.best.confusion)
    shares = 100.0 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = _figure(1.6 + 0.62 * len(labels))
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for row, column in np.ndindex(*counts.shape):
        if counts[row, column]:
            axes.text(
                column,
                row,
                f"{shares[row, column]:.0f} %\n{counts[row, column]}",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if shares[row, column] > 65 else "black",
            )
    axes.set_xticks(range(len(labels) + 1), [*labels, "no speech"], rotation=0 if len(labels) <= 6 else 30)
    axes.set_yticks(range(len(labels)), labels)
    axes.axvline(len(labels) - 0.5, color="black", linewidth=0.8)
    axes.set(xlabel="predicted label", ylabel="true label")
    axes.set_title(f"Predictions of the {form} model for {counts.sum()} clips: share of each label's clips, and clips")
    figure.colorbar(image, ax=axes, label="share of the label's clips (%)", fraction=0.04)
    _write(figure, path)


def reliability(evaluation: Evaluation, path: Path) -> None:
    """Draw accuracy against confidence, and below it how many clips have that confidence.

    Raises:
        EdgeSerError: matplotlib is missing.
        OutputFailed: the file cannot be written.
    """
    figure = _figure(6.4)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 100), (0, 100), color="grey", linestyle="--", label="perfectly calibrated")
    for offset, (form, (marker, colour)) in zip((-2.0, 2.0), _STYLES.items(), strict=True):
        scores = evaluation.overall.forms.get(form)
        if scores is None or scores.ece is None:
            continue
        bins = scores.reliability
        confidence = np.array([100 * b.confidence for b in bins])
        upper.plot(
            confidence,
            [100 * b.accuracy for b in bins],
            marker=marker,
            color=colour,
            label=f"{form}, calibration error {100 * scores.ece:.1f} %",
        )
        middles = np.minimum(confidence // 10, 9) * 10 + 5  # of the bins
        lower.bar(middles + offset, [b.clips for b in bins], width=4.0, color=colour)
    upper.set(ylabel="correct clips (%)", xlim=(0, 100), ylim=(0, 100))
    upper.set_title("How often the model is correct at each confidence")
    upper.legend(loc="upper left")
    lower.set(xlabel="confidence of the model (%)", ylabel="clips", xticks=range(0, 101, 10))
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    _write(figure, path)


def curves(histories: Mapping[str, Sequence[Epoch]], path: Path) -> None:
    """Draw loss and validation UAR against epochs.

    Args:
        histories: The epochs by name of the fold or run.
        path: The picture.

    Raises:
        EdgeSerError: matplotlib is missing.
        OutputFailed: the file cannot be written.
    """
    figure = _figure(6.4)
    both = figure.subplots(2, 1, sharex=True)
    few = len(histories) <= len(_COLOURS)
    for i, (name, rows) in enumerate(histories.items()):
        style = {"color": _COLOURS[i], "label": name} if few else {"color": "grey", "alpha": 0.5, "linewidth": 0.8}
        for axes, key, scale in zip(both, ("loss", "validation_uar"), (1.0, 100.0), strict=True):
            marker = "o" if len(rows) == 1 else None  # a line needs two
            axes.plot([r.epoch for r in rows], [scale * getattr(r, key) for r in rows], marker=marker, **style)
    both[0].set(ylabel="training loss", title="Course of the training" + ("" if few else f": {len(histories)} folds"))
    both[1].set(ylabel="UAR on validation speakers (%)", xlabel="epoch")
    both[1].xaxis.get_major_locator().set_params(integer=True)
    for axes in both:
        axes.grid(alpha=0.3)
    if few:
        both[0].legend(loc="upper right")
    _write(figure, path)


def comparison(rows_by_protocol: Mapping[str, Sequence[ComparisonRow]], path: Path) -> None:
    """Draw the UAR of families with its intervals, one panel for each protocol.

    Args:
        rows_by_protocol: What is compared, by name of the protocol.
        path: The picture.

    Raises:
        EdgeSerError: matplotlib is missing.
        OutputFailed: the file cannot be written.
    """
    families = list(dict.fromkeys(row.family for rows in rows_by_protocol.values() for row in rows))
    across = min(len(rows_by_protocol), 2)
    down = -(-len(rows_by_protocol) // across)
    figure = _figure(1.1 + down * (1.0 + 0.36 * len(families)))
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (protocol, rows) in zip(panels, rows_by_protocol.items(), strict=False):
        for offset, (form, (marker, colour)) in zip((-0.14, 0.14), _STYLES.items(), strict=True):
            known = [row for row in rows if row.uar_of(form)[0] is not None]
            alone = [row.uar is None or row.uar_int8 is None for row in known]
            places = [families.index(row.family) + offset * (not a) for row, a in zip(known, alone, strict=True)]
            for row, place in zip(known, places, strict=True):
                _, interval = row.uar_of(form)
                if interval is not None:
                    axes.plot([100 * end for end in interval], (place, place), color=colour)
            heights = [100 * (row.uar_of(form)[0] or 0.0) for row in known]
            axes.plot(heights, places, marker, color=colour, label=form)
        axes.set(title=protocol, xlabel="unweighted average recall, UAR (%)")
        axes.tick_params(labelbottom=True)
        axes.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(families)), families)
    panels[0].set_ylim(len(families) - 0.5, -0.5)  # the first family on top
    for axes in panels[len(rows_by_protocol) :]:
        axes.set_visible(False)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2)
    figure.suptitle("How well the families recognize emotions of unknown voices, with 95 % intervals")
    _write(figure, path)


def _figure(height: float) -> Any:
    """Return an empty figure, ``height`` inches high, independent of all other drawing in the process."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise EdgeSerError("a picture needs matplotlib: pip install -e '.[train,plots]'") from None
    figure = Figure((_WIDTH, height), dpi=_DOTS, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1))
    FigureCanvasAgg(figure)
    return figure


def _write(figure: Any, path: Path) -> None:
    """Write a PNG file whole or not at all, without the version of matplotlib in it."""
    write_with(path, lambda to: figure.savefig(to, format="png", dpi=_DOTS, metadata={"Software": None}))
