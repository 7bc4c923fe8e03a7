"""``python -m training train``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_ser.console import standard_output
from training.commands import options
from training.commands.options import Chosen, Place

if TYPE_CHECKING:
    from training.experiment.results import TrainingResult


@click.command(name="train")
@options.data
@options.folder
@options.of_a_run()
@options.cache
@options.jobs
@options.format_
@options.placed
def command(place: Place, folder: Path | None, format_: str, chosen: Chosen) -> None:
    """Train a family; the protocol keeps speakers apart for validation and test.

    Writes settings, weights, history and TensorBoard logs into the run's folder. An interrupted training
    continues after its last complete epoch, and ends with the same weights.

    \b
    Examples:
      python -m training train --run runs/mine
      python -m training train --config run.toml --run runs/mine
      python -m training train --corpus emodb --epochs 40 --set training.mixup=0.2
      tensorboard --logdir runs/mine
    """
    from training.experiment.run import advance, open_run
    from training.support import records

    run = options.run_of(folder, chosen)
    folds, record = open_run(run, place.workplace())
    advance(folds, "train", place.jobs)
    results = {fold.name: fold.training() for fold in folds}
    if format_ == "json":
        rows = {name: records.to_json(result) for name, result in results.items()}
        for row in rows.values():
            del row["history"]
        shown = {"run": str(run.folder), "folds": rows, "record": records.to_json(record)}
        standard_output.write(json.dumps(shown, indent=2) + "\n")
        return
    head = f"{run.folder}: {run.settings.network.family}, {len(record.labels)} labels, {record.data.clips} clips"
    standard_output.write("\n".join([head, *_lines(results)]) + "\n")


def _lines(results: Mapping[str, TrainingResult]) -> list[str]:
    lines = []
    for name, result in results.items():
        size = "" if result.parameters is None else f"{result.parameters:,} parameters, "
        digest = "" if result.weights_sha256 is None else f", weights {result.weights_sha256[:16]}"
        lines.append(f"  {name}: {size}validation UAR {result.validation_uar:.1%}, {result.seconds:.0f} s{digest}")
    return lines
