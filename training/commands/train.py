"""``python -m training train``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from edge_ser.console import standard_output
from training.commands import options


@click.command(name="train")
@options.data
@options.folder
@options.of_a_run()
@options.cache
@options.jobs
@options.format_
def command(data: Path | None, folder: Path | None, cache: Path, jobs: int, format_: str, **chosen: Any) -> None:
    """Train a family; speakers kept apart for validation and test by the protocol.

    Writes settings, weights, history and TensorBoard logs into the run's folder. A training that was
    interrupted goes on from its last whole epoch, to the same weights.

    \b
    Examples:
      python -m training train --run runs/mine
      python -m training train --config run.toml --run runs/mine
      python -m training train --corpus emodb --epochs 40 --set training.mixup=0.2
      tensorboard --logdir runs/mine
    """
    from training.experiment.run import advance
    from training.support import files

    run = options.run_of(folder, chosen)
    folds, facts = options.folds_of(run, data, cache, jobs)
    advance(folds, "train", jobs)
    trained = {fold.folder.name: files.read_json(fold.folder / "training.json") for fold, _ in folds}
    if format_ == "json":
        rows = {
            name: {key: value for key, value in training.items() if key != "history"}
            for name, training in trained.items()
        }
        standard_output.write(json.dumps({"run": str(run.folder), "folds": rows, "record": facts}, indent=2) + "\n")
        return
    lines = [
        f"{run.folder}: {run.settings.network.family}, {len(facts['labels'])} labels, {facts['data']['clips']} clips"
    ]
    for name, training in trained.items():
        size = f"{training['parameters']:,} parameters, " if "parameters" in training else ""
        digest = f", weights {training['weights_sha256'][:16]}" if "weights_sha256" in training else ""
        lines.append(
            f"  {name}: {size}validation UAR {training['validation_uar']:.1%}, {training['seconds']:.0f} s{digest}"
        )
    standard_output.write("\n".join(lines) + "\n")
