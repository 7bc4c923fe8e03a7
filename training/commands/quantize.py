"""``python -m training quantize``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge_ser.console import standard_output
from edge_ser.errors import EdgeSerError
from training.commands import options


@click.command(name="quantize")
@options.data
@click.option(
    "--run", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR", help="The run."
)
@click.option(
    "--variant",
    "variants",
    type=click.Choice(["int8", "dynamic", "float"]),
    multiple=True,
    help="Form of the model; all three by default.  May be repeated.",
)
@options.cache
@options.jobs
@options.format_
def command(data: Path | None, folder: Path, variants: tuple[str, ...], cache: Path, jobs: int, format_: str) -> None:
    """Export a run's networks to TensorFlow Lite and calibrate them on the validation speakers.

    The full-int8 form, model.tflite, is the one that ships; nothing is written if a float tensor or an
    operator that is not built in is left in it. Dynamic range (int8 weights, float activations) and
    float are there to be compared. UAR and agreement with the Keras network are those of the
    validation speakers.

    \b
    Example:
      python -m training quantize --run runs/mine
    """
    from training.experiment.run import advance, reopen
    from training.families import CLASSICAL
    from training.support import files

    run = reopen(folder)
    if run.settings.network.family in CLASSICAL:
        raise EdgeSerError(f"{run.settings.network.family} is a baseline and is not exported; take a deep family")
    folds, _ = options.folds_of(run, data, cache, jobs)
    advance(folds, "quantize", jobs, variants or ("int8", "dynamic", "float"))
    facts = {fold.folder.name: files.read_json(fold.folder / "quantization.json") for fold, _ in folds}
    if format_ == "json":
        standard_output.write(json.dumps({"run": str(run.folder), "folds": facts}, indent=2) + "\n")
        return
    lines = [f"{'':<12}{'form':<9}{'bytes':>8}  {'validation UAR':<15} {'agreement':<10} operators"]
    for name, of_fold in facts.items():
        for variant, row in of_fold["variants"].items():
            operators = ", ".join(f"{count} {operator}" for operator, count in row["operators"].items())
            figures = f"{row['bytes']:>8}  {row['validation_uar']:<15.1%} {row['agreement']:<10.1%}"
            lines.append(f"{name:<12}{variant:<9}{figures} {operators}")
        lines.append(f"{name:<12}{'Keras':<9}{'':>8}  {of_fold['validation_uar_before']:.1%}")
    standard_output.write("\n".join(lines) + "\n")
