"""``python -m training train``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from training.commands import run


@click.command(name="train")
@run.data
@run.folder
@click.option("--epochs", default=60, show_default=True, help="Passes over the training speakers' utterances.")
@click.option("--variants", default=6, show_default=True, help="Augmented copies of each utterance.")
@click.option("--seed", default=1, show_default=True, help="Of initial weights, order and chance.")
def command(data: Path, folder: Path, epochs: int, variants: int, seed: int) -> None:
    """Train the float CNN-LSTM on CREMA-D and EmoDB, speakers kept apart for validation and test."""
    from training.train import TrainingSettings, train, weights_hash

    folder.mkdir(parents=True, exist_ok=True)
    loaded = run.read(data, folder, variants, trained=False)
    settings = TrainingSettings(epochs=epochs, seed=seed)
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        click.echo(line)
        (folder / "train.log").write_text("\n".join(lines) + "\n")

    network = train(loaded.train, loaded.validation, loaded.gain, settings, folder / "best.weights.h5", say)
    run.write_json(
        folder / "training.json",
        {
            "settings": asdict(settings),
            "variants": variants,
            "gains": [int(g) for g in loaded.gain],
            "parameters": network.count_params(),
            "weights_sha256": weights_hash(network),
            "speakers": {
                part: sorted({clip.speaker for clip in getattr(loaded.split, part)})
                for part in ("train", "validation", "test")
            },
        },
    )
