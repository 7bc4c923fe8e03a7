"""``python -m training quantize``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from edge_ser.model.forms import FORMS
from training.commands import options
from training.commands.options import Place

if TYPE_CHECKING:
    from training.experiment.results import QuantizationResult


@click.command(name="quantize")
@options.data
@options.finished_run
@click.option(
    "--form",
    "forms",
    type=click.Choice(FORMS),
    multiple=True,
    help="Form of the model; all three by default.  May be repeated.",
)
@options.cache
@options.jobs
@options.format_
@options.placed
def command(place: Place, folder: Path, forms: tuple[str, ...], format_: str) -> None:
    """Export a run's networks to TensorFlow Lite and calibrate them on the validation speakers.

    The full-int8 form, model.tflite, is the one that ships; it is not written if a float tensor or an
    operator that is not built in remains. Dynamic range (int8 weights, float activations) and float are
    for comparison. UAR and agreement with the Keras network are measured on the validation speakers.

    \b
    Examples:
      python -m training quantize --run runs/mine
      python -m training quantize --run runs/mine --form int8 --form float
    """
    from training.experiment.run import advance, open_run, reopen
    from training.families import CLASSICAL
    from training.support import records

    run = reopen(folder)
    if run.settings.network.family in CLASSICAL:
        raise EdgeSerError(f"{run.settings.network.family} is a baseline and is not exported; choose a deep family")
    folds, _ = open_run(run, place.workplace())
    advance(folds, "quantize", place.jobs, forms or FORMS)
    results = {fold.name: fold.quantization() for fold in folds}
    if format_ == "json":
        shown = {"run": str(run.folder), "folds": records.to_json(results)}
        standard_output.write(json.dumps(shown, indent=2) + "\n")
    else:
        standard_output.write("\n".join(_lines(results)) + "\n")


def _lines(results: Mapping[str, QuantizationResult]) -> list[str]:
    lines = [f"{'':<12}{'form':<9}{'bytes':>8}  {'validation UAR':<15} {'agreement':<10} operators"]
    for name, fold in results.items():
        for form, row in fold.forms.items():
            operators = ", ".join(f"{count} {operator}" for operator, count in row.operators.items())
            figures = f"{row.bytes:>8}  {row.validation_uar:<15.1%} {row.agreement:<10.1%}"
            lines.append(f"{name:<12}{form:<9}{figures} {operators}")
        lines.append(f"{name:<12}{'Keras':<9}{'':>8}  {fold.validation_uar_before:.1%}")
    return lines
